"""
What a page is asked and what it answers, as values that know no framework.
"""

from __future__ import annotations

import re

from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import attrs

from belvo_async.errors import InvalidArgumentError, wrong_type


LONGEST_FORM: Final = 16_384
"""Bytes of a form. One with a sealed ticket and a long token has about 6,000."""

MOST_FIELDS: Final = 20

NO_STORE: Final = "no-store"


@attrs.frozen(kw_only=True)
class PageRequest:
    """
    What a browser asks for.

    Attributes:
        method: In capitals.

        path: Below the place where the page is mounted; begins with a slash.

        query: As it stands in the URL, without the question mark.

        headers: By their names in small letters.

        body: Not more than `LONGEST_FORM` bytes and one; a skin reads no further.

        secure: Whether it came by https.

        native: What the framework has: the scope of ASGI, or the request of aiohttp's.
    """

    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    secure: bool = False
    native: Any = attrs.field(default=None, repr=False, eq=False)

    def asked(self, name: str) -> str:
        """
        Return a value of the query; empty if there is none.
        """
        return _fields(self.query).get(name, "")

    def cookie(self, name: str) -> str:
        """
        Return the value of a cookie, as it stands; empty if there is none.
        """
        # http.cookies reads none of them if it does not like one, and other programs of the host set cookies too.
        for part in self.headers.get("cookie", "").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return ""

    def form(self) -> dict[str, str] | None:
        """
        Return the fields of the form; `None` if it is none, or too large.
        """
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded" or len(self.body) > LONGEST_FORM:
            return None
        return _fields(self.body.decode("utf-8", "replace"))


@attrs.frozen(kw_only=True)
class PageResponse:
    """
    What the browser gets.

    Attributes:
        status: Of HTTP.

        headers: Each name once.

        body: In UTF-8.

        events: Comes in the place of a body, in parts, until the browser leaves. Close it (`aclosing`).
    """

    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = attrs.field(default=b"", repr=False)
    events: AsyncGenerator[bytes] | None = attrs.field(default=None, repr=False, eq=False)


def _fields(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:  # more of them than any form of ours has
        return {}


# --- who may send a form ---


def is_foreign(headers: Mapping[str, str]) -> bool:
    """
    Whether the browser says that a form was sent by a page of another site.

    `Sec-Fetch-Site` is what browsers say and pages cannot. Where it is missing, `Origin` has to name the host that was
    asked; it is `null` on forms of a page that sends no referrer, as ours are, and then the sealed field of the form decides.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin", "null")
    if origin == "null":
        return False
    return origin.partition("://")[2].lower() != headers.get("host", "").lower()


# --- what every answer carries ---

ANCESTOR: Final = re.compile(r"'self'|https?://[A-Za-z0-9.*-]+(:[0-9*]+)?")


def check_ancestors(ancestors: Iterable[str]) -> tuple[str, ...]:
    """
    Return who may show the page in a frame, if each can stand in a header.

    Raises:
        InvalidArgumentError: One cannot.
    """
    if not isinstance(ancestors, Iterable) or isinstance(ancestors, str):
        raise wrong_type("frame_ancestors", "several of 'self' and origins", ancestors)
    checked = tuple(ancestors)
    for one in checked:
        if not isinstance(one, str) or not ANCESTOR.fullmatch(one):
            raise InvalidArgumentError(
                argument="frame_ancestors",
                expected="'self' or an origin: https://app.example",
                found=repr(one),
            )
    return checked


def guarding_headers(
    nonce: str, ancestors: tuple[str, ...] = (), *, pictures: bool = False
) -> dict[str, str]:
    """
    Return the headers that keep a page to itself.

    Args:
        nonce: Of this answer. What the page loads has to carry it.

        ancestors: Who may show it in a frame.

        pictures: Whether it has a picture of the institution's in it.
    """
    policy = {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce}'",
        "style-src": f"'nonce-{nonce}'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": " ".join(ancestors) or "'none'",
    }
    if pictures:
        policy["img-src"] = "data:"
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": NO_STORE,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Robots-Tag": "noindex",
    }
    if set(ancestors) <= {"'self'"}:  # the older header knows no list
        headers["X-Frame-Options"] = "SAMEORIGIN" if ancestors else "DENY"
    return headers
