"""
Bytes become models, or an error that says where and never what.
"""

from __future__ import annotations

import json
import traceback

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from codec.samples import Colour, Inner, Sample, answer
from hypothesis import example, given
from hypothesis import strategies as st

from belvo_async.codec import Page, decoder, encode, page_decoder, parse
from belvo_async.errors import DecodeError, InvalidArgumentError
from belvo_async.messages import Answer, Body


CANARY = "canary-7d1f"

ID = "30cb4806"

read_one = decoder(Sample)
read_list = decoder(list[Sample])
read_page = page_decoder(Sample)

EXTREME = b"1e99999999999999999999"
"""A number whose exponent no `Decimal` can hold."""


def problems_of(read: Callable[[Answer], object], body: bytes | str) -> tuple[str, ...]:
    """
    Return what was wrong with an answer that cannot be read.
    """
    with pytest.raises(DecodeError) as caught:
        read(answer(body))
    return caught.value.problems


# --- requests ---


def test_bodies_are_encoded() -> None:
    """
    A body becomes JSON as Belvo reads it: digits stay, dates are ISO 8601, `None` is left out.
    """
    body = Body(
        {
            "amount": Decimal("12345678901234567.890"),
            "day": date(2026, 1, 31),
            "instant": datetime(2026, 1, 31, 12, tzinfo=UTC),
            "save_data": False,
            "zero": 0,
            "empty": "",
            "nothing": None,
            "list": ["A", "ñ"],
        }
    )

    assert (
        '{"amount":12345678901234567.890,"day":"2026-01-31","instant":"2026-01-31T12:00:00Z",'
        '"save_data":false,"zero":0,"empty":"","list":["A","ñ"]}'
    ).encode() == encode(body)


def test_an_empty_body_is_an_empty_object() -> None:
    """
    A body without members is sent as one.
    """
    assert b"{}" == encode(Body({}))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(f"{CANARY}\ud800", id="half-a-character"),
        pytest.param([CANARY, "\udfff"], id="in-a-list"),
        pytest.param({CANARY: object()}, id="object-of-the-caller"),
        pytest.param({(CANARY, 1): 1}, id="key-that-is-no-text"),
        pytest.param({"a": 10**5000}, id="too-many-digits"),
    ],
)
def test_what_json_cannot_carry(value: object) -> None:
    """
    What cannot be written is told by the name of the member; its value hangs on nothing.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        encode(Body({"institution": "erebor", "password": value, "save_data": True}))

    error = caught.value
    assert "password: expected text and numbers that JSON can carry, found another value" == str(error)
    assert (None, None) == (error.__context__, error.__cause__)
    assert CANARY not in "".join(traceback.format_exception(error))


def test_a_member_whose_name_json_cannot_carry() -> None:
    """
    A name that cannot be written is not repeated.
    """
    with pytest.raises(InvalidArgumentError, match=r"^body: expected text and numbers that JSON can carry"):
        encode(Body({"half\ud800": 1}))


# --- JSON without types ---


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b'{"a": [1, 2.50, "x", null, true]}', {"a": [1, Decimal("2.50"), "x", None, True]}, id="all"),
        pytest.param(b"1e400", Decimal("1E+400"), id="beyond-float"),
        pytest.param(b"0.1000000000000000055511151231257827", Decimal("0.1000000000000000055511151231257827"), id="digits"),
        pytest.param(b" [] ", [], id="spaces"),
        pytest.param(b"null", None, id="null"),
        pytest.param(b"", None, id="empty"),
        pytest.param(b"<html>", None, id="html"),
        pytest.param(b"{} {}", None, id="two"),
        pytest.param(b"NaN", None, id="nan"),
        pytest.param(b'"\xff"', None, id="no-utf-8"),
        pytest.param(b'"\\ud800"', None, id="half-a-character"),
        pytest.param(b"\xef\xbb\xbf{}", None, id="byte-order-mark"),
        pytest.param(b"[" * 100_000, None, id="deep"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, None, id="deep-and-closed"),
        pytest.param(b"1" * 10_000, None, id="too-many-digits"),
        pytest.param(EXTREME, None, id="extreme-exponent"),
        pytest.param(b"-" + EXTREME, None, id="extreme-negative"),
        pytest.param(b'{"a": 1e-99999999999999999999}', None, id="extremely-small"),
    ],
)  # fmt: skip
def test_parsing(content: bytes, expected: object) -> None:
    """
    JSON is parsed without losing a digit; what is none is `None`.
    """
    parsed = parse(content)

    assert expected == parsed
    assert repr(expected) == repr(parsed)


@given(st.binary(max_size=50))
@example(EXTREME)
@example(b"[" * 10_000)
def test_parsing_never_raises(content: bytes) -> None:
    """
    Whatever bytes arrive, parsing them raises nothing.
    """
    parse(content)


# --- what is read ---


def test_a_valid_answer() -> None:
    """
    An answer as announced becomes the model, with every kind of field.
    """
    body = {
        "id": ID,
        "text": "ñ",
        "count": 3,
        "flag": False,
        "day": "2026-01-31",
        "instant": "2026-01-31T12:00:00.123456-03:00",
        "colour": "RED",
        "inner": {"name": "x", "unknown": [1]},
        "inners": [{"name": None}, None],
        "texts": ["a"],
        "days": [None, "2026-01-01"],
        "colours": ["green"],
        "added in 2027": {"a": 1},
    }
    sample = Sample(
        id=ID,
        text="ñ",
        count=3,
        flag=False,
        day=date(2026, 1, 31),
        instant=datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=-3))),
        colour=Colour.RED,
        inner=Inner(name="x"),
        inners=(Inner(), None),
        texts=("a",),
        days=(None, date(2026, 1, 1)),
        colours=(Colour.GREEN,),
    )

    assert sample == read_one(answer(json.dumps(body)))
    assert [sample, sample] == read_list(answer(json.dumps([body, body])))


@pytest.mark.parametrize(
    "digits",
    [
        "0.10",
        "-0.0001",
        "12345678901234567.89",
        "999999999999999.9999",
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827",
        "1E-30",
        "1E+400",
        "-0.0",
        "1" * 1000,
        "0." + "3" * 1000,
    ],
    ids=lambda digits: digits[:20],
)
@pytest.mark.parametrize("spoiler", [b"", b', "count": "3"'], ids=["native", "lenient"])
def test_money_keeps_every_digit(digits: str, spoiler: bytes) -> None:
    """
    A number is the decimal that the answer wrote, whichever tier reads it.
    """
    sample = read_one(answer(b'{"amount": %b%b}' % (digits.encode(), spoiler)))

    assert digits == str(sample.amount)


@pytest.mark.parametrize("spoiler", [b"", b', "count": "3"'], ids=["native", "lenient"])
def test_money_keeps_every_digit_where_nothing_is_announced(spoiler: bytes) -> None:
    """
    Also inside of what has no types a number with a point is a decimal, whichever tier reads it.
    """
    sample = read_one(
        answer(b'{"section": {"a": 12345678901234567.890, "b": [{"c": 0.10, "d": 7}]}%b}' % spoiler)
    )

    assert "{'a': Decimal('12345678901234567.890'), 'b': [{'c': Decimal('0.10'), 'd': 7}]}" == repr(
        sample.section
    )


@pytest.mark.parametrize("spoiler", [b"", b', "count": "3"'], ids=["native", "lenient"])
def test_unknown_values_are_kept(spoiler: bytes) -> None:
    """
    A value that is not in the vocabulary arrives as it was sent, whichever tier reads it.
    """
    sample = read_one(answer(b'{"colour": "puce", "colours": ["RED", ""]%b}' % spoiler))

    assert Colour("puce") == sample.colour == "puce"
    assert sample.colour is not None
    assert not sample.colour.is_known
    assert sample.colours is not None
    assert Colour.RED is sample.colours[0]
    assert ("RED", "") == sample.colours


VARIANTS: dict[str, tuple[str, Sample]] = {
    "count-as-text": ('{"count": "42"}', Sample(count=42)),
    "count-with-a-point": ('{"count": 42.0}', Sample(count=42)),
    "count-with-an-exponent": ('{"count": 4.2e1}', Sample(count=42)),
    "count-as-text-with-a-point": ('{"count": "42.0"}', Sample(count=42)),
    "negative-count-as-text": ('{"count": "-42"}', Sample(count=-42)),
    "large-count-as-text": ('{"count": "123456789012345678901"}', Sample(count=123456789012345678901)),
    "amount-as-text": ('{"amount": "1.50", "count": "1"}', Sample(amount=Decimal("1.50"), count=1)),
    "text-as-number": ('{"text": 7}', Sample(text="7")),
    "text-as-large-number": ('{"text": 12345678901234567890}', Sample(text="12345678901234567890")),
    "text-as-decimal": ('{"text": 7.50}', Sample(text="7.50")),
    "flag-as-text": ('{"flag": "false"}', Sample(flag=False)),
    "flag-as-capital-text": ('{"flag": "True"}', Sample(flag=True)),
    "flag-as-one": ('{"flag": 1}', Sample(flag=True)),
    "flag-as-zero": ('{"flag": 0}', Sample(flag=False)),
    "naive-instant": (
        '{"instant": "2024-09-02T15:23:47"}',
        Sample(instant=datetime(2024, 9, 2, 15, 23, 47, tzinfo=UTC)),
    ),
    "naive-instant-with-a-space": (
        '{"instant": "2024-09-02 15:23:47.5"}',
        Sample(instant=datetime(2024, 9, 2, 15, 23, 47, 500000, tzinfo=UTC)),
    ),
    "instant-without-seconds": (
        '{"instant": "2024-09-02T15:23-03:00"}',
        Sample(instant=datetime(2024, 9, 2, 15, 23, tzinfo=timezone(timedelta(hours=-3)))),
    ),
    "day-as-instant": ('{"instant": "2024-09-02"}', Sample(instant=datetime(2024, 9, 2, tzinfo=UTC))),
    "chilean-day": ('{"day": "31-01-2026"}', Sample(day=date(2026, 1, 31))),
    "instant-as-day": ('{"day": "2026-01-31T23:59:59-06:00"}', Sample(day=date(2026, 1, 31))),
    "null-in-texts": ('{"texts": ["a", null]}', Sample(texts=("a", None))),  # type: ignore[arg-type] # that is it
    "colour-as-number": ('{"colour": 7}', Sample(colour=Colour("7"))),
    "colours-of-all-kinds": ('{"colours": ["RED", 7]}', Sample(colours=(Colour.RED, Colour("7")))),
    "inside": (
        '{"inner": {"name": 1}, "inners": [{"amount": "2"}, null]}',
        Sample(inner=Inner(name="1"), inners=(Inner(amount=Decimal(2)), None)),
    ),
    "with-nulls": ('{"id": null, "text": null, "inner": null, "inners": null, "count": "1"}', Sample(count=1)),
    "in-a-list-of-one": (f'[{{"id": "{ID}", "count": "1"}}]', Sample(id=ID, count=1)),
    "in-a-list-of-one-otherwise-valid": (f'[{{"id": "{ID}"}}]', Sample(id=ID)),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), VARIANTS.values(), ids=VARIANTS)
def test_variants_are_read(body: str, expected: Sample) -> None:
    """
    What is not quite as announced, but cannot be mistaken, is read all the same.
    """
    sample = read_one(answer(body))

    assert expected == sample
    assert repr(expected) == repr(sample)


def test_an_object_is_read_as_a_list_of_one() -> None:
    """
    Where a list was announced and one object comes, it is a list of one.
    """
    assert [Sample(id=ID)] == read_list(answer(f'{{"id": "{ID}"}}'))
    assert [Sample(id=ID, count=1)] == read_list(answer(f'{{"id": "{ID}", "count": "1", "new": 2}}'))


def test_an_empty_list_is_an_empty_list() -> None:
    """
    No data is no error.
    """
    assert [] == read_list(answer("[]"))


# --- pages ---


def test_pages() -> None:
    """
    A page has its items, how many there are in all, and the addresses of its neighbours.
    """
    body = {"count": 3, "next": "https://b/?page=3", "previous": None, "results": [{"id": ID}], "new": 1}
    page = Page(count=3, next="https://b/?page=3", previous=None, results=(Sample(id=ID),))

    assert page == read_page(answer(json.dumps(body)))
    assert page == read_page(answer(json.dumps({**body, "count": "3"})))


def test_a_page_of_nothing() -> None:
    """
    A page may be empty and need not count.
    """
    assert Page(results=()) == read_page(answer('{"results": []}'))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param("{}", "missing @ $.results", id="empty"),
        pytest.param('{"detail": "later"}', "missing @ $.results", id="something-else"),
        pytest.param('{"results": null}', "expected data, found null", id="null"),
        pytest.param('{"results": {}}', "expected a list, found an object @ $.results", id="object"),
        pytest.param(f'[{{"id": "{ID}"}}]', "missing @ $.results", id="list-of-one"),
        pytest.param("[]", "expected an object, found a list @ $", id="list"),
        pytest.param("[{}, {}]", "expected an object, found a list @ $", id="list-of-two"),
    ],
)
def test_what_is_no_page(body: str, problem: str) -> None:
    """
    What is no page is never taken for an empty one.
    """
    assert (problem,) == problems_of(read_page, body)


# --- what cannot be read ---

WRONG = f'"{CANARY}"'
NONSENSE: dict[str, tuple[Any, str | bytes, tuple[str, ...]]] = {
    "count-text": (read_one, f'{{"count": {WRONG}}}', ("expected a number, found text @ $.count",)),
    "count-fraction": (read_one, '{"count": 3.7}', ("expected a whole number, found a number @ $.count",)),
    "count-fraction-text": (read_one, '{"count": "3.7"}', ("expected a whole number, found text @ $.count",)),
    "count-flag": (read_one, '{"count": true}', ("expected a number, found true or false @ $.count",)),
    "count-list": (read_one, f'{{"count": [{WRONG}]}}', ("expected a number, found a list @ $.count",)),
    "count-huge": (read_one, '{"count": 1e999999999}', ("expected a whole number, found a number @ $.count",)),
    "flag-text": (read_one, f'{{"flag": {WRONG}}}', ("expected true or false, found text @ $.flag",)),
    "flag-number": (read_one, '{"flag": 2}', ("expected true or false, found a number @ $.flag",)),
    "flag-empty": (read_one, '{"flag": ""}', ("expected true or false, found text @ $.flag",)),
    "text-object": (read_one, f'{{"text": {{"a": {WRONG}}}}}', ("expected text, found an object @ $.text",)),
    "text-list": (read_one, f'{{"text": [{WRONG}]}}', ("expected text, found a list @ $.text",)),
    "text-flag": (read_one, '{"text": true}', ("expected text, found true or false @ $.text",)),
    "amount-text": (read_one, f'{{"amount": {WRONG}}}', ("expected a number, found text @ $.amount",)),
    "amount-flag": (read_one, '{"amount": false}', ("expected a number, found true or false @ $.amount",)),
    "amount-object": (read_one, '{"amount": {}}', ("expected a number, found an object @ $.amount",)),
    "amount-nan": (
        read_one,
        '{"amount": "NaN", "count": "1"}',
        ("expected a number, found text @ $.amount",),
    ),
    "amount-long": (
        read_one,
        '{"amount": "%s", "count": "1"}' % ("1" * 500),
        ("expected a number, found text @ $.amount",),
    ),
    "day-text": (read_one, f'{{"day": {WRONG}}}', ("expected a date, found text @ $.day",)),
    "day-impossible": (read_one, '{"day": "31-02-2026"}', ("expected a date, found text @ $.day",)),
    "day-number": (read_one, '{"day": 20260131}', ("expected a date, found a number @ $.day",)),
    "instant-text": (read_one, f'{{"instant": {WRONG}}}', ("expected an instant, found text @ $.instant",)),
    "instant-number": (read_one, '{"instant": 1767225600}', ("expected an instant, found a number @ $.instant",)),
    "colour-object": (read_one, f'{{"colour": {{{WRONG}: 1}}}}', ("expected text, found an object @ $.colour",)),
    "colour-flag": (read_one, '{"colour": true}', ("expected text, found true or false @ $.colour",)),
    "inner-text": (read_one, f'{{"inner": {WRONG}}}', ("expected an object, found text @ $.inner",)),
    "inner-list": (read_one, '{"inner": []}', ("expected an object, found a list @ $.inner",)),
    "inners-object": (read_one, f'{{"inners": {{"name": {WRONG}}}}}', ("expected a list, found an object @ $.inners",)),
    "section-text": (read_one, f'{{"section": {WRONG}}}', ("expected an object, found text @ $.section",)),
    "section-list": (read_one, f'{{"section": [[{WRONG}, 1]]}}', ("expected an object, found a list @ $.section",)),
    "texts-text": (read_one, f'{{"texts": {WRONG}}}', ("expected a list, found text @ $.texts",)),
    "deep-inside": (
        read_list,
        f'[{{}}, {{"inners": [null, {{"amount": {WRONG}}}]}}]',
        ("expected a number, found text @ $[1].inners[1].amount",),
    ),
    "several": (
        read_list,
        f'[{{"count": {WRONG}, "inner": {{"name": []}}}}, {{"texts": ["a", [{WRONG}]]}}]',
        (
            "expected a number, found text @ $[0].count",
            "expected text, found a list @ $[0].inner.name",
            "expected text, found a list @ $[1].texts[1]",
        ),
    ),
    "number-for-one": (read_one, "428", ("expected an object, found a number @ $",)),
    "text-for-one": (read_one, WRONG, ("expected an object, found text @ $",)),
    "list-for-one": (read_one, "[]", ("expected an object, found a list @ $",)),
    "two-for-one": (read_one, "[{}, {}]", ("expected an object, found a list @ $",)),
    "list-in-a-list-for-one": (read_one, "[[{}]]", ("expected an object, found a list @ $",)),
    "null-in-a-list-for-one": (read_one, "[null]", ("expected data, found null",)),
    "text-for-list": (read_list, WRONG, ("expected a list, found text @ $",)),
    "empty-object-for-list": (read_list, "{}", ("expected a list, found an object @ $",)),
    "receipt-for-list": (read_list, f'{{"detail": {WRONG}}}', ("expected a list, found an object @ $",)),
    "page-for-list": (read_list, '{"results": []}', ("expected a list, found an object @ $",)),
    "texts-for-list": (read_list, f"[{WRONG}]", ("expected an object, found text @ $[0]",)),
    "nothing-of-it": (read_one, "{}", ("expected data, found an object that has nothing of it",)),
    "something-else": (
        read_one,
        '[{"code": "x", "message": "y"}]',
        ("expected data, found an object that has nothing of it",),
    ),
    "an-item-of-nothing": (
        read_list,
        '[{"id": "a"}, {"code": "x"}]',
        ("expected data, found an object that has nothing of it",),
    ),
    "empty": (read_one, "", ("expected JSON, found 0 bytes that are none",)),
    "empty-for-list": (read_list, "", ("expected JSON, found 0 bytes that are none",)),
    "null": (read_one, "null", ("expected JSON, found 4 bytes that are none",)),
    "html": (read_list, f"<p>{CANARY}", (f"expected JSON, found {3 + len(CANARY)} bytes that are none",)),
    "truncated": (read_list, '[{"id": "3', ("expected JSON, found 10 bytes that are none",)),
    "deep": (read_one, '{"new": ' + "[" * 100_000, ("expected JSON, found 100008 bytes that are none",)),
    "no-utf-8": (read_one, b'{"text": "\xff"}', ("expected JSON, found 13 bytes that are none",)),
    "extreme-exponent": (read_one, b'{"amount": %b}' % EXTREME, ("expected JSON, found 34 bytes that are none",)),
}  # fmt: skip


@pytest.mark.parametrize(("read", "body", "problems"), NONSENSE.values(), ids=NONSENSE)
def test_what_cannot_be_read(
    read: Callable[[Answer], object], body: bytes | str, problems: tuple[str, ...]
) -> None:
    """
    What cannot be read is an error that names every place and no value.
    """
    with pytest.raises(DecodeError) as caught:
        read(answer(body, 201, "request"))

    error = caught.value
    assert problems == error.problems
    assert (201, "request") == (error.status, error.request_id)


@pytest.mark.parametrize(
    ("read", "body"),
    [pytest.param(read, body, id=name) for name, (read, body, _) in NONSENSE.items() if CANARY in str(body)],
)
def test_no_value_gets_out(read: Callable[[Answer], object], body: bytes | str) -> None:
    """
    Neither the error nor anything that hangs on it shows what the answer held.
    """
    with pytest.raises(DecodeError) as caught:
        read(answer(body))

    error = caught.value
    assert (None, None) == (error.__context__, error.__cause__)
    for shown in (str(error), repr(error), repr(vars(error)), repr(error.args)):
        assert CANARY not in shown
    assert CANARY not in "".join(traceback.format_exception(error))


def test_the_announced_type_is_named() -> None:
    """
    The error says what was to be read.
    """
    told = []
    for read in (read_one, read_list, read_page):
        with pytest.raises(DecodeError) as caught:
            read(answer("[[]]"))
        told.append(caught.value.expected)

    assert ["Sample", "list of Sample", "Page of Sample"] == told


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"request_id": "x"}'])
def test_accepted_is_not_done(body: bytes) -> None:
    """
    A 202 brings no data, whatever its body.
    """
    with pytest.raises(DecodeError) as caught:
        read_list(answer(body, 202, "later"))

    assert ("expected the data, found 202 Accepted, which brings them later",) == caught.value.problems
    assert (202, "later") == (caught.value.status, caught.value.request_id)


@pytest.mark.parametrize("read", [read_one, read_list, read_page], ids=["one", "list", "page"])
@given(st.data())
def test_nothing_but_decode_errors(read: Callable[[Answer], object], data: st.DataObject) -> None:
    """
    Whatever bytes arrive, they are read or raise `DecodeError`, never anything else.
    """
    body = data.draw(st.binary(max_size=40) | broken_answers)

    told: DecodeError | None = None
    try:
        read(answer(body))
    except DecodeError as error:
        told = error

    assert told is None or told.problems


pieces = st.sampled_from(
    [
        b"{", b"}", b"[", b"]", b",", b":", b'"', b"null", b"true", b"1", b"-1.5e3", b'"x"', b"\xff", b" ",
        b'"results"', b'"amount":', b'"count":', b'"inner":{', b'"instant":"2026-01-01T00:00:00Z"', b'"texts":[',
        b'"colour":', b'"flag":', b'"day":', EXTREME, b'"NaN"', b"1" * 5000,
    ]
)  # fmt: skip
broken_answers = st.lists(pieces, max_size=12).map(b"".join)
