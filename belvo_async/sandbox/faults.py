"""
What can go wrong between a client and Belvo: faults as values.

Which one hits a request is decided in `fault_plan`, and how it looks on the wire is written in `wire`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from math import inf
from typing import Any, Final, TypeAlias

import attrs

from belvo_async.sandbox.challenges import KINDS, ChallengeShape
from belvo_async.sandbox.refusals import CODES


class FaultKind(StrEnum):
    """
    What goes wrong.
    """

    DELAY = "delay"
    """Belvo takes `seconds` longer. The link is busy meanwhile; above 300 seconds it answers 408."""

    LATE_ANSWER = "late_answer"
    """Belvo acts at once, and the answer takes `seconds`."""

    CLOSE_UNREAD = "close_unread"
    """The connection is closed (FIN) before the body of the request is read; RST if more of it was to come."""

    CLOSE_READ = "close_read"
    """The connection is closed (FIN) after the request was read. Belvo does not act."""

    CLOSE_PROCESSED = "close_processed"
    """Belvo acts; the connection is closed (FIN) before a byte of the answer."""

    CLOSE_IN_HEADERS = "close_in_headers"
    """Belvo acts; the connection is closed (FIN) after `at_byte` bytes of the head of the answer."""

    CLOSE_IN_BODY = "close_in_body"
    """Belvo acts; the connection is closed (FIN) after `at_byte` bytes of the body of the answer."""

    RESET_UNPROCESSED = "reset_unprocessed"
    """The connection is reset (RST) after the request was read. Belvo does not act."""

    RESET_PROCESSED = "reset_processed"
    """Belvo acts; the connection is reset (RST) before a byte of the answer."""

    RESET_IN_BODY = "reset_in_body"
    """Belvo acts; the connection is reset (RST) after `at_byte` bytes of the body of the answer."""

    STALL_IN_BODY = "stall_in_body"
    """Belvo acts; the answer pauses `seconds` after `at_byte` bytes of its body, then goes on."""

    TRUNCATED_JSON = "truncated_json"
    """Belvo acts; the text of the answer ends after `at_byte` bytes, and `Content-Length` agrees."""

    WRONG_JSON = "wrong_json"
    """Belvo acts; the answer is JSON, but `body` (default `"ok"`) and not what was asked for."""

    EMPTY_BODY = "empty_body"
    """Belvo acts; the answer has its status and no body."""

    WRONG_CONTENT_TYPE = "wrong_content_type"
    """Belvo acts; the answer says it is `content_type` (default `text/plain`)."""

    HUGE_BODY = "huge_body"
    """Belvo acts; the answer is a JSON text of `size` bytes."""

    STALE_KEEP_ALIVE = "stale_keep_alive"
    """Belvo acts and answers; the connection stays open `seconds`, reads nothing more, and is closed (FIN)."""

    HTML_502 = "html_502"
    """A proxy answers an HTML page. Belvo does not act, unless `process` says so."""

    HTML_403 = "html_403"
    """The firewall answers its HTML page. Belvo does not act."""

    ANSWER = "answer"
    """`status` and `code`, or `body`, are answered. Belvo does not act, unless `process` says so."""

    CHALLENGE = "challenge"
    """Belvo acts; challenges are written in `shape`, and one of the kind `ask` comes before all others."""

    DELIVER_TWICE = "deliver_twice"
    """Something on the way repeats the request: Belvo acts twice, and the second answer arrives."""


TOO_MANY: Final = 429

COMMON: Final = frozenset({"kind", "operation", "probability", "times", "after"})


@attrs.frozen
class _Trait:
    """
    What a kind of fault means.

    Attributes:
        processed: Whether Belvo acts on the request.

        takes: The fields of `Fault` that mean something to it, beyond the common ones.
    """

    processed: bool
    takes: frozenset[str] = frozenset()


def _trait(processed: bool, *takes: str) -> _Trait:
    return _Trait(processed, frozenset(takes))


TRAITS: Final[Mapping[FaultKind, _Trait]] = {
    FaultKind.DELAY: _trait(True, "seconds"),
    FaultKind.LATE_ANSWER: _trait(True, "seconds"),
    FaultKind.CLOSE_UNREAD: _trait(False),
    FaultKind.CLOSE_READ: _trait(False),
    FaultKind.CLOSE_PROCESSED: _trait(True),
    FaultKind.CLOSE_IN_HEADERS: _trait(True, "at_byte"),
    FaultKind.CLOSE_IN_BODY: _trait(True, "at_byte"),
    FaultKind.RESET_UNPROCESSED: _trait(False),
    FaultKind.RESET_PROCESSED: _trait(True),
    FaultKind.RESET_IN_BODY: _trait(True, "at_byte"),
    FaultKind.STALL_IN_BODY: _trait(True, "at_byte", "seconds"),
    FaultKind.TRUNCATED_JSON: _trait(True, "at_byte"),
    FaultKind.WRONG_JSON: _trait(True, "body"),
    FaultKind.EMPTY_BODY: _trait(True),
    FaultKind.WRONG_CONTENT_TYPE: _trait(True, "content_type"),
    FaultKind.HUGE_BODY: _trait(True, "size"),
    FaultKind.STALE_KEEP_ALIVE: _trait(True, "seconds"),
    FaultKind.HTML_502: _trait(False, "process"),
    FaultKind.HTML_403: _trait(False),
    FaultKind.ANSWER: _trait(
        False, "process", "status", "code", "message", "retry_after", "body", "content_type"
    ),
    FaultKind.CHALLENGE: _trait(True, "shape", "ask"),
    FaultKind.DELIVER_TWICE: _trait(True),
}


class FaultError(ValueError):
    """
    A fault that makes no sense, or a file that holds none.
    """


Validator: TypeAlias = Callable[[Any, Any, Any], None]
"""What attrs calls with an instance, a field and its value."""


def wrong(name: str, value: object, right: str) -> FaultError:
    """
    Return the error of *name*, which is *value* and should be *right*.
    """
    return FaultError(f"{name} is {value!r}, expected {right}")


def _number(lowest: float, highest: float = inf, *, whole: bool = False) -> Validator:
    noun = "a whole number" if whole else "a number"
    right = f"{noun} of at least {lowest:g}" if highest == inf else f"{noun} from {lowest:g} to {highest:g}"
    types: tuple[type, ...] = (int,) if whole else (int, float)

    def check(_fault: object, field: attrs.Attribute[Any], value: Any) -> None:
        # JSON's true is no number, though Python's is.
        if not _is_unset(field, value) and not (type(value) in types and lowest <= value <= highest):
            raise wrong(field.name, value, right)

    return check


def _of(right: str, *types: type) -> Validator:
    def check(_fault: object, field: attrs.Attribute[Any], value: object) -> None:
        if not _is_unset(field, value) and type(value) not in types:
            raise wrong(field.name, value, right)

    return check


def _is_unset(field: attrs.Attribute[Any], value: object) -> bool:
    return value is None and field.default is None


_text = _of("a text", str)


def _kind(value: FaultKind | str) -> FaultKind:
    try:
        return FaultKind(value)
    except ValueError:
        known = ", ".join(kind.value for kind in FaultKind)
        raise wrong("kind", value, f"one of {known}") from None


def _known(table: Mapping[str, object], value: str | None, name: str) -> None:
    if value is not None and value not in table:
        raise wrong(name, value, f"one of {', '.join(table)}")


@attrs.frozen(kw_only=True)
class Fault:
    """
    Something that goes wrong with some requests.

    A field that means nothing to the kind of the fault is an error.

    Attributes:
        kind: What goes wrong; a `FaultKind` or its value.

        operation: Which requests: a pattern like `PATCH /api/links/`, `PUT *` or `* /api/balances/*`
            over the method and the path, with `{id}` or with the id itself.

        probability: Which share of them, from 0 to 1.

        times: How many at most; `None` is no limit.

        after: How many matching requests go unharmed first.

        process: Whether Belvo acts nevertheless. Only for `html_502` and `answer`.

        seconds: How long, for the kinds that wait.

        at_byte: Where to cut; the default is the middle.

        size: Bytes of a huge body.

        status: Of an `answer`; the default is that of *code*, or 500.

        code: Of an `answer`, as Belvo spells it.

        message: Of an `answer`, in the place of our own words.

        retry_after: What the header `Retry-After` of an `answer` says: seconds, or an HTTP date.

        body: The body of an `answer` or a `wrong_json`, as it goes over the wire.

        content_type: Of an `answer`, or of the wrong one.

        shape: How a `challenge` is written.

        ask: The kind of challenge that is put first: `text`, `numeric`, `qr`, `qr_scan`, `inputless`,
            `unknown`.

    Raises:
        FaultError: It makes no sense.
    """

    kind: FaultKind = attrs.field(converter=_kind)
    operation: str = attrs.field(default="*", validator=_text)
    probability: float = attrs.field(default=1.0, validator=_number(0, 1))
    times: int | None = attrs.field(default=None, validator=_number(1, whole=True))
    after: int = attrs.field(default=0, validator=_number(0, whole=True))
    process: bool | None = attrs.field(default=None, validator=_of("true or false", bool))
    seconds: float | None = attrs.field(default=None, validator=_number(0))
    at_byte: int | None = attrs.field(default=None, validator=_number(0, whole=True))
    size: int | None = attrs.field(default=None, validator=_number(2, whole=True))
    status: int | None = attrs.field(default=None, validator=_number(200, 599, whole=True))
    code: str | None = attrs.field(default=None, validator=_text)
    message: str | None = attrs.field(default=None, validator=_text)
    retry_after: float | str | None = attrs.field(
        default=None, validator=_of("seconds or a date", int, float, str)
    )
    body: str | None = attrs.field(default=None, validator=_text)
    content_type: str | None = attrs.field(default=None, validator=_text)
    shape: ChallengeShape | None = attrs.field(
        default=None, validator=_of("a ChallengeShape", ChallengeShape)
    )
    ask: str | None = attrs.field(default=None, validator=_text)

    def __attrs_post_init__(self) -> None:
        given = {
            field.name
            for field in attrs.fields(Fault)
            if field.name not in COMMON and getattr(self, field.name) is not None
        }
        stray = sorted(given - TRAITS[self.kind].takes)
        if stray:
            means = ", ".join(sorted(TRAITS[self.kind].takes)) or "nothing"
            msg = f"{self.kind.value} does not take {', '.join(stray)}; it takes {means}"
            raise FaultError(msg)
        _known(KINDS, self.ask, "ask")
        if self.status is None:
            _known(CODES, self.code, "code")

    @property
    def turns_away(self) -> bool:
        """
        Whether the client is told that there are too many requests and Belvo has not seen this one.
        """
        refused = self.kind is FaultKind.ANSWER and self.status == TOO_MANY and not self.processed
        return refused or self.kind is FaultKind.HTML_403

    @property
    def processed(self) -> bool:
        """
        Whether Belvo acts on a request that this hits.
        """
        return TRAITS[self.kind].processed if self.process is None else self.process

    def matches(self, method: str, template: str, path: str) -> bool:
        """
        Tell whether a request is one of those that this is meant for.
        """
        pattern = self.operation
        return pattern == "*" or any(fnmatchcase(f"{method} {one}", pattern) for one in (template, path))
