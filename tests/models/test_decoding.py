"""
What is in an answer, decoded straight into the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pytest

from models.examples import assembled
from models.rows import ROWS, Row
from models.specification import Specification

from belvo_async.codec import decoder
from belvo_async.messages import Answer
from belvo_async.models import Account, BrazilBalance, Institution, Link, LinkStatus


encoder = msgspec.json.Encoder(decimal_format="number")
every_row = pytest.mark.parametrize("row", ROWS, ids=str)


def as_answer(value: Any) -> Any:
    """
    Return *value* as the answer that it was decoded from, as far as it shows.
    """
    return attrs.asdict(value, filter=lambda _, inner: inner is not None)


def paths(value: Any, path: str = "$") -> set[str]:
    """
    Return the path of each leaf of *value* that is not null.
    """
    if isinstance(value, dict):
        return {leaf for key, inner in value.items() for leaf in paths(inner, f"{path}.{key}")}
    if isinstance(value, list | tuple):
        return {leaf for index, inner in enumerate(value) for leaf in paths(inner, f"{path}[{index}]")}
    return set() if value is None else {path}


def decode(model: type[Any], answer: bytes) -> Any:
    """
    Decode an answer that holds one *model*.
    """
    rows: Any = list[model]  # type: ignore[valid-type]  # the type is made at run time
    (value,) = msgspec.json.Decoder(rows).decode(answer)
    return value


@every_row
def test_examples_of_the_documentation_decode(row: Row, specifications: Mapping[str, Specification]) -> None:
    """
    The examples of a specification arrive whole.
    """
    specification = specifications[row.version]
    answer = assembled(specification, specification.described(row.pointer))

    # The lenient tier is needed: some examples are of another form than their schema, such as unquoted digits.
    (value,) = decoder(list[row.model])(Answer(status=200, body=encoder.encode([answer])))  # type: ignore[name-defined]  # made at run time

    assert paths(answer)
    assert paths(answer) == paths(as_answer(value))


@pytest.mark.parametrize(
    "number",
    [
        "12345678901234567.89",
        "0.10",
        "-0.0001",
        "999999999999999.9999",
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827",
        "1E-30",
    ],
)
def test_money_keeps_every_digit(number: str) -> None:
    """
    A JSON number becomes the decimal that it says, with all its digits and no others.
    """
    balance = decode(BrazilBalance, b'[{"available": %b}]' % number.encode())

    assert number == str(balance.available)


def test_money_may_come_as_text() -> None:
    """
    A number in quotes is the same number.
    """
    balance = decode(BrazilBalance, b'[{"available": "12345678901234567.89"}]')

    assert Decimal("12345678901234567.89") == balance.available


@pytest.mark.parametrize(
    "instant",
    [
        "2022-02-09T08:45:50.406032Z",
        "2022-02-09T08:45:50.406032+00:00",
        "2022-02-09T05:45:50.406032-03:00",
    ],
)
def test_instants_are_aware(instant: str) -> None:
    """
    An instant knows its zone, however it is written.
    """
    link = decode(Link, b'[{"created_at": "%b"}]' % instant.encode())

    assert datetime(2022, 2, 9, 8, 45, 50, 406032, tzinfo=UTC) == link.created_at


def test_an_instant_without_a_zone_is_left_to_the_lenient_tier() -> None:
    """
    The native decoder never makes a naive `datetime`.
    """
    with pytest.raises(msgspec.ValidationError):
        decode(Link, b'[{"created_at": "2022-02-09T08:45:50"}]')


def test_an_unknown_value_is_kept() -> None:
    """
    A value that this library does not know arrives as it was sent.
    """
    link = decode(Link, b'[{"status": "on_holiday", "fetch_resources": ["ACCOUNTS", "HORSES"]}]')

    assert (LinkStatus("on_holiday"), "on_holiday") == (link.status, link.status)
    assert link.fetch_resources == ("ACCOUNTS", "HORSES")
    assert [resource.is_known for resource in link.fetch_resources] == [True, False]


def test_an_empty_answer_is_a_model_of_nothing() -> None:
    """
    `fields` and `omit` may take every key away, also those that Belvo always sends.
    """
    assert (Account(), Institution()) == (decode(Account, b"[{}]"), decode(Institution, b"[{}]"))
