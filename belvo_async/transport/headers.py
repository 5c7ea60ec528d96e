"""
Which header lines a caller may add to those of the library, checked before anything is sent.
"""

from __future__ import annotations

import re

from collections.abc import Mapping
from typing import Final

from belvo_async.errors import InvalidArgumentError, type_of, wrong_type
from belvo_async.messages import NO_HEADERS, Headers


NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
"""What HTTP takes for the name of a header."""

VALUE: Final = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?)?", re.ASCII)
"""Text that can be seen, and spaces between it: no end of a line, with which another header could begin."""

RESERVED: Final = frozenset(
    {
        # what the library itself sends
        "accept",
        "authorization",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-belvo-request-mode",
        # what would change how an answer comes, or whether it is understood
        "accept-encoding",
        "expect",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
        # what holds from one hop to the next
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        # what would make another request of it
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        # what would tell Belvo who somebody is, in another way than by the keys
        "cookie",
    }
)
"""What a caller may not say, in small letters."""


def headers_of(given: object, argument: str = "headers") -> Headers | InvalidArgumentError:
    """
    Return *given*, which may be `None`, if it can be sent; else what is wrong with it, to be raised where the values
    are no variable any more. It shows none of them.
    """
    if given is None:
        return NO_HEADERS
    if not isinstance(given, Mapping):
        return wrong_type(argument, "a mapping of names to texts", given)
    names = [name.lower() if isinstance(name, str) else name for name in given]
    for name, value in given.items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            return _wrong(argument, "names of headers, as X-Trace-Id", name)
        if name.lower() in RESERVED:
            return InvalidArgumentError(
                argument=argument, expected="names that the library leaves to its caller", found=name
            )
        if names.count(name.lower()) > 1:
            return InvalidArgumentError(argument=argument, expected="each name once", found=f"{name} again")
        if not isinstance(value, str) or not VALUE.fullmatch(value):
            return _wrong(f"{argument}[{name!r}]", "ASCII text in one line, without spaces around it", value)
    return Headers(given)


def _wrong(argument: str, expected: str, value: object) -> InvalidArgumentError:
    found = "another text" if isinstance(value, str) else type_of(value)
    return InvalidArgumentError(argument=argument, expected=expected, found=found)
