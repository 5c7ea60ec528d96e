"""
The fiscal models that the table of rows cannot hold, because a specification contradicts itself or is silent.

The two versions disagree on whether an invoice counts its items or measures them. One example of Chile shows a
day that is none. And nobody says what is in a section of a tax return.
"""

from __future__ import annotations

import inspect

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import attrs
import pytest

from models.examples import assembled
from models.rows import APART, Row
from models.specification import (
    MISSING,
    Documented,
    Kind,
    Specification,
    bare,
    fits,
    is_open_enum,
    kind_of,
    leaf_of,
    reached,
    vocabulary_of,
)
from models.test_decoding import as_answer, encoder, paths
from models.test_documented import DEPRECATED

from belvo_async.codec import decoder
from belvo_async.messages import Answer
from belvo_async.models import ChileTaxStatus, Invoice, TaxReturn
from belvo_async.models._fields import OpenEnum


ROWS: Final = tuple(row for row in APART if row.model in {ChileTaxStatus, Invoice})
TAX_RETURNS: Final = tuple(row for row in APART if row.model is TaxReturn)
MODELS: Final = sorted(
    {c for model in (ChileTaxStatus, TaxReturn) for c in reached(model) if attrs.has(c)},
    key=lambda c: c.__name__,
)

every_row = pytest.mark.parametrize("row", ROWS, ids=str)
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


@pytest.fixture(name="everything", scope="module")
def _everything(specifications: Mapping[str, Specification]) -> Sequence[Documented]:
    """
    The properties of the rows of this module.
    """
    return [
        property_
        for row in (*ROWS, *TAX_RETURNS)
        for property_ in specifications[row.version].documented(row.model, row.pointer)
    ]


def read(model: type[Any], body: bytes) -> Any:
    """
    Return the *model* that the library makes of an answer, by whichever tier reads it.
    """
    return decoder(model)(Answer(status=200, body=body))


# --- what is documented ---


@every_model
def test_every_property_has_an_attribute_in_order(model: type[Any], everything: Sequence[Documented]) -> None:
    """
    What a specification documents, the model has: the newest specification first, and nothing else.
    """
    documented = dict.fromkeys(p.attribute for p in everything if p.owner is model)

    assert list(documented) == [field.name for field in attrs.fields(model)]


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


def test_every_documented_value_is_a_member(everything: Sequence[Documented]) -> None:
    """
    The enums of Chile have the values that the specification lists, all of them and no others.
    """
    documented: dict[type[OpenEnum], set[str]] = defaultdict(set)
    for property_ in everything:
        type_ = leaf_of(property_.annotation)
        if property_.path.startswith("ChileTaxStatus.") and is_open_enum(type_):
            documented[type_] |= vocabulary_of(property_.schema)

    assert documented
    assert documented == {enum: {member.value for member in enum} for enum in documented}


def test_the_versions_contradict_each_other_once(everything: Sequence[Documented]) -> None:
    """
    All attributes fit but one: an item of an invoice has a whole number in 1.35.0, and a fraction in 1.223.0.
    """
    misfits = {
        p.path: (kind_of(p.schema), bare(p.annotation))
        for p in everything
        if not fits(p.schema, p.annotation)
    }
    sections = {path: misfit for path, misfit in misfits.items() if path.startswith("TaxReturn.")}

    assert [] == [p.path for p in everything if p.annotation is MISSING]
    assert {"Invoice.invoice_details[].quantity": (Kind.INTEGER, Decimal)} == {
        path: misfit for path, misfit in misfits.items() if path not in sections
    }
    assert {(Kind.OBJECT, dict[str, Any])} == set(sections.values())


# --- what arrives ---


@every_row
def test_examples_of_the_documentation_decode(row: Row, specifications: Mapping[str, Specification]) -> None:
    """
    The examples of a specification arrive whole.
    """
    specification = specifications[row.version]
    shown = assembled(specification, specification.described(row.pointer))
    # The one example that is no day in any notation has its month last: 2010-18-11.
    body = encoder.encode(shown).replace(b"2010-18-11", b"2010-11-18")

    assert paths(shown)
    assert paths(shown) == paths(as_answer(read(row.model, body)))


@pytest.mark.parametrize("day", ["2010-09-24", "24-09-2010"])
def test_a_day_in_chile_is_a_day_in_either_notation(day: str) -> None:
    """
    Chile's days come with the year first or last.
    """
    body = f'{{"addresses": [{{"date": "{day}"}}], "entity_details": {{"start_date": "{day}"}}}}'

    status = read(ChileTaxStatus, body.encode())

    assert date(2010, 9, 24) == status.addresses[0].date == status.entity_details.start_date


def test_a_section_of_a_tax_return_is_kept_as_it_was_sent() -> None:
    """
    Whatever is in a section arrives, under the keys of the tax office's form and with every digit.
    """
    section = {"ejercicio": 2022, "detalle": [{"anexo": None, "total": Decimal("12345678901234567.80")}]}

    tax_return = read(TaxReturn, encoder.encode({"id": "1", "informacion_general": section}))

    assert TaxReturn(id="1", informacion_general=section) == tax_return
    assert repr(section) == repr(tax_return.informacion_general)


def test_tax_returns_compare_by_their_sections() -> None:
    """
    Two tax returns that differ in a section are two, and a tax return can be the key of a dictionary.
    """
    one, other = (TaxReturn(id="1", isr={"total": Decimal(total)}) for total in ("0.10", "0.20"))

    assert one != other
    assert {one: 1, other: 2} == {attrs.evolve(one): 1, attrs.evolve(other): 2}
