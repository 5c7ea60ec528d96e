"""
The page for challenges that lie in a store: any process shows them, and the store decides whose answer counts.
"""

from __future__ import annotations

import asyncio
import logging

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Final, TypeAlias

from belvo_async.clock import SYSTEM_CLOCK, Clock
from belvo_async.errors import InvalidArgumentError, wrong_type
from belvo_async.messages import Secret
from belvo_async.stores.record import Delivery, FlowRecord
from belvo_async.stores.store import Store, flow_key
from belvo_async.web.exchange import PageRequest, PageResponse, guarding_headers
from belvo_async.web.live import Live
from belvo_async.web.look import PLAIN, Look
from belvo_async.web.page import Page, Who
from belvo_async.web.reference import Form, Reference
from belvo_async.web.views import Stage, View


LOGGER: Final = logging.getLogger("belvo_async.web")

LASTS: Final = 3600.0
"""Seconds for which a page can be opened."""

LONGEST: Final = 366 * 24 * 3600
"""Seconds. What lasts for longer was meant otherwise."""

STREAM: Final = 30.0
"""Seconds after which a stream of events ends; browsers come back. So no server has to wait longer when it goes down."""

TOLD: Final = frozenset({Delivery.DUPLICATE, Delivery.LATE})
"""What the page says about an answer that was not used."""

Answered: TypeAlias = Callable[[str], Awaitable[object]]
"""
Is given the key of a flow whose user has answered: hand it to a worker. It should be quick, since the browser waits.
"""


class PromptPage(Page):
    """
    Shows the challenge of a flow in a store, and delivers what the user gives.

        page = PromptPage(store, keys=[key], mount="/challenge", answered=flows.advance)
        app.mount("/challenge", asgi_app(page))
        ...
        return RedirectResponse(page.path("order-17"), 303)

    The flow may be begun by a worker, parked by a web service, or waited for by a `TokenInbox`. Two tabs, a double click or
    the back button bring no second answer: the store takes the first and tells the others.

    Args:
        store: Where the flows lie. It stays yours to close.

        keys: As made by `TicketSealer.new_key()`: the first seals what stands in URLs and forms, all open. Processes that
            serve the same pages have the same keys.

        mount: The path below which the page is served.

        answered: Called with the key of a flow whose answer was the first. If it raises, that is logged; the answer
            lies in the store, and `store.due()` names its flow.

        who: Tells who is logged in; then a page opens for the one it was made for only. Without it, whoever has
            the address may see the challenge and answer it.

        look: Colours, texts, and where the user goes on.

        clock: For the end of addresses.

    Raises:
        InvalidArgumentError: One of them cannot be right.

        MissingExtraError: The extra `web` is not installed.
    """

    def __init__(
        self,
        store: Store,
        *,
        keys: Sequence[str | bytes],
        mount: str = "/",
        answered: Answered | None = None,
        who: Who | None = None,
        look: Look = PLAIN,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if not isinstance(store, Store):
            raise wrong_type("store", "a Store", store)
        super().__init__(keys=keys, mount=mount, who=who, look=look, clock=clock)
        self._store = store
        self._answered = answered
        self._live = Live(store)

    def path(self, flow: str, *, of: str = "", lasts: float = LASTS) -> str:
        """
        Return the path of the page of *flow*. It cannot be guessed, holds no secret of the flow, and ends by itself.

        Args:
            flow: The caller's key of it, as in the store. It need not be there yet.

            of: Whose it is: what `who` tells of that user.

            lasts: Seconds for which it can be opened.

        Raises:
            InvalidArgumentError: *flow* cannot be a key, or *lasts* no time, or *of* is missing although there is
                a `who`, or given although there is none.
        """
        flow_key(flow)
        if not isinstance(lasts, int | float) or not 0 < lasts <= LONGEST:
            raise InvalidArgumentError(
                argument="lasts", expected=f"seconds above 0, at most {LONGEST:,}", found=repr(lasts)[:40]
            )
        if bool(of) != (self._who is not None):
            raise InvalidArgumentError(
                argument="of",
                expected="what `who` tells of the user, if the page has a `who`, and nothing if not",
                found="text" if of else "nothing",
            )
        ends_at = self._clock.now() + timedelta(seconds=lasts)
        return self._mount + Reference(flow=flow, ends_at=ends_at).seal(self._sealer, of)

    async def aclose(self) -> None:
        """
        End the streams of events.
        """
        await self._live.aclose()

    async def _answer(self, request: PageRequest, name: str) -> PageResponse:
        text, slash, rest = name.partition("/")
        of = await self._of(request)
        reference = None if of is None else Reference.open(text, self._sealer, of, self._clock.now())
        if of is None or reference is None or rest not in {"", "events"}:
            return self._shown(request, View(stage=Stage.GONE), base=self._mount)
        if slash and not rest:  # all that the page names stands beside it
            return self._redirected(f"../{text}")
        if rest == "events":
            return self._events(request, reference.flow)
        match request.method:
            case "GET" | "HEAD":
                return await self._look_at(request, reference.flow, text, of)
            case "POST":
                return await self._take(request, reference.flow, text, of)
            case _:
                return self._not_allowed("GET, HEAD, POST")

    async def _look_at(
        self, request: PageRequest, flow: str, text: str, of: str, *, problem: str = ""
    ) -> PageResponse:
        record = await self._store.look(flow)
        view = self._view(record)
        if view.ticket is not None:
            told = request.asked("told")
            view = View.of_ticket(
                view.ticket,
                self._store.clock.now(),
                notice=told if told in TOLD else "",
                problem=problem,
            )
        sealed = Form(flow=flow, round=view.round, session=_session(record)).seal(self._sealer, of)
        return self._shown(request, view, sealed=sealed, itself=text)

    async def _take(self, request: PageRequest, flow: str, text: str, of: str) -> PageResponse:
        fields = request.form()
        if fields is None:
            return self._shown(request, View(stage=Stage.REFUSED))
        # Reports of what fails below show variables, and must not show it.
        token = Secret(fields.pop("token", "").strip() or None)
        form = Form.open(fields.get("sealed", ""), self._sealer, of)
        if form is None or form.flow != flow:
            return self._shown(request, View(stage=Stage.REFUSED))
        record = await self._store.look(flow)
        if record is not None and record.ticket is not None and form.session != _session(record):
            return self._redirected(f"{text}?told={Delivery.LATE}")  # the form of an earlier challenge
        if fields.get("do") == "decline":
            await self._store.decline(flow)
            return self._redirected(text)
        try:
            delivery = await self._store.deliver(flow, form.round, token.reveal())
        except InvalidArgumentError:
            problem = "token.wrong" if token.reveal() else "token.empty"
            return await self._look_at(request, flow, text, of, problem=problem)
        if delivery is Delivery.FIRST:
            await self._tell(flow)
        return self._redirected(text if delivery is Delivery.FIRST else f"{text}?told={delivery}")

    async def _tell(self, flow: str) -> None:
        if self._answered is None:
            return
        try:
            await self._answered(flow)
        except Exception:  # the user's answer is safe, and the user need not know
            LOGGER.exception("flow %s: nobody could be told of its answer", flow)

    def _view(self, record: FlowRecord | None) -> View:
        return View.of_record(record, self._store.clock.now())

    # --- events ---

    def _events(self, request: PageRequest, flow: str) -> PageResponse:
        if request.method != "GET":
            return self._not_allowed("GET")
        headers = guarding_headers("", self._look.frame_ancestors)
        headers |= {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
        return PageResponse(headers=headers, events=self._stream(flow))

    async def _stream(self, flow: str) -> AsyncGenerator[bytes]:
        time = asyncio.get_running_loop().time
        end = time() + STREAM
        yield b"retry: 1000\n\n"
        async with aclosing(self._live.changes(flow, self._state)) as changes:
            async for state in changes:
                yield b": \n\n" if state is None else f"data: {state}\n\n".encode()
                if time() >= end:
                    return

    def _state(self, record: FlowRecord | None) -> str:
        return self._view(record).state


def _session(record: FlowRecord | None) -> str:
    """
    Return the mark of the challenge that a form is the answer to.
    """
    return "" if record is None or record.ticket is None else record.ticket.session[:40]
