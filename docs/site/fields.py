"""
What the reference says of fields: an extension of griffe, which reads the library.

A class describes those of its fields that need words, in `Attributes:` of its docstring. Here the others join them, with
their types, in the order of the class; so do the members of an enum, with their values.
"""

# ruff: noqa: INP001 - loaded by griffe, in no package

from __future__ import annotations

from typing import Any, Final

import griffe


INTERNAL: Final = {"brings_list", "found_by"}
"""What resources say to the verbs and not to users."""


class Fields(griffe.Extension):
    """
    Completes the list of the fields of each class.
    """

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """
        Add the fields of *cls* that have no words of their own.
        """
        bare = [field for field in cls.attributes.values() if _is_field(field)]
        if not bare:
            return
        if cls.docstring is None:
            cls.docstring = griffe.Docstring("", parent=cls)
        sections = cls.docstring.parsed
        told = next((part for part in sections if part.kind is griffe.DocstringSectionKind.attributes), None)
        if told is None:
            told = griffe.DocstringSectionAttributes([])
            sections.append(told)
        described = {item.name for item in told.value}
        told.value.extend(_as_item(field) for field in bare if field.name not in described)
        order = list(cls.members)
        told.value.sort(key=lambda item: order.index(item.name) if item.name in order else -1)


def _is_field(member: griffe.Attribute) -> bool:
    return member.docstring is None and not member.name.startswith("_") and member.name not in INTERNAL


def _as_item(field: griffe.Attribute) -> griffe.DocstringAttribute:
    is_typed = field.annotation is not None
    return griffe.DocstringAttribute(
        field.name, annotation=field.annotation, description="" if is_typed else f"`{field.value}`"
    )
