"""
The models against both of Belvo's specifications: nothing is missing, and nothing is typed too narrowly.
"""

from __future__ import annotations

import inspect
import re

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import pytest

from models.rows import ROWS, SHOWN, VOCABULARIES, Row
from models.specification import (
    MISSING,
    Documented,
    Specification,
    fits,
    is_open_enum,
    kind_of,
    leaf_of,
    reached,
    vocabulary_of,
)

from belvo_async.models._fields import OpenEnum


MODELS = sorted({c for row in ROWS for c in reached(row.model) if attrs.has(c)}, key=lambda c: c.__name__)
ENUMS = sorted(
    {c for row in ROWS for c in reached(row.model) if issubclass(c, OpenEnum)}, key=lambda c: c.__name__
)
DEPRECATED = re.compile(r"^    (\w+): .*  # deprecated by Belvo$", re.MULTILINE)

every_row = pytest.mark.parametrize("row", ROWS, ids=str)
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
every_enum = pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)


@every_row
def test_every_property_has_an_attribute(row: Row, specifications: Mapping[str, Specification]) -> None:
    """
    What a specification documents, the model has.
    """
    documented = list(specifications[row.version].documented(row.model, row.pointer))

    assert documented
    assert set() == {p.path for p in documented} - {p.path for p in documented if p.annotation is not MISSING}


@every_row
def test_every_attribute_holds_what_is_documented(
    row: Row, specifications: Mapping[str, Specification]
) -> None:
    """
    An attribute has the type for its property: exact money, aware instants, open enums, null where allowed.
    """
    documented = list(specifications[row.version].documented(row.model, row.pointer))

    assert {
        p.path: (kind_of(p.schema), p.annotation) for p in documented if not fits(p.schema, p.annotation)
    } == {}


@every_model
def test_fields_are_in_the_order_of_the_documentation(
    model: type[Any], everything: Sequence[Documented]
) -> None:
    """
    A model has the fields of the newest specification in its order, then what only an older one has or shows.
    """
    names = dict.fromkeys(p.attribute for p in everything if p.owner is model)

    assert [*names, *SHOWN.get(model, ())] == [field.name for field in attrs.fields(model)]


@every_model
def test_deprecated_fields_are_marked(model: type[Any], everything: Sequence[Documented]) -> None:
    """
    A field is marked as deprecated exactly where the newest specification that has it says so.
    """
    deprecated: dict[str, bool] = {}
    for property_ in everything:
        if property_.owner is model:
            deprecated.setdefault(property_.attribute, property_.schema.get("deprecated", False))

    assert {name for name, is_so in deprecated.items() if is_so} == set(
        DEPRECATED.findall(inspect.getsource(model))
    )


@every_enum
def test_every_documented_value_is_a_member(
    enum: type[OpenEnum], specifications: Mapping[str, Specification], everything: Sequence[Documented]
) -> None:
    """
    The members of an enum are the values that the specifications list, all of them and no others.
    """
    documented: dict[type[OpenEnum], set[str]] = defaultdict(set)
    for property_ in everything:
        # What the entries of a list may be is often told in the description of the list.
        if is_open_enum(type_ := leaf_of(property_.annotation)):
            documented[type_] |= vocabulary_of(property_.schema)
    for vocabulary in VOCABULARIES:
        specification = specifications[vocabulary.version]
        documented[vocabulary.enum] |= vocabulary_of(specification.described(vocabulary.pointer))

    assert set() == {value for value in documented[enum] if not enum(value).is_known}
    assert documented[enum] == {member.value for member in enum}
