"""
The sandbox as a server: starting it, stopping it, and looking into it.
"""

from __future__ import annotations

import asyncio

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Self

import attrs

from aiohttp import web

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.challenges import ChallengeShape
from belvo_async.sandbox.clock import Clock, SystemClock
from belvo_async.sandbox.fault_plan import Faults
from belvo_async.sandbox.faults import Fault
from belvo_async.sandbox.firewall import Firewall
from belvo_async.sandbox.gate import Gate
from belvo_async.sandbox.institutions import INSTITUTIONS
from belvo_async.sandbox.keys import Keys
from belvo_async.sandbox.links import add
from belvo_async.sandbox.outbox import Outbox, SentWebhook
from belvo_async.sandbox.records import ChallengeRecord, Recorder, Seen
from belvo_async.sandbox.settings import Settings
from belvo_async.sandbox.webhooks import LINK_PROBLEMS, RECURRENT, tell, tell_problem
from belvo_async.sandbox.world import make_world


GRACE: Final = 0.2
"""Seconds that requests under way get when the sandbox is closed."""

BACKLOG: Final = 4096
"""Connections that may wait to be accepted; a demo opens hundreds at once."""

STATUSES: Final = ("valid", "invalid", "unconfirmed", "token_required")


class Sandbox:
    """
    A server that behaves as Belvo's sandbox does.

    Use it as a context manager, or call `start()` and `aclose()`. Give `url` to any client of
    Belvo's, with the secret id and password below.

    Args:
        port: Where to listen; 0 takes a free port.

        host: The address to listen on.

        seed: The same seed draws the same ids and data.

        clock: Every decision about time reads it.

        secret_id: The user name of the keys that are accepted.

        secret_password: Their password.

        firewall: Blocks addresses that ask too often. There is none by default.

        faults: What goes wrong. `faults.add()` works at any time.

        remember: How many requests, challenges that are over, and webhooks are remembered in
            detail. What is counted is exact in any case.

        webhook_url: Where webhooks go; `http` on the loopback. None are sent without it.

        webhook_authorization: The header to send along, such as `Bearer …`. It is shown nowhere.

        page_size: See `Settings`, as for all that follow; `settings` changes them while it runs.

    Raises:
        ValueError: *webhook_url* is not on the loopback, or *webhook_authorization* cannot be a header.
    """

    _listener: asyncio.Server | None = None  # also of one that could not be made, as a traceback shows it

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        seed: int = 0,
        clock: Clock | None = None,
        secret_id: str = "sandbox-id",  # noqa: S107  # of a test server
        secret_password: str = "sandbox-password",  # noqa: S107  # of a test server
        firewall: Firewall | None = None,
        faults: Iterable[Fault] | Faults | None = None,
        remember: int = 10_000,
        webhook_url: str | None = None,
        webhook_authorization: str | None = None,
        page_size: int = 10,
        expiry: float = 600,
        latency: float = 0.0,
        shape: ChallengeShape | None = None,
        challenges: tuple[str, ...] | None = None,
        mfa_token: str = "111111",  # noqa: S107  # the public token of a test user
        wrong_token: str = "999999",  # noqa: S107  # same
        accounts_per_link: int = 2,
        rows_per_day: int = 1,
        one_session_per_link: bool = True,
        refuse_duplicates: bool = False,
        strikes: int = 6,
    ) -> None:
        self.host = host
        self.port = port
        self.secret_id = secret_id
        self.secret_password = secret_password
        self.settings = Settings(
            page_size=page_size,
            expiry=expiry,
            latency=latency,
            shape=shape or ChallengeShape(),
            challenges=challenges,
            mfa_token=mfa_token,
            wrong_token=wrong_token,
            accounts_per_link=accounts_per_link,
            rows_per_day=rows_per_day,
            one_session_per_link=one_session_per_link,
            refuse_duplicates=refuse_duplicates,
            strikes=strikes,
        )
        keys = Keys(secret_id, secret_password)
        clock = clock or SystemClock()
        outbox = Outbox(clock, webhook_url, webhook_authorization, remember)
        self._world = make_world(self.settings, clock, seed, remember, keys, outbox)
        self._recorder = Recorder(remember)
        self._gate = Gate(
            self._world,
            self._recorder,
            firewall,
            faults if isinstance(faults, Faults) else Faults(list(faults or ()), seed=seed),
        )
        self._web: web.Server | None = None
        self._closed = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Sandbox {self.url if self._listener else 'not running'}>"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    @property
    def url(self) -> str:
        """
        The base URL for clients. Only of use while it runs.
        """
        return f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        """
        Begin to listen.

        A sandbox that was closed can be started again: it takes the same port and still has its
        links, its open challenges and its records.

        Raises:
            OSError: The port is taken.
        """
        if self._listener is not None:
            return
        self._closed.clear()
        self._web = web.Server(self._gate, access_log=None)
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._web, self.host, self.port, backlog=BACKLOG)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def aclose(self) -> None:
        """
        Stop listening and close all connections, also those with requests under way.
        """
        listener, server = self._listener, self._web
        if listener is None or server is None:
            return
        self._listener = self._web = None
        listener.close()
        self._gate.stop_waiting()
        await self._world.outbox.aclose()
        transports = [connection.transport for connection in server.connections]
        server.pre_shutdown()
        await server.shutdown(GRACE)
        for transport in transports:
            # A client that does not read would keep its connection open until everything is sent.
            if transport is not None:
                transport.abort()
        await asyncio.sleep(0)  # Lets the event loop close the sockets.
        self._closed.set()

    async def serve_forever(self) -> None:
        """
        Listen until cancelled, or until somebody calls `aclose()`.
        """
        await self.start()
        try:
            await self._closed.wait()
        finally:
            await self.aclose()

    @property
    def shape(self) -> ChallengeShape:
        """
        How challenges are written from now on.
        """
        return self.settings.shape

    @shape.setter
    def shape(self, shape: ChallengeShape) -> None:
        self.settings.shape = shape

    @property
    def faults(self) -> Faults:
        """
        What goes wrong from now on.
        """
        return self._gate.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._gate.faults = faults

    @property
    def firewall(self) -> Firewall | None:
        """
        The firewall; `None` switches it off.
        """
        return self._gate.firewall

    @firewall.setter
    def firewall(self, firewall: Firewall | None) -> None:
        self._gate.firewall = firewall

    @property
    def requests(self) -> deque[Seen]:
        """
        The last requests, oldest first. One is added when its answer is decided on.
        """
        return self._recorder.requests

    @property
    def counts(self) -> Counter[str]:
        """
        How many requests of each operation have arrived: `counts["PATCH /api/links/"]`.
        """
        return self._recorder.counts

    @property
    def in_flight(self) -> int:
        """
        How many requests have arrived and are not answered yet.
        """
        return self._recorder.in_flight

    @property
    def peak(self) -> int:
        """
        The most requests that were under way at once.
        """
        return self._recorder.peak

    @property
    def challenges(self) -> Mapping[int, ChallengeRecord]:
        """
        The challenges by their number, oldest first: all that are open, and the last that are over.
        """
        return self._world.desk.records

    @property
    def open_challenges(self) -> list[ChallengeRecord]:
        """
        The challenges that wait for an answer now.
        """
        return self._world.desk.open

    @property
    def duplicates(self) -> int:
        """
        How many challenges were sent more than one `PATCH`.
        """
        return self._world.desk.tally.duplicates

    @property
    def blocked(self) -> int:
        """
        How many requests the firewall has blocked.
        """
        return self.firewall.blocked if self.firewall else 0

    @property
    def links(self) -> Mapping[str, Json]:
        """
        The links by id, oldest first, as Belvo shows them. Change their members to set up a test.
        """
        return self._world.registry.public

    @property
    def webhooks(self) -> Sequence[SentWebhook]:
        """
        The last webhooks, oldest first, with what became of each.
        """
        return self._world.outbox.sent

    def send_webhooks_to(self, url: str | None, authorization: str | None = None) -> None:
        """
        Send webhooks there from now on; see `webhook_url` and `webhook_authorization`. `None` sends none.

        Raises:
            ValueError: *url* is not on the loopback, or *authorization* cannot be a header.
        """
        self._world.outbox.address(url, authorization)

    def notify(
        self,
        link: str,
        code: str,
        *,
        type: str = "LINK",  # noqa: A002  # Belvo's word
        data: Json | None = None,
    ) -> None:
        """
        Tell something about *link* by webhook, as Belvo does when it looks on its own.

        `token_required` and `invalid_credentials` also give the link its new status; they need no *data*.

        Args:
            link: Id of the link.

            code: What happened: `new_transactions_available` …

            type: What it is about: `TRANSACTIONS` …

            data: What it carries.

        Raises:
            KeyError: There is no such link.

            RuntimeError: There is no `webhook_url`.
        """
        world, access = self._world, self._world.registry[link]
        if not world.outbox.is_addressed:
            msg = "there is nobody to tell: give the sandbox a webhook_url"
            raise RuntimeError(msg)
        request_id = world.ids.hex()
        if type == "LINK" and code in LINK_PROBLEMS:
            tell_problem(world, access, code, request_id)
        else:
            tell(world, access.public, type, code, data or {}, request_id=request_id, process=RECURRENT)

    def institution(self, name: str) -> Json:
        """
        Return the institution *name* as Belvo shows it.

        Raises:
            KeyError: There is no such institution.
        """
        return INSTITUTIONS[name].public

    def add_link(
        self,
        institution: str = "erebor_mx_retail",
        username: str = "bnk100",
        password: str = "full",  # noqa: S107  # of a test user
        **fields: object,
    ) -> Json:
        """
        Add a valid link without a request, and return it as Belvo shows it.

        Args:
            institution: The name of one of the sandbox's institutions.

            fields: Further members of the body of a registration: `access_mode`, `external_id` …

        Raises:
            KeyError: There is no such institution.
        """
        body = {**fields, "username": username, "password": password}
        return add(self._world, INSTITUTIONS[institution], body).public

    def change_password(self, link: str) -> None:
        """
        Let the user of *link* change the password at the institution.

        From now on retrieving with this link ends with `login_error`, until it is updated.

        Raises:
            KeyError: There is no such link.
        """
        self._world.registry[link].outdated = True

    async def wait_for(self, operation: str, count: int = 1) -> None:
        """
        Wait until *count* requests of *operation* have arrived since the sandbox was made.

        Args:
            operation: As in `counts`: `PATCH /api/links/`.
        """
        await self._recorder.wait_until(lambda: self.counts[operation] >= count)

    async def wait_until_idle(self) -> None:
        """
        Wait until no request is under way, also none whose client has left.
        """
        await self._recorder.wait_until(lambda: not self.in_flight)

    async def wait_until_told(self) -> None:
        """
        Wait until no webhook is under way. One that is not taken is under way until its last repetition.
        """
        await self._world.outbox.wait_until(lambda: all(sent.outcome != "open" for sent in self.webhooks))

    def summary(self) -> dict[str, int]:
        """
        Return what was counted, in plain numbers, to compare with what a client has counted.
        """
        desk = self._world.desk
        desk.sweep()
        tally = attrs.asdict(desk.tally)
        statuses = Counter(f"links_{link['status']}" for link in self.links.values())
        return {
            "requests": self._recorder.total,
            "peak": self.peak,
            "blocked": self.blocked,
            "duplicates": tally.pop("duplicates"),
            **{f"challenges_{name}": value for name, value in tally.items()},
            "challenges_open": len(desk.open),
            "webhooks": self._world.outbox.total,
            "links": len(self.links),
            **{f"links_{status}": statuses[f"links_{status}"] for status in STATUSES},
        }
