"""
The colours of a page, by day and by night; those that cannot be read are refused.
"""

from __future__ import annotations

import re

from typing import Final

import attrs

from belvo_async.errors import InvalidArgumentError


COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")

READABLE: Final = 4.5
"""Contrast of text to what it stands on, as the level AA of WCAG 2 wants it."""

VISIBLE: Final = 3.0
"""The same for borders of fields and the ring around what has the focus."""


def contrast(one: str, other: str) -> float:
    """
    Return the contrast of two colours, from 1 to 21.
    """
    # https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """
    Return how bright a colour is, from 0 to 1.
    """
    # https://www.w3.org/TR/WCAG21/#dfn-relative-luminance
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - of sRGB


@attrs.frozen(kw_only=True)
class Palette:
    """
    Colours, each as `#rrggbb`.

    Attributes:
        page: What everything lies on.

        card: What the text stands on.

        text: Of everything.

        quiet: Of what is less important.

        accent: Of the button, of links, and of the ring around what has the focus.

        on_accent: What stands on the button.

        alarm: Of what went wrong.

        line: Around fields.

    Raises:
        InvalidArgumentError: One is no colour, or text would be hard to read (see `PAIRS`).
    """

    page: str = "#f3f5f9"
    card: str = "#ffffff"
    text: str = "#16202e"
    quiet: str = "#4d5a6b"
    accent: str = "#1a56c4"
    on_accent: str = "#ffffff"
    alarm: str = "#a61b1b"
    line: str = "#737f90"

    def __attrs_post_init__(self) -> None:
        for name, colour in attrs.asdict(self).items():
            if not isinstance(colour, str) or not COLOUR.fullmatch(colour):
                raise InvalidArgumentError(
                    argument=f"Palette.{name}", expected="a colour like #1a56c4", found=repr(colour)[:40]
                )
        for above, below, least in PAIRS:
            found = contrast(getattr(self, above), getattr(self, below))
            if found < least:
                raise InvalidArgumentError(
                    argument=f"Palette.{above}",
                    expected=f"a contrast of {least} to `{below}`",
                    found=f"{found:.2f}",
                )


PAIRS: Final[tuple[tuple[str, str, float], ...]] = (
    ("text", "card", READABLE),
    ("text", "page", READABLE),
    ("quiet", "card", READABLE),
    ("quiet", "page", READABLE),
    ("accent", "card", READABLE),
    ("accent", "page", READABLE),
    ("on_accent", "accent", READABLE),
    ("alarm", "card", READABLE),
    ("line", "card", VISIBLE),
)
"""What stands on what, and the least contrast. The sheet of styles has no other pair."""

DAY: Final = Palette()

NIGHT: Final = Palette(
    page="#10151d",
    card="#1a212c",
    text="#eef2f8",
    quiet="#b0bccb",
    accent="#8ab4ff",
    on_accent="#0b1320",
    alarm="#ff9c94",
    line="#7f8c9e",
)


def variables(palette: Palette) -> str:
    """
    Return the colours as custom properties of CSS.
    """
    return "".join(f"--{name.replace('_', '-')}:{colour};" for name, colour in attrs.asdict(palette).items())
