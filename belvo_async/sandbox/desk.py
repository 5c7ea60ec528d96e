"""
The institutions' side of the multi-factor flow: who was asked for what, and what came back.

A 428 is a challenge with a session of its own, and a challenge is answered once: the session ends with the first
answer that is complete, right or wrong. What a flow leads to is an `Errand`, which the desk carries out when the
last challenge is answered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs

from belvo_async.sandbox import challenges, forms
from belvo_async.sandbox.answers import Answer
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.challenges import KINDS, Card
from belvo_async.sandbox.clock import Clock
from belvo_async.sandbox.ids import Ids
from belvo_async.sandbox.records import ChallengeOutcome, ChallengeRecord
from belvo_async.sandbox.refusals import refusal
from belvo_async.sandbox.settings import Settings


Script = tuple[str, ...]
"""Names of kinds, in the order in which they are asked."""


@attrs.frozen(eq=False)
class Errand:
    """
    What a login is for.

    Attributes:
        operation: The call that started it.

        collection: Where its `PATCH` has to go.

        link: Id of the link.

        finish: Does it, once the institution is content, and returns the answer to *call*.

        strike: Counts a failed login.
    """

    operation: str
    collection: str
    link: str
    finish: Callable[[Call], Answer]
    strike: Callable[[], None]


@attrs.frozen(eq=False)
class _Challenge:
    number: int
    record: ChallengeRecord
    errand: Errand
    script: Script
    deadline: float


@attrs.define(eq=False)
class Tally:
    """
    How many challenges came to what. Exact, also for what is no longer remembered.

    Attributes:
        issued: All of them.

        duplicates: Got more than one `PATCH`.
    """

    issued: int = 0
    answered: int = 0
    rejected: int = 0
    refused: int = 0
    expired: int = 0
    dropped: int = 0
    duplicates: int = 0


class Desk:
    """
    Asks for tokens and judges what comes back.
    """

    def __init__(self, settings: Settings, clock: Clock, ids: Ids, remember: int) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._past: deque[int] = deque()
        self._remember = remember
        self._open: dict[int, _Challenge] = {}
        self._records: dict[int, ChallengeRecord] = {}
        self._by_session: dict[int, ChallengeRecord] = {}
        self._forgotten: dict[int, int] = {}
        self._by_link: dict[str, set[int]] = {}
        self.tally = Tally()

    @property
    def records(self) -> Mapping[int, ChallengeRecord]:
        """
        The challenges that are open, and the last ones that are not, by their number.
        """
        return MappingProxyType(self._records)

    @property
    def open(self) -> list[ChallengeRecord]:
        """
        The challenges that wait for an answer.
        """
        self.sweep()
        return [challenge.record for challenge in self._open.values()]

    def is_asking(self, link: str) -> bool:
        """
        Tell whether *link* has a challenge that waits for an answer.
        """
        now = self._clock.monotonic()
        for session in list(self._by_link.get(link, ())):
            challenge = self._open[session]
            if challenge.deadline > now:
                return True
            self._close(session, challenge, "expired")
        return False

    def begin(self, errand: Errand, script: Script, call: Call) -> Answer:
        """
        Log in for *errand*, through the challenges of *script*. A token in the body answers the first.
        """
        if self._settings.challenges is not None:
            script = self._settings.challenges
        token = call.get("token")
        if token is not None and script and KINDS[script[0]].expects_input:
            script = self._judged(token, errand, script)
        return self._proceed(errand, script, 1, call)

    def note(self, session: object) -> None:
        """
        Count a `PATCH` that names *session*, whatever will become of it.
        """
        key = _key(session)
        record = self._by_session.get(key)
        if record is not None:
            record.patches += 1
            self.tally.duplicates += record.patches == 2  # noqa: PLR2004  # the second one makes it a duplicate
        elif key in self._forgotten:
            self._forgotten[key] += 1
            self.tally.duplicates += self._forgotten[key] == 2  # noqa: PLR2004  # same

    def resume(self, call: Call, collection: str) -> Answer:
        """
        Judge the answer that a `PATCH` on *collection* brings, and go on.
        """
        forms.RESUME.check(call.body)
        session = _key(call.get("session"))
        challenge = self._waiting(session, collection, call.arrived)
        if challenge.errand.link != call.get("link"):
            raise refusal("does_not_exist", "link")

        script = challenge.script
        round_ = challenge.record.round + 1
        if not KINDS[script[0]].expects_input:
            self._close(session, challenge, "answered")
            return self._proceed(challenge.errand, script[1:], round_, call)

        token = call.get("token")
        if token is None:
            raise refusal("required", "token")
        self._close(session, challenge, self._verdict(token))
        return self._proceed(challenge.errand, self._judged(token, challenge.errand, script), round_, call)

    def drop(self, link: str) -> None:
        """
        Close the challenges of *link*, which was deleted.
        """
        while self.is_asking(link):
            session = next(iter(self._by_link[link]))
            self._close(session, self._open[session], "dropped")

    def sweep(self) -> None:
        """
        Close what nobody answered in time.
        """
        now = self._clock.monotonic()
        for session, challenge in list(self._open.items()):
            if challenge.deadline <= now:
                self._close(session, challenge, "expired")

    def _waiting(self, session: int, collection: str, now: float) -> _Challenge:
        challenge = self._open.get(session)
        if challenge is None:
            raise refusal("session_expired")
        if challenge.deadline <= now:
            self._close(session, challenge, "expired")
            raise refusal("session_expired")
        if challenge.errand.collection != collection:
            raise refusal("session_expired")
        return challenge

    def _verdict(self, token: str) -> ChallengeOutcome:
        if token == self._settings.mfa_token:
            return "answered"
        return "rejected" if token == self._settings.wrong_token else "refused"

    def _judged(self, token: str, errand: Errand, script: Script) -> Script:
        """
        Return what of *script* is left after *token*.
        """
        verdict = self._verdict(token)
        if verdict == "refused":
            errand.strike()
            raise refusal("login_error")
        return script[1:] if verdict == "answered" else script

    def _proceed(self, errand: Errand, script: Script, round_: int, call: Call) -> Answer:
        if call.ask is not None:
            script = (call.ask, *script)
        if not script:
            return errand.finish(call)
        if call.timed_out:
            raise refusal("request_timeout")
        return self._issue(errand, script, round_, call)

    def _issue(self, errand: Errand, script: Script, round_: int, call: Call) -> Answer:
        kind = KINDS[script[0]]
        card = Card(self._ids.hex(), errand.link, self._settings.expiry, kind, kind.value(self._ids))
        shape = call.shape or self._settings.shape
        session = challenges.dashed(card.session) if shape.session == "dashed" else card.session
        self.tally.issued += 1
        self._file(
            _Challenge(
                self.tally.issued,
                ChallengeRecord(session, errand.link, errand.operation, round_),
                errand,
                script,
                self._clock.monotonic() + card.expiry,
            )
        )
        return challenges.answer(card, shape, self._ids.hex())

    def _file(self, challenge: _Challenge) -> None:
        session = _key(challenge.record.session)
        self._open[session] = challenge
        self._by_link.setdefault(challenge.record.link, set()).add(session)
        self._by_session[session] = self._records[challenge.number] = challenge.record

    def _close(self, session: int, challenge: _Challenge, outcome: ChallengeOutcome) -> None:
        del self._open[session]
        of_link = self._by_link[challenge.record.link]
        of_link.discard(session)
        if not of_link:
            del self._by_link[challenge.record.link]
        challenge.record.outcome = outcome
        setattr(self.tally, outcome, getattr(self.tally, outcome) + 1)
        self._past.append(challenge.number)
        if len(self._past) > self._remember:
            self._forget(self._past.popleft())

    def _forget(self, number: int) -> None:
        # The count of patches stays: a second PATCH years later is still a duplicate.
        record = self._records.pop(number)
        session = _key(record.session)
        del self._by_session[session]
        self._forgotten[session] = record.patches


def _key(session: object) -> int:
    """
    Return the number that *session* is, with or without dashes; -1 if it is none.
    """
    try:
        return int(str(session).replace("-", ""), 16)
    except ValueError:
        return -1
