"""
What a person sees while a command waits for Belvo: what it is about, and why it takes so long.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

from rich.status import Status

from belvo_async.cli.terminal import can_redraw, console, harmless
from belvo_async.messages import Request
from belvo_async.observer import Observer


WHY: Final = {
    "unsent": "Belvo cannot be reached",
    "unanswered": "no answer came",
    "unprocessed": "Belvo wants less requests",
    "busy": "the link is busy at Belvo",
    "failed": "Belvo failed",
}
"""The reasons of `Observer.retry_scheduled()`, in words."""


class Waiting(Observer):
    """
    A line on standard error that moves while something is under way; nothing where nobody looks. Use it as a context
    manager, and give it to the client as an observer.

    Args:
        told: What is under way.
    """

    def __init__(self, told: str) -> None:
        self._told = told
        target = console(errors=True)
        self._status = Status(harmless(told), console=target) if can_redraw(target) else None
        self._shows = False

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
            self._shows = True
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()
            self._shows = False

    @contextmanager
    def silenced(self) -> Generator[None]:
        """
        Show nothing meanwhile.
        """
        if not self._shows:
            yield
            return
        self.__exit__(None, None, None)
        try:
            yield
        finally:
            self.__enter__()

    # --- as an observer ---

    def request_sent(self, request: Request) -> None:  # noqa: ARG002 - as it is called
        """
        Say what is under way.
        """
        self._say(self._told)

    def retry_scheduled(self, request: Request, wait: float, why: str) -> None:  # noqa: ARG002 - as it is called
        """
        Say why it takes longer.
        """
        self._say(f"{self._told} ({WHY.get(why, why)}; again in {wait:.0f} s)")

    def throttled(self, request: Request, wait: float) -> None:  # noqa: ARG002 - as it is called
        """
        The same.
        """
        self._say(f"{self._told} (waiting {wait:.0f} s for the rate limit)")

    def _say(self, told: str) -> None:
        if self._status is not None:
            self._status.update(harmless(told))
