"""
Answers as Belvo's specifications allow them, decoded straight into the models.
"""

from __future__ import annotations

import pickle

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pytest

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from models.examples import assembled
from models.rows import ROWS, Row
from models.specification import Kind, Schema, Specification, kind_of, vocabulary_of

from belvo_async.codec import decoder
from belvo_async.messages import Answer
from belvo_async.models import Account, BrazilBalance, Institution, Link, LinkStatus


ADDED_LATER = "added_later_"
"""Begins the keys that no specification has."""

encoder = msgspec.json.Encoder(decimal_format="number")
quick = settings(
    derandomize=True,
    max_examples=25,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],  # to explain a failure takes longer than to find it
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
every_row = pytest.mark.parametrize("row", ROWS, ids=str)

extra_keys = st.dictionaries(
    st.sampled_from([f"{ADDED_LATER}{kind}" for kind in ("value", "list", "object")]),
    st.none() | st.integers(0, 9) | st.just([1, "a"]) | st.just({"id": None}),
    max_size=1,
)
text = st.text(max_size=12)
values: Mapping[Kind, st.SearchStrategy[Any]] = {
    Kind.NUMBER: st.decimals(-(10**17), 10**17, places=2)
    | st.decimals(0, 1, places=6)
    | st.integers(-(10**20), 10**20).map(Decimal),
    Kind.INTEGER: st.integers(-(2**31), 2**31 - 1),
    Kind.FLAG: st.booleans(),
    Kind.INSTANT: st.datetimes(
        datetime(1990, 1, 1),  # noqa: DTZ001 - Hypothesis wants bounds without a zone
        datetime(2090, 1, 1),  # noqa: DTZ001 - same
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))]),
    ),
    Kind.DAY: st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    Kind.TEXT: text,
    Kind.NOTHING: st.none(),
}


def answers(specification: Specification, schema: Schema) -> st.SearchStrategy[Any]:
    """
    Return a strategy for what *schema* allows, plus what Belvo may add: keys, and values of vocabularies.
    """
    kind = kind_of(schema)
    if kind is Kind.OBJECT:
        keys = {
            name: _nullable_answers(specification, property_)
            for name, property_ in schema.get("properties", {}).items()
        }
        required = {name: keys.pop(name) for name in schema.get("required", ()) if name in keys}
        known = st.fixed_dictionaries(required, optional=keys)
        return st.tuples(known, extra_keys).map(lambda pair: {**pair[0], **pair[1]})
    if kind is Kind.LIST:
        return st.lists(_nullable_answers(specification, schema["items"]), max_size=2).map(tuple)
    if kind is Kind.VOCABULARY:
        return st.sampled_from(sorted(vocabulary_of(schema))) | text
    return values[kind]


def _nullable_answers(specification: Specification, schema: Schema) -> st.SearchStrategy[Any]:
    settled = specification.settle(schema)
    strategy = answers(specification, settled)
    return st.none() | strategy if settled.get("nullable") else strategy


def without_nulls(answer: Any) -> Any:
    """
    Return *answer* as a model shows it: what is null and what no specification has is gone.
    """
    if isinstance(answer, dict):
        return {
            key: without_nulls(value)
            for key, value in answer.items()
            if value is not None and not key.startswith(ADDED_LATER)
        }
    return tuple(without_nulls(entry) for entry in answer) if isinstance(answer, tuple) else answer


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
def test_whatever_is_documented_decodes(row: Row, specifications: Mapping[str, Specification]) -> None:
    """
    Every answer that a specification allows arrives whole, also with values and keys that it does not know.
    """
    specification = specifications[row.version]

    @quick
    @given(answers(specification, specification.described(row.pointer)))
    def arrives_whole(answer: dict[str, Any]) -> None:
        value = decode(row.model, encoder.encode([answer]))
        restored = pickle.loads(pickle.dumps(value))  # noqa: S301 - our own pickle

        assert without_nulls(answer) == as_answer(value)
        assert (value, hash(value)) == (restored, hash(restored))

    arrives_whole()


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
