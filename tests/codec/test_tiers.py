"""
The two tiers of the codec: where the first reads an answer, the second reads the same.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import attrs
import msgspec
import pytest

from codec.samples import Inner, Sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from belvo_async import models
from belvo_async.codec import Page, _native, lenient, parse
from belvo_async.models._fields import OpenEnum


encoder: Final = msgspec.json.Encoder(decimal_format="number")


def scanned() -> Iterator[type[Any]]:
    """
    Yield each model of the library.
    """
    for module in pkgutil.iter_modules(models.__path__):
        for value in vars(importlib.import_module(f"{models.__name__}.{module.name}")).values():
            if inspect.isclass(value) and attrs.has(value) and value.__module__.endswith(module.name):
                yield value


MODELS: Final = sorted(scanned(), key=lambda model: model.__name__)

every_model = pytest.mark.parametrize("model", [*MODELS, Sample, Inner], ids=lambda model: model.__name__)


def parts(type_: Any) -> tuple[Any, tuple[Any, ...]]:
    """
    Return the origin of a type and what it is made of, without `None` and annotations.
    """
    origin = get_origin(type_)
    if origin in {Union, UnionType, Annotated}:
        inner = [arg for arg in get_args(type_) if arg is not NoneType]
        return parts(inner[0])
    return origin or type_, tuple(arg for arg in get_args(type_) if arg is not ...)


# --- what the lenient tier knows ---


@every_model
def test_every_type_of_a_model_can_be_read(model: type[Any]) -> None:
    """
    No model has a field of a type that the lenient tier has no reader for.
    """
    unread = []
    for name, type_ in get_type_hints(model, include_extras=True).items():
        origin, inner = parts(type_)
        while origin in {list, tuple}:
            assert len(inner) == 1
            origin, inner = parts(inner[0])
        plain = origin in lenient.PLAIN or attrs.has(origin) or issubclass(origin, OpenEnum)
        untyped = (origin, inner) == (dict, (str, Any))
        if not untyped and (not plain or inner):
            unread.append((name, type_))

    assert [] == unread


@every_model
def test_unions_are_with_null_only(model: type[Any]) -> None:
    """
    No field may be one of two things: the lenient tier would have to guess.
    """
    for type_ in get_type_hints(model, include_extras=True).values():
        if get_origin(type_) in {Union, UnionType}:
            assert 1 == len([arg for arg in get_args(type_) if arg is not NoneType])


def test_there_are_models() -> None:
    """
    The scan finds the models that the library exports.
    """
    assert {value for name in models.__all__ if attrs.has(value := getattr(models, name))} == set(MODELS)


# --- agreement ---

texts = st.text(max_size=12)
# A fraction of any length, a T or a space, either case: RFC 3339 leaves these open.
instants = st.builds(
    lambda moment, separator, fraction, zone: (
        f"{moment:%Y-%m-%d}{separator}{moment:%H:%M:%S}{fraction}{zone}"
    ),
    st.datetimes(datetime(1000, 1, 2), datetime(9990, 1, 1)),  # noqa: DTZ001 - the zone comes as text
    st.sampled_from("Tt "),
    st.just("") | st.text("0123456789", min_size=1, max_size=12).map(lambda digits: f".{digits}"),
    st.sampled_from(["Z", "z", "+00:00", "-00:00", "-03:00", "+05:45", "+0300", "-23:59"]),
)
numbers = st.one_of(
    st.integers(-(10**30), 10**30).map(Decimal),
    st.decimals(-(10**20), 10**20, places=4),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.integers(-400, 400).map(lambda exponent: Decimal((0, (1, 2), exponent))),
)
untyped = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | numbers | texts,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)
VALUES: Final[Mapping[Any, st.SearchStrategy[Any]]] = {
    str: texts,
    int: st.integers(-(2**70), 2**70),
    bool: st.booleans(),
    Decimal: numbers | numbers.map(str),
    date: st.dates().map(date.isoformat),
    datetime: instants,
}


def values(type_: Any) -> st.SearchStrategy[Any]:
    """
    Return a strategy for JSON that the native tier reads as *type_*.
    """
    origin, inner = parts(type_)
    if origin in {list, tuple}:
        return st.lists(values(inner[0]), max_size=2)
    if origin is dict:
        return untyped
    if attrs.has(origin):
        return objects(origin)
    if issubclass(origin, OpenEnum):
        return st.sampled_from([member.value for member in origin]) | texts
    return VALUES[origin]


def objects(model: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """
    Return a strategy for JSON objects that the native tier reads as *model*, with some of its fields.
    """
    hints = get_type_hints(model, include_extras=True)

    @st.composite
    def some(draw: st.DrawFn) -> dict[str, Any]:
        names = draw(st.lists(st.sampled_from(sorted(hints)), unique=True, max_size=6))
        drawn = {name: draw(st.none() | values(hints[name])) for name in names}
        return {**drawn, **draw(extras)}

    return some()


extras = st.dictionaries(
    st.sampled_from(["added_in_2027", "Id", ""]), st.none() | st.lists(st.integers(), max_size=2), max_size=1
)


def agree(type_: Any, body: bytes) -> None:
    """
    Check that the lenient tier reads *body* as the native one does, if that does.
    """
    try:
        native = _native(type_).decode(body)
    except msgspec.DecodeError:
        return

    structured, problems = lenient.structure(parse(body), type_)

    assert () == problems
    assert native == structured
    assert repr(native) == repr(structured)


@pytest.mark.once
@every_model
@given(data=st.data())
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
def test_both_tiers_agree(model: type[Any], data: st.DataObject) -> None:
    """
    Every answer that the native tier accepts is read by the lenient one to the same digit.
    """
    body = data.draw(st.lists(objects(model), min_size=1, max_size=2))

    agree(list[model], encoder.encode(body))  # type: ignore[valid-type] # a class at run time


@given(st.lists(objects(Sample), max_size=3), st.none() | st.integers(0, 9), st.none() | texts)
def test_both_tiers_agree_on_pages(results: list[Any], count: int | None, following: str | None) -> None:
    """
    A page is the same page in both tiers.
    """
    body = {"count": count, "next": following, "previous": None, "results": results}

    agree(Page[Sample], encoder.encode(body))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | numbers
    | texts
    | instants
    | st.sampled_from(["2026-01-31", "31-01-2026", "true", "RED", "1", "1.5", "1_000", " 1 ", "1e5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "amount"]), inner),
    max_leaves=5,
)


@given(st.sampled_from([field.name for field in attrs.fields(Sample)]), json_values)
@settings(max_examples=300)
def test_both_tiers_agree_on_whatever_the_first_accepts(name: str, value: Any) -> None:
    """
    Whatever stands in a field: if the native tier takes it, the lenient one takes it for the same.
    """
    agree(Sample, encoder.encode({name: value}))


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2022-02-09T08:45:50.9999999Z", datetime(2022, 2, 9, 8, 45, 51, tzinfo=UTC)),
        ("2022-02-09T08:45:50.4060325Z", datetime(2022, 2, 9, 8, 45, 50, 406033, tzinfo=UTC)),
        ("2022-02-09t08:45:50z", datetime(2022, 2, 9, 8, 45, 50, tzinfo=UTC)),
        (
            "2022-02-09 08:45:50.5-03:00",
            datetime(2022, 2, 9, 8, 45, 50, 500000, tzinfo=timezone(timedelta(hours=-3))),
        ),
    ],
)
def test_instants_are_rounded_alike(instant: str, expected: datetime) -> None:
    """
    Digits beyond microseconds are rounded, and both cases are read, in both tiers.
    """
    body = encoder.encode({"instant": instant})

    assert expected == _native(Sample).decode(body).instant
    assert (Sample(instant=expected), ()) == lenient.structure(parse(body), Sample)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "sNaN", "1" * 500], ids=lambda number: number[:9])
def test_where_the_second_tier_is_stricter(number: str) -> None:
    """
    Text that is no amount, to which the native tier has no objection, is the one thing that the other refuses.
    """
    _, problems = lenient.structure({"amount": number}, Sample)

    assert ("expected a number, found text @ $.amount",) == problems
