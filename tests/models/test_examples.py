"""
Every example of an answer in Belvo's specifications is read, by both tiers alike, and nothing of it is lost.

What an example shows and its schema does not allow is in three tables, each with the reason. An entry that is
no longer needed fails.
"""

from __future__ import annotations

import re

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, get_args

import attrs
import msgspec
import pytest

from models.examples import WITHOUT_A_MODEL, Example, examples, models_of, responses
from models.specification import FILES, NEW, OLD, Specification

from belvo_async.codec import _native, lenient, parse


UNREADABLE: Final = {
    (
        NEW,
        "ChileTaxStatus.authorized_tax_documents[].authorization_date",
    ): "2010-18-11 is no day in any notation",
}
"""By version and place: what neither tier reads. That is an error, since to guess would be worse."""

LENIENT_ONLY: Final = {
    (NEW, "Investment.debtor_details.id_document_number"): "a tax number without quotes",
    (
        NEW,
        "InvestmentTransaction.investment.debtor_details.id_document_number",
    ): "a tax number without quotes",
    (NEW, "FinancialStatement.year"): "a year without quotes",
    (NEW, "ChileInvoice.received_at"): "no zone",
    (NEW, "ChileTaxStatus.entity_details.incorporation_date"): "the year last",
    (OLD, "Transaction.internal_identification"): "a number without quotes",
    (OLD, "Transaction.accounting_date"): "an instant, where the newer version has a day",
    (OLD, "Invoice.sender_id"): "a tax number without quotes",
}
"""By version and place: what the native tier leaves to the lenient one. Only the first of an example counts."""

UNDOCUMENTED: Final = {
    (NEW, "Account.credit_data.limits[].card_number"): "not in the schema",
    (OLD, "Account.funds_data[].collected_at"): "not in the schema",
    (OLD, "Invoice.payments[].related_documents[].installment"): "not in the schema",
    (OLD, "TaxStatus.regimes[].regime"): "`regimen` in the schema, and in the newer version",
}
"""By version and place: what is shown without being described. It is skipped, as any key that is added later."""

encoder: Final = msgspec.json.Encoder(decimal_format="number")
every_version = pytest.mark.parametrize("version", FILES)


def place(example: Example, path: str) -> tuple[str, str]:
    """
    Return version and path from the model on, without the numbers of the entries.
    """
    model = (get_args(example.type) or (example.type,))[0]
    inside = re.sub(r"^\$(\.results)?(\[\d*\])?", "", path)
    return example.response.version, re.sub(r"\[(\d+|\.\.\.)\]", "[]", f"{model.__name__}{inside}")


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """
    Yield each value that is not null and holds no others, with its path.
    """
    if attrs.has(type(value)):
        value = attrs.asdict(value, recurse=False)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    elif value is not None:
        yield path, value


@attrs.frozen
class Reading:
    """
    What both tiers made of an example.

    Attributes:
        native: `None` if that tier refused it.

        refused: Where it did so first.

        lenient: `None` if that tier found problems.

        problems: Where.
    """

    example: Example
    native: Any
    refused: str | None
    lenient: Any
    problems: tuple[str, ...]


def read(example: Example) -> Reading:
    """
    Read *example* with both tiers.
    """
    body = encoder.encode(example.value)
    native, refused = None, None
    try:
        native = _native(example.type).decode(body)
    except msgspec.ValidationError as exc:
        refused = str(exc).rpartition(" - at `")[2].rstrip("`")
    structured, problems = lenient.structure(parse(body), example.type)
    return Reading(
        example, native, refused, structured, tuple(problem.rpartition(" @ ")[2] for problem in problems)
    )


@pytest.fixture(name="readings", scope="module")
def _readings(specifications: Mapping[str, Specification]) -> Mapping[str, list[Reading]]:
    return {
        version: [read(example) for example in examples(specification)]
        for version, specification in specifications.items()
    }


def of(version: str, table: Mapping[tuple[str, str], str]) -> set[tuple[str, str]]:
    """
    Return the entries of *table* about *version*.
    """
    return {entry for entry in table if entry[0] == version}


@every_version
def test_every_answer_has_a_model(version: str, specifications: Mapping[str, Specification]) -> None:
    """
    Each successful answer of each operation leads to one model, or is of a kind that has none.
    """
    specification = specifications[version]
    found = list(responses(specification))
    with_a_model = [response for response in found if response.status not in WITHOUT_A_MODEL]

    assert {str(r) for r in with_a_model if len(models_of(specification, r)) != 1} == set()
    assert {r.status for r in found} - {r.status for r in with_a_model} == set(WITHOUT_A_MODEL)


@every_version
def test_every_example_is_read(version: str, readings: Mapping[str, list[Reading]]) -> None:
    """
    No example is refused, but for what is no value of its type in any notation.
    """
    problems = {place(r.example, problem) for r in readings[version] for problem in r.problems}

    assert problems == of(version, UNREADABLE)


@every_version
def test_both_tiers_read_the_same(version: str, readings: Mapping[str, list[Reading]]) -> None:
    """
    Where the native tier reads an example, the lenient one reads the same; where it does not, it is known why.
    """
    different = [
        str(r.example)
        for r in readings[version]
        if r.refused is None and (r.native != r.lenient or repr(r.native) != repr(r.lenient))
    ]
    refused = {place(r.example, r.refused) for r in readings[version] if r.refused is not None}

    assert different == []
    assert refused - of(version, UNREADABLE) == of(version, LENIENT_ONLY)


@every_version
def test_examples_arrive_whole(version: str, readings: Mapping[str, list[Reading]]) -> None:
    """
    Each value of an example is in the model, but for what no schema describes; and the model has no others.
    """
    shown = {
        (str(r.example), place(r.example, path), path)
        for r in readings[version]
        if not r.problems
        for path, _ in leaves(r.example.value)
    }
    arrived = {
        (str(r.example), place(r.example, path), path)
        for r in readings[version]
        for path, _ in leaves(r.lenient)
    }

    assert arrived <= shown
    assert {lost for _, lost, _ in shown - arrived} == of(version, UNDOCUMENTED)


@every_version
def test_numbers_of_examples_keep_every_digit(version: str, readings: Mapping[str, list[Reading]]) -> None:
    """
    A number of an example is the same in the model, to its last zero.
    """
    changed = []
    for reading in readings[version]:
        numbers = {path: value for path, value in leaves(reading.example.value) if is_number(value)}
        for path, value in leaves(reading.lenient):
            if path in numbers and str(int(value) if value in {True, False} else value) != str(numbers[path]):
                changed.append((str(reading.example), path, numbers[path], value))

    assert changed == []


def is_number(value: Any) -> bool:
    """
    Return whether *value* is a number of JSON.
    """
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
