"""
HTML that cannot be forgotten to be escaped: text is text until it is put into an element.
"""

from __future__ import annotations

from html import escape
from typing import Final, TypeAlias


VOID: Final = frozenset({"meta", "link", "input", "br", "img"})
"""Elements that hold nothing."""


class Html(str):
    """
    Text that is HTML already. Only this file and the drawing of QR codes make it.
    """

    __slots__ = ()


Content: TypeAlias = "Html | str | None"

Value: TypeAlias = str | int | bool | None


def element(name: str, /, *content: Content, **attributes: Value) -> Html:
    """
    Return an element. Plain text in it is escaped, and so is the value of every attribute.

    Args:
        name: Of the element.

        content: What it holds; `None` is left out.

        attributes: An underscore at the end is dropped, any other is a hyphen. `True` is an attribute without a value;
            `None` and `False` are left out.
    """
    told = "".join(
        f" {_name(key)}" if value is True else f' {_name(key)}="{escape(clean(str(value)))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return Html(f"<{name}{told}>")
    return Html(f"<{name}{told}>{''.join(map(_inside, content))}</{name}>")


def clean(text: str) -> str:
    """
    Return *text* without what no page can hold: control characters but tabs and line ends, and halves of surrogates.
    """
    return "".join(letter for letter in text.replace("\r\n", "\n").replace("\r", "\n") if _holds(letter))


def _holds(letter: str) -> bool:
    code = ord(letter)
    return letter in "\t\n" or not (code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000)  # noqa: PLR2004 - blocks of Unicode


def _inside(content: Content) -> str:
    if content is None:
        return ""
    return content if isinstance(content, Html) else escape(clean(content))


def _name(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")
