"""
How resources are mounted: one line for each, on the client or on a namespace of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Protocol, TypeVar, cast

from belvo_async.resources.verbs import Context, Resource


R = TypeVar("R")


class Mounting(Protocol):
    """
    What resources can be mounted on.
    """

    @property
    def _context(self) -> Context: ...


class mounted(cached_property[R]):  # noqa: N801 - reads as what it is in the body of a class
    """
    A resource, or a namespace, that is made when it is first used.
    """

    def __init__(self, type_: type[R]) -> None:
        super().__init__(lambda owner: type_(owner._context))  # type: ignore[call-arg]
        self.__doc__ = type_.__doc__


class Namespace:
    """
    Resources that belong together.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {', '.join(_names(self))}>"


def resources_of(owner: Mounting) -> Iterator[Resource[Any]]:
    """
    Yield the resources of *owner* and of its namespaces, in the order of their lines.
    """
    for name in _names(owner):
        value = getattr(owner, name)
        if isinstance(value, Namespace):
            yield from resources_of(value)
        else:
            yield cast(Resource[Any], value)


def unmount(owner: Mounting) -> None:
    """
    Forget the resources that were made for *owner*: its context has changed.
    """
    for name in _names(owner):
        vars(owner).pop(name, None)


def _names(owner: Mounting) -> Iterator[str]:
    for type_ in reversed(type(owner).__mro__):
        yield from (name for name, attribute in vars(type_).items() if isinstance(attribute, mounted))
