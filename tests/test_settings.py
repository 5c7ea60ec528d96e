"""
What a client can be told is checked when it is said, and never changes after.
"""

from __future__ import annotations

import inspect
import math
import pickle

from typing import Any

import attrs
import pytest

from belvo_async.errors import InvalidArgumentError
from belvo_async.settings import BELVO_HOSTS, Environment, PoolLimits, RateLimit, RetryPolicy, Timeouts


CLASSES = (Timeouts, PoolLimits, RetryPolicy, RateLimit)

POSITIVE = [
    *((Timeouts, name) for name in ("pool", "connect", "read", "institution")),
    *((PoolLimits, name) for name in ("keepalive", "dns_ttl")),
    *((RetryPolicy, name) for name in ("throttled", "max_wait")),
    (RateLimit, "seconds"),
]
WHOLE = [(PoolLimits, "connections"), (PoolLimits, "body"), (RetryPolicy, "budget"), (RateLimit, "requests")]
LISTS = [(RetryPolicy, "waits"), (RetryPolicy, "reconnects")]

every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


def ids(value: Any) -> str:
    """
    Return the id of a parameter.
    """
    return value.__name__ if isinstance(value, type) else repr(value)


def test_the_defaults_suit_belvo() -> None:
    """
    Left alone, a client waits longer than Belvo works, repeats as Belvo asks, and stays below its limit.
    """
    assert Timeouts().institution > 300
    assert (3.0, 6.0, 12.0, 24.0, 48.0) == RetryPolicy().waits
    assert RateLimit(requests=80, seconds=30.0, hosts=None) == RateLimit()
    assert RetryPolicy().max_wait >= max(RetryPolicy().waits)


def test_where_belvo_runs() -> None:
    """
    There are two environments, both encrypted, and the hosts are theirs.
    """
    assert {"SANDBOX", "PRODUCTION"} == set(Environment.__members__)
    assert {f"https://{host}" for host in BELVO_HOSTS} == {member.value for member in Environment}


@every_class
def test_settings_are_values(cls: type[Any]) -> None:
    """
    Settings compare, hash and pickle by value, take keywords only, and never change.
    """
    value = cls()

    assert value == cls()
    assert hash(value) == hash(cls())
    assert value == pickle.loads(pickle.dumps(value))  # noqa: S301 - our own pickle
    assert all(field.kw_only for field in attrs.fields(cls))
    for field in attrs.fields(cls):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, field.name, 1)


@every_class
def test_every_setting_is_explained(cls: type[Any]) -> None:
    """
    The docstring says what each field means.
    """
    told = inspect.getdoc(cls) or ""

    assert [field.name for field in attrs.fields(cls) if f"\n    {field.name}: " not in told] == []


@pytest.mark.parametrize(("cls", "name"), POSITIVE, ids=ids)
@pytest.mark.parametrize("value", [0.001, 1, 1.5, 10**6])
def test_positive_numbers(cls: type[Any], name: str, value: float) -> None:
    """
    A time is any number of seconds above 0.
    """
    assert value == getattr(cls(**{name: value}), name)


@pytest.mark.parametrize(("cls", "name"), POSITIVE, ids=ids)
@pytest.mark.parametrize("value", [0, -1, -0.5, math.inf, math.nan, 10**400, True, "30", None, [1]], ids=repr)
def test_what_is_no_positive_number(cls: type[Any], name: str, value: object) -> None:
    """
    What is no number of seconds is refused, with the name of the setting.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        cls(**{name: value})

    assert f"{cls.__name__}.{name}: expected a positive number, found {value!r}" == str(caught.value)


@pytest.mark.parametrize(("cls", "name"), WHOLE, ids=ids)
@pytest.mark.parametrize("value", [1, 2, 10**9])
def test_whole_numbers(cls: type[Any], name: str, value: int) -> None:
    """
    A count is a whole number above 0.
    """
    assert value == getattr(cls(**{name: value}), name)


@pytest.mark.parametrize(("cls", "name"), WHOLE, ids=ids)
@pytest.mark.parametrize("value", [0, -1, 1.0, math.inf, True, "1", None], ids=repr)
def test_what_is_no_whole_number(cls: type[Any], name: str, value: object) -> None:
    """
    What is no count is refused, with the name of the setting.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        cls(**{name: value})

    assert f"{cls.__name__}.{name}: expected a whole number above 0, found {value!r}" == str(caught.value)


@pytest.mark.parametrize(("cls", "name"), LISTS, ids=ids)
def test_waits(cls: type[Any], name: str) -> None:
    """
    Waits may be given in any sequence, also an empty one, and are kept as a tuple.
    """
    assert (1, 2.5) == getattr(cls(**{name: [1, 2.5]}), name)
    assert () == getattr(cls(**{name: ()}), name)


@pytest.mark.parametrize(("cls", "name"), LISTS, ids=ids)
@pytest.mark.parametrize("value", [0, -1, True, "3", None, math.inf], ids=repr)
def test_what_is_no_wait(cls: type[Any], name: str, value: object) -> None:
    """
    One wait that is none spoils them all.
    """
    with pytest.raises(InvalidArgumentError, match=f"^{cls.__name__}.{name}: expected a positive number"):
        cls(**{name: [1.0, value]})


@pytest.mark.parametrize("value", [0, 0.0, 0.25, 1, 3.5])
def test_jitter(value: float) -> None:
    """
    The share of chance is any number from 0 on.
    """
    assert value == RetryPolicy(jitter=value).jitter


@pytest.mark.parametrize("value", [-0.1, math.inf, math.nan, True, False, "0.25", None], ids=repr)
def test_what_is_no_jitter(value: Any) -> None:
    """
    What is no share is refused as every other setting is.
    """
    with pytest.raises(
        InvalidArgumentError, match=r"^RetryPolicy.jitter: expected a positive number, found "
    ):
        RetryPolicy(jitter=value)


def test_hosts() -> None:
    """
    Hosts may be given in any sequence and case; they are kept as addresses have them.
    """
    limit = RateLimit(hosts=["API.belvo.com", "localhost"])

    assert ("api.belvo.com", "localhost") == limit.hosts
    assert hash(limit) == hash(RateLimit(hosts=("api.belvo.com", "localhost")))
    assert () == RateLimit(hosts=()).hosts
    assert RateLimit().hosts is None


def test_one_host_is_no_sequence() -> None:
    """
    A text, which would be a sequence of letters, is refused.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        RateLimit(hosts="api.belvo.com")

    assert "RateLimit.hosts: expected a sequence of hosts, found str" == str(caught.value)
