"""
A suspended flow as text: it comes back whole, and nothing else is taken for one.
"""

from __future__ import annotations

import copy
import json
import pickle
import sys
import traceback

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import cattrs
import pytest

from hypothesis import given
from hypothesis import strategies as st
from mfa.bodies import CHALLENGE_NUMBER, LINK, REQUEST_ID, RETRIEVE, SESSION, START, at, flow_in

from belvo_async.clock import SYSTEM_CLOCK
from belvo_async.errors import TicketError
from belvo_async.mfa.challenge import ChallengeKind, MfaChallenge
from belvo_async.mfa.flow import MfaFlow, Step
from belvo_async.mfa.machine import MfaState
from belvo_async.mfa.operation import Operation
from belvo_async.mfa.ticket import LONGEST_TEXT, VERSION, MfaTicket
from belvo_async.testing import ManualClock


CANARY = "canary-7d1f"

REALISTIC = MfaTicket(
    operation="employment_records.retrieve",
    path="/api/employment-records/",
    session=SESSION,
    link=LINK,
    round=2,
    issued_at=START + timedelta(microseconds=123456),
    expires_at=START + timedelta(seconds=720, microseconds=123456),
    kind=ChallengeKind.NUMERIC,
    type="numeric",
    instructions="Ingresa este número en tu token físico y captura aquí la clave que te devuelve",
    value=CHALLENGE_NUMBER,
    save_data=False,
    external_id="customer-0001-4711",
    request_id=REQUEST_ID,
)
MEMBERS = json.loads(REALISTIC.to_json())

texts = st.text(max_size=30)
instants = st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001 - Hypothesis wants bounds without a zone
    datetime(2200, 1, 1),  # noqa: DTZ001 - same
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3)), timezone(timedelta(hours=5, minutes=45))]),
)
tickets = st.builds(
    MfaTicket,
    operation=texts,
    path=texts,
    session=texts,
    link=texts,
    round=st.integers(0, 10**6),
    max_rounds=st.integers(1, sys.maxsize),
    issued_at=instants,
    expires_at=st.none() | instants,
    answered=st.booleans(),
    kind=st.sampled_from(ChallengeKind),
    type=texts,
    instructions=texts,
    value=texts,
    expects_user_input=st.booleans(),
    save_data=st.none() | st.booleans(),
    fields=st.none() | texts,
    omit=st.none() | texts,
    external_id=st.none() | texts,
    request_id=st.none() | texts,
    trace=st.none() | texts,
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def written(**changes: Any) -> str:
    """
    Return the text of the realistic ticket with *changes* to its members.
    """
    return json.dumps({**MEMBERS, **changes})


# --- there and back ---


@given(tickets)
def test_tickets_come_back_whole(ticket: MfaTicket) -> None:
    """
    Every field of a ticket survives its JSON, as text and as bytes; instants come back in UTC.
    """
    text = ticket.to_json()
    restored = MfaTicket.from_json(text)

    assert ticket == restored == MfaTicket.from_json(text.encode())
    assert UTC is restored.issued_at.tzinfo
    assert text == restored.to_json()


def test_each_field_is_covered() -> None:
    """
    The strategy above sets each field of a ticket, so that a new one cannot be forgotten.
    """
    given_names = {field.name for field in attrs.fields(MfaTicket)}

    assert set(MEMBERS) <= given_names | {"v"}
    assert given_names == {
        "operation", "path", "session", "link", "round", "max_rounds", "issued_at", "expires_at", "answered",
        "kind", "type", "instructions", "value", "expects_user_input", "save_data", "fields", "omit",
        "external_id", "request_id", "trace",
    }  # fmt: skip


def test_a_ticket_is_small() -> None:
    """
    A realistic ticket has at most 600 bytes, and leaves out what is as usual.
    """
    assert len(REALISTIC.to_json().encode()) <= 600
    assert "answered" not in MEMBERS
    assert "max_rounds" not in MEMBERS
    assert "trace" not in MEMBERS


def test_a_traced_ticket_is_small() -> None:
    """
    It has at most 600 bytes too.
    """
    ticket = attrs.evolve(REALISTIC, trace="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

    assert len(ticket.to_json().encode()) <= 600
    assert ticket == MfaTicket.from_json(ticket.to_json())


def test_the_form_of_a_ticket() -> None:
    """
    The text is one that other versions have written: it never changes within a version.
    """
    ticket = MfaTicket(
        operation="links.register",
        path="/api/links/",
        session=SESSION,
        link=LINK,
        max_rounds=3,
        issued_at=START,
        answered=True,
        kind=ChallengeKind.QR,
        expects_user_input=False,
        save_data=False,
        fields="id",
    )
    text = (
        f'{{"v":1,"operation":"links.register","path":"/api/links/","session":"{SESSION}","link":"{LINK}",'
        '"max_rounds":3,"issued_at":"2026-01-01T00:00:00Z","answered":true,"kind":"qr",'
        '"expects_user_input":false,"save_data":false,"fields":"id"}'
    )

    assert 1 == VERSION
    assert text == ticket.to_json()
    assert ticket == MfaTicket.from_json(text)


def test_a_picture_fits() -> None:
    """
    The content of a QR code may be a picture of some hundred kilobytes.
    """
    ticket = attrs.evolve(REALISTIC, value="data:image/png;base64," + "A" * 500_000)

    assert ticket == MfaTicket.from_json(ticket.to_json())


@pytest.mark.parametrize("save_data", [True, False, None])
def test_save_data_has_three_values(save_data: bool | None) -> None:
    """
    What was not said stays unsaid.
    """
    ticket = attrs.evolve(REALISTIC, save_data=save_data)

    assert save_data is MfaTicket.from_json(ticket.to_json()).save_data
    assert save_data is ticket.to_operation().save_data


def _pickled(ticket: MfaTicket) -> MfaTicket:
    return pickle.loads(pickle.dumps(ticket))  # type: ignore[no-any-return] # noqa: S301 - our own pickle


@pytest.mark.parametrize("through", [_pickled, copy.copy, copy.deepcopy])
def test_tickets_are_values(through: Callable[[MfaTicket], MfaTicket]) -> None:
    """
    A ticket pickles and copies, is compared by value, can be a key, and never changes.
    """
    restored = through(REALISTIC)

    assert REALISTIC == restored
    assert {REALISTIC} == {restored}
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        restored.answered = True  # type: ignore[misc] # that is what is tested


def test_other_libraries_may_look_at_tickets() -> None:
    """
    A serializer that resolves the types of a ticket's fields does not break the reader.
    """
    cattrs.Converter().unstructure(REALISTIC)

    assert REALISTIC == MfaTicket.from_json(REALISTIC.to_json())


# --- what it stands for ---


def test_from_a_challenge_and_back() -> None:
    """
    A ticket gives back the challenge, on the clock that it is given, and the call.
    """
    flow = flow_in(MfaState.CHALLENGED, max_rounds=4)
    assert flow.challenge is not None
    clock = ManualClock()

    ticket = MfaTicket.for_challenge(flow.challenge, RETRIEVE, max_rounds=4)

    assert flow.challenge == ticket.to_challenge(clock)
    assert clock is ticket.to_challenge(clock)._clock
    assert SYSTEM_CLOCK is ticket.to_challenge()._clock
    assert RETRIEVE == ticket.to_operation()
    assert (4, False) == (ticket.max_rounds, ticket.answered)


def test_a_registration_keeps_its_external_id() -> None:
    """
    The caller's own id of a link travels along; the link is known by then.
    """
    operation = Operation(name="links.register", path="/api/links/", external_id="mine")
    challenge = flow_in(MfaState.CHALLENGED).challenge
    assert challenge is not None

    ticket = MfaTicket.for_challenge(challenge, operation, max_rounds=5)

    assert attrs.evolve(operation, link=LINK) == ticket.to_operation()


@pytest.mark.parametrize(
    ("fields", "omit", "expected"),
    [
        (None, None, ()),
        ("id", None, (("fields", "id"),)),
        (None, "id", (("omit", "id"),)),
        ("a", "b", (("fields", "a"), ("omit", "b"))),
    ],
    ids=["neither", "fields", "omit", "both"],
)
def test_the_query_is_repeated(
    fields: str | None, omit: str | None, expected: tuple[tuple[str, str], ...]
) -> None:
    """
    `fields` and `omit` are those of the call.
    """
    assert expected == attrs.evolve(REALISTIC, fields=fields, omit=omit).to_operation().query


def test_the_deadline_moves_to_another_clock() -> None:
    """
    The end of the challenge is found on whatever monotonic scale the process has.
    """
    assert at(720).monotonic == pytest.approx(REALISTIC.deadline(at(0)), abs=1)
    assert REALISTIC.deadline(at(1000)) == pytest.approx(at(720).monotonic, abs=1)
    assert attrs.evolve(REALISTIC, expires_at=None).deadline(at(0)) is None


# --- what it cannot hold ---


@pytest.mark.parametrize("type_", [MfaTicket, MfaFlow, MfaChallenge, Operation, Step])
def test_no_credential_has_a_place(type_: type[Any]) -> None:
    """
    Nothing that is kept or stored has a field for a password, a token or the like.
    """
    forbidden = (
        "token",
        "password",
        "secret",
        "user",
        "credential",
        "pin",
        "otp",
        "code",
        "key",
        "certificate",
    )
    names = {field.name for field in attrs.fields(type_)} - {"expects_user_input"}

    assert not [name for name in names if any(word in name.split("_") for word in forbidden)]


def test_a_ticket_shows_no_secret() -> None:
    """
    Its `repr` has neither the session nor the value.
    """
    shown = repr(REALISTIC) + str(REALISTIC)

    assert LINK in shown
    assert SESSION not in shown
    assert CHALLENGE_NUMBER not in shown


# --- what is no ticket ---

NOT_TICKETS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "expected JSON"),
    "words": (CANARY, "expected JSON"),
    "broken": (REALISTIC.to_json()[:-1], "expected JSON"),
    "twice": (REALISTIC.to_json() * 2, "expected JSON"),
    "no-utf-8": (b"\xff\xfe\xfd" + CANARY.encode(), "expected JSON"),
    "too-many-digits": ('{"v":' + "1" * 5000 + "}", "expected JSON"),
    "deep-list": ("[" * 100_000, "expected JSON"),
    "deep-object": ('{"a":' * 100_000, "expected JSON"),
    "null": ("null", "expected an object, found NoneType"),
    "list": (f'["{CANARY}"]', "expected an object, found list"),
    "text": (f'"{CANARY}"', "expected an object, found str"),
    "number": ("428", "expected an object, found int"),
    "huge": (
        '"' + CANARY * 100_000 + '"',
        f"expected at most {LONGEST_TEXT} characters, found 1100002",
    ),
    "no-version": (
        json.dumps({name: value for name, value in MEMBERS.items() if name != "v"}),
        "expected version 1 of the format in `v`",
    ),
    "newer-version": (written(v=2), "expected version 1 of the format in `v`"),
    "version-as-text": (written(v="1"), "expected version 1 of the format in `v`"),
    "version-as-flag": (written(v=True), "expected version 1 of the format in `v`"),
    "version-as-float": (written(v=1.0), "expected version 1 of the format in `v`"),
    "version-as-list": (written(v=[1]), "expected version 1 of the format in `v`"),
    "unknown-member": (written(**{CANARY: CANARY}), "1 member(s) that no ticket has"),
    "password": (written(password=CANARY, token=CANARY), "2 member(s) that no ticket has"),
    "nothing-but-a-version": ('{"v":1}', "operation, path, session, link, issued_at missing"),
    "null-session": (written(session=None), "session: expected text, found NoneType"),
    "number-as-link": (written(link=7), "link: expected text, found int"),
    "list-as-path": (written(path=[CANARY]), "path: expected text, found list"),
    "object-as-value": (written(value={CANARY: 1}), "value: expected text, found dict"),
    "number-as-fields": (written(fields=7), "fields: expected text, found int"),
    "text-as-round": (written(round=CANARY), "round: expected a whole number, 0 or above, found str"),
    "float-as-round": (written(round=1.0), "round: expected a whole number, 0 or above, found float"),
    "flag-as-round": (written(round=True), "round: expected a whole number, 0 or above, found bool"),
    "negative-round": (written(round=-1), "round: expected a whole number, 0 or above, found int"),
    "null-round": (written(round=None), "round: expected a whole number, 0 or above, found NoneType"),
    "number-as-flag": (written(answered=1), "answered: expected true or false, found int"),
    "text-as-flag": (written(save_data="false"), "save_data: expected true or false, found str"),
    "null-flag": (written(expects_user_input=None), "expects_user_input: expected true or false, found NoneType"),
    "naive-instant": (
        written(issued_at="2026-01-01T00:00:00"),
        "issued_at: expected an instant with a zone, found str",
    ),
    "naive-deadline": (
        written(expires_at="2026-01-01T00:00:00"),
        "expires_at: expected an instant with a zone, found str",
    ),
    "day-as-instant": (
        written(issued_at="2026-01-01"),
        "issued_at: expected an instant with a zone, found str",
    ),
    "number-as-instant": (written(issued_at=1767225600), "issued_at: expected an instant with a zone, found int"),
    "words-as-instant": (written(issued_at=CANARY), "issued_at: expected an instant with a zone, found str"),
    "instant-before-time": (
        written(issued_at="0001-01-01T00:00:00+10:00"),
        "issued_at: expected an instant with a zone, found str",
    ),
    "null-instant": (written(issued_at=None), "issued_at: expected an instant with a zone, found NoneType"),
    "unknown-kind": (written(kind=CANARY), "kind: expected a kind of challenge, found str"),
    "number-as-kind": (written(kind=7), "kind: expected a kind of challenge, found int"),
    "list-as-kind": (written(kind=["qr"]), "kind: expected a kind of challenge, found list"),
    "null-kind": (written(kind=None), "kind: expected a kind of challenge, found NoneType"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), NOT_TICKETS.values(), ids=NOT_TICKETS)
def test_what_is_no_ticket_is_refused(text: str | bytes, problem: str) -> None:
    """
    The reader refuses what it did not write, and says why without quoting it.
    """
    with pytest.raises(TicketError) as caught:
        MfaTicket.from_json(text)

    error = caught.value
    assert f"not a ticket of ours: {problem}" == str(error)
    assert CANARY not in "".join(traceback.format_exception(error))
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


@pytest.mark.parametrize("name", ["operation", "path", "session", "link", "issued_at"])
def test_what_every_ticket_has(name: str) -> None:
    """
    A ticket without one of these is none.
    """
    text = json.dumps({member: value for member, value in MEMBERS.items() if member != name})

    with pytest.raises(TicketError, match=f"^not a ticket of ours: {name} missing$"):
        MfaTicket.from_json(text)


def read(text: str | bytes) -> MfaTicket | None:
    """
    Read *text*, which may be a ticket or not.
    """
    try:
        return MfaTicket.from_json(text)
    except TicketError:
        return None


@given(st.text() | st.binary() | json_values.map(json.dumps))
def test_nothing_but_ticket_errors(text: str | bytes) -> None:
    """
    Whatever is read, it is no ticket, and no other exception comes out.
    """
    assert read(text) is None


@given(
    st.dictionaries(st.sampled_from(sorted(MEMBERS)), json_values, max_size=3),
    st.dictionaries(texts, json_values, max_size=1),
    st.sets(st.sampled_from(sorted(MEMBERS)), max_size=2),
)
def test_changed_members(changed: dict[str, Any], added: dict[str, Any], removed: set[str]) -> None:
    """
    A ticket with other members is refused, or is a ticket that writes and reads itself again.
    """
    members = {name: value for name, value in {**MEMBERS, **changed, **added}.items() if name not in removed}

    ticket = read(json.dumps(members))

    if ticket is not None:
        assert ticket == MfaTicket.from_json(ticket.to_json())
        assert {type(ticket.round), type(ticket.max_rounds)} == {int}
        assert {type(ticket.answered), type(ticket.expects_user_input)} == {bool}


@given(st.integers(0, len(REALISTIC.to_json()) - 1), st.characters())
def test_changed_characters(position: int, character: str) -> None:
    """
    A ticket that lost a character on its way is refused, or still is one.
    """
    text = REALISTIC.to_json()

    ticket = read(text[:position] + character + text[position + 1 :])

    assert ticket is None or ticket == MfaTicket.from_json(ticket.to_json())
