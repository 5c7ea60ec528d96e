"""
Flows in Redis or Valkey. Needs the extra `redis`.

A row is a hash that the server forgets by itself; a sorted set knows when each is due. Each call is one script, which
the server runs whole and by its own clock. Wakes go through a stream that keeps the last ones only.
"""

from __future__ import annotations

import asyncio
import contextlib

from collections.abc import AsyncGenerator, Awaitable, Coroutine, Sequence
from math import inf
from typing import TYPE_CHECKING, Any, Final

from belvo_async.clock import SYSTEM_CLOCK, Clock
from belvo_async.errors import InvalidArgumentError, MissingExtraError, StoreError
from belvo_async.stores.listening import Home, Listening
from belvo_async.stores.store import KEPT, Row, Rows, Seen, Store


if TYPE_CHECKING:
    from redis.asyncio import Redis


CONNECTIONS: Final = 20
"""How many a store opens at most; a call that finds none free waits."""

WAIT: Final = 30.0
"""Seconds for which a call waits for a connection, and for the server."""

LISTENED: Final = 5.0
"""Seconds after which listening is taken up anew, so that a connection that died is noticed."""

WAKES: Final = 10_000
"""About how many wakes the stream keeps for listeners that are slow."""

NOW: Final = "local time = redis.call('TIME'); local now = time[1] + time[2] / 1000000\n"

READ: Final = (
    NOW
    + """
local row = redis.call('HMGET', KEYS[1], 'version', 'body', 'due_at', 'forget_at')
if row[1] and tonumber(row[4]) <= now then row = {false, false, false, false} end
return {string.format('%.6f', now), row[1], row[2], row[3], row[4]}
"""
)

# KEYS: row, due, wakes. ARGV: version, key, wake, kept wakes; then the row: version, body, due_at, forget_at.
SWAP: Final = (
    NOW
    + """
local row = redis.call('HMGET', KEYS[1], 'version', 'forget_at')
local version = row[1]
if not version or tonumber(row[2]) <= now then version = '0' end
if version ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
if ARGV[5] then
    redis.call('HSET', KEYS[1], 'version', ARGV[5], 'body', ARGV[6], 'due_at', ARGV[7], 'forget_at', ARGV[8])
    redis.call('PEXPIREAT', KEYS[1], math.ceil(tonumber(ARGV[8]) * 1000))
    if ARGV[7] ~= '' then redis.call('ZADD', KEYS[2], ARGV[7], ARGV[2]) end
end
if ARGV[3] == '1' then redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'key', ARGV[2]) end
return 1
"""
)

# KEYS: due. ARGV: within, limit, after, and what the names of rows begin with. What the server has forgotten goes here, too.
DUE: Final = (
    NOW
    + """
local found = {}
local start = 0
local limit = tonumber(ARGV[2])
local last = '+inf'
if ARGV[1] ~= 'inf' then last = string.format('%.6f', now + tonumber(ARGV[1])) end
local first = '-inf'
if ARGV[3] ~= '-inf' then first = string.format('(%.6f', now + tonumber(ARGV[3])) end
while #found < limit do
    local keys = redis.call('ZRANGEBYSCORE', KEYS[1], first, last, 'LIMIT', start, limit)
    if #keys == 0 then break end
    for _, key in ipairs(keys) do
        if redis.call('EXISTS', ARGV[4] .. key) == 1 then
            if #found < limit then found[#found + 1] = key end
            start = start + 1
        else
            redis.call('ZREM', KEYS[1], key)
        end
    end
end
return found
"""
)


class RedisStore(Store):
    """
    Flows in Redis or Valkey.

    What the server's own settings can lose, the flows lose: `appendonly yes` keeps them, `appendfsync everysec` may lose the
    last second in a power cut, and `maxmemory-policy` has to be `noeviction`. It has to be one server, no cluster.

    Belongs to the event loop of its first use; make one in each event loop and each process.

    Args:
        server: Its address, `redis://…` or `rediss://…`, or a client of redis-py's (`redis.asyncio.Redis`) with a blocking
            pool and without retries, which stays yours to close.

        prefix: What all names on the server begin with.

        keys: As for every `Store`, as are *keep* and *clock*.

    Raises:
        InvalidArgumentError: *server* is no address.

        MissingExtraError: The extra is not installed.
    """

    def __init__(
        self,
        server: str | Redis,
        *,
        prefix: str = "belvo:",
        keys: Sequence[str | bytes] = (),
        keep: float = KEPT,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(RedisRows(server, prefix), keys=keys, keep=keep, clock=clock)


class RedisRows(Rows):
    """
    Rows as hashes.
    """

    def __init__(self, server: str | Redis, prefix: str = "belvo:") -> None:
        self._redis, self._is_ours = (_client(server), True) if isinstance(server, str) else (server, False)
        self._prefix = prefix
        self._home = Home()
        self._listening = Listening(self._keys_told, self._home)
        self._read = self._redis.register_script(READ)
        self._swap = self._redis.register_script(SWAP)
        self._due = self._redis.register_script(DUE)

    async def read(self, key: str) -> Seen:
        """
        Return the row at *key*, and the time.
        """
        now, *row = await self._call(self._read(keys=[self._row(key)]))
        return Seen(None if row[0] is None else _row(*row), float(now))

    async def swap(self, key: str, row: Row | None, *, version: int, wake: bool = False) -> bool:
        """
        Put *row* at *key*, if there is one of *version* now.
        """
        names = [self._row(key), f"{self._prefix}due", f"{self._prefix}wakes"]
        arguments: list[Any] = [version, key, int(wake), WAKES]
        if row is not None:
            due_at = "" if row.due_at is None else repr(row.due_at)
            arguments += [row.version, row.body, due_at, repr(row.forget_at)]
        return bool(await self._call(self._swap(keys=names, args=arguments)))

    async def due(self, *, within: float, limit: int, after: float = -inf) -> Sequence[str]:
        """
        Return the keys of the rows that are due in so many seconds.
        """
        arguments: list[str | int] = [repr(within), limit, repr(after), self._row("")]
        found = await self._call(self._due(keys=[f"{self._prefix}due"], args=arguments))
        return [key.decode() for key in found]

    def wakes(self) -> AsyncGenerator[str]:
        """
        Yield the keys of rows that were swapped with `wake`.
        """
        return self._listening.wakes()

    async def aclose(self) -> None:
        """
        Close the connections, if they are the store's own.
        """
        self._home.is_closed = True
        await self._listening.aclose()
        if self._is_ours:
            await self._redis.aclose()

    async def _keys_told(self) -> AsyncGenerator[str]:
        stream, after = f"{self._prefix}wakes", b"$"
        while True:
            told = await self._call(self._redis.xread({stream: after}, block=int(LISTENED * 1000)))
            for entries in _entries(told):
                for after, fields in entries:  # noqa: B007 - the last one is where to go on
                    yield fields[b"key"].decode()

    async def _call(self, reply: Awaitable[Any]) -> Any:
        from redis.exceptions import RedisError  # noqa: PLC0415 - an extra

        try:
            self._home.check()
        except StoreError:
            if isinstance(reply, Coroutine):
                reply.close()
            raise
        try:
            async with asyncio.timeout(LISTENED + WAIT):
                return await reply
        except (RedisError, OSError) as error:
            told = str(error) or f"no answer within {LISTENED + WAIT:g} s"  # of ours, a timeout has no words
            problem = f"Redis: {type(error).__name__}: {told}"
        raise StoreError(problem=problem)

    def _row(self, key: str) -> str:
        return f"{self._prefix}row:{key}"


def _entries(told: Any) -> list[list[tuple[bytes, dict[bytes, bytes]]]]:
    """
    Return the entries of each stream in an answer to XREAD, which has another form in RESP3 than in RESP2.
    """
    if isinstance(told, dict):
        return [entries for batches in told.values() for entries in batches]
    return [entries for _name, entries in told or ()]


def _row(version: bytes, body: bytes, due_at: bytes, forget_at: bytes) -> Row:
    return Row(int(version), body.decode(), float(due_at) if due_at else None, float(forget_at))


def _client(url: str) -> Redis:
    try:
        from redis.asyncio import BlockingConnectionPool, Redis  # noqa: PLC0415 - an extra
        from redis.asyncio.retry import Retry  # noqa: PLC0415 - as above
        from redis.backoff import NoBackoff  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise MissingExtraError.for_module(error, "redis") from None
    # No retries: a swap whose answer was lost must be an error, not a second swap.
    with contextlib.suppress(ValueError):  # it shows a part of the address, perhaps of the password
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=WAIT,
            socket_connect_timeout=WAIT,
            socket_timeout=None,  # by `_call()`: redis-py's own may lose a cancellation on Python 3.11
            retry=Retry(NoBackoff(), 0),
        )
        return Redis.from_pool(pool)
    expected = (
        "an address as redis://:password@host:6379/0, where / # and ? of a password are %2F %23 and %3F"
    )
    raise InvalidArgumentError(argument="server", expected=expected, found="another text")
