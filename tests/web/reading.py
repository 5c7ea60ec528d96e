"""
A page as a test reads it: what it shows, and what its forms would send.
"""

from __future__ import annotations

import re

from html.parser import HTMLParser
from urllib.parse import urlencode

import attrs

from belvo_async.web import PageRequest, PageResponse


FORM = {"content-type": "application/x-www-form-urlencoded", "host": "bank.example"}


@attrs.define
class Shown:
    """
    What a page shows.

    Attributes:
        elements: Each with its attributes.

        words: All text.

        fields: Values of hidden fields.

        state: What the page says it shows.
    """

    elements: list[tuple[str, dict[str, str | None]]] = attrs.field(factory=list)
    words: list[str] = attrs.field(factory=list)

    @property
    def text(self) -> str:
        return "".join(self.words)

    @property
    def state(self) -> str:
        return next(held["data-state"] or "" for name, held in self.elements if name == "main")

    @property
    def sealed(self) -> str:
        return next(held["value"] or "" for _, held in self.elements if held.get("name") == "sealed")

    def has(self, name: str, /, **wanted: str) -> bool:
        """
        Whether there is such an element.
        """
        return any(
            name == found and all(held.get(key.rstrip("_")) == value for key, value in wanted.items())
            for found, held in self.elements
        )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown = Shown()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.shown.elements.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.shown.words.append(data)


def read(response: PageResponse | str | bytes) -> Shown:
    """
    Read a page.
    """
    body = response.body if isinstance(response, PageResponse) else response
    reader = _Reader()
    reader.feed(body.decode() if isinstance(body, bytes) else body)
    reader.close()
    return reader.shown


def get(path: str, query: str = "", **headers: str) -> PageRequest:
    """
    Return a request for a page.
    """
    return PageRequest(
        path=path, query=query, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def post(path: str, *, headers: dict[str, str] | None = None, **fields: str) -> PageRequest:
    """
    Return a form that a browser sends.
    """
    return PageRequest(
        method="POST", path=path, body=urlencode(fields).encode(), headers={**FORM, **(headers or {})}
    )


def below(path: str) -> str:
    """
    Return a path as the page is asked for it: without the mount.
    """
    return re.sub(r"^/challenge", "", path)
