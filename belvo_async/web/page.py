"""
What all pages share: their files, their headers, whose they are, and in which language they speak.

Rule: this knows no framework. A request comes in as a value and an answer goes out as one; the skins in `web.asgi` and
`web.aiohttp` carry them.
"""

from __future__ import annotations

import hashlib
import re
import secrets

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Final, TypeAlias

from belvo_async.clock import SYSTEM_CLOCK, Clock
from belvo_async.errors import InvalidArgumentError, wrong_type
from belvo_async.sealing import Sealer
from belvo_async.web.exchange import (
    LONGEST_FORM,
    PageRequest,
    PageResponse,
    guarding_headers,
    is_foreign,
)
from belvo_async.web.look import PLAIN, Look
from belvo_async.web.palette import variables
from belvo_async.web.texts import LANGUAGES, preferred
from belvo_async.web.views import Place, Stage, View, has_picture, render


Who: TypeAlias = Callable[[PageRequest], Awaitable[str | None]]
"""
Tells who is logged in, by an id of yours; `None` for nobody. `request.native` is what your framework has.
"""

COOKIE: Final = "belvo_page_lang"
"""Keeps the language that was chosen, and nothing else."""

STATUSES: Final = {Stage.GONE: 404, Stage.REFUSED: 403, Stage.ANSWERED: 409}
"""Of HTTP, where a stage is no success."""

UNPROCESSABLE: Final = 422

FOR_EVER: Final = "public, max-age=31536000, immutable"
"""The name of a file changes with what it holds."""


class Page(ABC):
    """
    Requests in, answers out. See `PromptPage` and `TicketPage`.
    """

    def __init__(
        self,
        *,
        keys: Sequence[str | bytes],
        mount: str = "/",
        who: Who | None = None,
        look: Look = PLAIN,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if not isinstance(look, Look):
            raise wrong_type("look", "a Look", look)
        if who is not None and not callable(who):
            raise wrong_type("who", "a coroutine function", who)
        self._keys = keys
        self._sealer = Sealer(*keys)
        self._mount = _mounted(mount)
        self._who = who
        self._look = look
        self._clock = clock
        self._files = _files(look)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self._mount}>"

    async def respond(self, request: PageRequest) -> PageResponse:
        """
        Answer *request*. Whatever is wrong with it is answered too; nothing is raised because of it.

        Raises:
            StoreError: The store failed; nothing was kept. Answer 500.
        """
        name = request.path.removeprefix("/")
        if name in self._files and request.method in {"GET", "HEAD"}:
            return self._file(name)
        if request.method == "POST" and len(request.body) > LONGEST_FORM:
            return self._shown(request, View(stage=Stage.REFUSED), status=413)
        if request.method == "POST" and is_foreign(request.headers):
            return self._shown(request, View(stage=Stage.REFUSED))
        return await self._answer(request, name)

    async def aclose(self) -> None:  # noqa: B027 - most have nothing to end
        """
        End what is still being sent. Call it when the server goes down; the store or client stays yours to close.
        """

    @abstractmethod
    async def _answer(self, request: PageRequest, name: str) -> PageResponse: ...

    # --- what the pages are made of ---

    async def _of(self, request: PageRequest) -> str | None:
        """
        Return whose request it is, as what is sealed says it: empty where nobody asks, `None` if that is unknown.
        """
        if self._who is None:
            return ""
        who = await self._who(request)
        return None if who is None else _owner(who)

    def _file(self, name: str) -> PageResponse:
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        headers = guarding_headers("", self._look.frame_ancestors)
        headers |= {"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": FOR_EVER}
        return PageResponse(headers=headers, body=self._files[name])

    def _shown(
        self,
        request: PageRequest,
        view: View,
        *,
        sealed: str = "",
        itself: str = "",
        action: str = "",
        base: str = "",
        status: int | None = None,
        language: str = "",
    ) -> PageResponse:
        """
        Return the page that shows *view*.
        """
        nonce = secrets.token_urlsafe(16)
        chosen = language or request.asked("lang")
        spoken = chosen if chosen in LANGUAGES else self._language(request)
        sheet, script = self._files
        place = Place(
            nonce=nonce,
            base=base,
            sheet=sheet,
            script=script,
            action=action,
            itself=itself,
            sealed=sealed,
        )
        headers = guarding_headers(nonce, self._look.frame_ancestors, pictures=has_picture(view))
        headers |= {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Language": spoken,
            "Vary": "Accept-Language, Cookie",
        }
        if chosen in LANGUAGES:
            secure = "; Secure" if request.secure else ""
            headers["Set-Cookie"] = f"{COOKIE}={chosen}; Path={self._mount}; HttpOnly; SameSite=Lax{secure}"
        if status is None:
            status = UNPROCESSABLE if view.problem else STATUSES.get(view.stage, 200)
        body = render(view, self._look, spoken, place).encode()
        return PageResponse(status=status, headers=headers, body=body)

    def _language(self, request: PageRequest) -> str:
        kept = request.cookie(COOKIE)
        if kept in LANGUAGES:
            return kept
        return preferred(request.headers.get("accept-language", ""), self._look.language)

    def _redirected(self, where: str) -> PageResponse:
        headers = guarding_headers("", self._look.frame_ancestors)
        return PageResponse(status=303, headers={**headers, "Location": where})

    def _not_allowed(self, allowed: str) -> PageResponse:
        headers = guarding_headers("", self._look.frame_ancestors)
        return PageResponse(status=405, headers={**headers, "Allow": allowed})


def _owner(who: object) -> str:
    if not isinstance(who, str) or not who:
        raise wrong_type("who", "an id as text, or None for nobody", who)
    return who


MOUNT: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")


def _mounted(mount: object) -> str:
    if not isinstance(mount, str) or not MOUNT.fullmatch(mount):
        raise InvalidArgumentError(argument="mount", expected="a path: /challenge", found=repr(mount)[:80])
    return mount.rstrip("/") + "/"


def _files(look: Look) -> dict[str, bytes]:
    """
    Return the two files that a page loads, by names that change with what they hold.
    """
    night = f"@media (prefers-color-scheme:dark){{:root{{{variables(look.night)}}}}}\n"
    sheet = f":root{{{variables(look.day)}}}\n{night}{_read('page.css')}".encode()
    script = _read("page.js").encode()
    return {f"page.{_mark(sheet)}.css": sheet, f"page.{_mark(script)}.js": script}


@cache
def _read(name: str) -> str:
    return (files("belvo_async.web") / name).read_text(encoding="utf-8")


def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
