"""
Flows that outlive the process that started them: a challenge is a row, and its token comes from any process.

    store = SQLiteStore("flows.db", keys=[key])

    await store.park("order-17", session.suspend())
    ...
    await store.deliver("order-17", 1, token)

`belvo_async.workers` goes on with them; `belvo_async.prompts.TokenInbox` waits for the token in a process that stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from belvo_async.stores.memory import Memory, MemoryStore
from belvo_async.stores.record import Delivery, FlowRecord, FlowStatus
from belvo_async.stores.store import Claim, Row, Rows, Seen, Store


if TYPE_CHECKING:
    from belvo_async.stores.limit import SharedLimit
    from belvo_async.stores.postgres import PostgresStore
    from belvo_async.stores.redis import RedisStore
    from belvo_async.stores.sqlite import SQLiteStore


__all__ = [
    "Claim",
    "Delivery",
    "FlowRecord",
    "FlowStatus",
    "Memory",
    "MemoryStore",
    "PostgresStore",
    "RedisStore",
    "Row",
    "Rows",
    "SQLiteStore",
    "Seen",
    "SharedLimit",
    "Store",
]

LATER: Final = {
    "PostgresStore": "postgres",
    "RedisStore": "redis",
    "SQLiteStore": "sqlite",
    "SharedLimit": "limit",
}
"""What is imported when it is first asked for."""


def __getattr__(name: str) -> Any:
    if name not in LATER:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module  # noqa: PLC0415 - for these only

    return getattr(import_module(f"{__name__}.{LATER[name]}"), name)
