"""
Who may import whom, and what the heart of the library does without.
"""

from __future__ import annotations

import ast

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

import attrs
import pytest

import belvo_async


ROOT: Final = Path(belvo_async.__file__).parent

LAYERS: Final[tuple[frozenset[str], ...]] = (
    frozenset({"version", "errors", "clock", "ids", "messages"}),
    frozenset({"models"}),
    frozenset({"mfa"}),
    frozenset({"codec"}),
    frozenset({"observer"}),
    frozenset({"telemetry"}),
    frozenset({"settings", "transport"}),
    frozenset({"deadlines", "guards", "sealing", "session"}),
    frozenset({"resources"}),
    frozenset({"client"}),
    frozenset({"drive"}),
    frozenset({"prompts", "stores", "web", "workers", "webhooks"}),
    frozenset({""}),  # the package itself, which hands out the names of all others
)
"""Each line imports from itself and the lines above it."""

OUTSIDE: Final = frozenset({"sandbox", "testing", "cli"})
"""May import everything; imported by nothing."""

FORWARD: Final[Mapping[str, frozenset[str]]] = {
    # An error carries the challenge and the ticket it is about. Only type checkers follow these two imports:
    # at run time `errors` imports nothing of ours, so that everything may import it.
    "errors": frozenset({"belvo_async.mfa.challenge", "belvo_async.mfa.ticket"}),
}
"""What a module may import for type checkers only, against the direction."""

SANS_IO: Final = ("mfa", "models", "codec")
"""Nothing here waits, reads a clock or draws lots."""


@attrs.frozen
class Import:
    """
    One module imported by another.

    Attributes:
        typing_only: Whether only type checkers see it.
    """

    target: str
    typing_only: bool


@attrs.frozen
class Module:
    """
    One file of the library.
    """

    name: str
    path: Path
    tree: ast.Module = attrs.field(repr=False, eq=False)

    @property
    def part(self) -> str:
        """
        The first name below the package; empty for the package itself.
        """
        return part_of(self.name)

    @cached_property
    def imports(self) -> Sequence[Import]:
        """
        What is imported anywhere in the file.
        """
        return tuple(self._imports())

    def _imports(self) -> Iterator[Import]:
        hidden = {
            id(inner)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
            for statement in node.body
            for inner in ast.walk(statement)
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (Import(alias.name, id(node) in hidden) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name} imports relatively"
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield Import(inner if inner in MODULES else str(node.module), id(node) in hidden)

    def ours(self) -> Iterator[Import]:
        """
        Yield the imports of the library itself.
        """
        return (one for one in self.imports if one.target.partition(".")[0] == "belvo_async")


def read_modules() -> Iterator[Module]:
    """
    Yield every module of the library.
    """
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield Module(name, path, ast.parse(path.read_text(encoding="utf-8")))


def part_of(name: str) -> str:
    """
    Return the first name below the package.
    """
    return name.removeprefix("belvo_async").strip(".").partition(".")[0]


MODULES: Final = {module.name: module for module in read_modules()}
INSIDE: Final = [module for module in MODULES.values() if module.part not in OUTSIDE]

every_module = pytest.mark.parametrize("module", MODULES.values(), ids=lambda module: module.name)
every_inner_module = pytest.mark.parametrize("module", INSIDE, ids=lambda module: module.name)


def level(part: str) -> int:
    """
    Return the number of the line on which *part* stands.
    """
    return next(number for number, line in enumerate(LAYERS) if part in line)


# --- direction ---


@every_inner_module
def test_every_module_has_its_line(module: Module) -> None:
    """
    There is no module whose place among the others is undecided.
    """
    assert 1 == sum(module.part in line for line in LAYERS)


@every_inner_module
def test_imports_go_up(module: Module) -> None:
    """
    A module imports from its own line or the lines above it.
    """
    allowed = FORWARD.get(module.part, frozenset())
    wrong = [
        one.target
        for one in module.ours()
        if not (one.typing_only and one.target in allowed)
        and (part_of(one.target) in OUTSIDE or level(part_of(one.target)) > level(module.part))
    ]

    assert [] == wrong


@pytest.mark.parametrize("part", FORWARD)
def test_exceptions_are_needed(part: str) -> None:
    """
    No exception from the direction is left over.
    """
    targets = {one.target for one in MODULES[f"belvo_async.{part}"].ours() if one.typing_only}

    assert FORWARD[part] == targets


def test_errors_import_nothing() -> None:
    """
    The module of errors imports nothing of ours at run time.
    """
    assert [] == [one for one in MODULES["belvo_async.errors"].ours() if not one.typing_only]


@pytest.mark.parametrize("part", sorted(OUTSIDE))
def test_nothing_imports_what_stands_outside(part: str) -> None:
    """
    The sandbox, the tools for tests and the command line are imported by none of the library.
    """
    assert [] == [module.name for module in INSIDE for one in module.ours() if part_of(one.target) == part]


def test_the_sandbox_imports_nothing() -> None:
    """
    The sandbox cannot repeat the client's mistakes, because it knows nothing of the client.
    """
    sandbox = [module for module in MODULES.values() if module.part == "sandbox"]

    assert {"sandbox"} == {part_of(one.target) for module in sandbox for one in module.ours()}


def test_there_are_no_cycles() -> None:
    """
    At run time no module imports itself by way of others.
    """
    graph = {
        name: {one.target for one in module.ours() if not one.typing_only and one.target in MODULES} - {name}
        for name, module in MODULES.items()
    }
    done: set[str] = set()

    def follow(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way, name])
        if name not in done:
            for target in sorted(graph[name]):
                follow(target, (*way, name))
            done.add(name)

    for name in graph:
        follow(name, ())

    assert set(MODULES) == done


# --- foreign libraries ---

IMPORTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "cattrs": ("belvo_async.codec",),
    "msgspec": ("belvo_async.codec", "belvo_async.models._fields"),
    "asyncpg": ("belvo_async.stores.postgres",),
    "redis": ("belvo_async.stores.redis",),
    "sqlite3": ("belvo_async.stores.sqlite", "belvo_async.cli.batch.journal"),
    "opentelemetry": ("belvo_async.telemetry",),
    "temporalio": ("belvo_async.workers.temporal",),
    "taskiq": ("belvo_async.workers.taskiq",),
    "taskiq_nats": ("belvo_async.workers.taskiq",),
    "taskiq_redis": ("belvo_async.workers.taskiq",),
    "nats": ("belvo_async.workers.taskiq",),
    "aiohttp": (
        "belvo_async.transport.aiohttp",
        "belvo_async.testing.web",
        "belvo_async.webhooks.aiohttp",
        "belvo_async.web.aiohttp",
    ),
    "cryptography": ("belvo_async.sealing",),
    "starlette": ("belvo_async.webhooks.starlette",),
    "yarl": ("belvo_async.transport.aiohttp",),
    "pyrate_limiter": ("belvo_async.transport.throttle", "belvo_async.stores.limit"),
    "typer": ("belvo_async.cli",),
    "rich": ("belvo_async.cli", "belvo_async.prompts"),
    "segno": ("belvo_async.cli", "belvo_async.prompts", "belvo_async.web"),
}
"""Who imports a library, besides the sandbox."""


@pytest.mark.parametrize("library", IMPORTERS)
def test_each_library_has_one_door(library: str) -> None:
    """
    A foreign library is imported where its place is, and nowhere else.
    """
    importers = {
        module.name
        for module in MODULES.values()
        for one in module.imports
        if one.target.partition(".")[0] == library and module.part != "sandbox"
    }

    assert not [name for name in importers if not name.startswith(IMPORTERS[library])]


def test_models_import_one_thing_of_msgspec() -> None:
    """
    The models know one word of msgspec's, for what the native decoder takes from nowhere else.
    """
    fields = MODULES["belvo_async.models._fields"]
    nodes = [
        node
        for node in ast.walk(fields.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "msgspec"
    ]

    assert [["Meta"]] == [[alias.name for alias in node.names] for node in nodes]


# --- without I/O ---


@pytest.mark.parametrize(
    "module",
    [module for module in MODULES.values() if module.part in SANS_IO],
    ids=lambda module: module.name,
)
def test_the_heart_does_no_io(module: Module) -> None:
    """
    Flow, models and codec never wait, read no clock, draw no lots and know no network.
    """
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    roots = {one.target.partition(".")[0] for one in module.imports}

    assert [] == [node for node in ast.walk(module.tree) if isinstance(node, waiting)]
    assert set() == roots & {
        "asyncio",
        "anyio",
        "time",
        "random",
        "secrets",
        "socket",
        "ssl",
        "aiohttp",
        "threading",
    }


@pytest.mark.parametrize(
    "module", [module for module in MODULES.values() if module.part == "mfa"], ids=lambda module: module.name
)
def test_the_flow_asks_for_no_time(module: Module) -> None:
    """
    In the flow nothing asks what time it is, but for the seconds that a challenge shows.
    """
    asked = [
        node.lineno
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today", "monotonic", "time"}
        if isinstance(node.ctx, ast.Load) and ast.unparse(node) not in {"moment.monotonic", "self._clock.now"}
    ]

    assert [] == asked


@every_inner_module
def test_only_the_clock_asks_the_system(module: Module) -> None:
    """
    Nothing imports the system's time except the clock, so that tests can set it.
    """
    roots = {one.target.partition(".")[0] for one in module.imports}

    assert "time" not in roots or module.part == "clock"


# --- words ---


@every_module
def test_modules_are_described(module: Module) -> None:
    """
    Each module says what its job is.
    """
    assert ast.get_docstring(module.tree)


def public(node: ast.Module | ast.ClassDef, above: str) -> Iterator[tuple[str, ast.AST]]:
    """
    Yield the public classes, functions and methods in *node*, with their names.
    """
    for inner in node.body:
        if isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{above}.{inner.name}"
            if not inner.name.startswith("_") and "overload" not in map(ast.unparse, inner.decorator_list):
                yield name, inner
                if isinstance(inner, ast.ClassDef):
                    yield from public(inner, name)


@pytest.mark.parametrize(
    "module",
    [module for module in MODULES.values() if module.part not in {"sandbox", "cli"}],
    ids=lambda module: module.name,
)
def test_everything_public_is_described(module: Module) -> None:
    """
    Each public class, function and method says what it is or does.
    """
    silent = [
        name
        for name, node in public(module.tree, module.name)
        if not ast.get_docstring(node)  # type: ignore[arg-type] # a class or a function
    ]

    assert [] == silent
