"""
The page for challenges that lie nowhere: a sealed ticket travels in a hidden field, and `client.resume()` answers it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from belvo_async.client import BelvoClient
from belvo_async.clock import SYSTEM_CLOCK, Clock
from belvo_async.errors import (
    BelvoError,
    InvalidArgumentError,
    MfaExpiredError,
    MfaRequiredError,
    SessionStateError,
    TicketError,
    UncertainOutcomeError,
    wrong_type,
)
from belvo_async.guards import is_answered
from belvo_async.messages import Secret
from belvo_async.mfa.flow import check_token
from belvo_async.mfa.machine import MfaState
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.sealing import TicketSealer
from belvo_async.stores.record import problem_of
from belvo_async.web.exchange import PageRequest, PageResponse
from belvo_async.web.look import PLAIN, Look
from belvo_async.web.page import Page, Who
from belvo_async.web.views import Stage, View, failure


ANSWER: Final = "answer"
"""Where forms go, below the mount."""

Settle: TypeAlias = Callable[[MfaTicket, Any], Awaitable[object]]
"""
Takes the ticket whose answer completed the call, and what Belvo brought: a link, or rows. The user is told after it.
"""


class TicketPage(Page):
    """
    Shows the challenge of a ticket, and answers it. Nothing is kept on the server.

        page = TicketPage(client, keys=[key], mount="/challenge", settle=keep)
        app.mount("/challenge", asgi_app(page))
        ...
        except MfaRequiredError as error:
            shown = page.show(error.ticket, of=user)
            return Response(shown.body, shown.status, dict(shown.headers))

    The page is an answer and has no address of its own: whoever loads it again sends its form again. The client answers a
    ticket once, so a second tab, a double click or the back button send nothing in the process of that client. Another
    process would: if there are several, use `PromptPage`, where the store decides.

    Args:
        client: Answers challenges. It stays yours to close.

        keys: As made by `TicketSealer.new_key()`: the first seals tickets, all open.

        mount: The path below which the page is served.

        settle: Takes what Belvo brought.

        who: Tells who is logged in; then a form is accepted from the one it was made for only.

        look: Colours, texts, and where the user goes on.

        clock: For the deadlines of tickets.

    Raises:
        InvalidArgumentError: One of them cannot be right.

        MissingExtraError: The extra `web` is not installed.
    """

    def __init__(
        self,
        client: BelvoClient,
        *,
        keys: Sequence[str | bytes],
        settle: Settle,
        mount: str = "/",
        who: Who | None = None,
        look: Look = PLAIN,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if not isinstance(client, BelvoClient):
            raise wrong_type("client", "a BelvoClient", client)
        super().__init__(keys=keys, mount=mount, who=who, look=look, clock=clock)
        self._client = client.with_options(prompt=None)  # whom to ask is the page's business
        self._settle = settle
        self._tickets = TicketSealer(*keys)

    def show(self, ticket: MfaTicket, *, of: str = "", accept_language: str = "") -> PageResponse:
        """
        Return the page for *ticket*, as the answer to the request that met its challenge.

        Args:
            ticket: From `MfaRequiredError.ticket`, or `session.suspend()`.

            of: Whose it is: what `who` tells of that user.

            accept_language: The header of that request.

        Raises:
            TicketError: It is too long for a form, because the institution sent a long text or a picture. Park it in a
                store, behind a `PromptPage`.

            InvalidArgumentError: *of* is missing although there is a `who`, or given although there is none.
        """
        if bool(of) != (self._who is not None):
            raise InvalidArgumentError(
                argument="of",
                expected="what `who` tells of the user, if the page has a `who`, and nothing if not",
                found="text" if of else "nothing",
            )
        request = PageRequest(headers={"accept-language": accept_language})
        return self._asked(request, ticket, of)

    async def _answer(self, request: PageRequest, name: str) -> PageResponse:
        if name != ANSWER:
            return self._ended(request, Stage.GONE)
        if request.method != "POST":
            return self._not_allowed("POST")
        of = await self._of(request)
        fields = request.form()
        if fields is None or of is None:
            return self._ended(request, Stage.REFUSED)
        language, what = fields.get("lang", ""), fields.get("do", "")
        token = Secret(fields.pop("token", "").strip() or None)
        try:
            ticket = self._tickets.unseal(fields.get("sealed", ""), of=of, clock=self._clock)
        except TicketError:
            return self._ended(request, Stage.REFUSED)
        except MfaExpiredError:
            return self._ended(request, Stage.EXPIRED)
        match what:
            case "answer" | "decline" if self._is_answered(ticket):
                return self._ended(request, Stage.ANSWERED)
            case "answer":
                return await self._resumed(request, ticket, token, of)
            case "decline":
                return self._ended(request, Stage.DECLINED)
            case _:
                return self._asked(request, ticket, of, language=language)

    def _is_answered(self, ticket: MfaTicket) -> bool:
        answered = self._client._answered  # noqa: SLF001 - of this package
        return ticket.answered or is_answered(answered, ticket.session, ticket.round)

    async def _resumed(self, request: PageRequest, ticket: MfaTicket, token: Secret, of: str) -> PageResponse:
        try:
            check_token(token, ticket.to_challenge(self._clock))
        except InvalidArgumentError:
            problem = "token.wrong" if token.reveal() else "token.empty"
            return self._asked(request, ticket, of, problem=problem)
        session = self._client.resume(ticket, token.reveal())
        try:
            result = await session
        except MfaRequiredError as error:
            return self._asked(request, error.ticket, of)
        except SessionStateError:
            return self._ended(request, Stage.ANSWERED)
        except MfaExpiredError:
            return self._ended(request, Stage.EXPIRED)
        except UncertainOutcomeError:
            return self._ended(request, Stage.UNKNOWN_END)
        except BelvoError as error:
            if session.state is MfaState.CHALLENGED:  # nothing was sent
                session.cancel()
                return self._asked(request, ticket, of, problem="resend", status=503)
            return self._ended(request, failure(problem_of(error)))
        await self._settle(ticket, result)
        return self._ended(request, Stage.DONE)

    def _asked(
        self,
        request: PageRequest,
        ticket: MfaTicket,
        of: str,
        *,
        problem: str = "",
        status: int | None = None,
        language: str = "",
    ) -> PageResponse:
        view = View.of_ticket(ticket, self._clock.now(), problem=problem)
        return self._shown(
            request,
            view,
            sealed=self._tickets.seal(ticket, of=of),
            action=self._mount + ANSWER,
            base=self._mount,
            status=status,
            language=language,
        )

    def _ended(self, request: PageRequest, stage: Stage) -> PageResponse:
        return self._shown(request, View(stage=stage), base=self._mount)
