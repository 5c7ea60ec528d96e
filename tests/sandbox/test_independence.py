"""
The sandbox stands on its own, so that it does not repeat the client's mistakes.
"""

from __future__ import annotations

import ast
import subprocess
import sys

from collections.abc import Iterator
from pathlib import Path

import pytest

import belvo_async.sandbox


ROOT = Path(belvo_async.sandbox.__file__).parent
ALLOWED = {*sys.stdlib_module_names, "aiohttp", "attrs", "msgspec"}
FILES = sorted(ROOT.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """
    Yield the full name of every module that *path* imports.
    """
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield str(node.module)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_imports(path: Path) -> None:
    """
    Nothing of the client is imported.
    """
    foreign = [
        name
        for name in imported(path)
        if name.partition(".")[0] not in ALLOWED and not name.startswith("belvo_async.sandbox")
    ]

    assert not foreign


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_clock_but_one(path: Path) -> None:
    """
    Only `clock` asks the system for the time, and nothing but `ids` and the plan of faults draws lots.
    """
    names = set(imported(path))

    assert "time" not in names or path.stem == "clock"
    assert "random" not in names or path.stem in {"ids", "fault_plan"}


def test_no_cycles() -> None:
    """
    Every module can be the first that is imported.
    """
    edges = {
        ".".join(("belvo_async.sandbox", *path.relative_to(ROOT).with_suffix("").parts)): set(imported(path))
        for path in FILES
        if path.stem != "__init__"
    }

    while free := [name for name in edges if not edges[name] & edges.keys()]:
        for name in free:
            del edges[name]

    assert not edges


def test_exports() -> None:
    """
    What is public is listed, in order.
    """
    names = belvo_async.sandbox.__all__

    assert sorted(names) == list(names)
    assert all(hasattr(belvo_async.sandbox, name) for name in names)


def described(
    tree: ast.Module,
) -> Iterator[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """
    Yield what has to have a docstring.
    """
    yield tree
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from (
                part for part in node.body if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))
            )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_public_names_are_described(path: Path) -> None:
    """
    Every public module, class, method and function has a docstring.
    """
    bare = [
        getattr(node, "name", path.stem)
        for node in described(ast.parse(path.read_text()))
        if not ast.get_docstring(node) and not getattr(node, "name", "").startswith("_")
    ]

    assert bare == [name for name in bare if name in {"shape", "faults", "firewall"}]  # setters


def test_quiet() -> None:
    """
    Importing the sandbox warns of nothing.
    """
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import belvo_async.sandbox"], capture_output=True, check=False
    )

    assert (result.returncode, result.stderr) == (0, b"")
