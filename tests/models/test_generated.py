"""
Answers made from the specifications arrive whole, on both tiers of the codec, with every digit.
"""

from __future__ import annotations

import json
import pickle

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pytest

from hypothesis import given
from hypothesis import strategies as st
from models.generated import Answers, Sent, quick
from models.rows import APART, ROWS, Row
from models.specification import NEW, OLD, Specification

from belvo_async.codec import _native, decoder, lenient, parse
from belvo_async.messages import Answer
from belvo_async.models import Transaction


encoder = msgspec.json.Encoder(decimal_format="number")
pytestmark = pytest.mark.once

every_row = pytest.mark.parametrize("row", [*ROWS, *APART], ids=str)


def answers(
    row: Row, specifications: Mapping[str, Specification], *, odd: bool = False
) -> st.SearchStrategy[Sent]:
    """
    Return a strategy for what the specification of *row* allows.
    """
    specification = specifications[row.version]
    schema = specification.described(row.pointer)
    if (row.model, row.version) == (Transaction, OLD):
        # The older version has an instant here. The model has the day of the newer, as which instants are read, too.
        newer = specifications[NEW].described("#/components/schemas/TransactionOpenFinanceBrazil")
        booked = {"accounting_date": newer["properties"]["accounting_date"]}
        schema = {**schema, "properties": {**schema["properties"], **booked}}
    return Answers(specification, odd).of(schema)


def shown(value: Any) -> Any:
    """
    Return what a model holds, as far as something was sent for it.
    """
    return attrs.asdict(value, filter=lambda _, inner: inner is not None)


def numbers(value: Any, path: str = "$") -> Iterator[tuple[str, str]]:
    """
    Yield each number in *value* as it is written, with its path.
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from numbers(inner, f"{path}[{index}]")
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield path, str(value)


@every_row
def test_both_tiers_read_what_is_documented(row: Row, specifications: Mapping[str, Specification]) -> None:
    """
    Every answer that a specification allows arrives whole and alike on both tiers, with keys and values to come.
    """

    @quick
    @given(answers(row, specifications))
    def arrives_whole(sent: Sent) -> None:
        body = encoder.encode([sent.json])
        rows: Any = list[row.model]  # type: ignore[name-defined]  # made at run time
        (value,) = native = _native(rows).decode(body)
        restored = pickle.loads(pickle.dumps(value))  # noqa: S301 - our own pickle

        assert (native, ()) == lenient.structure(parse(body), rows)
        assert sent.value == shown(value)
        assert (value, hash(value)) == (restored, hash(restored))

    arrives_whole()


@every_row
def test_whatever_belvo_sends_is_read(row: Row, specifications: Mapping[str, Specification]) -> None:
    """
    So does an answer in the notations that Belvo's documents show besides, and every number keeps its digits.
    """

    @quick
    @given(answers(row, specifications, odd=True))
    def arrives_whole(sent: Sent) -> None:
        if not sent.value:
            return  # what has nothing of the model is something else
        body = encoder.encode(sent.json)
        value = decoder(row.model)(Answer(200, body))
        arrived = shown(value)

        assert (value, ()) == lenient.structure(parse(body), row.model)
        assert sent.value == arrived
        # Equality of decimals does not see zeros at the end; these are found by a reader that is not ours.
        written = dict(numbers(json.loads(body, parse_float=Decimal)))
        assert {
            path: digits for path, digits in numbers(arrived) if path in written
        }.items() <= written.items()
        assert sorted(numbers(sent.value)) == sorted(numbers(arrived))

    arrives_whole()
