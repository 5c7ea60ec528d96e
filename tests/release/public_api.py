"""
Writes what of the library is public: `tests/release/public_api.txt`, a line for each name.

    python tests/release/public_api.py

Public are the names in the `__all__` of a module, all that a module in `WHOLE` defines, the verbs of a client's
resources, and the members of these. A name with an underscore in front is not.
"""

from __future__ import annotations

import enum
import functools
import importlib
import inspect
import pkgutil
import types

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

import belvo_async

from belvo_async import BelvoClient


FILE: Final = Path(__file__).with_name("public_api.txt")

WHOLE: Final = frozenset(
    {
        "belvo_async.clock",
        "belvo_async.errors",
        "belvo_async.messages",
        "belvo_async.observer",
        "belvo_async.resources.pages",
        "belvo_async.settings",
        "belvo_async.testing.stores",
        "belvo_async.webhooks.aiohttp",
        "belvo_async.webhooks.starlette",
    }
)
"""The public modules that have no `__all__`."""

SPECIAL: Final = frozenset({"__aenter__", "__aexit__", "__aiter__", "__anext__", "__await__", "__call__"})
"""What a statement of a user's calls."""

HEAD: Final = """\
# What is public, a line for each name. Written by `python tests/release/public_api.py`; a test compares.
# CHANGELOG.md tells of every line that comes, goes or changes. docs/releasing.md says what may change when.
"""


def content() -> str:
    """
    Return the whole file.
    """
    return "\n".join([HEAD, *sorted([*_names(), *_verbs()]), ""])


def _modules() -> Iterator[types.ModuleType]:
    """
    Yield the public modules.
    """
    yield belvo_async
    for found in pkgutil.walk_packages(belvo_async.__path__, "belvo_async."):
        if not found.name.endswith("__main__") and "._" not in found.name:
            module = importlib.import_module(found.name)
            if hasattr(module, "__all__") or found.name in WHOLE:
                yield module


def _public(module: types.ModuleType) -> list[str]:
    """
    Return the public names of *module*.
    """
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]


def _names() -> Iterator[str]:
    """
    Yield the lines of all names. What is public in two places has its members in one, and a line in the other.
    """
    given = [
        (module.__name__, name, getattr(module, name)) for module in _modules() for name in _public(module)
    ]
    # Where it is defined comes first, if that is public.
    given.sort(key=lambda one: (getattr(one[2], "__module__", "") != one[0], one[0]))
    homes: dict[object, str] = {}
    for module, name, value in given:
        if isinstance(value, type | types.FunctionType):
            homes.setdefault(value, f"{module}.{name}")
    for module, name, value in given:
        full = f"{module}.{name}"
        if not isinstance(value, type | types.FunctionType):
            yield f"{full}: {type(value).__name__}"
        elif homes[value] != full:
            yield f"{full} = {homes[value]}"
        else:
            yield from _lines(full, value, frozenset(homes))


def _verbs() -> Iterator[str]:
    """
    Yield the lines of the verbs of all resources.
    """
    for resource in BelvoClient("id", "password", environment="sandbox").resources.values():
        for verb in resource.verbs():
            yield f"client.{resource.name}.{verb}{_signature(getattr(resource, verb))}"


def _lines(name: str, value: object, public: frozenset[object]) -> Iterator[str]:
    """
    Yield the line of *value*, and those of its members.

    Args:
        public: What has lines of its own. A class repeats nothing of a base that is there.
    """
    match value:
        case type():
            yield f"{name}: class({', '.join(base.__name__ for base in value.__bases__)}){_making(value)}"
            yield from _members(name, value, public)
        case staticmethod() | classmethod():
            yield f"{name}{_signature(value.__func__)} [{type(value).__name__}]"
        case types.FunctionType():
            yield f"{name}{_signature(value)}"
        case property():
            yield f"{name}{_signature(value.fget).removeprefix('()')} [property]"
        case functools.cached_property():
            yield f"{name} [property]"
        case _:
            yield f"{name}: {type(value).__name__}"


def _making(value: type) -> str:
    """
    Return what a class is made with. Of a class of attrs just what may be given by position: fields have their lines.
    """
    if attrs.has(value):
        fields = [field for field in attrs.fields(value) if field.init]
        by_position = [field.alias or field.name for field in fields if not field.kw_only]
        return f" made with ({', '.join(by_position + ['*'] * (len(by_position) < len(fields)))})"
    return f" made with {_signature(value.__init__)}" if "__init__" in vars(value) else ""  # type: ignore[misc]


def _members(name: str, value: type, public: frozenset[object]) -> Iterator[str]:
    """
    Yield the lines of the members of a class.
    """
    bases = [
        base for base in value.__mro__[1:] if base in public or not base.__module__.startswith("belvo_async")
    ]
    told = {inner for base in bases for inner in dir(base)} | {
        field.name for base in bases if attrs.has(base) for field in attrs.fields(base)
    }
    members = {
        inner: member
        for base in reversed(value.__mro__)
        if base not in bases
        for inner, member in vars(base).items()
        if not inner.startswith("_") or inner in SPECIAL
    }
    fields = {
        field.name: field
        for field in (attrs.fields(value) if attrs.has(value) else ())
        if field.name not in told or field.name in members
    }
    words: Mapping[str, enum.Enum] = value.__members__ if issubclass(value, enum.Enum) else {}
    yield from (f"{name}.{inner} = {word.value!r}" for inner, word in words.items())
    # Not the types of the fields: a decoder that was made before has put classes in the place of the words.
    written = {
        inner: one for base in reversed(value.__mro__) for inner, one in inspect.get_annotations(base).items()
    }
    for inner, field in fields.items():
        if not inner.startswith("_"):
            made = "" if field.init else " [not given]"
            default = "" if field.default is attrs.NOTHING else f" = {_default(field.default)}"
            yield f"{name}.{inner}: {_type(written.get(inner, field.type))}{default}{made}"
    for inner, member in members.items():
        if inner not in fields and inner not in words and not isinstance(member, type):
            yield from _lines(f"{name}.{inner}", member, public)


def _signature(function: Any) -> str:
    """
    Return the signature, as the code has it.
    """
    signature, shown, kind = inspect.signature(function), list[str](), None
    for one in signature.parameters.values():
        if one.name in {"self", "cls"}:
            continue
        if one.kind is not one.POSITIONAL_ONLY and kind is one.POSITIONAL_ONLY:
            shown.append("/")
        if one.kind is one.KEYWORD_ONLY and kind not in {one.KEYWORD_ONLY, one.VAR_POSITIONAL}:
            shown.append("*")
        kind = one.kind
        stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(kind, "")
        default = "" if one.default is one.empty else f" = {_default(one.default)}"
        shown.append(
            f"{stars}{one.name}{'' if one.annotation is one.empty else ': ' + _type(one.annotation)}{default}"
        )
    if kind is inspect.Parameter.POSITIONAL_ONLY:
        shown.append("/")
    returns = (
        "" if signature.return_annotation is signature.empty else f" -> {_type(signature.return_annotation)}"
    )
    waits = " [async]" if inspect.iscoroutinefunction(function) else ""
    return f"({', '.join(shown)}){returns}{waits}"


def _type(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _default(value: object) -> str:
    """
    Return a default as one would write it; `…` for what cannot be written in a word.
    """
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, type | types.FunctionType):
        return value.__name__
    return repr(value) if value is None or isinstance(value, bool | int | float | str | tuple) else "…"


if __name__ == "__main__":
    FILE.write_text(content(), encoding="utf-8")
