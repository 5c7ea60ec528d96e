"""
What a sandbox has seen, in words: for tests to compare, and for those who look why a test failed. No I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from belvo_async.sandbox import ChallengeRecord, Seen


HIDDEN: Final = "***"
"""Stands where a secret was."""

SECRETS: Final = frozenset({"password", "password2", "token", "certificate", "private_key", "encryption_key"})
"""Members of a body that nobody should read in the log of a test run."""


def without_secrets(body: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the members of *body*, with `HIDDEN` in the place of tokens and passwords.
    """
    return {name: HIDDEN if name in SECRETS else value for name, value in body.items()}


def transcript(requests: Iterable[Seen], challenges: Iterable[ChallengeRecord]) -> str:
    """
    Tell which requests came, how each was answered, and what became of each challenge.
    """
    return "\n".join([*_requests(requests), *_challenges(challenges)])


def _requests(requests: Iterable[Seen]) -> Iterator[str]:
    lines = [_line(seen) for seen in requests]
    yield "Requests:" if lines else "No request has arrived."
    yield from lines


def _line(seen: Seen) -> str:
    answer = "no answer" if seen.status is None else str(seen.status)
    fault = "" if seen.fault is None else f"  ({seen.fault.kind.value})"
    members = ", ".join(seen.body or ())
    return f"  {seen.method:6} {seen.path}  {f'{{{members}}}  ' if members else ''}-> {answer}{fault}"


def _challenges(challenges: Iterable[ChallengeRecord]) -> Iterator[str]:
    lines = [
        f"  {number}. round {one.round} of {one.operation}: {one.outcome}, {one.patches} PATCH"
        for number, one in enumerate(challenges, start=1)
    ]
    yield "Challenges:" if lines else "Nobody was challenged."
    yield from lines


def answered_once_problem(challenges: Iterable[ChallengeRecord]) -> str | None:
    """
    Return why it is not so that there were challenges, and each was sent one `PATCH`; `None` if it is.
    """
    return _problem(list(challenges), 1, "expected one PATCH for each challenge")


def unanswered_problem(challenges: Iterable[ChallengeRecord]) -> str | None:
    """
    Return why it is not so that there were challenges, and none was sent a `PATCH`; `None` if it is.
    """
    return _problem(list(challenges), 0, "expected challenges without a PATCH")


def _problem(challenges: list[ChallengeRecord], patches: int, expected: str) -> str | None:
    if not challenges:
        return f"{expected}, but nobody was challenged"
    wrong = sum(one.patches != patches for one in challenges)
    if not wrong:
        return None
    return "\n".join(
        [f"{expected}, but of {len(challenges)} it is not so for {wrong}", *_challenges(challenges)]
    )
