"""
Pages that show a challenge to the user and take the answer, for any web service. Needs the extra `web`.

    page = PromptPage(store, keys=[key], mount="/challenge", answered=advance)
    app.mount("/challenge", asgi_app(page))
    ...
    return RedirectResponse(page.path("order-17"), 303)

`PromptPage` has a store behind it, `TicketPage` sealed tickets. `belvo_async.web.asgi` and `belvo_async.web.aiohttp` connect
them to a server.
"""

from __future__ import annotations

from belvo_async.web.exchange import PageRequest, PageResponse
from belvo_async.web.look import Look
from belvo_async.web.page import Page
from belvo_async.web.palette import Palette
from belvo_async.web.prompt_page import PromptPage
from belvo_async.web.ticket_page import TicketPage


__all__ = ["Look", "Page", "PageRequest", "PageResponse", "Palette", "PromptPage", "TicketPage"]
