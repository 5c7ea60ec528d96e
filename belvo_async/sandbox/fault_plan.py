"""
Which fault hits which request, and reading a plan of faults from a file.
"""

from __future__ import annotations

import json

from collections.abc import Mapping
from random import Random
from typing import Any, Final, get_args

import attrs

from belvo_async.sandbox.challenges import ChallengeShape, Container, Data, Expiry, Flag, SessionForm
from belvo_async.sandbox.faults import Fault, FaultError, wrong


@attrs.define(eq=False)
class _Rule:
    fault: Fault
    matched: int = 0
    hits: int = 0

    @property
    def is_due(self) -> bool:
        """
        Whether it may hit the request that it just matched.
        """
        spent = self.fault.times is not None and self.hits >= self.fault.times
        return self.matched > self.fault.after and not spent


def _rule(fault: object) -> _Rule:
    if not isinstance(fault, Fault):
        msg = f"a fault is a Fault, such as those of belvo_async.testing; found {fault!r}"
        raise TypeError(msg)
    return _Rule(fault)


class Faults:
    """
    The faults that are switched on. The first that is due hits a request; only one ever does.

    Args:
        rules: The faults, in the order in which they are tried.

        seed: The same seed hits the same requests.
    """

    def __init__(self, rules: tuple[Fault, ...] | list[Fault] = (), seed: int = 0) -> None:
        self._rules = [_rule(fault) for fault in rules]
        self._random = Random(seed)  # noqa: S311  # repeatable on purpose; nothing here is secret

    def __len__(self) -> int:
        return len(self._rules)

    def add(self, fault: Fault) -> Fault:
        """
        Switch *fault* on, behind those that are on already.
        """
        self._rules.append(_rule(fault))
        return fault

    def remove(self, fault: Fault) -> None:
        """
        Switch *fault* off. Harmless if it is not on.
        """
        self._rules = [rule for rule in self._rules if rule.fault != fault]

    def clear(self) -> None:
        """
        Switch all faults off.
        """
        self._rules.clear()

    def hits(self, fault: Fault) -> int:
        """
        Return how many requests *fault* has hit since it was switched on.
        """
        return sum(rule.hits for rule in self._rules if rule.fault == fault)

    def choose(self, method: str, template: str, path: str) -> Fault | None:
        """
        Return the fault that hits this request, if one does, and count it.
        """
        for rule in self._rules:
            if not rule.fault.matches(method, template, path):
                continue
            rule.matched += 1
            if rule.is_due and self._random.random() < rule.fault.probability:
                rule.hits += 1
                return rule.fault
        return None

    @classmethod
    def from_json(cls, text: str | bytes, seed: int = 0) -> Faults:
        """
        Read a list of faults: objects with the fields of `Fault`.

            [
                {"kind": "close_processed", "operation": "PATCH *", "probability": 0.05},
                {"kind": "answer", "code": "too_many_requests", "retry_after": 2, "times": 10}
            ]

        Raises:
            FaultError: *text* is something else; the message says which fault and what is wrong.
        """
        try:
            entries = json.loads(text)
        except ValueError as exc:
            msg = f"not JSON: {exc}"
            raise FaultError(msg) from exc
        if not isinstance(entries, list):
            msg = f"expected a list of faults, found {_name(entries)}"
            raise FaultError(msg)
        return cls([_read(number, entry) for number, entry in enumerate(entries, start=1)], seed)


SHAPES: Final[Mapping[str, tuple[str, ...]]] = {
    "container": get_args(Container),
    "expiry": get_args(Expiry),
    "session": get_args(SessionForm),
    "flag": get_args(Flag),
    "data": get_args(Data),
}


def _read(number: int, entry: object) -> Fault:
    try:
        members: dict[str, Any] = {
            "kind": None,
            **_object(entry, [field.name for field in attrs.fields(Fault)]),
        }
        if "shape" in members:
            members["shape"] = _shape(members["shape"])
        return Fault(**members)
    except FaultError as exc:
        msg = f"fault {number}: {exc}"
        raise FaultError(msg) from None


def _shape(entry: object) -> ChallengeShape:
    members = _object(entry, list(SHAPES))
    for name, value in members.items():
        if value not in SHAPES[name]:
            raise wrong(f"shape.{name}", value, f"one of {', '.join(SHAPES[name])}")
    return ChallengeShape(**members)


def _object(entry: object, names: list[str]) -> dict[str, Any]:
    if not isinstance(entry, dict):
        msg = f"expected an object, found {_name(entry)}"
        raise FaultError(msg)
    unknown = [name for name in entry if name not in names]
    if unknown:
        msg = f"no field is named {unknown[0]!r}; there are {', '.join(names)}"
        raise FaultError(msg)
    return dict(entry)


WORDS: Final[Mapping[type[object], str]] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    type(None): "null",
}


def _name(value: object) -> str:
    return WORDS.get(type(value), repr(value))
