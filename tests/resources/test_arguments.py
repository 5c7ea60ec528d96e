"""
Arguments become what Belvo reads, or are refused before anything is sent.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest

from hypothesis import given
from hypothesis import strategies as st

from belvo_async.errors import InvalidArgumentError
from belvo_async.models._fields import OpenEnum
from belvo_async.resources.arguments import day, query, selection, whole


class Status(OpenEnum):
    """
    An open vocabulary.
    """

    VALID = "valid"
    INVALID = "invalid"


class Size(IntEnum):
    """
    Numbers with names.
    """

    LARGE = 1000


class Odd(Enum):
    """
    A name for a text with a comma.
    """

    BOTH = "a,b"


# --- filters ---


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("text", "text", id="text"),
        pytest.param("a,b", "a,b", id="text-with-a-comma"),
        pytest.param(7, "7", id="number"),
        pytest.param(0, "0", id="zero"),
        pytest.param(True, "true", id="true"),
        pytest.param(False, "false", id="false"),
        pytest.param(Decimal("1.50"), "1.50", id="decimal"),
        pytest.param(date(2026, 1, 31), "2026-01-31", id="day"),
        pytest.param(datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00+00:00", id="instant"),
        pytest.param(
            datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=-3))),
            "2026-01-31T12:00:00.000005-03:00",
            id="instant-elsewhere",
        ),
        pytest.param(Status.VALID, "valid", id="enum"),
        pytest.param(Status("new_in_2027"), "new_in_2027", id="unknown-enum"),
        pytest.param(Size.LARGE, "1000", id="number-with-a-name"),
        pytest.param(["b", "a"], "b,a", id="list"),
        pytest.param(("b", 7, True, date(2026, 1, 1)), "b,7,true,2026-01-01", id="tuple-of-all-kinds"),
        pytest.param({"b", "a", "c"}, "a,b,c", id="set"),
        pytest.param(frozenset({Status.VALID, Status.INVALID}), "invalid,valid", id="set-of-enums"),
        pytest.param({"b": 1, "a": 2}.keys(), "a,b", id="keys"),
        pytest.param(range(3), "0,1,2", id="range"),
        pytest.param(["a"], "a", id="list-of-one"),
    ],
)
def test_filters(value: Any, expected: str) -> None:
    """
    A filter is sent as Belvo reads it: sequences with commas, in their order, sets sorted.
    """
    assert (("status__in", expected),) == query({"status__in": value})


def test_what_is_none_is_not_sent() -> None:
    """
    `None` is no filter; everything else stays, in its order.
    """
    filters = {"b": None, "link": "x", "a": False, "page": 0}

    assert (("link", "x"), ("a", "false"), ("page", "0")) == query(filters)
    assert () == query({})


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        pytest.param(1.5, "expected text, a whole number or Decimal, a date, or a sequence of them, found float", id="float"),
        pytest.param(b"abc", "expected text, a whole number or Decimal, a date, or a sequence of them, found bytes", id="bytes"),
        pytest.param(
            bytearray(b"a"), "expected text, a whole number or Decimal, a date, or a sequence of them, found bytearray", id="bytearray"
        ),
        pytest.param(
            memoryview(b"a"), "expected text, a whole number or Decimal, a date, or a sequence of them, found memoryview", id="view"
        ),
        pytest.param({"a": 1}, "expected text, a whole number or Decimal, a date, or a sequence of them, found dict", id="dict"),
        pytest.param(object(), "expected text, a whole number or Decimal, a date, or a sequence of them, found object", id="object"),
        pytest.param(iter("ab"), "expected text, a whole number or Decimal, a date, or a sequence of them, found str_", id="iterator"),
        pytest.param(["a", None], "expected text, a whole number or Decimal, a date, or a sequence of them, found NoneType", id="null"),
        pytest.param(["a", ["b"]], "expected text, a whole number or Decimal, a date, or a sequence of them, found list", id="nested"),
        pytest.param(["a", b"b"], "expected text, a whole number or Decimal, a date, or a sequence of them, found bytes", id="bytes-in"),
        pytest.param([1.5], "expected text, a whole number or Decimal, a date, or a sequence of them, found float", id="float-in"),
        pytest.param(datetime(2026, 1, 1), "expected an aware datetime, found a naive one", id="naive"),  # noqa: DTZ001 - that is it
        pytest.param([datetime(2026, 1, 1)], "expected an aware datetime, found a naive one", id="naive-in"),  # noqa: DTZ001 - same
        pytest.param(["a", "b,c"], "expected items without a comma, found one that has it", id="comma"),
        pytest.param("", "expected something, or None for no filter, found nothing", id="empty"),
        pytest.param([], "expected something, or None for no filter, found nothing", id="no-items"),
        pytest.param(frozenset(), "expected something, or None for no filter, found nothing", id="no-items-in-a-set"),
        pytest.param({"b,c"}, "expected items without a comma, found one that has it", id="comma-in-a-set"),
        pytest.param([Odd.BOTH], "expected items without a comma, found one that has it", id="comma-in-an-enum"),
    ],
)  # fmt: skip
def test_what_is_no_filter(value: Any, problem: str) -> None:
    """
    What Belvo would read as something else is refused, with the name of the filter.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        query({"status__in": value})

    assert str(caught.value).startswith(f"status__in: {problem}")


@pytest.mark.parametrize("value", ["a\ud800", "\udc00", ["a", "\udfff"], {"\ud83d"}], ids=ascii)
def test_half_a_character(value: Any) -> None:
    """
    Text that no encoding can carry is refused before it is encoded.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        query({"external_id": value})

    assert "external_id: expected text of whole characters, found one with half a character" == str(
        caught.value
    )


@pytest.mark.parametrize(
    "name",
    ["link", "status__in", "balance__available__gte", "a", "page_size", "created_at__range", "x9", "a" * 64],
)
def test_names_of_filters(name: str) -> None:
    """
    A filter has a name in small letters, digits and underscores.
    """
    assert ((name, "1"),) == query({name: 1})


@pytest.mark.parametrize(
    "name", ["", "Link", "a-b", "a b", "a&b", "a=b", "_a", "9a", "ñ", "a\n", "a\nb", "a.b", "a" * 65, "a[]"]
)
def test_what_is_no_name_of_a_filter(name: str) -> None:
    """
    Another name could never be Belvo's, and is not repeated whole.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        query({name: 1})

    assert f"{name[:40]}: expected the name of a filter, as status__in, found another" == str(caught.value)


@given(st.lists(st.text(min_size=1).filter(lambda text: "," not in text and text.strip()), min_size=1))
def test_items_come_apart_again(items: list[str]) -> None:
    """
    Where Belvo splits, it finds the items that were given.
    """
    ((_, value),) = query({"a__in": items})

    assert items == value.split(",")


# --- fields and omit ---


@pytest.mark.parametrize(
    ("fields", "omit", "expected"),
    [
        pytest.param(None, None, (), id="neither"),
        pytest.param("id", None, (("fields", "id"),), id="one"),
        pytest.param("id,name", None, (("fields", "id,name"),), id="text"),
        pytest.param(["id", "balance.current"], None, (("fields", "id,balance.current"),), id="list"),
        pytest.param(None, ("_a", "B9"), (("omit", "_a,B9"),), id="omit"),
        pytest.param("a", "b", (("fields", "a"), ("omit", "b")), id="both"),
        pytest.param({"a"}, None, (("fields", "a"),), id="set"),
    ],
)
def test_selections(fields: Any, omit: Any, expected: object) -> None:
    """
    Names of fields are sent with commas, and only what was given.
    """
    assert expected == selection(fields, omit)


@pytest.mark.parametrize(
    "names",
    [
        "", ",", "a,", ",a", "a, b", " a", "a b", "a&b", "9a", "ñ", "a\n", [], (), [""], ["a", ""], ["a,b"], ["a", 7],
        [None], 7, 1.5, True, b"a", pytest.param(object(), id="object"), pytest.param(iter("ab"), id="iterator"), "a" * 65, "a\r\nX: y",
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("argument", ["fields", "omit"])
def test_what_is_no_selection(argument: str, names: Any) -> None:
    """
    What are no names of fields is refused as every wrong argument is.
    """
    given_names: dict[str, Any] = {"fields": None, "omit": None, argument: names}

    with pytest.raises(InvalidArgumentError) as caught:
        selection(**given_names)

    assert f"{argument}: expected names of fields, as id,name, found something else" == str(caught.value)


# --- days ---


@pytest.mark.parametrize("value", [date(2026, 1, 31), "2026-01-31"], ids=["date", "text"])
def test_days(value: date | str) -> None:
    """
    A day is a date, or the text of one.
    """
    assert "2026-01-31" == day("date_from", value)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2026-02-30", "'2026-02-30'"), ("2026-13-01", "'2026-13-01'"), ("20260131", "'20260131'"),
        ("2026-1-31", "'2026-1-31'"), ("31-01-2026", "'31-01-2026'"), ("2026-01-31T00:00:00", "'2026-01-31T00:00:00'"),
        ("2026-W05-6", "'2026-W05-6'"), ("2026-01-31\n", "'2026-01-31\\n'"), ("", "''"), ("today", "'today'"),
        ("\u0662026-01-31", "'\u0662026-01-31'"), ("x" * 100, "'" + "x" * 39),
        (datetime(2026, 1, 31, tzinfo=UTC), "datetime"), (20260131, "int"), (None, "NoneType"), (True, "bool"),
        (b"2026-01-31", "bytes"),
    ],
)  # fmt: skip
def test_what_is_no_day(value: Any, found: str) -> None:
    """
    What is no day is refused; an instant is none, since it needs a time zone to become one.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        day("date_to", value)

    assert f"date_to: expected a date, or text as 2026-01-31, found {found}" == str(caught.value)


# --- counts ---


@pytest.mark.parametrize("value", [None, 1, 1000, 10**9])
def test_counts(value: int | None) -> None:
    """
    A count is a whole number above 0, or not given.
    """
    assert value == whole("limit", value)


@pytest.mark.parametrize(
    "value", [0, -1, True, False, 1.0, "1", [1], "x" * 100], ids=lambda value: repr(value)[:10]
)
def test_what_is_no_count(value: Any) -> None:
    """
    What is no count is refused.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        whole("limit", value)

    assert f"limit: expected a whole number above 0, found {value!r:.40}" == str(caught.value)


@pytest.mark.parametrize("value", [0, 1_001, "5", True])
def test_counts_with_an_end(value: Any) -> None:
    """
    A count that has an end is refused beyond it.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        whole("page_size", value, most=1_000)

    assert f"page_size: expected a whole number from 1 to 1,000, found {value!r}" == str(caught.value)


@pytest.mark.parametrize("name", ["link", "link__in", "account", "id", "external_id", "user_document"])
def test_nobody_gets_everybodys_data_by_mistake(name: str) -> None:
    """
    A filter that says whose data is wanted is not dropped when it is `None`.
    """
    with pytest.raises(InvalidArgumentError, match=f"{name}: expected whose data is wanted"):
        query({name: None, "status": "valid"})


def test_other_filters_may_be_none() -> None:
    """
    Any other filter is left out when it is `None`.
    """
    assert (("link", "a"),) == query({"link": "a", "status": None})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("link", " "),
        ("link", "../x&a=b"),
        ("link__in", ["abc", "a b"]),
        ("account", "a,,b"),
        ("status", "\t"),
        ("status__in", ["PROCESSED", ""]),
        ("value_date__range", ["2026-01-01"]),
        ("value_date__range", ["2026-01-01", "2026-01-02", "2026-01-03"]),
    ],
)
def test_half_a_filter(name: str, value: Any) -> None:
    """
    What Belvo might read as no filter, or as another one, is refused.
    """
    with pytest.raises(InvalidArgumentError, match=f"^{name}: expected "):
        query({name: value})


def test_a_query_shows_no_value() -> None:
    """
    Parameters may say who a person is: they are shown by name, in a traceback's variables too.
    """
    shown = query({"user_document": "12345678901", "page_size": 5})

    assert "Query(user_document, page_size)" == repr(shown)
    assert "… is no CPF" == shown.conceal("12345678901 is no CPF")
