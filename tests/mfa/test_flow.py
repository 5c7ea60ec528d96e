"""
The conversation: what each answer means, what is sent, and what is never sent twice.
"""

from __future__ import annotations

import pickle

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from mfa.bodies import (
    ABSENT,
    CHALLENGE_NUMBER,
    LINK,
    REQUEST_ID,
    RETRIEVE,
    SESSION,
    START,
    TOKEN,
    at,
    flow_in,
    generation_data,
    receive,
    refusal,
    required,
    whole,
)

from belvo_async.clock import Moment
from belvo_async.errors import (
    ActivationRequiredError,
    ApiError,
    BelvoError,
    DecodeError,
    InvalidArgumentError,
    LoginError,
    MfaCancelledError,
    MfaError,
    MfaExpiredError,
    MfaRejectedError,
    MfaRoundsExceededError,
    NotResumableError,
    PromptFailedError,
    RateLimitedError,
    ServerError,
    SessionExpiredError,
    SessionStateError,
    TooManySessionsError,
    UncertainOutcomeError,
    ValidationError,
)
from belvo_async.messages import Body, Effect, Secret
from belvo_async.mfa.challenge import ChallengeKind
from belvo_async.mfa.flow import DEFAULT_MAX_ROUNDS, LONGEST_TOKEN, MfaFlow, Step, check_token
from belvo_async.mfa.machine import TRANSITIONS, MfaEvent, MfaState
from belvo_async.mfa.operation import Operation
from belvo_async.testing import ManualClock


S, E = MfaState, MfaEvent

NOW = at(5)

LOST = UncertainOutcomeError(request="PATCH /api/balances/", reason="it broke", sent=True)

CALLS: dict[str, tuple[MfaEvent, Callable[[MfaFlow], object]]] = {
    "start": (E.REQUESTED, lambda flow: flow.start(NOW)),
    "receive-data": (E.SUCCEEDED, lambda flow: receive(flow, 201, None, NOW, request_id="another")),
    "receive-challenge": (
        E.CHALLENGE_ISSUED,
        lambda flow: receive(flow, 428, required(session="another", request_id="another"), NOW),
    ),
    "receive-no-session": (
        E.REFUSED,
        lambda flow: receive(flow, 428, refusal("activation_required", request_id="another"), NOW),
    ),
    "receive-error": (
        E.REFUSED,
        lambda flow: receive(flow, 400, refusal("invalid", request_id="another"), NOW),
    ),
    "receive-login-error": (
        E.REFUSED,
        lambda flow: receive(flow, 400, refusal("login_error", request_id="another"), NOW),
    ),
    "receive-session-expired": (
        E.REFUSED,
        lambda flow: receive(flow, 400, refusal("session_expired", request_id="another"), NOW),
    ),
    "find": (E.FOUND, lambda flow: flow.find(NOW)),
    "unsent": (E.UNSENT, lambda flow: flow.unsent(NOW)),
    "lost": (E.LOST, lambda flow: flow.lost(LOST, NOW)),
    "submit": (E.SUBMITTED, lambda flow: flow.submit(Secret(TOKEN), NOW)),
    "suspend": (E.PARKED, lambda flow: flow.suspend(NOW)),
    "give-up": (E.GIVEN_UP, lambda flow: flow.give_up(NOW, MfaCancelledError())),
    "fail-prompt": (E.PROMPT_FAILED, lambda flow: flow.fail_prompt(PromptFailedError(), NOW)),
}
ILLEGAL = [
    pytest.param(call, state, id=f"{name}-{state.name}")
    for name, (event, call) in CALLS.items()
    for state in S
    if event not in TRANSITIONS[state] and (name, state) != ("submit", S.EXPIRED)
]


def challenged(**changes: Any) -> MfaFlow:
    """
    Return a flow that has received the canonical challenge with *changes*, at second 0.
    """
    flow = MfaFlow(RETRIEVE)
    flow.start(at(0))
    receive(flow, 428, [required(**changes)], at(0))
    return flow


def states(flow: MfaFlow) -> list[tuple[MfaEvent, MfaState]]:
    """
    Return the history without times.
    """
    return [(step.event, step.state) for step in flow.history]


# --- what is not allowed ---


@pytest.mark.parametrize(("call", "state"), ILLEGAL)
def test_illegal_calls_change_nothing(call: Callable[[MfaFlow], object], state: MfaState) -> None:
    """
    A call that the state does not allow raises, and the flow is what it was.
    """
    flow = flow_in(state)
    before = whole(flow)

    with pytest.raises(SessionStateError):
        call(flow)

    assert state is flow.state
    assert before == whole(flow)


@pytest.mark.parametrize("state", [state for state in S if state is not S.CHALLENGED], ids=lambda s: s.name)
def test_time_ends_open_challenges_only(state: MfaState) -> None:
    """
    In a state without an open challenge, time passes without effect.
    """
    flow = flow_in(state)
    before = whole(flow)

    assert flow.expire(at(10**6)) is False
    assert before == whole(flow)


# --- the opening request ---


def test_a_new_flow_is_ready() -> None:
    """
    A flow begins with nothing sent and nothing known.
    """
    flow = MfaFlow(RETRIEVE)

    assert S.READY is flow.state
    assert (None, None, None, None, False, ()) == (
        flow.challenge,
        flow.deadline,
        flow.error,
        flow.ticket(),
        flow.answered,
        flow.history,
    )
    assert DEFAULT_MAX_ROUNDS == flow.max_rounds == 5


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize("state", [S.REQUESTING, S.RESUMING], ids=lambda s: s.name)
def test_any_2xx_completes(state: MfaState, status: int) -> None:
    """
    An answer with data completes the flow, whichever 2xx it is and whatever its body.
    """
    flow = flow_in(state)

    receive(flow, status, {"ignored": "entirely"}, NOW, request_id="the last")

    assert S.COMPLETED is flow.state
    assert flow.error is None
    assert "the last" == flow.request_id


def test_an_answer_without_a_request_id_keeps_the_last_one() -> None:
    """
    Where the last answer names no request id, the one before is what support asks for.
    """
    flow = flow_in(S.RESUMING)

    receive(flow, 201, None, NOW)

    assert REQUEST_ID == flow.request_id


def test_what_was_not_sent_may_be_sent_again() -> None:
    """
    An opening request that provably never left leaves the flow as new.
    """
    flow = flow_in(S.REQUESTING)

    flow.unsent(at(1))

    assert S.READY is flow.state
    flow.start(at(2))
    assert [(E.REQUESTED, S.REQUESTING), (E.UNSENT, S.READY), (E.REQUESTED, S.REQUESTING)] == states(flow)


# --- challenges ---


def test_a_challenge_is_taken_whole() -> None:
    """
    A 428 makes the flow CHALLENGED with all that it says, counted from its arrival.
    """
    clock = ManualClock(START)
    flow = MfaFlow(RETRIEVE, clock=clock)
    flow.start(at(0))

    receive(flow, 428, [required()], at(3))

    challenge = flow.challenge
    assert S.CHALLENGED is flow.state
    assert challenge is not None
    assert (SESSION, LINK, CHALLENGE_NUMBER, ChallengeKind.NUMERIC, "numeric", True) == (
        challenge.session,
        challenge.link,
        challenge.value,
        challenge.kind,
        challenge.type,
        challenge.expects_user_input,
    )
    assert ("balances.retrieve", 1, REQUEST_ID) == (
        challenge.operation,
        challenge.round,
        challenge.request_id,
    )
    assert START + timedelta(seconds=3) == challenge.issued_at
    assert START + timedelta(seconds=603) == challenge.expires_at
    assert 603.0 == challenge.remaining
    assert at(603).monotonic == flow.deadline
    assert not flow.answered


def test_another_challenge_replaces_the_first_whole() -> None:
    """
    A second 428 brings its own session, data and deadline; nothing of the first one stays.
    """
    flow = flow_in(S.RESUMING)

    receive(
        flow,
        428,
        [
            required(
                session="second",
                expiry="30",
                request_id="other",
                token_generation_data={"type": "qr", "value": "picture"},
            )
        ],
        at(100),
    )

    challenge = flow.challenge
    assert S.CHALLENGED is flow.state
    assert challenge is not None
    assert ("second", 2, "other", ChallengeKind.QR, "picture", "") == (
        challenge.session,
        challenge.round,
        challenge.request_id,
        challenge.kind,
        challenge.value,
        challenge.instructions,
    )
    assert at(130).monotonic == flow.deadline
    assert at(130).instant == challenge.expires_at
    assert at(100).instant == challenge.issued_at
    assert not flow.answered
    assert "second" == flow.submit(Secret(TOKEN), at(101)).body["session"]  # type: ignore[index] # it has one


def test_another_challenge_without_expiry_has_no_deadline() -> None:
    """
    The deadline of a challenge does not outlive it.
    """
    flow = flow_in(S.RESUMING)

    receive(flow, 428, [required(expiry=ABSENT)], at(100))

    assert flow.deadline is None
    assert flow.expire(at(10**9)) is False


def test_the_same_session_may_be_challenged_again() -> None:
    """
    Belvo may keep the id of the session for the next challenge, which then may be answered too.
    """
    flow = flow_in(S.RESUMING)

    receive(flow, 428, [required()], at(3))

    assert "111111" == flow.submit(Secret("111111"), at(4)).body["token"]  # type: ignore[index] # it has one


def test_a_challenge_finds_its_request_id_in_the_headers() -> None:
    """
    Where the body names no request id, that of the headers counts.
    """
    flow = flow_in(S.REQUESTING)

    receive(flow, 428, [required(request_id=ABSENT)], at(1), request_id="of the headers")

    assert flow.challenge is not None
    assert "of the headers" == flow.challenge.request_id == flow.request_id


def test_a_challenge_that_names_no_link_is_for_the_one_of_the_call() -> None:
    """
    The link of the call stands in for a missing one.
    """
    flow = challenged(link=ABSENT)

    assert flow.challenge is not None
    assert LINK == flow.challenge.link


def test_the_link_of_the_challenge_counts() -> None:
    """
    Belvo wants back the link that it named.
    """
    flow = challenged(link="another-link")

    assert "another-link" == flow.submit(Secret(TOKEN), at(1)).body["link"]  # type: ignore[index] # it has one


def test_rounds_are_bounded() -> None:
    """
    One challenge more than allowed ends the flow, with a ticket that can still be answered.
    """
    flow = MfaFlow(RETRIEVE, max_rounds=2)
    flow.start(at(0))
    for second in (1, 2):
        receive(flow, 428, [required(session=f"session {second}")], at(second))
        flow.submit(Secret(TOKEN), at(second))

    receive(flow, 428, [required(session="session 3")], at(3))

    error = flow.error
    assert S.FAILED is flow.state
    assert isinstance(error, MfaRoundsExceededError)
    assert 2 == error.max_rounds
    assert flow.challenge == error.challenge
    assert error.ticket is not None
    assert ("session 3", 3, 2, False) == (
        error.ticket.session,
        error.ticket.round,
        error.ticket.max_rounds,
        error.ticket.answered,
    )
    resumed = MfaFlow.from_ticket(error.ticket, at(4))
    assert "session 3" == resumed.submit(Secret(TOKEN), at(4)).body["session"]  # type: ignore[index] # it has one


@pytest.mark.parametrize("state", [S.REQUESTING, S.RESUMING], ids=lambda s: s.name)
def test_a_428_without_a_session_is_not_resumable(state: MfaState) -> None:
    """
    A 428 that names no session ends the flow, and keeps what Belvo said.
    """
    flow = flow_in(state)
    before = flow.challenge

    receive(flow, 428, refusal("activation_required", message="Activate it"), NOW, retry_after=7.0)

    error = flow.error
    assert S.FAILED is flow.state
    assert isinstance(error, NotResumableError)
    assert isinstance(error, MfaError | ApiError)
    assert (428, "activation_required", "Activate it", REQUEST_ID, 7.0, before) == (
        error.status,
        error.code,
        error.message,
        error.request_id,
        error.retry_after,
        error.challenge,
    )
    assert not isinstance(error, ActivationRequiredError)
    assert 1 == len(error.errors)


@pytest.mark.parametrize("payload", [[], {}, [None], [[]]], ids=repr)
def test_a_428_that_says_nothing_is_not_resumable(payload: object) -> None:
    """
    The status alone makes a challenge; a body without one makes it one that cannot be answered.
    """
    flow = flow_in(S.REQUESTING)

    receive(flow, 428, payload, NOW)

    assert S.FAILED is flow.state
    assert isinstance(flow.error, NotResumableError)
    assert flow.challenge is None


@pytest.mark.parametrize("state", [S.REQUESTING, S.RESUMING], ids=lambda s: s.name)
@pytest.mark.parametrize("payload", [None, "428", 428], ids=repr)
def test_a_428_that_cannot_be_read_is_lost(state: MfaState, payload: object) -> None:
    """
    A challenge that is no JSON, or no object, cannot be shown to anybody; what was sent stays sent.
    """
    flow = flow_in(state)
    before = flow.challenge

    receive(flow, 428, payload, NOW, html=True, request_id="headers")

    assert (S.FAILED, E.LOST) == (flow.state, flow.history[-1].event)
    assert isinstance(flow.error, DecodeError)
    assert (428, "headers") == (flow.error.status, flow.error.request_id)
    assert (before, state is S.RESUMING) == (flow.challenge, flow.answered)


def test_a_resource_without_a_patch_is_not_resumable() -> None:
    """
    Where Belvo documents no way to answer, the challenge is shown and not opened.
    """
    flow = MfaFlow(attrs.evolve(RETRIEVE, resumable=False))
    flow.start(at(0))

    receive(flow, 428, [required()], at(1))

    assert S.FAILED is flow.state
    assert isinstance(flow.error, NotResumableError)
    assert flow.challenge is not None
    assert flow.challenge is flow.error.challenge
    with pytest.raises(SessionStateError):
        flow.submit(Secret(TOKEN), at(2))


# --- errors ---


def test_an_expired_session_is_an_expired_challenge() -> None:
    """
    Belvo's own word for the deadline is the same outcome as ours, with hers as the cause.
    """
    flow = flow_in(S.RESUMING)

    receive(flow, 400, refusal("session_expired", request_id="late"), NOW)

    assert S.EXPIRED is flow.state
    assert isinstance(flow.error, MfaExpiredError)
    assert flow.challenge is flow.error.challenge
    assert isinstance(flow.error.__cause__, SessionExpiredError)
    assert "late" == flow.request_id


def test_an_expired_session_of_an_opening_request_is_an_error() -> None:
    """
    Where no challenge was open, none can have expired.
    """
    flow = flow_in(S.REQUESTING)

    receive(flow, 400, refusal("session_expired"), NOW)

    assert S.FAILED is flow.state
    assert SessionExpiredError is type(flow.error)


def test_a_login_refused_after_the_token_is_a_rejection() -> None:
    """
    After a token the refused login is both an error of the flow and a login error, with the challenge.
    """
    flow = flow_in(S.RESUMING)

    receive(flow, 400, refusal("login_error", field="token"), NOW, retry_after=3.0)

    error = flow.error
    assert S.FAILED is flow.state
    assert isinstance(error, MfaRejectedError)
    assert isinstance(error, LoginError)
    assert isinstance(error, MfaError)
    assert flow.challenge is error.challenge
    assert (400, "login_error", "Some words", "token", REQUEST_ID, 3.0) == (
        error.status,
        error.code,
        error.message,
        error.field,
        error.request_id,
        error.retry_after,
    )


def test_a_login_refused_at_once_is_no_rejection() -> None:
    """
    Before any token the refused login is a login error and nothing more.
    """
    flow = flow_in(S.REQUESTING)

    receive(flow, 400, refusal("login_error"), NOW)

    assert S.FAILED is flow.state
    assert LoginError is type(flow.error)


@pytest.mark.parametrize("state", [S.REQUESTING, S.RESUMING], ids=lambda s: s.name)
@pytest.mark.parametrize(
    ("status", "payload", "html", "expected"),
    [
        pytest.param(400, refusal("too_many_sessions"), False, TooManySessionsError, id="too-many-sessions"),
        pytest.param(400, refusal("invalid"), False, ValidationError, id="validation"),
        pytest.param(400, refusal("new_in_2027"), False, ApiError, id="unknown-code"),
        pytest.param(502, None, True, ServerError, id="bad-gateway"),
        pytest.param(302, None, False, ApiError, id="redirect"),
        pytest.param(304, None, False, ApiError, id="not-modified"),
        pytest.param(101, None, False, ApiError, id="informational"),
    ],
)
def test_every_other_answer_fails(
    state: MfaState, status: int, payload: object, html: bool, expected: type[ApiError]
) -> None:
    """
    What is neither data nor a challenge ends the flow with the error it means.
    """
    flow = flow_in(state)

    receive(flow, status, payload, NOW, html=html, request_id="headers")

    assert S.FAILED is flow.state
    assert expected is type(flow.error)
    assert isinstance(flow.error, ApiError)
    assert status == flow.error.status
    assert flow.request_id == (flow.error.request_id or REQUEST_ID)


@pytest.mark.parametrize(
    ("state", "before"), [(S.REQUESTING, S.READY), (S.RESUMING, S.CHALLENGED)], ids=["opening", "resume"]
)
@pytest.mark.parametrize(
    ("status", "html"), [(403, True), (429, False)], ids=["firewall", "too-many-requests"]
)
def test_a_request_that_was_turned_away_is_taken_back(
    state: MfaState, before: MfaState, status: int, html: bool
) -> None:
    """
    What Belvo did not process leaves the flow as it was, and says why; the next step forgets it.
    """
    flow = flow_in(state)

    receive(flow, status, None, NOW, html=html)

    assert before is flow.state
    assert flow.error is None
    assert not flow.answered
    assert RateLimitedError is type(flow.turned_away)
    flow.give_up(NOW)
    assert flow.turned_away is None


@pytest.mark.parametrize("state", [S.REQUESTING, S.RESUMING], ids=lambda s: s.name)
def test_a_result_that_is_found_completes(state: MfaState) -> None:
    """
    Where no answer came and a look has shown the result, the flow has completed without an error.
    """
    flow = flow_in(state)
    answered = flow.answered

    flow.find(NOW)

    assert (S.COMPLETED, None, answered) == (flow.state, flow.error, flow.answered)


@pytest.mark.parametrize("state", [S.REQUESTING, S.RESUMING], ids=lambda s: s.name)
def test_a_lost_request_fails(state: MfaState) -> None:
    """
    A request that may have left and brought no answer ends the flow, with the ticket marked.
    """
    flow = flow_in(state)

    flow.lost(LOST, NOW)

    assert S.FAILED is flow.state
    assert LOST is flow.error
    assert (state is S.RESUMING) is flow.answered
    ticket = flow.ticket()
    assert (None if ticket is None else ticket.answered) is (True if state is S.RESUMING else None)


def test_an_answer_that_never_left_reopens_the_challenge() -> None:
    """
    Where no byte of the answer left, the same challenge may be answered again.
    """
    flow = flow_in(S.RESUMING)
    challenge, deadline = flow.challenge, flow.deadline

    flow.unsent(at(3))

    assert S.CHALLENGED is flow.state
    assert (challenge, deadline, False) == (flow.challenge, flow.deadline, flow.answered)
    flow.submit(Secret(TOKEN), at(4))
    assert flow.answered


def test_an_answer_that_never_left_does_not_stop_the_time() -> None:
    """
    A reopened challenge ends when it would have ended anyway.
    """
    flow = flow_in(S.RESUMING)
    flow.unsent(at(700))

    with pytest.raises(MfaExpiredError):
        flow.submit(Secret(TOKEN), at(700))

    assert S.EXPIRED is flow.state


# --- the answer ---


def test_the_token_is_in_the_request_and_nowhere_else() -> None:
    """
    The request carries the token and hides it; the flow, its ticket and its history never have it.
    """
    flow = flow_in(S.CHALLENGED)

    request = flow.submit(Secret(TOKEN), at(2))

    ticket = flow.ticket()
    assert ticket is not None
    assert request.body is not None
    assert TOKEN == request.body["token"]
    for shown in (repr(flow), repr(attrs.asdict(flow)), repr(flow.history), ticket.to_json(), repr(ticket)):
        assert TOKEN not in shown
    assert TOKEN not in repr(request)
    assert TOKEN.encode() not in pickle.dumps(ticket)


@pytest.mark.parametrize(
    ("save_data", "expected"),
    [(True, {"save_data": True}), (False, {"save_data": False}), (None, {})],
    ids=["true", "false", "not-said"],
)
def test_the_answer_repeats_the_call(save_data: bool | None, expected: dict[str, bool]) -> None:
    """
    The PATCH goes to the collection with the query of the call, and `save_data` exactly as it was.
    """
    flow = MfaFlow(attrs.evolve(RETRIEVE, save_data=save_data))
    flow.start(at(0))
    receive(flow, 428, [required()], at(1))

    request = flow.submit(Secret(TOKEN), at(2))

    assert ("PATCH", "/api/balances/", Effect.ONCE, True, flow.deadline) == (
        request.method,
        request.path,
        request.effect,
        request.at_institution,
        request.deadline,
    )
    assert (("fields", "id,balance"), ("omit", "account")) == request.query
    assert Body({"session": SESSION, "link": LINK, "token": TOKEN, **expected}) == request.body


def test_a_call_without_a_query_is_repeated_without_one() -> None:
    """
    What the call did not ask for, the answer does not ask for.
    """
    flow = MfaFlow(Operation(name="links.register", path="/api/links/"))
    flow.start(at(0))
    receive(flow, 428, [required()], at(1))

    request = flow.submit(Secret(TOKEN), at(2))

    assert () == request.query
    assert ["session", "token", "link"] == list(request.body or ())


@pytest.mark.parametrize("token", [None, ""], ids=["none", "empty"])
def test_a_confirmation_carries_no_token(token: str | None) -> None:
    """
    Where nothing is to be typed, the PATCH has no key for a token at all.
    """
    flow = challenged(token_generation_data=generation_data(expects_user_input=False))

    request = flow.submit(Secret(token), at(1))

    assert Body({"session": SESSION, "link": LINK, "save_data": False}) == request.body
    assert Effect.ONCE is request.effect
    assert flow.answered


GOOD_TOKENS = [
    "1",
    "000000",
    "1234ab",
    "correct horse battery",
    "päss-wörd",
    "\u0661\u0662",
    "x" * LONGEST_TOKEN,
]
BAD_TOKENS: list[tuple[Any, str]] = [
    (None, "token: expected the token the user was given, found nothing"),
    ("", "token: expected the token the user was given, found nothing"),
    ("  ", "token: expected the token the user was given, found nothing"),
    ("\t\n", "token: expected the token the user was given, found nothing"),
    ("can\nary", "token: expected printable characters, found a control character or line end"),
    ("can\x00ary", "token: expected printable characters, found a control character or line end"),
    ("canary\ud800", "token: expected printable characters, found a control character or line end"),
    ("canary" * LONGEST_TOKEN, f"token: expected at most {LONGEST_TOKEN} characters, found 24576"),
    (123456, "token: expected text, since tokens may begin with 0, found int"),
    (b"canary", "token: expected text, since tokens may begin with 0, found bytes"),
    (False, "token: expected text, since tokens may begin with 0, found bool"),
    (["canary"], "token: expected text, since tokens may begin with 0, found list"),
]


@pytest.mark.parametrize("token", GOOD_TOKENS, ids=range(len(GOOD_TOKENS)))
def test_good_tokens(token: str) -> None:
    """
    A token is sent as it was given, zeros and letters included.
    """
    flow = challenged()

    assert token == flow.submit(Secret(token), at(1)).body["token"]  # type: ignore[index] # it has one


@pytest.mark.parametrize("pasted", [" 12 34", "12 34 ", "\t12 34\r\n", "\xa012 34\u2003"], ids=repr)
def test_pasted_tokens(pasted: str) -> None:
    """
    White space around a token is not sent; what is inside of it is.
    """
    assert "12 34" == challenged().submit(Secret(pasted), at(1)).body["token"]  # type: ignore[index] # it has one


def test_white_space_where_nothing_is_expected() -> None:
    """
    A field that was left empty is no token.
    """
    flow = challenged(token_generation_data=generation_data(expects_user_input=False))

    assert "token" not in flow.submit(Secret(" \n"), at(1)).body  # type: ignore[operator] # it has one


@pytest.mark.parametrize(("token", "message"), BAD_TOKENS, ids=range(len(BAD_TOKENS)))
def test_bad_tokens(token: Any, message: str) -> None:
    """
    What cannot be a token is refused without being shown, and the challenge stays open.
    """
    flow = challenged()
    before = whole(flow)

    with pytest.raises(InvalidArgumentError) as caught:
        flow.submit(Secret(token), at(1))

    assert message == str(caught.value)
    assert "canary" not in str(caught.value)
    assert before == whole(flow)


def test_a_token_that_nobody_expects() -> None:
    """
    A token for a challenge without input is refused, and the challenge stays open.
    """
    flow = challenged(token_generation_data=generation_data(expects_user_input=False))
    before = whole(flow)

    with pytest.raises(InvalidArgumentError, match="expected None, since this challenge expects no input"):
        flow.submit(Secret(TOKEN), at(1))

    assert before == whole(flow)


def test_tokens_can_be_checked_alone() -> None:
    """
    The check of a token needs no flow.
    """
    challenge = flow_in(S.CHALLENGED).challenge
    assert challenge is not None

    check_token(Secret(TOKEN), challenge)
    with pytest.raises(InvalidArgumentError):
        check_token(Secret(None), challenge)


# --- the deadline ---


@pytest.mark.parametrize(
    ("second", "expired"),
    [(599.999, False), (600, True), (600.001, True), (10**6, True)],
    ids=["before", "at", "after", "long-after"],
)
def test_the_deadline(second: float, expired: bool) -> None:
    """
    A challenge ends in the moment of its deadline, not after it; then nothing is sent.
    """
    flow = challenged(expiry=600)

    if expired:
        with pytest.raises(MfaExpiredError) as caught:
            flow.submit(Secret(TOKEN), at(second))
        assert flow.challenge is caught.value.challenge
    else:
        flow.submit(Secret(TOKEN), at(second))

    assert (S.EXPIRED if expired else S.RESUMING) is flow.state
    assert (not expired) is flow.answered


def test_a_challenge_may_be_over_when_it_comes() -> None:
    """
    An expiry of 0 leaves no time at all.
    """
    flow = challenged(expiry=0)

    with pytest.raises(MfaExpiredError):
        flow.submit(Secret(TOKEN), at(0))


def test_a_challenge_without_expiry_waits_for_ever() -> None:
    """
    Where the institution named no deadline, none is made up.
    """
    flow = challenged(expiry=None)

    assert flow.expire(at(10**9)) is False
    flow.submit(Secret(TOKEN), at(10**9))
    assert S.RESUMING is flow.state


def test_time_is_noticed_once() -> None:
    """
    The passing of the deadline ends the flow once, with an error that has the challenge.
    """
    flow = challenged()

    assert [False, True, False] == [flow.expire(at(second)) for second in (599, 600, 601)]
    assert S.EXPIRED is flow.state
    assert isinstance(flow.error, MfaExpiredError)
    assert flow.challenge is flow.error.challenge
    assert [(E.DEADLINE_PASSED, S.EXPIRED)] == states(flow)[2:]


def test_a_late_token_tells_that_time_has_passed() -> None:
    """
    A token that comes after the deadline was noticed is too late, not a misuse.
    """
    flow = flow_in(S.EXPIRED)
    before = whole(flow)

    with pytest.raises(MfaExpiredError) as caught:
        flow.submit(Secret(TOKEN), at(602))

    assert flow.challenge is caught.value.challenge
    assert before == whole(flow)


def test_a_late_token_is_not_looked_at() -> None:
    """
    Past the deadline even a bad token is late.
    """
    with pytest.raises(MfaExpiredError):
        challenged().submit(Secret(""), at(600))


def test_only_the_monotonic_clock_decides() -> None:
    """
    A calendar that jumps ends no challenge.
    """
    flow = challenged()

    assert flow.expire(Moment(at(10).monotonic, at(10**6).instant)) is False
    assert flow.expire(Moment(at(600).monotonic, at(0).instant)) is True


# --- ending it ---


def test_suspending() -> None:
    """
    A suspended flow has ended here, and its ticket has all that it knew.
    """
    flow = flow_in(S.CHALLENGED, max_rounds=3)

    ticket = flow.suspend(at(5))

    assert S.SUSPENDED is flow.state
    assert flow.error is None
    assert ticket == flow.ticket()
    assert (SESSION, LINK, 1, 3, False, False, "id,balance", "account", "/api/balances/") == (
        ticket.session,
        ticket.link,
        ticket.round,
        ticket.max_rounds,
        ticket.answered,
        ticket.save_data,
        ticket.fields,
        ticket.omit,
        ticket.path,
    )


def test_suspending_too_late() -> None:
    """
    Past the deadline there is nothing to go on with.
    """
    flow = challenged()

    with pytest.raises(MfaExpiredError) as caught:
        flow.suspend(at(600))

    assert S.EXPIRED is flow.state
    assert flow.challenge is caught.value.challenge


@pytest.mark.parametrize("state", [S.READY, S.REQUESTING, S.CHALLENGED, S.RESUMING], ids=lambda s: s.name)
@pytest.mark.parametrize("error", [None, MfaCancelledError()], ids=["without-error", "with-error"])
def test_giving_up(state: MfaState, error: BelvoError | None) -> None:
    """
    A flow that has not ended can be given up; a ticket tells whether an answer may have left.
    """
    flow = flow_in(state)

    flow.give_up(NOW, error)

    assert S.CANCELLED is flow.state
    assert error is flow.error
    ticket = flow.ticket()
    assert (ticket is None) is (state in {S.READY, S.REQUESTING})
    assert (ticket is not None and ticket.answered) is (state is S.RESUMING)


def test_a_failed_prompt() -> None:
    """
    A prompt that fails ends the flow with nothing sent.
    """
    flow = flow_in(S.CHALLENGED)
    error = PromptFailedError(challenge=flow.challenge, ticket=flow.ticket())

    flow.fail_prompt(error, NOW)

    assert (S.FAILED, error, False) == (flow.state, flow.error, flow.answered)


# --- going on ---


def test_from_a_ticket() -> None:
    """
    A flow goes on from its ticket as if nothing had been in between, on the clock of the new process.
    """
    first = flow_in(S.CHALLENGED, max_rounds=3)
    ticket = first.suspend(at(11))
    clock = ManualClock(at(101).instant)

    flow = MfaFlow.from_ticket(ticket, Moment(5.0, at(101).instant), clock)

    assert S.CHALLENGED is flow.state
    assert (first.challenge, first.max_rounds, first.request_id) == (
        flow.challenge,
        flow.max_rounds,
        flow.request_id,
    )
    assert () == flow.history
    assert 5.0 + 500 == flow.deadline
    assert flow.challenge is not None
    assert 500.0 == flow.challenge.remaining
    request = flow.submit(Secret(TOKEN), Moment(6.0, at(102).instant))
    assert first.operation.query == request.query
    assert Body({"session": SESSION, "link": LINK, "token": TOKEN, "save_data": False}) == request.body
    receive(flow, 428, [required(session="second", link=ABSENT)], Moment(7.0, at(103).instant))
    assert flow.challenge is not None
    assert (2, LINK) == (flow.challenge.round, flow.challenge.link)


def test_from_a_ticket_that_has_expired() -> None:
    """
    A ticket that was kept too long makes a flow that expires in the moment it is used.
    """
    ticket = flow_in(S.CHALLENGED).suspend(at(2))

    flow = MfaFlow.from_ticket(ticket, Moment(0.0, at(601).instant))

    with pytest.raises(MfaExpiredError):
        flow.submit(Secret(TOKEN), Moment(0.0, at(601).instant))
    assert not flow.answered


def test_from_a_ticket_without_deadline() -> None:
    """
    A challenge without a deadline has none after its ticket either.
    """
    ticket = challenged(expiry=None).suspend(at(2))

    assert MfaFlow.from_ticket(ticket, at(10**6)).deadline is None


def test_an_answered_ticket_is_never_answered_again() -> None:
    """
    A ticket of a challenge whose answer may have left makes no flow.
    """
    flow = flow_in(S.RESUMING)
    flow.lost(LOST, at(3))
    ticket = flow.ticket()
    assert ticket is not None

    with pytest.raises(InvalidArgumentError, match="expected a challenge that was not answered yet"):
        MfaFlow.from_ticket(ticket, at(4))


# --- the record ---


def test_history() -> None:
    """
    A flow remembers what happened to it, when, and what support asks for.
    """
    flow = MfaFlow(RETRIEVE)
    flow.start(at(0))
    receive(flow, 428, [required(request_id="first")], at(1))
    flow.submit(Secret(TOKEN), at(2))
    receive(flow, 428, [required(request_id="second")], at(3))
    flow.submit(Secret(TOKEN), at(4))
    receive(flow, 200, None, at(5), request_id="third")

    assert (
        Step(E.REQUESTED, S.REQUESTING, at(0).instant),
        Step(E.CHALLENGE_ISSUED, S.CHALLENGED, at(1).instant, "first"),
        Step(E.SUCCEEDED, S.COMPLETED, at(5).instant, "third"),
    ) == (flow.history[0], flow.history[1], flow.history[5])
    assert [E.SUBMITTED, E.CHALLENGE_ISSUED, E.SUBMITTED] == [step.event for step in flow.history[2:5]]
    assert [at(second).instant for second in range(6)] == [step.at for step in flow.history]


def test_history_cannot_be_changed() -> None:
    """
    What is handed out is a copy.
    """
    flow = flow_in(S.COMPLETED)

    assert isinstance(flow.history, tuple)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        flow.history[0].state = S.READY


def test_a_flow_shows_no_secret() -> None:
    """
    The `repr` of a flow has neither the session nor the value of its challenge.
    """
    for state in S:
        shown = repr(flow_in(state))

        assert SESSION not in shown
        assert CHALLENGE_NUMBER not in shown
        assert TOKEN not in shown
