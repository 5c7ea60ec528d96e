"""
A sandbox in a thread of its own: for tests that are coroutines, for those that are not, and for services elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading

from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from types import EllipsisType
from typing import Any, Final, Self, TypeVar

import attrs

from belvo_async.sandbox import ChallengeRecord, Fault, Faults, Sandbox, Seen, SentWebhook, Settings
from belvo_async.sandbox.answers import Json
from belvo_async.testing.seen import answered_once_problem, transcript, unanswered_problem, without_secrets


T = TypeVar("T")

SOON: Final = 30.0
"""Seconds that `run()` waits for what has to come by itself."""

Challenges = int | Iterable[str] | None
"""How many challenges (of kind `text`), or their kinds; `None` leaves it to institutions and users."""

NOT_RUNNING: Final = "the sandbox does not run: use it inside of its `with`"


def kinds(challenges: Challenges) -> tuple[str, ...] | None:
    """
    Return the kinds that *challenges* stands for.
    """
    if isinstance(challenges, int):
        return ("text",) * challenges
    if isinstance(challenges, str):
        return (challenges,)
    return None if challenges is None else tuple(challenges)


class BackgroundSandbox(Sandbox):
    """
    A `Sandbox` that runs in a thread of its own, while its `with` lasts.

        with BackgroundSandbox() as sandbox:
            ...  # sandbox.url answers, whatever this thread does

    All that a `Sandbox` offers can be used from any thread and any event loop. What has to be awaited there, `run()`
    waits for in a test that is no coroutine.

    Args:
        challenges: How many every login brings, or their kinds: `2`, `"qr"`, `["qr", "text"]`; 0 for none.
            By default institution and user decide.

        faults: What goes wrong.

        options: As for `Sandbox`.
    """

    def __init__(
        self, *, challenges: Challenges = None, faults: Iterable[Fault] | Faults = (), **options: Any
    ) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._over = asyncio.Event()
        super().__init__(challenges=kinds(challenges), faults=faults, **options)

    # --- its life ---

    def __enter__(self) -> Self:
        if self._thread is not None:
            msg = "the sandbox runs already"
            raise RuntimeError(msg)
        ready: Future[None] = Future()
        life = self._live(ready)
        self._thread = threading.Thread(target=asyncio.run, args=(life,), name="belvo-sandbox", daemon=True)
        self._thread.start()
        try:
            ready.result()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._end()

    async def _live(self, ready: Future[None]) -> None:
        """
        All that happens in the thread. What others still wait for at its end is cancelled.
        """
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            await super().start()
        except Exception as error:  # noqa: BLE001 - it is raised in the thread that waits
            ready.set_exception(error)
            return
        ready.set_result(None)
        try:
            await self._over.wait()
        finally:
            await super().aclose()

    def _end(self) -> None:
        loop, thread = self._loop, self._thread
        self._loop = self._thread = None
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(self._over.set)
        if thread is not None:
            thread.join()

    async def start(self) -> None:
        """
        Begin to listen again, after `aclose()`: Belvo is back. `with` does it at first.
        """
        await self._there(super().start())

    async def aclose(self) -> None:
        """
        Stop listening: Belvo is away. What it knows stays; `start()` takes the same port.
        """
        await self._there(super().aclose())

    # --- waiting ---

    def run(self, coroutine: Coroutine[Any, Any, T], timeout: float = SOON) -> T:
        """
        Wait for *coroutine* in a test that is none, and return its result.

            belvo_sandbox.run(belvo_sandbox.wait_until_told())
            belvo_sandbox.run(belvo_clock.advance(600))

        Args:
            coroutine: It runs in the event loop of the sandbox.

            timeout: Seconds.

        Raises:
            TimeoutError: It took longer; it was cancelled.

            RuntimeError: The sandbox does not run; or an event loop runs here, in which you can `await`.
        """
        if _is_in_a_loop():
            coroutine.close()
            msg = "an event loop runs here: await it"
            raise RuntimeError(msg)
        return self._wait(coroutine, timeout)

    def _wait(self, coroutine: Coroutine[Any, Any, T], timeout: float = SOON) -> T:
        if self._loop is None:
            coroutine.close()
            raise RuntimeError(NOT_RUNNING)
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:  # its thread has ended
            coroutine.close()
            raise RuntimeError(NOT_RUNNING) from None
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise

    async def wait_for(self, operation: str, count: int = 1) -> None:
        """
        Wait until *count* requests of *operation* have arrived since the sandbox was made.
        """
        await self._there(super().wait_for(operation, count))

    async def wait_until_idle(self) -> None:
        """
        Wait until no request is under way, also none whose client has left.
        """
        await self._there(super().wait_until_idle())

    async def wait_until_told(self) -> None:
        """
        Wait until no webhook is under way.
        """
        await self._there(super().wait_until_told())

    # --- what happens from now on ---

    def script(
        self,
        *,
        challenges: Challenges | EllipsisType = ...,
        faults: Iterable[Fault] | None = None,
        **settings: Any,
    ) -> None:
        """
        Say what happens from now on; what is not named stays as it is.

            belvo_sandbox.script(challenges=["qr", "text"], expiry=60, faults=[LOST_ANSWER])

        Args:
            challenges: As for the sandbox itself.

            faults: What goes wrong, in the place of what did.

            settings: As in `Settings`: `expiry`, `latency`, `mfa_token` …

        Raises:
            TypeError: There is no such setting.
        """
        known = [field.name for field in attrs.fields(Settings)]
        for name in settings:
            if name not in known:
                msg = f"no setting is called {name!r}; there are {', '.join(known)}"
                raise TypeError(msg)
        if challenges is not ...:
            self.settings.challenges = kinds(challenges)
        if faults is not None:
            self.faults = Faults(list(faults))
        for name, value in settings.items():
            setattr(self.settings, name, value)

    def notify(
        self,
        link: str,
        code: str,
        *,
        type: str = "LINK",  # noqa: A002  # Belvo's word
        data: Json | None = None,
    ) -> None:
        """
        Tell something about *link* by webhook. As for `Sandbox`.
        """
        self._call(lambda: super(BackgroundSandbox, self).notify(link, code, type=type, data=data))

    def add_link(
        self,
        institution: str = "erebor_mx_retail",
        username: str = "bnk100",
        password: str = "full",  # noqa: S107  # of a test user
        **fields: object,
    ) -> Json:
        """
        Add a valid link without a request, and return it. As for `Sandbox`.
        """
        add = super().add_link
        return self._call(lambda: add(institution, username, password, **fields))

    # --- what it has seen ---

    @property
    def requests(self) -> deque[Seen]:
        """
        The last requests until now, oldest first.
        """
        return self._call(super().requests.copy)

    @property
    def challenges(self) -> Mapping[int, ChallengeRecord]:
        """
        The challenges until now by their number, oldest first, with what has become of them by now.
        """

        def found() -> Mapping[int, ChallengeRecord]:
            self._world.desk.sweep()
            return dict(super(BackgroundSandbox, self).challenges)

        return self._call(found)

    @property
    def open_challenges(self) -> list[ChallengeRecord]:
        """
        The challenges that wait for an answer now.
        """
        return self._call(lambda: super(BackgroundSandbox, self).open_challenges)

    @property
    def webhooks(self) -> list[SentWebhook]:
        """
        The last webhooks until now, oldest first.
        """
        return self._call(lambda: list(super(BackgroundSandbox, self).webhooks))

    @property
    def operations(self) -> list[str]:
        """
        What was asked for, in order: `["POST /api/links/", "PATCH /api/links/"]`.
        """
        return [seen.operation for seen in self.requests]

    def bodies(self, operation: str) -> list[dict[str, Any]]:
        """
        Return what was sent with each request of *operation*, oldest first, exactly but for its secrets.

            assert belvo_sandbox.bodies("PATCH /api/links/") == [{"session": session, "link": link.id, "token": HIDDEN}]

        Args:
            operation: As in `operations`.
        """
        return [without_secrets(seen.body or {}) for seen in self.requests if seen.operation == operation]

    def summary(self) -> dict[str, int]:
        """
        Return what was counted, in plain numbers.
        """
        return self._call(super().summary)

    def transcript(self) -> str:
        """
        Tell what it has seen, a line for each request and each challenge; nothing secret is among it.
        """
        return transcript(self.requests, self.challenges.values())

    def assert_answered_once(self) -> None:
        """
        Raise `AssertionError` unless there were challenges, and each was sent one `PATCH`, whatever came of it.
        """
        __tracebackhide__ = True
        _assert_no(answered_once_problem(self.challenges.values()))

    def assert_unanswered(self) -> None:
        """
        Raise `AssertionError` unless there were challenges, and none was sent a `PATCH`.
        """
        __tracebackhide__ = True
        _assert_no(unanswered_problem(self.challenges.values()))

    # --- from one thread to the other ---

    async def _there(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """
        Wait for *coroutine*, which runs in the event loop of the sandbox.
        """
        if self._loop is None:
            coroutine.close()
            raise RuntimeError(NOT_RUNNING)
        if self._loop is asyncio.get_running_loop():
            return await coroutine
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self._loop))

    def _call(self, function: Callable[[], T]) -> T:
        """
        Call *function* in the thread of the sandbox; when that has ended, here.
        """
        if self._loop is None or threading.current_thread() is self._thread:
            return function()

        async def called() -> T:
            return function()

        return self._wait(called())


def _assert_no(problem: str | None) -> None:
    __tracebackhide__ = True
    if problem is not None:
        raise AssertionError(problem)


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
