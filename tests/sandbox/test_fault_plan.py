"""
Faults as values: which requests they hit, what makes no sense, and how they are read.
"""

from __future__ import annotations

import json

from collections import Counter
from typing import Any

import attrs
import pytest

from belvo_async.sandbox import ChallengeShape, Fault, FaultError, FaultKind, Faults, Sandbox
from belvo_async.sandbox.faults import TRAITS
from belvo_async.sandbox.wire import BROKEN, MANGLED


PATCH = ("PATCH", "/api/links/", "/api/links/")
PUT = ("PUT", "/api/links/{id}/", "/api/links/5/")
POST = ("POST", "/api/balances/", "/api/balances/")


@pytest.mark.parametrize(
    ("pattern", "hit"),
    [
        ("*", [PATCH, PUT, POST]),
        ("PATCH /api/links/", [PATCH]),
        ("PUT /api/links/{id}/", [PUT]),
        ("PUT /api/links/5/", [PUT]),
        ("PUT /api/links/6/", []),
        ("P* /api/links/*", [PATCH, PUT]),
        ("* /api/balances/", [POST]),
        ("patch *", []),
    ],
)
def test_patterns(pattern: str, hit: list[tuple[str, str, str]]) -> None:
    """
    A pattern is over the method and the path, with the id or with `{id}`.
    """
    fault = Fault(kind="close_read", operation=pattern)

    assert [request for request in (PATCH, PUT, POST) if fault.matches(*request)] == hit


def test_times_and_after() -> None:
    """
    A fault spares the first requests and ends after so many hits.
    """
    fault = Fault(kind="close_read", after=2, times=3)
    faults = Faults([fault])

    assert [faults.choose(*PATCH) is fault for _ in range(7)] == [
        False,
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    assert faults.hits(fault) == 3


def test_first_that_is_due() -> None:
    """
    One fault hits a request: the first that is due, in the order in which they were added.
    """
    one = Fault(kind="close_read", times=1)
    two = Fault(kind="html_502", operation="PATCH *")
    faults = Faults([one])
    faults.add(two)

    assert [faults.choose(*request) for request in (POST, POST, PATCH)] == [one, None, two]
    assert len(faults) == 2


def test_off() -> None:
    """
    Faults can be switched off, one or all.
    """
    fault = Fault(kind="close_read")
    faults = Faults([fault, Fault(kind="html_403")])

    faults.remove(fault)
    faults.remove(fault)
    assert faults.choose(*PATCH) == Fault(kind="html_403")
    faults.clear()

    assert faults.choose(*PATCH) is None
    assert faults.hits(fault) == 0


def test_probability() -> None:
    """
    A share of the requests is hit, and the same ones for the same seed.
    """

    def hits(seed: int) -> list[bool]:
        faults = Faults([Fault(kind="close_read", probability=0.25)], seed)
        return [faults.choose(*PATCH) is not None for _ in range(1000)]

    assert 200 < Counter(hits(1))[True] < 300
    assert hits(1) == hits(1) != hits(2)
    assert not any(Faults([Fault(kind="delay", probability=0)]).choose(*PATCH) for _ in range(100))


def test_every_kind_does_something() -> None:
    """
    No kind is forgotten in the tables.
    """
    by_the_gate = {FaultKind.DELAY, FaultKind.CHALLENGE, FaultKind.DELIVER_TWICE}

    assert set(TRAITS) == set(FaultKind)
    assert BROKEN.keys() | MANGLED.keys() | by_the_gate == set(FaultKind)
    assert not BROKEN.keys() & MANGLED.keys()


def test_every_field_is_taken() -> None:
    """
    Every field of a fault means something to some kind.
    """
    taken = {name for trait in TRAITS.values() for name in trait.takes}

    assert {field.name for field in attrs.fields(Fault)} == taken | {
        "kind",
        "operation",
        "probability",
        "times",
        "after",
    }


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "gremlins"}, "kind is 'gremlins', expected one of delay, late_answer, "),
        ({"kind": None}, "kind is None, expected one of "),
        ({"kind": []}, "kind is [], expected one of "),
        ({"kind": "delay", "seconds": -1}, "seconds is -1, expected a number of at least 0"),
        ({"kind": "delay", "seconds": True}, "seconds is True, expected a number of at least 0"),
        ({"kind": "delay", "seconds": "1"}, "seconds is '1', expected a number of at least 0"),
        ({"kind": "delay", "times": 0}, "times is 0, expected a whole number of at least 1"),
        ({"kind": "delay", "times": 1.5}, "times is 1.5, expected a whole number of at least 1"),
        ({"kind": "delay", "after": None}, "after is None, expected a whole number of at least 0"),
        ({"kind": "delay", "probability": 2}, "probability is 2, expected a number from 0 to 1"),
        ({"kind": "delay", "operation": None}, "operation is None, expected a text"),
        ({"kind": "answer", "status": 99}, "status is 99, expected a whole number from 200 to 599"),
        ({"kind": "answer", "code": "oops"}, "code is 'oops', expected one of required, null, "),
        ({"kind": "answer", "process": "no"}, "process is 'no', expected true or false"),
        ({"kind": "answer", "retry_after": []}, "retry_after is [], expected seconds or a date"),
        ({"kind": "challenge", "ask": "blood"}, "ask is 'blood', expected one of text, numeric, "),
        ({"kind": "challenge", "shape": "round"}, "shape is 'round', expected a ChallengeShape"),
        ({"kind": "close_read", "seconds": 1}, "close_read does not take seconds; it takes nothing"),
        ({"kind": "delay", "at_byte": 1, "size": 9}, "delay does not take at_byte, size; it takes seconds"),
    ],
)
def test_nonsense(fields: dict[str, Any], message: str) -> None:
    """
    A fault that makes no sense is refused when it is made.
    """
    with pytest.raises(FaultError) as caught:
        Fault(**fields)

    assert str(caught.value).startswith(message)


def test_from_json() -> None:
    """
    A plan of faults can be read from a file.
    """
    text = json.dumps(
        [
            {"kind": "delay", "operation": "PATCH *", "seconds": 1.5, "probability": 0.5},
            {"kind": "challenge", "shape": {"container": "object", "expiry": "str"}},
        ]
    )

    faults = Faults.from_json(text)
    faults.choose(*POST)

    assert len(faults) == 2
    assert faults.hits(Fault(kind="challenge", shape=ChallengeShape("object", "str"))) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not JSON: "),
        ("{}", "expected a list of faults, found an object"),
        ("7", "expected a list of faults, found 7"),
        ('["delay"]', "fault 1: expected an object, found a text"),
        ('[{"kind": "delay"}, null]', "fault 2: expected an object, found null"),
        ("[{}]", "fault 1: kind is None, expected one of "),
        (
            '[{"kind": "delay", "second": 1}]',
            "fault 1: no field is named 'second'; there are kind, operation, ",
        ),
        ('[{"kind": "delay", "seconds": -1}]', "fault 1: seconds is -1, expected a number of at least 0"),
        ('[{"kind": "challenge", "shape": []}]', "fault 1: expected an object, found a list"),
        (
            '[{"kind": "challenge", "shape": {"expiry": 5}}]',
            "fault 1: shape.expiry is 5, expected one of int, str, missing",
        ),
    ],
)
def test_plans_that_are_none(text: str, message: str) -> None:
    """
    What is wrong with a plan is said with the number of the fault.
    """
    with pytest.raises(FaultError) as caught:
        Faults.from_json(text)

    assert str(caught.value).startswith(message)


def test_what_is_no_fault() -> None:
    """
    A sandbox takes a list of faults, and says what else it was given before it serves.
    """
    fault = Fault(kind=FaultKind.HTML_502)

    assert 1 == len(Sandbox(faults=[fault]).faults)
    for wrong in ("LOST_ANSWER", [FaultKind.HTML_502]):
        unmade = Sandbox.__new__(Sandbox)
        with pytest.raises(TypeError, match="a fault is a Fault"):
            unmade.__init__(faults=wrong)  # type: ignore[arg-type, misc]
        assert "<Sandbox not running>" == repr(unmade)  # as a traceback shows it
