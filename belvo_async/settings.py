"""
What a client can be told: frozen values with defaults that suit Belvo, checked when they are made.
"""

from __future__ import annotations

import sys

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

import attrs

from belvo_async.errors import InvalidArgumentError, wrong_type


def check_type(argument: str, value: object, *types: type | None) -> None:
    """
    Refuse a *value* that is of none of the *types*; `None` stands for itself.

    Raises:
        InvalidArgumentError: It is of another type.
    """
    if not any(value is None if type_ is None else isinstance(value, type_) for type_ in types):
        names = ("None" if type_ is None else f"a {type_.__name__}" for type_ in types)
        raise wrong_type(argument, " or ".join(names), value)


class Environment(StrEnum):
    """
    Where Belvo runs.
    """

    # https://developers.belvo.com/docs/environments

    SANDBOX = "https://sandbox.belvo.com"
    PRODUCTION = "https://api.belvo.com"


def _positive(instance: Any, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= sys.float_info.max:
        raise InvalidArgumentError(
            argument=f"{type(instance).__name__}.{attribute.name}",
            expected="a positive number",
            found=repr(value),
        )


def _whole(instance: Any, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidArgumentError(
            argument=f"{type(instance).__name__}.{attribute.name}",
            expected="a whole number above 0",
            found=repr(value),
        )


@attrs.frozen(kw_only=True)
class Timeouts:
    """
    How long to wait, in seconds. None of them counts the time a user takes to answer a challenge.

    Attributes:
        pool: For one of `PoolLimits.connections` to become free; then `PoolTimeoutError`.

        connect: For a connection, with the look-up of its name, a proxy and TLS; then `ConnectError`.

        read: For the next byte of an answer to a call that Belvo answers by itself
            (list, get, delete).

        institution: The same for a call for which Belvo logs in at the institution
            (register, retrieve, update, resume). Belvo itself gives up after 300.
    """

    pool: float = attrs.field(default=60.0, validator=_positive)
    connect: float = attrs.field(default=10.0, validator=_positive)
    read: float = attrs.field(default=60.0, validator=_positive)
    institution: float = attrs.field(default=330.0, validator=_positive)


@attrs.frozen(kw_only=True)
class PoolLimits:
    """
    How much of the network to use.

    Attributes:
        connections: Requests under way at once. Waiting sessions need none.

        keepalive: Seconds after which an idle connection is closed.

        dns_ttl: Seconds for which the address of a host is remembered.

        body: Bytes of an answer, unpacked; a larger one is refused.

        values: JSON values in an answer, lists and their items included; one with more is
            refused before it is read, since each becomes an object. How deep they may be
            nested is a matter of Python's own recursion limit.
    """

    connections: int = attrs.field(default=100, validator=_whole)
    keepalive: float = attrs.field(default=15.0, validator=_positive)
    dns_ttl: float = attrs.field(default=300.0, validator=_positive)
    body: int = attrs.field(default=64 * 1024 * 1024, validator=_whole)
    values: int = attrs.field(default=5_000_000, validator=_whole)


def _seconds_list(instance: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, tuple):
        raise wrong_type(f"{type(instance).__name__}.{attribute.name}", "a sequence of seconds", value)
    for seconds in value:
        _positive(instance, attribute, seconds)


def _as_tuple(values: Iterable[float]) -> tuple[float, ...]:
    # What is no sequence stays as it is, for the validator, which knows the name of the field.
    return tuple(values) if isinstance(values, Iterable) else values


def _share(instance: Any, attribute: Any, value: Any) -> None:
    if value != 0 or isinstance(value, bool):
        _positive(instance, attribute, value)


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """
    When and how often a request is repeated; all times in seconds.

    What may be repeated at all is not a matter of settings: a request that carries a token is sent once, a
    refused login is never tried again, and a write whose outcome is unknown is looked up, not repeated.

    Attributes:
        waits: Before each repetition, where Belvo answered 5xx or `too_many_sessions`, and where a
            read was not answered. Belvo's own policy by default.

        reconnects: Before each repetition of a request that provably never left.

        throttled: Where Belvo asked to slow down and did not say for how long.

        jitter: The share of a wait that is added at random, so that many clients do not come back at once.

        max_wait: Where Belvo asks for a longer wait, the error is raised at once, and its `retry_after` tells.

        budget: Repetitions the client has in hand. Each one costs one, ten answered requests bring one back:
            an outage at Belvo must not multiply the load.
    """

    # https://developers.belvo.com/docs/belvo-api-errors

    waits: tuple[float, ...] = attrs.field(
        default=(3.0, 6.0, 12.0, 24.0, 48.0), converter=_as_tuple, validator=_seconds_list
    )
    reconnects: tuple[float, ...] = attrs.field(
        default=(0.1, 0.5, 2.0), converter=_as_tuple, validator=_seconds_list
    )
    throttled: float = attrs.field(default=30.0, validator=_positive)
    jitter: float = attrs.field(default=0.25, validator=_share)
    max_wait: float = attrs.field(default=120.0, validator=_positive)
    budget: int = attrs.field(default=100, validator=_whole)


BELVO_HOSTS = ("sandbox.belvo.com", "api.belvo.com")


def _as_hosts(values: Iterable[str] | None) -> tuple[str, ...] | None:
    if values is None:
        return None
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise wrong_type("RateLimit.hosts", "a sequence of hosts", values)
    hosts = tuple(values)
    for host in hosts:
        check_type("RateLimit.hosts", host, str)
    return tuple(host.lower() for host in hosts)


@runtime_checkable
class Limiter(Protocol):
    """
    A limit of your own, in the place of a `RateLimit`: one that several processes share through a server, say.
    """

    async def take(self) -> float:
        """
        Take the place of one request and return 0; or take none and return the seconds after which to ask again.

        It is asked by one request at a time, in the order of their arrival. If it raises, nothing is sent: that is a
        `TransportError`, and the request is repeated as one that found no connection.
        """
        ...


@attrs.frozen(kw_only=True)
class RateLimit:
    """
    How many requests may be sent in any span of time. Belvo blocks an address above 80 in 30 seconds.

    All clients of a process with the same host, keys and limit share it.

    Attributes:
        requests: So many …

        seconds: … in any span of so many seconds.

        hosts: For which hosts it holds; `None` for all.
    """

    requests: int = attrs.field(default=80, validator=_whole)
    seconds: float = attrs.field(default=30.0, validator=_positive)
    hosts: tuple[str, ...] | None = attrs.field(default=None, converter=_as_hosts)
