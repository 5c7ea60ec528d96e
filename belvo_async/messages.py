"""
What crosses the border between the flow and the wire: a request out, an answer in.

A request says what repeating it could do (`Effect`), because only the flow knows; the transport decides by it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from enum import Enum, auto
from typing import Any, Final, final

import attrs

from belvo_async.errors import ApiError, api_error


class Effect(Enum):
    """
    What a request does at Belvo, and so whether it may be repeated.
    """

    READ = auto()
    """Changes nothing. May be repeated."""

    CREATE = auto()
    """Makes a link. As a `WRITE`, and looked up before it is repeated where Belvo failed: there is no other
    protection against a second link."""

    WRITE = auto()
    """Changes something, or logs in at the institution. Not repeated once it may have been sent."""

    ONCE = auto()
    """Carries a one-time token, or answers a challenge without one. Once Belvo may have seen it, never sent again."""


@final
class Secret:
    """
    A text that shows itself nowhere: not in a `repr`, a log, a traceback's variables or a pickle.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str | None) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> Any:
        msg = "a secret is never pickled"
        raise TypeError(msg)

    def reveal(self) -> str | None:
        """
        Return the text itself. Do not keep it in a variable.
        """
        return self._value


@final
class Body:
    """
    The members of a JSON request. Shows their names and never a value.

    `None` is dropped by identity, so `False`, `0` and `""` are sent. It is no
    mapping on purpose: tools that print the variables of a traceback open mappings.
    """

    __slots__ = ("_members",)

    def __init__(self, members: Mapping[str, object]) -> None:
        self._members = {name: value for name, value in members.items() if value is not None}

    def __repr__(self) -> str:
        return f"Body({', '.join(self._members)})"

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Body) and self._members == other._members

    __hash__ = None  # type: ignore[assignment] # values may be lists

    def __getitem__(self, name: str) -> object:
        return self._members[name]

    def __reduce__(self) -> Any:
        msg = "a request body may hold a password or a token and is never pickled"
        raise TypeError(msg)

    def extended(self, members: Mapping[str, object]) -> Body:
        """
        Return a body with *members* added.
        """
        return Body({**self._members, **members})

    def conceal(self, text: str) -> str:
        """
        Return *text* without the secrets of this body, should an error message of Belvo's repeat one.
        """
        values = [self._members[name] for name in SECRET_MEMBERS & self._members.keys()]
        secrets = [value for value in values if isinstance(value, str) and len(value) >= SHORTEST_SECRET]
        for secret in sorted(secrets, key=len, reverse=True):  # one may begin with another
            text = text.replace(secret, "…")
        return text

    def reveal(self) -> dict[str, object]:
        """
        Return the members themselves, for the encoder. Do not keep them in a variable.
        """
        return self._members


SECRET_MEMBERS: Final = frozenset(
    {
        "id",
        "username",
        "username2",
        "username3",
        "password",
        "password2",
        "token",
        "certificate",
        "private_key",
        "encryption_key",
        "session",
    }
)
"""The members of a request that must not be seen."""

SHORTEST_SECRET: Final = 4
"""Characters; less could be part of any word."""


class Query(tuple[tuple[str, str], ...]):
    """
    The parameters of an address. Shows their names and never a value: one may be a user's tax number.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Query({', '.join(name for name, _ in self)})"

    def conceal(self, text: str) -> str:
        """
        Return *text* without what is personal in this query, should an error message of Belvo's repeat it.
        """
        for name, value in self:
            if name in PERSONAL_PARAMETERS and value:
                text = text.replace(value, "…")
        return text


PERSONAL_PARAMETERS: Final = frozenset({"user_document", "external_id", "external_id__in"})
"""The parameters that say who a person is."""

NO_QUERY: Final = Query()


@final
class Headers:
    """
    Header lines of the caller's, checked. Shows their names and never a value: one may be the key of a gateway.
    """

    __slots__ = ("_lines",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._lines = {name.lower(): f"{name}: {value}\r\n" for name, value in values.items()}

    def __repr__(self) -> str:
        return f"Headers({', '.join(self._lines)})"

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._lines == other._lines

    def __hash__(self) -> int:
        return hash(tuple(self._lines.items()))

    def __reduce__(self) -> Any:
        msg = "headers may hold a key and are never pickled"
        raise TypeError(msg)

    def extended(self, others: Headers) -> Headers:
        """
        Return these and *others*, which come first where both have a name.
        """
        both = Headers({})
        both._lines = {**self._lines, **others._lines}
        return both

    def reveal(self) -> str:
        """
        Return the lines themselves, as they go over the wire. Do not keep them in a variable.
        """
        return "".join(self._lines.values())


NO_HEADERS: Final = Headers({})


Gate = Callable[[], Awaitable[None]]
"""
Awaited before a request leaves. What it raises keeps the request from being sent.
"""


@attrs.frozen
class Request:
    """
    One request to Belvo.

    Attributes:
        method: The HTTP method.

        path: Below the base URL, beginning and ending with a slash.

        effect: What repeating it could do.

        query: Names and values, not yet encoded.

        body: The JSON members, if there are any.

        at_institution: Whether Belvo works at the institution before it answers,
            which may take minutes.

        deadline: In monotonic seconds; from then on it is not sent any more.

        deferred: Whether Belvo is asked to accept it now and do it later.

        gate: Awaited when all waiting is over, before a byte leaves. What it raises keeps the request here.

        timeout: Seconds without a byte of the answer, where its call has its own; else `Timeouts` says.

        headers: More header lines, where its call has its own.
    """

    method: str
    path: str
    effect: Effect
    query: Query = NO_QUERY
    body: Body | None = None
    at_institution: bool = False
    deadline: float | None = None
    deferred: bool = False
    gate: Gate | None = attrs.field(default=None, repr=False, eq=False)
    timeout: float | None = None
    headers: Headers | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def gated(self, gate: Gate) -> Request:
        """
        Return this request with another *gate*. By hand, since every flow does it: `attrs.evolve()` takes twice as long.
        """
        return Request(
            self.method,
            self.path,
            self.effect,
            self.query,
            self.body,
            self.at_institution,
            self.deadline,
            self.deferred,
            gate,
            self.timeout,
            self.headers,
        )

    @property
    def lookup(self) -> Request | None:
        """
        A read that lists what this request makes, if there is one.
        """
        if self.effect is not Effect.CREATE or self.body is None or "external_id" not in self.body:
            return None
        query = Query((("external_id", str(self.body["external_id"])),))
        return Request("GET", self.path, Effect.READ, query, timeout=self.timeout, headers=self.headers)


@attrs.frozen
class Answer:
    """
    One answer of Belvo's, whatever its status.

    Attributes:
        status: The HTTP status.

        body: The bytes, whole.

        content_type: As sent.

        request_id: From the headers, if there was one.

        retry_after: Seconds to wait, if the headers said so.

        raw_headers: All headers, as bytes, in their order.
    """

    status: int
    body: bytes = attrs.field(repr=False)
    content_type: str = "application/json"
    request_id: str | None = None
    retry_after: float | None = None
    raw_headers: tuple[tuple[bytes, bytes], ...] = attrs.field(default=(), repr=False, eq=False)

    @property
    def headers(self) -> Mapping[str, str]:
        """
        All headers by their names, in small letters. The values of one that came more than once stand in one text,
        with commas between them.
        """
        headers: dict[str, str] = {}
        for raw_name, raw_value in self.raw_headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("utf-8", "replace")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return headers

    @property
    def succeeded(self) -> bool:
        """
        Whether Belvo did, or accepted, what was asked.
        """
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own borders

    @property
    def accepted(self) -> bool:
        """
        Whether Belvo will do it later.
        """
        return self.status == 202  # noqa: PLR2004 - HTTP's own number

    @property
    def is_html(self) -> bool:
        """
        Whether it is a page for people. Belvo's firewall answers so, Belvo never.
        """
        return self.content_type.lower().startswith("text/html")

    def error(self, payload: object) -> ApiError:
        """
        Return the error that it means, where its status is 400 or above; *payload* is its parsed body.
        """
        return api_error(
            self.status,
            payload,
            html=self.is_html,
            request_id=self.request_id,
            retry_after=self.retry_after,
        )
