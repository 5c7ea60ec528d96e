"""
A limit that all processes share which share a store: Belvo counts requests by address, not by process.

The moving window is pyrate-limiter's. It lies in a row of the store between two requests, by the clock of the server.
"""

from __future__ import annotations

import json

from typing import TYPE_CHECKING, Final, cast

from belvo_async.errors import StoreError
from belvo_async.settings import RateLimit
from belvo_async.stores.store import Row, Seen, Store
from belvo_async.transport.throttle import rate_of


if TYPE_CHECKING:
    from pyrate_limiter import InMemoryBucket, RateItem


LIMIT: Final = "limit:"


class SharedLimit:
    """
    So many requests in any span of time, of all processes together. Give it to each client as `rate_limit`.

        BelvoClient(…, rate_limit=SharedLimit(store))

    If the store fails, so does the request, and nothing was sent.

    Args:
        store: Where the processes meet. A request costs two of its calls.

        limit: How many requests.

        name: Who shares it; processes that send from another address need another name.
    """

    def __init__(self, store: Store, limit: RateLimit | None = None, name: str = "belvo") -> None:
        self._rows = store.rows
        self._limit = RateLimit() if limit is None else limit
        self._key = f"{LIMIT}{name}"

    async def take(self) -> float:
        """
        Take a place and return 0, or return the seconds until there may be one. See `settings.Limiter`.

        Raises:
            StoreError: The store failed, or what lies there is no window.
        """
        while True:
            seen = await self._rows.read(self._key)
            now = int(seen.now * 1000)
            bucket, item = self._bucket(seen, now)
            if not bucket.put(item):
                return max(cast(int, bucket.waiting(item)), 1) / 1000  # a bucket in memory answers at once
            body = json.dumps([one.timestamp for one in bucket.items], separators=(",", ":"))
            row = Row(seen.next_version(), body, None, seen.now + bucket.rates[0].interval / 1000)
            if await self._rows.swap(self._key, row, version=seen.version):
                return 0.0

    def _bucket(self, seen: Seen, now: int) -> tuple[InMemoryBucket, RateItem]:
        from pyrate_limiter import InMemoryBucket, RateItem  # noqa: PLC0415 - many programs have no limit

        bucket = InMemoryBucket([rate_of(self._limit)])
        if seen.row is not None:
            bucket.items = [RateItem("belvo", at) for at in _times(seen.row.body)]
        bucket.leak(now)
        return bucket, RateItem("belvo", now)


def _times(body: str) -> list[int]:
    """
    Return when requests were sent (milliseconds of the server's clock).
    """
    try:
        return [int(at) for at in json.loads(body)]
    except (ValueError, TypeError):
        raise StoreError(problem="a row is no limit that this library wrote") from None
