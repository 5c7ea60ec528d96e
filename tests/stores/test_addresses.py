"""
Addresses of servers that cannot be read. No server is needed.
"""

from __future__ import annotations

import traceback

from collections.abc import Callable

import pytest

from belvo_async.errors import InvalidArgumentError, StoreError
from belvo_async.stores import PostgresStore, RedisStore, Store


pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("store", "scheme"), [(PostgresStore, "postgresql"), (RedisStore, "redis")])
async def test_a_password_that_was_not_escaped_does_not_show(
    store: Callable[[str], Store], scheme: str
) -> None:
    """
    Up to its `/` it is taken for a port; the error says how to write it, and not what it is.
    """
    address = "/".join([f"{scheme}:", "", ":hunter2", "x@localhost", "0"])  # a traceback shows this line
    with pytest.raises((StoreError, InvalidArgumentError)) as caught:
        await store(address).look("order-17")

    told = "".join(traceback.format_exception(caught.value)).replace(":hunter2", "")
    assert "%2F" in told
    assert "hunter2" not in told
