"""
Answers made from a schema of a specification: all that it allows, and what Belvo is known to send besides.

Each comes with what a model should make of it, worked out here and by nothing of the codec.
"""

from __future__ import annotations

import os

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import attrs

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from models.specification import Kind, Schema, Specification, kind_of, vocabulary_of


DEPTH: Final = int(os.environ.get("ANSWERS_PER_MODEL", "12"))
"""How many answers are made of each schema; more of them for a search that may take its time."""

quick: Final = settings(
    derandomize=DEPTH <= 100,
    max_examples=DEPTH,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],  # to explain a failure takes longer than to find it
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@attrs.frozen
class Sent:
    """
    A value as Belvo sends it, and as a model should hold it.

    Attributes:
        json: What the JSON says; numbers are `int` and `Decimal`.

        value: What should come out: an object without what is null and what no specification has, lists as tuples.
    """

    json: Any
    value: Any


NULL: Final = Sent(None, None)


def same(value: Any) -> Sent:
    """
    Return a value that arrives as it was sent.
    """
    return Sent(value, value)


# --- values ---

text: Final = st.text(max_size=12) | st.sampled_from(
    ["São João", "Ñandú \U0001f40e", '"\\/\b\u2028', "007", "null"]
)
numbers: Final = st.one_of(
    st.decimals(-(10**15), 10**15, places=4),
    st.decimals(0, 1, places=6),
    st.integers(-(10**20), 10**20).map(Decimal),
    st.sampled_from(
        ["0.10", "-0.00", "999999999999999.9999", "12345678901234567.89", "0.1000000000000000055"]
    ).map(Decimal),
)
days: Final = st.dates(date(1900, 1, 1), date(2100, 1, 1))
moments: Final = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - Hypothesis wants bounds without a zone
    datetime(2090, 1, 1),  # noqa: DTZ001 - same
)
ZONES: Final[Mapping[str, timezone]] = {
    "Z": UTC,
    "+00:00": UTC,
    "-03:00": timezone(timedelta(hours=-3)),
    "-06:00": timezone(timedelta(hours=-6)),
}
FRACTIONS: Final = {"": 0, ".%06d": 1, ".%03d": 1000}
"""How the fraction of a second is written, and how many microseconds its last digit is."""


def _instant(moment: datetime, fraction: str, zone: str) -> Sent:
    unit = FRACTIONS[fraction]
    moment = moment.replace(microsecond=moment.microsecond // unit * unit if unit else 0)
    written = f"{moment:%Y-%m-%dT%H:%M:%S}{fraction % (moment.microsecond // unit) if unit else ''}{zone}"
    # No zone is UTC.
    return Sent(written, moment.replace(tzinfo=ZONES.get(zone, UTC)))


_fractions = st.sampled_from(sorted(FRACTIONS))

PLAIN: Final[Mapping[Kind, st.SearchStrategy[Sent]]] = {
    Kind.NUMBER: numbers.map(same),
    Kind.INTEGER: st.integers(-(2**31), 2**31 - 1).map(same),
    Kind.FLAG: st.booleans().map(same),
    Kind.INSTANT: st.builds(_instant, moments, _fractions, st.sampled_from(sorted(ZONES))),
    Kind.DAY: days.map(lambda day: Sent(day.isoformat(), day)),
    Kind.TEXT: text.map(same),
    Kind.NOTHING: st.just(NULL),
}
"""How each kind is sent as announced."""

ODD: Final[Mapping[Kind, st.SearchStrategy[Sent]]] = {
    Kind.NUMBER: numbers.map(lambda number: Sent(str(number), number)),
    Kind.INTEGER: st.integers(0, 9999).map(lambda number: Sent(str(number), number)),
    Kind.FLAG: st.booleans().map(lambda flag: Sent(int(flag), flag)),
    Kind.INSTANT: st.builds(_instant, moments, _fractions, st.just("")),
    Kind.DAY: days.map(lambda day: Sent(f"{day:%d-%m-%Y}", day))
    | st.builds(_instant, moments, _fractions, st.sampled_from(["", *ZONES])).map(
        lambda sent: Sent(sent.json, sent.value.date())
    ),
    Kind.TEXT: st.integers(0, 10**14).map(lambda number: Sent(number, str(number))),
    Kind.NOTHING: st.just(NULL),
}
"""The ways besides that Belvo's documents show: of these the native tier refuses most."""

ADDED_LATER: Final = "added_later_"
"""Begins the keys that no specification has."""

extra_keys: Final = st.dictionaries(
    st.sampled_from([f"{ADDED_LATER}{kind}" for kind in ("value", "list", "object")]),
    st.none() | st.integers(0, 9) | st.just([1, "a"]) | st.just({"id": None}),
    max_size=1,
)
sections: Final = st.dictionaries(
    text,
    st.none()
    | numbers.filter(lambda number: number.as_tuple().exponent != 0)
    | text
    | st.just([{"a": None}]),
    max_size=3,
)
"""What an object holds that no schema describes: it arrives as it was sent."""


# --- answers ---


@attrs.frozen
class Answers:
    """
    Makes answers.

    Attributes:
        odd: Whether values come also in the ways of `ODD`, and as null where no schema says so.
    """

    specification: Specification
    odd: bool = False

    def of(self, schema: Schema) -> st.SearchStrategy[Sent]:
        """
        Return a strategy for what a settled *schema* allows, but for null.
        """
        kind = kind_of(schema)
        if kind is Kind.OBJECT:
            return self._objects(schema)
        if kind is Kind.LIST:
            return st.lists(self._nullable(schema["items"]), max_size=2).map(
                lambda entries: Sent([e.json for e in entries], tuple(e.value for e in entries))
            )
        if kind is Kind.VOCABULARY:
            return st.sampled_from(sorted(vocabulary_of(schema))).map(same) | text.map(same)
        return PLAIN[kind] | ODD[kind] if self.odd else PLAIN[kind]

    def _nullable(self, schema: Schema) -> st.SearchStrategy[Sent]:
        settled = self.specification.settle(schema)
        strategy = self.of(settled)
        return st.just(NULL) | strategy if self.odd or settled.get("nullable") else strategy

    def _objects(self, schema: Schema) -> st.SearchStrategy[Sent]:
        if not schema.get("properties"):
            return sections.map(same)
        keys = {name: self._nullable(property_) for name, property_ in schema["properties"].items()}
        required = {name: keys.pop(name) for name in schema.get("required", ()) if name in keys}
        known = st.fixed_dictionaries(required, optional=keys)
        return st.builds(_object, known, extra_keys)


def _object(known: Mapping[str, Sent], extra: Mapping[str, Any]) -> Sent:
    return Sent(
        {**{name: sent.json for name, sent in known.items()}, **extra},
        {name: sent.value for name, sent in known.items() if sent.value is not None},
    )
