"""
Flows that outlive the process that started them: a challenge is a row, and its token comes from any process.

    store = SQLiteStore("flows.db", keys=[key])

    await store.park("order-17", session.suspend())
    ...
    await store.deliver("order-17", 1, token)

`belvo_async.workers` goes on with them; `belvo_async.prompts.TokenInbox` waits for the token in a process that stays.
"""

from __future__ import annotations

from belvo_async.stores.memory import MemoryStore
from belvo_async.stores.record import Delivery, FlowRecord, FlowStatus
from belvo_async.stores.sqlite import SQLiteStore
from belvo_async.stores.store import Claim, Row, Rows, Seen, Store


__all__ = [
    "Claim",
    "Delivery",
    "FlowRecord",
    "FlowStatus",
    "MemoryStore",
    "Row",
    "Rows",
    "SQLiteStore",
    "Seen",
    "Store",
]
