"""
Where requests go: the base URL, paths and ids, checked before anything is sent.

An id can never change the path, and a password never travels unencrypted.
"""

from __future__ import annotations

import ipaddress
import re

from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from belvo_async.errors import InvalidArgumentError, type_of
from belvo_async.messages import Query


ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", re.ASCII)
"""What an id of Belvo's may look like: UUIDs with and without dashes, numbers, slugs."""

NETLOC: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?", re.ASCII)
"""A host and perhaps a port: a name, an IPv4 address, or an IPv6 address in brackets."""

LONGEST_SHOWN: Final = 40


def check_id(value: object, argument: str = "id") -> str:
    """
    Return *value* if it can be an id.

    Raises:
        InvalidArgumentError: It is no text, or has characters that mean something in a path.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return str(value)  # institutions have numbers
    if isinstance(value, str) and ID.fullmatch(value):
        return value
    raise InvalidArgumentError(
        argument=argument,
        expected="an id of Belvo's (letters, digits, - and _)",
        found=_shown(value),
    )


def check_base_url(value: object, argument: str = "base_url") -> str:
    """
    Return *value* without the slash at its end, if requests may go there.

    Raises:
        InvalidArgumentError: It is no `https://` address (or `http://` on the loopback), or carries
            credentials, a query or a fragment.
    """
    parts = _split(value)
    if parts is None or parts.scheme not in {"https", "http"} or not parts.hostname:
        raise _bad_url(argument, "https://host", "something else")
    if parts.username is not None or parts.password is not None:
        raise _bad_url(argument, "an address without credentials", "credentials in it")
    if not NETLOC.fullmatch(parts.netloc):
        # Where two readers of an address could disagree about its host, one of them is wrong.
        raise _bad_url(argument, "https://host or https://host:port", "something else")
    if parts.query or parts.fragment or "?" in str(value) or "#" in str(value):
        raise _bad_url(argument, "an address without query and fragment", "one that has them")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise _bad_url(argument, "https:// (http:// only on the loopback)", f"http://{parts.hostname}")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _split(value: object) -> SplitResult | None:
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises if it is no port
    except ValueError:
        return None
    return parts


def is_loopback(host: str) -> bool:
    """
    Whether *host* is this machine and nothing else.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bad_url(argument: str, expected: str, found: str) -> InvalidArgumentError:
    return InvalidArgumentError(argument=argument, expected=expected, found=found)


def target(path: str, query: Query) -> str:
    """
    Return *path* and *query* as they stand in a request line.
    """
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


def query_of(url: str) -> Query:
    """
    Return the names and values in the query of *url*, and nothing else of it.
    """
    # By hand: an address that is broken before its query would make urlsplit() raise.
    return Query(parse_qsl(url.partition("#")[0].partition("?")[2], keep_blank_values=True))


def _shown(value: object) -> str:
    if not isinstance(value, str):
        return type_of(value)
    return repr(value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}…")
