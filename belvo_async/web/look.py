"""
What a host may change about its pages.
"""

from __future__ import annotations

import re

from collections.abc import Mapping
from typing import Any, Final

import attrs

from belvo_async.errors import InvalidArgumentError, wrong_type
from belvo_async.web.exchange import check_ancestors
from belvo_async.web.palette import DAY, NIGHT, Palette
from belvo_async.web.texts import LANGUAGES, TEXTS, Texts, with_own


ADDRESS: Final = re.compile(r"(https?://|/(?!/))[^\s\\]*|")


def _address(_: Any, attribute: Any, value: object) -> None:
    if not isinstance(value, str) or not ADDRESS.fullmatch(value):
        raise InvalidArgumentError(
            argument=f"Look.{attribute.name}", expected="https://… or /…, or nothing", found=repr(value)[:80]
        )


def _brand(_: Any, attribute: Any, value: object) -> None:
    if not isinstance(value, str):
        raise wrong_type(f"Look.{attribute.name}", "text", value)


def _palette(_: Any, attribute: Any, value: object) -> None:
    if not isinstance(value, Palette):
        raise wrong_type(f"Look.{attribute.name}", "a Palette", value)


def _language(_: Any, attribute: Any, value: object) -> None:
    if not isinstance(value, str) or value not in LANGUAGES:
        raise InvalidArgumentError(
            argument=f"Look.{attribute.name}", expected=" or ".join(LANGUAGES), found=repr(value)[:40]
        )


@attrs.frozen(kw_only=True)
class Look:
    """
    How pages look and what they say.

    Attributes:
        brand: Whose page it is; stands above everything.

        day: Colours.

        night: Colours where the user has a dark screen.

        texts: Texts of yours in the place of some of ours, by language and name: `{"es": {"done": "…"}}`. The names are
            those of `belvo_async.web.texts.EN`.

        language: Where neither the user nor the browser tells: `es`, `pt` or `en`.

        done_url: Where the user goes on when everything is done: a path or an `https` address.

        again_url: Where the user starts over.

        frame_ancestors: Who may show the pages in a frame: `("'self'", "https://app.example")`. Nobody by default.

    Raises:
        InvalidArgumentError: One of them cannot be right.
    """

    brand: str = attrs.field(default="", validator=_brand)
    day: Palette = attrs.field(default=DAY, validator=_palette)
    night: Palette = attrs.field(default=NIGHT, validator=_palette)
    texts: Mapping[str, Texts] = attrs.field(factory=lambda: TEXTS, converter=with_own)
    language: str = attrs.field(default="es", validator=_language)
    done_url: str = attrs.field(default="", validator=_address)
    again_url: str = attrs.field(default="", validator=_address)
    frame_ancestors: tuple[str, ...] = attrs.field(default=(), converter=check_ancestors)


PLAIN: Final = Look()
