"""
Belvo's two specifications, and what they say about a model: the mechanism under the tests of the models.

Rule: nothing here knows a model by name; which model belongs to which schema is in `rows`.
"""

from __future__ import annotations

import re
import types

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import reduce
from typing import Any, Final, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs

from documents import FILES, NEW, OLD, read_document

from belvo_async.models._fields import Instant, OpenEnum


__all__ = ["FILES", "NEW", "OLD"]  # for those who read specifications through this module

Schema: TypeAlias = Mapping[str, Any]

MISSING: Final = object()
"""Stands where a model has no attribute for a property."""

DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
DAYS: Final = r"^(\d{4})-(1[0-2]|0?[1-9])-(3[01]|[12][0-9]|0?[1-9])$"
"""Belvo's own pattern of a day."""

NOTHING: Final = re.compile(r"not applicable for OF(DA)? Brazil and will return `?null")
"""Of a schema for Brazil only. Elsewhere such a sentence is about some of the answers."""

WORD: Final = re.compile(r"`([A-Z][A-Z_]+)`")


class Kind(Enum):
    """
    What a property holds.
    """

    OBJECT = "object"
    LIST = "list"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"
    INSTANT = "instant"
    DAY = "day"
    VOCABULARY = "vocabulary"
    TEXT = "text"
    NOTHING = "nothing"
    """It is null, whatever its type."""


KINDS: Final[Mapping[str, Kind]] = {
    "object": Kind.OBJECT,
    "number": Kind.NUMBER,
    "integer": Kind.INTEGER,
    "boolean": Kind.FLAG,
}
TYPES: Final[Mapping[Kind, Any]] = {
    Kind.NUMBER: Decimal,
    Kind.INTEGER: int,
    Kind.FLAG: bool,
    Kind.INSTANT: Instant,
    Kind.DAY: date,
}


@attrs.frozen
class Documented:
    """
    A property of a specification, and the attribute that should hold it.

    Attributes:
        path: From the model on, such as `Account.credit_data.limits[].type`.

        owner: The class that should have the attribute; `None` for the entries of a list.

        annotation: That of the attribute, or `MISSING`.
    """

    path: str
    owner: type[Any] | None
    attribute: str
    schema: Schema
    annotation: Any


@attrs.frozen(eq=False)
class Specification:
    """
    One version of Belvo's OpenAPI document.
    """

    version: str
    root: Schema = attrs.field(repr=False)

    def at(self, pointer: str) -> Schema:
        """
        Return what a JSON pointer such as `#/components/schemas/Link` points to.
        """
        steps = (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
        return reduce(lambda node, step: node[step], steps, self.root)

    def settle(self, schema: Schema) -> Schema:
        """
        Return *schema* with its `$ref`, `allOf`, `oneOf` and `anyOf` merged into it.
        """
        merged: dict[str, Any] = {}
        if "$ref" in schema:
            merged = self._both(merged, self.settle(self.at(schema["$ref"])))
        for part in schema.get("allOf", ()):
            merged = self._both(merged, self.settle(part))
        for choice in ("oneOf", "anyOf"):
            # An attribute has to hold whichever alternative comes; none of them can be counted on.
            for part in schema.get(choice, ()):
                merged = self._both(merged, {**self.settle(part), "required": ()})
        own = {key: value for key, value in schema.items() if key not in {"$ref", "allOf", "oneOf", "anyOf"}}
        return self._both(merged, own)

    def described(self, pointer: str) -> Schema:
        """
        Return the schema of one value, also where the pointer leads to a list or a page of them.
        """
        schema = self.settle(self.at(pointer))
        while True:
            if "items" in schema:
                schema = self.settle(schema["items"])
            elif {"count", "next", "results"} <= schema.get("properties", {}).keys():
                schema = self.settle(schema["properties"]["results"])
            else:
                return schema

    def documented(self, model: type[Any], pointer: str) -> Iterator[Documented]:
        """
        Yield each property at *pointer*, however deep, with the attribute of *model* for it.
        """
        yield from self._inside(self.described(pointer), model, model.__name__)

    @staticmethod
    def _both(one: Schema, other: Schema) -> dict[str, Any]:
        both = {**one, **other}
        for key in {"properties"} & one.keys() & other.keys():
            both[key] = {**one[key], **other[key]}
        for key in {"required", "enum"} & one.keys() & other.keys():
            both[key] = (*one[key], *other[key])
        for key in {"nullable"} & both.keys():
            both[key] = one.get(key, False) or other.get(key, False)
        return both

    def _inside(self, schema: Schema, type_: Any, path: str) -> Iterator[Documented]:
        hints = annotations_of(type_) if attrs.has(type_) else {}
        for name, property_ in schema.get("properties", {}).items():
            settled, annotation = self.settle(property_), hints.get(name, MISSING)
            yield Documented(f"{path}.{name}", type_, name, settled, annotation)
            yield from self._beneath(settled, annotation, f"{path}.{name}")

    def _beneath(self, schema: Schema, annotation: Any, path: str) -> Iterator[Documented]:
        if "items" in schema:
            entry, annotation = self.settle(schema["items"]), entry_of(annotation)
            yield Documented(f"{path}[]", None, "", entry, annotation)
            yield from self._beneath(entry, annotation, f"{path}[]")
        else:
            yield from self._inside(schema, bare(annotation), path)


def read_specification(version: str) -> Specification:
    """
    Read the document of *version*.
    """
    return Specification(version, read_document(version))


def answer(path: str, *, method: str = "get", status: int = 200) -> str:
    """
    Return the pointer to the answer of an operation, for answers that have no schema of their own.
    """
    escaped = path.replace("~", "~0").replace("/", "~1")
    return f"#/paths/{escaped}/{method}/responses/{status}/content/application~1json/schema"


def kind_of(schema: Schema) -> Kind:
    """
    Return what *schema* allows, whatever way it is said.
    """
    if NOTHING.search(schema.get("description", "")):
        return Kind.NOTHING
    if "items" in schema:
        return Kind.LIST
    if "properties" in schema:
        return Kind.OBJECT
    if schema.get("type") in KINDS:
        return KINDS[schema["type"]]
    if schema.get("format") == "date-time":
        return Kind.INSTANT
    if "enum" in schema:
        return Kind.VOCABULARY
    if schema.get("format") == "date" or schema.get("pattern") == DAYS or DAY.fullmatch(_example(schema)):
        return Kind.DAY
    return Kind.TEXT


def _example(schema: Schema) -> str:
    return str(schema.get("example", ""))


def fits(schema: Schema, annotation: Any) -> bool:
    """
    Return whether an attribute with *annotation* holds whatever *schema* allows.
    """
    kind, type_ = kind_of(schema), bare(annotation)
    takes_null = type_ is not annotation
    if kind is Kind.NOTHING or (schema.get("nullable") and not takes_null):
        return takes_null
    if kind in TYPES:
        return bool(type_ == TYPES[kind])
    if kind is Kind.OBJECT:
        return attrs.has(type_)
    if kind is Kind.LIST:
        return entry_of(annotation) is not MISSING
    return is_open_enum(type_) or (kind is Kind.TEXT and type_ is str)


def vocabulary_of(schema: Schema) -> set[str]:
    """
    Return the values that *schema* lists, or else those that its description names.
    """
    if "enum" in schema:
        return {value for value in schema["enum"] if value is not None}
    return set(WORD.findall(schema.get("description", "")))


def annotations_of(model: type[Any]) -> Mapping[str, Any]:
    """
    Return the annotations of the attributes of *model*, evaluated.
    """
    hints = get_type_hints(model, include_extras=True)
    return {field.name: hints[field.name] for field in attrs.fields(model)}


def bare(annotation: Any) -> Any:
    """
    Return *annotation* without `| None`.
    """
    if get_origin(annotation) not in {Union, types.UnionType}:
        return annotation
    types_ = [type_ for type_ in get_args(annotation) if type_ is not types.NoneType]
    return types_[0] if len(types_) == 1 else annotation


def entry_of(annotation: Any) -> Any:
    """
    Return the annotation of the entries of a tuple, `MISSING` if *annotation* is something else.
    """
    type_ = bare(annotation)
    if get_origin(type_) is tuple and get_args(type_)[1:] == (...,):
        return get_args(type_)[0]
    return MISSING


def leaf_of(annotation: Any) -> Any:
    """
    Return *annotation* without `| None` and without the tuples around it.
    """
    entry = entry_of(annotation)
    return bare(annotation) if entry is MISSING else leaf_of(entry)


def is_open_enum(type_: Any) -> bool:
    """
    Return whether *type_* is a vocabulary of ours.
    """
    return isinstance(type_, type) and issubclass(type_, OpenEnum)


def reached(model: type[Any]) -> Iterator[type[Any]]:
    """
    Yield *model* and every class that its attributes lead to.
    """
    yield model
    for annotation in annotations_of(model).values():
        type_ = leaf_of(annotation)
        if attrs.has(type_):
            yield from reached(type_)
        elif is_open_enum(type_):
            yield type_
