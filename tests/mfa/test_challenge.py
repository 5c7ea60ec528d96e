"""
Every shape of a 428 body becomes the challenge that was meant.
"""

from __future__ import annotations

import copy
import json
import math
import pickle

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from hypothesis import given
from hypothesis import strategies as st
from mfa.bodies import (
    ABSENT,
    CHALLENGE_NUMBER,
    LINK,
    REQUEST_ID,
    SESSION,
    START,
    generation_data,
    required,
)

from belvo_async.clock import SYSTEM_CLOCK
from belvo_async.codec import parse
from belvo_async.mfa.challenge import (
    LONGEST_EXPIRY,
    ChallengeKind,
    MfaChallenge,
    TokenRequired,
    expires_at,
    read_token_required,
)
from belvo_async.testing import ManualClock


LONGEST = LONGEST_EXPIRY.total_seconds()

CANONICAL = TokenRequired(
    session=SESSION,
    link=LINK,
    kind=ChallengeKind.NUMERIC,
    type="numeric",
    instructions="Type the number into your device",
    value=CHALLENGE_NUMBER,
    expects_user_input=True,
    expiry=600.0,
    request_id=REQUEST_ID,
)


def read(payload: object, **options: Any) -> TokenRequired:
    """
    Read a body that can be resumed.
    """
    challenge = read_token_required(payload, **options)
    assert challenge is not None
    return challenge


def make_challenge(**changes: Any) -> MfaChallenge:
    """
    Return a challenge that ends ten minutes after the start.
    """
    values = {
        "kind": ChallengeKind.QR,
        "value": CHALLENGE_NUMBER,
        "session": SESSION,
        "link": LINK,
        "issued_at": START,
        "expires_at": START + timedelta(seconds=600),
        **changes,
    }
    return MfaChallenge(**values)


# --- the container ---


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param([required()], id="list-of-one"),
        pytest.param(required(), id="object"),
        pytest.param([{"code": "required", "field": "x"}, required()], id="second-of-two"),
        pytest.param([required(), required(session="other")], id="first-of-two"),
        pytest.param([None, "text", 7, [], required()], id="among-what-is-no-object"),
        pytest.param([required(session=None), required()], id="after-one-without-session"),
    ],
)
def test_containers(payload: object) -> None:
    """
    A body is an object or a list; the first entry with a session counts.
    """
    assert CANONICAL == read(payload)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param([], id="empty-list"),
        pytest.param({}, id="empty-object"),
        pytest.param(None, id="no-json"),
        pytest.param("token_required", id="text"),
        pytest.param(428, id="number"),
        pytest.param([[required()]], id="list-in-a-list"),
        pytest.param([None, "text"], id="list-of-no-objects"),
        pytest.param([{"code": "activation_required", "message": "…"}], id="activation-required"),
        pytest.param(required(session=ABSENT), id="session-missing"),
        pytest.param(required(session=""), id="session-empty"),
        pytest.param(required(session=None), id="session-null"),
        pytest.param(required(session=True), id="session-flag"),
        pytest.param(required(session={"id": SESSION}), id="session-object"),
        pytest.param(required(link=ABSENT), id="link-missing"),
        pytest.param(required(link=None), id="link-null"),
    ],
)
def test_what_cannot_be_resumed(payload: object) -> None:
    """
    A body without a session, or without a link anywhere, cannot be resumed.
    """
    assert read_token_required(payload) is None


def test_a_missing_link_is_that_of_the_request() -> None:
    """
    Where the body names no link, the one of the request is meant; where it names one, that counts.
    """
    assert "asked" == read(required(link=ABSENT), link="asked").link
    assert LINK == read(required(), link="asked").link


@pytest.mark.parametrize(
    "session",
    [SESSION, "5f0c1d7b-e1a2-4d0f-9b1c-2f3a4b5c6d7e", "anything at all"],
    ids=["hex", "dashed", "opaque"],
)
def test_sessions_are_opaque(session: str) -> None:
    """
    The id of a session is taken as it comes.
    """
    assert session == read(required(session=session)).session


def test_a_numeric_session_is_text() -> None:
    """
    An id that comes as a number is the same id as text.
    """
    assert "12345" == read(required(session=12345)).session


# --- the deadline ---


@pytest.mark.parametrize(
    ("expiry", "expected"),
    [
        pytest.param(9600, 9600.0, id="int"),
        pytest.param("720", 720.0, id="text"),
        pytest.param(" 720 ", 720.0, id="text-with-spaces"),
        pytest.param("720.5", 720.5, id="text-with-a-point"),
        pytest.param(720.5, 720.5, id="float"),
        pytest.param(Decimal("720.5"), 720.5, id="decimal"),
        pytest.param(0, 0.0, id="zero"),
        pytest.param(-1, 0.0, id="negative"),
        pytest.param("-720", 0.0, id="negative-text"),
        pytest.param("-Infinity", 0.0, id="negative-infinity"),
        pytest.param("Infinity", LONGEST, id="infinity"),
        pytest.param(math.inf, LONGEST, id="infinite-float"),
        pytest.param(10**12, LONGEST, id="huge"),
        pytest.param(Decimal("1e999999"), LONGEST, id="huge-decimal"),
        pytest.param(10**400, None, id="beyond-float"),
        pytest.param(ABSENT, None, id="missing"),
        pytest.param(None, None, id="null"),
        pytest.param("<integer>", None, id="placeholder"),
        pytest.param("", None, id="empty"),
        pytest.param("NaN", None, id="nan-text"),
        pytest.param(math.nan, None, id="nan"),
        pytest.param(True, None, id="flag"),
        pytest.param([600], None, id="list"),
        pytest.param({"seconds": 600}, None, id="object"),
    ],
)
def test_expiries(expiry: object, expected: float | None) -> None:
    """
    An expiry is a number of seconds however it is written, and nothing where it makes no sense.
    """
    assert expected == read(required(expiry=expiry)).expiry


@pytest.mark.parametrize("number", ["720", "720.0", "7.2e2", '"720"', '"720.0"'])
def test_expiries_survive_the_parser(number: str) -> None:
    """
    An expiry has its deadline whichever way JSON writes the number.
    """
    body = parse(b'[{"session": "s", "link": "l", "expiry": %b}]' % number.encode())

    assert 720.0 == read(body).expiry


def test_the_end_is_counted_from_the_arrival() -> None:
    """
    A challenge ends so many seconds after it arrived, told in UTC.
    """
    received = datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=-3)))

    end = expires_at(received, 600)

    assert datetime(2026, 1, 1, 12, 10, tzinfo=UTC) == end
    assert end is not None
    assert UTC is end.tzinfo


def test_no_expiry_is_no_end() -> None:
    """
    Where the institution did not say how long it waits, there is no deadline.
    """
    assert expires_at(START, None) is None


# --- what the user sees ---


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("numeric", ChallengeKind.NUMERIC),
        ("Numeric", ChallengeKind.NUMERIC),
        ("numeric challenge", ChallengeKind.NUMERIC),
        ("qr", ChallengeKind.QR),
        ("QR code", ChallengeKind.QR),
        ("qr_code", ChallengeKind.QR),
        ("QR-Code", ChallengeKind.QR),
        ("text", ChallengeKind.TEXT),
        ("TEXT", ChallengeKind.TEXT),
        ("inputless", ChallengeKind.INPUTLESS),
        ("Input-less", ChallengeKind.INPUTLESS),
        ("palm reading", ChallengeKind.UNKNOWN),
        ("", ChallengeKind.UNKNOWN),
        ("数字", ChallengeKind.UNKNOWN),
    ],
)
def test_kinds(type_: str, expected: ChallengeKind) -> None:
    """
    Belvo's words for a kind are read whatever their spelling, and kept; an unknown one is no error.
    """
    challenge = read(required(token_generation_data=generation_data(type=type_)))

    assert (expected, type_) == (challenge.kind, challenge.type)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        pytest.param({"expects_user_input": True}, True, id="true"),
        pytest.param({"expects_user_input": False}, False, id="false"),
        pytest.param({"expect_user_input": False}, False, id="the-guide's-spelling"),
        pytest.param({"expects_user_input": "false"}, False, id="text-false"),
        pytest.param({"expects_user_input": "False"}, False, id="text-capital-false"),
        pytest.param({"expects_user_input": "true"}, True, id="text-true"),
        pytest.param({"expects_user_input": True, "expect_user_input": False}, True, id="both"),
        pytest.param({"expects_user_input": None, "expect_user_input": False}, False, id="null-and-false"),
        pytest.param({"expects_user_input": None}, True, id="null"),
        pytest.param({"expects_user_input": "no"}, True, id="another-text"),
        pytest.param({"expects_user_input": 0}, True, id="number"),
        pytest.param({}, True, id="missing"),
    ],
)
def test_flags(flags: dict[str, object], expected: bool) -> None:
    """
    Whether a token is expected is read in both spellings, also as text; what is missing or odd is true.
    """
    data = {"type": "numeric", "value": "1", **flags}

    assert expected is read(required(token_generation_data=data)).expects_user_input


@pytest.mark.parametrize(
    ("data", "kind", "expected"),
    [
        pytest.param({"type": "inputless"}, ChallengeKind.INPUTLESS, False, id="inputless"),
        pytest.param(
            {"type": "inputless", "expects_user_input": True},
            ChallengeKind.INPUTLESS,
            True,
            id="inputless-with-input",
        ),
        pytest.param({"expects_user_input": False}, ChallengeKind.INPUTLESS, False, id="no-type-no-input"),
        pytest.param(
            {"type": "qr", "expects_user_input": False}, ChallengeKind.QR, False, id="qr-without-input"
        ),
        pytest.param(
            {"type": "palm", "expects_user_input": False},
            ChallengeKind.UNKNOWN,
            False,
            id="unknown-without-input",
        ),
    ],
)
def test_kind_and_flag_together(data: dict[str, object], kind: ChallengeKind, expected: bool) -> None:
    """
    A kind without input expects none unless the flag says so; no input and no kind is inputless.
    """
    challenge = read(required(token_generation_data=data))

    assert (kind, expected) == (challenge.kind, challenge.expects_user_input)


@pytest.mark.parametrize(
    "data",
    [ABSENT, None, {}, "numeric", 7, ["numeric"], [{"type": "numeric"}], {"type": None, "value": None}],
    ids=["missing", "null", "empty", "text", "number", "list", "list-of-one", "nulls"],
)
def test_data_that_is_not_there(data: object) -> None:
    """
    A body without usable data still is a challenge that wants a token.
    """
    challenge = read(required(token_generation_data=data))

    assert ("", "", "", ChallengeKind.UNKNOWN, True) == (
        challenge.type,
        challenge.value,
        challenge.instructions,
        challenge.kind,
        challenge.expects_user_input,
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0042", "0042"), (4821, "4821"), (True, ""), (None, ""), ([1], ""), ({}, "")],
    ids=["text", "number", "flag", "null", "list", "object"],
)
def test_values(value: object, expected: str) -> None:
    """
    The value is text, also where it came as a number; its zeros stay.
    """
    assert expected == read(required(token_generation_data=generation_data(value=value))).value


def test_a_missing_request_id_is_none() -> None:
    """
    What Belvo's support would ask for may be missing.
    """
    assert read(required(request_id=ABSENT)).request_id is None


# --- whatever comes ---

keys = st.sampled_from(
    [
        "code",
        "session",
        "link",
        "expiry",
        "token_generation_data",
        "type",
        "value",
        "instructions",
        "expects_user_input",
        "expect_user_input",
        "request_id",
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(max_size=5), inner, max_size=8)
    ),
    max_leaves=30,
)


@given(anything, st.none() | st.text(max_size=5))
def test_no_body_raises(payload: object, link: str | None) -> None:
    """
    Whatever JSON arrives, it is a challenge with all that a resume needs, or none.
    """
    for body in (payload, parse(json.dumps(payload).encode())):
        challenge = read_token_required(body, link=link)

        if challenge is not None:
            assert challenge.session
            assert challenge.link
            assert challenge.expiry is None or 0 <= challenge.expiry <= LONGEST
            assert expires_at(START, challenge.expiry) is None or START <= expires_at(START, challenge.expiry)  # type: ignore[operator] # narrowed


@given(st.lists(anything, max_size=3), anything)
def test_a_good_entry_is_found_among_any_others(others: list[Any], data: object) -> None:
    """
    Entries that are none do not hide the one that is.
    """
    entries = [other for other in others if not (isinstance(other, dict) and "session" in other)]

    challenge = read([*entries, required(token_generation_data=data)])

    assert (SESSION, LINK, 600.0) == (challenge.session, challenge.link, challenge.expiry)


# --- the challenge itself ---


@pytest.mark.anyio
async def test_remaining() -> None:
    """
    The seconds that remain run down to 0 and no further.
    """
    clock = ManualClock(START)
    challenge = make_challenge(clock=clock)
    seen = []

    for seconds in (0, 599, 1, 3600):
        await clock.advance(seconds)
        seen.append(challenge.remaining)

    assert [600.0, 1.0, 0.0, 0.0] == seen


def test_remaining_of_an_endless_challenge() -> None:
    """
    Where the institution did not say, nobody knows how much time remains.
    """
    assert make_challenge(expires_at=None).remaining is None


def test_a_challenge_shows_no_secret() -> None:
    """
    Its `repr` has neither the session nor the value, nor has that of the body it came from.
    """
    shown = repr(make_challenge()) + repr(read(required()))

    assert LINK in shown
    assert SESSION not in shown
    assert CHALLENGE_NUMBER not in shown


def _pickled(challenge: MfaChallenge) -> MfaChallenge:
    return pickle.loads(pickle.dumps(challenge))  # type: ignore[no-any-return] # noqa: S301 - our own pickle


@pytest.mark.parametrize("through", [_pickled, copy.copy, copy.deepcopy])
def test_a_challenge_leaves_its_clock_behind(through: Callable[[MfaChallenge], MfaChallenge]) -> None:
    """
    A challenge comes out of a pickle as it went in, and reads the clock of the process it is in.
    """
    challenge = make_challenge(
        type="QR code",
        instructions="Scan",
        expects_user_input=False,
        round=2,
        operation="links.register",
        request_id=REQUEST_ID,
        clock=ManualClock(),
    )

    restored = through(challenge)

    assert challenge == restored
    assert hash(challenge) == hash(restored)
    assert SYSTEM_CLOCK is restored._clock
