"""
The flow under every call in every order, allowed or not: what must hold, holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import attrs
import pytest

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from mfa.bodies import ABSENT, RETRIEVE, START, TOKEN, generation_data, receive, refusal, required, whole

from belvo_async.clock import Moment
from belvo_async.errors import (
    InvalidArgumentError,
    MfaCancelledError,
    MfaExpiredError,
    PromptFailedError,
    SessionStateError,
    UncertainOutcomeError,
)
from belvo_async.messages import Body, Effect, Request, Secret
from belvo_async.mfa.challenge import MfaChallenge
from belvo_async.mfa.flow import MfaFlow
from belvo_async.mfa.machine import TRANSITIONS, MfaEvent, MfaState
from belvo_async.mfa.ticket import MfaTicket


S, E = MfaState, MfaEvent

ENDS = tuple(state for state in S if state.is_final)

LOST = UncertainOutcomeError(request="PATCH /api/balances/", reason="it broke", sent=True)

sessions = st.sampled_from(["one", "two"])
expiries = st.sampled_from([1000, "1000", 60, "60", 0, None, "<integer>", ABSENT])
links = st.sampled_from(["a-link", ABSENT])


CALLS: dict[str, tuple[MfaEvent, Callable[[MfaFlow, Moment], object]]] = {
    "start": (E.REQUESTED, lambda flow, now: flow.start(now)),
    "data": (E.SUCCEEDED, lambda flow, now: receive(flow, 200, None, now, request_id="misused")),
    "challenge": (E.CHALLENGE_ISSUED, lambda flow, now: receive(flow, 428, [required(session="x")], now)),
    "error": (E.REFUSED, lambda flow, now: receive(flow, 400, refusal("session_expired"), now)),
    "found": (E.FOUND, lambda flow, now: flow.find(now)),
    "lost": (E.LOST, lambda flow, now: flow.lost(LOST, now)),
    "unsent": (E.UNSENT, lambda flow, now: flow.unsent(now)),
    "submit": (E.SUBMITTED, lambda flow, now: flow.submit(Secret(TOKEN), now)),
    "suspend": (E.PARKED, lambda flow, now: flow.suspend(now)),
    "give up": (E.GIVEN_UP, lambda flow, now: flow.give_up(now)),
    "prompt": (E.PROMPT_FAILED, lambda flow, now: flow.fail_prompt(PromptFailedError(), now)),
}


ENDINGS: dict[str, Callable[[MfaFlow, Moment], None]] = {
    "data": lambda flow, now: receive(flow, 201, None, now, request_id="data"),
    "nothing": lambda flow, now: receive(flow, 204, None, now),
    "found": lambda flow, now: flow.find(now),
    "lost": lambda flow, now: flow.lost(LOST, now),
    "given up": lambda flow, now: flow.give_up(now, MfaCancelledError()),
    "not resumable": lambda flow, now: receive(flow, 428, refusal("activation_required"), now),
    "login error": lambda flow, now: receive(flow, 400, refusal("login_error"), now),
    "unreadable challenge": lambda flow, now: receive(flow, 428, None, now, html=True),
    "session expired": lambda flow, now: receive(flow, 400, refusal("session_expired"), now),
    "too many sessions": lambda flow, now: receive(flow, 400, refusal("too_many_sessions"), now),
    "server error": lambda flow, now: receive(flow, 500, refusal("unexpected_error"), now),
}


F = TypeVar("F", bound=Callable[..., object])


def possible_in(*states: MfaState) -> Callable[[F], F]:
    """
    Return the precondition of a rule that needs the flow to be in one of *states*.
    """
    return precondition(lambda self: self.flow.state in states)


class Conversation(RuleBasedStateMachine):
    """
    One user's flows, one after the other: restarted when they have ended, continued from tickets.

    A challenge is known here by the flow it belongs to and its round, whatever Belvo calls it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.story = 0
        self.patches: Counter[tuple[int, int]] = Counter()
        self.shown: list[str] = []
        self.ended: MfaState | None = None

    @property
    def now(self) -> Moment:
        return Moment(self.seconds, START + timedelta(seconds=self.seconds))

    @property
    def challenge_key(self) -> tuple[int, int]:
        assert self.flow.challenge is not None
        return self.story, self.flow.challenge.round

    @property
    def is_late(self) -> bool:
        return self.flow.deadline is not None and self.seconds >= self.flow.deadline

    def begin(self, flow: MfaFlow) -> None:
        self.flow = flow
        self.ended = None
        self.first = flow.state

    # --- the life of a flow ---

    @initialize(save_data=st.none() | st.booleans(), max_rounds=st.integers(1, 3), challenged=st.booleans())
    def new_flow(self, save_data: bool | None, max_rounds: int, challenged: bool) -> None:
        self.operation = attrs.evolve(RETRIEVE, save_data=save_data)
        self.max_rounds = max_rounds
        self.begin(MfaFlow(self.operation, max_rounds))
        if challenged:
            self.flow.start(self.now)
            receive(self.flow, 428, required(), self.now)

    @possible_in(*ENDS)
    @rule()
    def start_over(self) -> None:
        self.story += 1
        self.begin(MfaFlow(self.operation, self.max_rounds))
        self.flow.start(self.now)

    @possible_in(*ENDS)
    @rule()
    def go_on_from_the_ticket(self) -> None:
        ticket = self.flow.ticket()
        if ticket is None:
            return
        restored = MfaTicket.from_json(ticket.to_json())
        assert ticket == restored
        if self.patches[self.challenge_key]:
            assert ticket.answered
            with pytest.raises(InvalidArgumentError):
                MfaFlow.from_ticket(restored, self.now)
        else:
            assert not ticket.answered
            self.begin(MfaFlow.from_ticket(restored, self.now))

    @possible_in(S.CHALLENGED, S.RESUMING, S.SUSPENDED)
    @rule(seconds=st.sampled_from([0.5, 30, 60, 1000]))
    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    # --- calls that the state does not allow ---

    @rule(name=st.sampled_from(sorted(CALLS)))
    def misuse(self, name: str) -> None:
        event, call = CALLS[name]
        if event in TRANSITIONS[self.flow.state] or (name, self.flow.state) == ("submit", S.EXPIRED):
            return
        before = whole(self.flow)

        with pytest.raises(SessionStateError):
            call(self.flow, self.now)

        assert before == whole(self.flow)

    # --- calls that it does: the request ---

    @possible_in(S.READY)
    @rule()
    def start(self) -> None:
        self.flow.start(self.now)

    @possible_in(S.REQUESTING, S.RESUMING)
    @rule(
        session=sessions,
        expiry=expiries,
        link=links,
        expects=st.booleans(),
        listed=st.booleans(),
        request_id=st.sampled_from(["challenge", ABSENT]),
    )
    def receive_challenge(
        self, session: str, expiry: object, link: object, expects: bool, listed: bool, request_id: object
    ) -> None:
        body = required(
            session=session,
            expiry=expiry,
            link=link,
            request_id=request_id,
            token_generation_data=generation_data(expects_user_input=expects),
        )
        receive(self.flow, 428, [body] if listed else body, self.now)

    @possible_in(S.REQUESTING, S.RESUMING)
    @rule(ending=st.sampled_from(sorted(ENDINGS)))
    def end_the_request(self, ending: str) -> None:
        ENDINGS[ending](self.flow, self.now)

        assert self.flow.state.is_final

    @possible_in(S.REQUESTING, S.RESUMING)
    @rule(turned_away=st.booleans())
    def take_back(self, turned_away: bool) -> None:
        resuming = self.flow.state is S.RESUMING
        if turned_away:
            receive(self.flow, 403, None, self.now, html=True)
        else:
            self.flow.unsent(self.now)
        if resuming:
            self.patches[self.challenge_key] -= 1

    # --- calls that it does: the challenge ---

    @possible_in(S.CHALLENGED)
    @rule()
    def submit(self) -> None:
        challenge = self.flow.challenge
        assert challenge is not None
        token = TOKEN if challenge.expects_user_input else None
        if self.is_late:
            with pytest.raises(MfaExpiredError):
                self.flow.submit(Secret(token), self.now)
            assert S.EXPIRED is self.flow.state
        else:
            request = self.flow.submit(Secret(token), self.now)
            self.patches[self.challenge_key] += 1
            self.check_answer(request, challenge, token)

    def check_answer(self, request: Request, challenge: MfaChallenge, token: str | None) -> None:
        given = {
            "session": challenge.session,
            "link": challenge.link,
            "token": token,
            "save_data": self.operation.save_data,
        }
        assert ("PATCH", RETRIEVE.path, RETRIEVE.query) == (request.method, request.path, request.query)
        assert (Effect.ONCE, self.flow.deadline) == (request.effect, request.deadline)
        assert Body(given) == request.body
        self.shown.append(repr(request))

    @possible_in(S.CHALLENGED)
    @rule(token=st.sampled_from(["", " ", "new\nline", 111111, b"111111"]))
    def submit_badly(self, token: Any) -> None:
        challenge = self.flow.challenge
        assert challenge is not None
        bad = token if challenge.expects_user_input else TOKEN
        before = whole(self.flow)

        with pytest.raises(MfaExpiredError if self.is_late else InvalidArgumentError):
            self.flow.submit(Secret(bad), self.now)

        assert S.EXPIRED is self.flow.state or before == whole(self.flow)

    @possible_in(S.CHALLENGED)
    @rule()
    def notice_time(self) -> None:
        late = self.is_late

        assert late is self.flow.expire(self.now)
        assert (S.EXPIRED if late else S.CHALLENGED) is self.flow.state

    @possible_in(S.CHALLENGED)
    @rule()
    def suspend(self) -> None:
        if self.is_late:
            with pytest.raises(MfaExpiredError):
                self.flow.suspend(self.now)
            assert S.EXPIRED is self.flow.state
        else:
            ticket = self.flow.suspend(self.now)
            assert not ticket.answered
            self.shown.append(ticket.to_json())

    @possible_in(S.CHALLENGED)
    @rule(declined=st.booleans())
    def end_the_challenge(self, declined: bool) -> None:
        if declined:
            self.flow.give_up(self.now, MfaCancelledError())
        else:
            self.flow.fail_prompt(PromptFailedError(), self.now)

    @possible_in(S.EXPIRED)
    @rule()
    def submit_too_late(self) -> None:
        with pytest.raises(MfaExpiredError):
            self.flow.submit(Secret(TOKEN), self.now)

    # --- what always holds ---

    @invariant()
    def no_challenge_is_answered_twice(self) -> None:
        assert all(0 <= count <= 1 for count in self.patches.values())

    @invariant()
    def what_may_have_left_is_marked(self) -> None:
        if self.flow.challenge is not None:
            assert self.flow.answered is (self.patches[self.challenge_key] == 1)

    @invariant()
    def the_token_is_nowhere(self) -> None:
        ticket = self.flow.ticket()
        seen = [
            repr(self.flow),
            repr(whole(self.flow)),
            repr(self.flow.history),
            "" if ticket is None else ticket.to_json() + repr(ticket),
            *self.shown,
        ]
        self.shown.clear()
        assert not any(TOKEN in text for text in seen)

    @invariant()
    def steps_are_rows_of_the_table(self) -> None:
        state = self.first
        for step in self.flow.history:
            assert TRANSITIONS[state][step.event] is step.state
            state = step.state
        assert state is self.flow.state

    @invariant()
    def the_end_is_the_end(self) -> None:
        if self.ended is not None:
            assert self.ended is self.flow.state
        if self.flow.state.is_final:
            self.ended = self.flow.state

    @invariant()
    def errors_belong_to_their_ends(self) -> None:
        if self.flow.state in {S.FAILED, S.EXPIRED, S.CANCELLED}:
            assert self.flow.error is not None
        else:
            assert self.flow.error is None

    @invariant()
    def open_challenges_are_within_their_rounds(self) -> None:
        challenge = self.flow.challenge
        assert challenge is not None or self.flow.state not in {S.CHALLENGED, S.RESUMING, S.SUSPENDED}
        assert (challenge is None or challenge.expires_at is None) is (self.flow.deadline is None)


TestConversation = pytest.mark.once(Conversation.TestCase)
TestConversation.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
