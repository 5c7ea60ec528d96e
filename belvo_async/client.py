"""
The client: owns the connections and mounts the resources, one line for each.
"""

from __future__ import annotations

import base64
import copy
import os
import platform

from collections.abc import Mapping, Sequence
from types import EllipsisType, MappingProxyType, TracebackType
from typing import Any, Final, Self, Unpack
from urllib.parse import urlsplit

import attrs

from belvo_async.clock import SYSTEM_CLOCK, Clock
from belvo_async.deadlines import Deadlines
from belvo_async.errors import InvalidArgumentError, TicketError, type_of, wrong_type
from belvo_async.guards import Answered
from belvo_async.guards import Links as BusyLinks
from belvo_async.messages import Effect, Headers, Request, Secret
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.observer import Observer, Tee
from belvo_async.resources.banking import Accounts, Balances, Bills, Owners, Transactions
from belvo_async.resources.brazil import Brazil
from belvo_async.resources.chile import Chile
from belvo_async.resources.consents import Consents
from belvo_async.resources.employment import EmploymentMetrics, EmploymentRecords
from belvo_async.resources.enrichment import (
    Categorization,
    Incomes,
    IncomeVerification,
    RecurringExpenses,
    RiskInsights,
)
from belvo_async.resources.fiscal import (
    FinancialStatements,
    Invoices,
    TaxComplianceStatuses,
    TaxDeclarations,
    TaxRetentions,
    TaxReturns,
    TaxStatuses,
)
from belvo_async.resources.flows import Resumable
from belvo_async.resources.institutions import Institutions
from belvo_async.resources.investments import InvestmentPortfolios, ReceivablesTransactions
from belvo_async.resources.links import Links
from belvo_async.resources.mexico import Mexico
from belvo_async.resources.mounted import mounted, resources_of, unmount
from belvo_async.resources.verbs import CallOptions, Context, Resource, send
from belvo_async.resources.widget import WidgetAccessToken
from belvo_async.session import Engine, MfaSession, TokenPrompt, wrong_prompt
from belvo_async.settings import (
    BELVO_HOSTS,
    Environment,
    Limiter,
    PoolLimits,
    RateLimit,
    RetryPolicy,
    Timeouts,
    check_type,
)
from belvo_async.transport import Transport
from belvo_async.transport.address import check_base_url
from belvo_async.transport.aiohttp import AiohttpPool, AiohttpTransport, Network, check_network
from belvo_async.transport.headers import headers_of
from belvo_async.transport.observed import ObservedTransport
from belvo_async.transport.retry import Budget, RetryingTransport
from belvo_async.transport.throttle import ThrottledTransport, Window, shared_bucket
from belvo_async.version import __version__


USER_AGENT: Final = f"belvo-async/{__version__} (Python {platform.python_version()})"

LOOKS: Final = 3
"""How often a session looks again what became of a request without answer, after waits of the retry policy."""

KEYS: Final = ("BELVO_SECRET_ID", "BELVO_SECRET_PASSWORD")
"""The variables of the environment that hold the secret id and password."""

BELVO_RATE_LIMIT: Final = RateLimit(hosts=BELVO_HOSTS)
BELVO_RETRY_POLICY: Final = RetryPolicy()
DEFAULT_TIMEOUTS: Final = Timeouts()
DEFAULT_POOL: Final = PoolLimits()
DIRECT: Final = Network()


@attrs.frozen(eq=False, repr=False)
class Options:
    """
    What `with_options()` can change.
    """

    prompt: TokenPrompt | None
    timeouts: Timeouts
    retry: RetryPolicy | None
    rate_limit: RateLimit | Limiter | None
    headers: Headers
    observer: Tee | None

    def __attrs_post_init__(self) -> None:
        check_type("timeouts", self.timeouts, Timeouts)
        check_type("retry", self.retry, RetryPolicy, None)
        check_type("rate_limit", self.rate_limit, RateLimit, Limiter, None)
        problem = wrong_prompt(self.prompt)
        if problem is not None:
            raise problem


class BelvoClient:
    """
    A client for Belvo. Open it with `async with`, in the event loop that uses it.

    Making one does no I/O and does not check the keys: `await client.check()` does. One client serves any
    number of tasks of its loop; make it once, not for each request.

    Args:
        secret_id: Your secret id.

        secret_password: Your secret password. It is kept as a ready header and shown nowhere.

        environment: `sandbox` or `production`.

        base_url: Another address instead; `https`, or `http` on the loopback.

        prompt: Asks users for tokens, where a call names nobody else.

        timeouts: How long to wait.

        retry: When to repeat; `None` never does, not even what provably was not sent.

        pool: How much of the network to use.

        rate_limit: How many requests to send; `None` sets no limit. Holds for Belvo's own hosts by default.
            A `Limiter` of your own can share it between processes.

        network: Proxies, certificates, connections of your own.

        headers: More headers for every request: for a gateway on the way, say. Their values are shown nowhere.

        observers: Who wants to know what happens; `LoggingObserver()` writes it to standard logging.

        clock: What time it is.

    Raises:
        InvalidArgumentError: An argument cannot be right.
    """

    # In the order of Belvo's documentation.
    institutions = mounted(Institutions)
    links = mounted(Links)
    widget_access_token = mounted(WidgetAccessToken)
    consents = mounted(Consents)

    owners = mounted(Owners)
    accounts = mounted(Accounts)
    balances = mounted(Balances)
    transactions = mounted(Transactions)
    bills = mounted(Bills)
    brazil = mounted(Brazil)
    investment_portfolios = mounted(InvestmentPortfolios)
    receivables_transactions = mounted(ReceivablesTransactions)

    employment_records = mounted(EmploymentRecords)
    mexico = mounted(Mexico)

    invoices = mounted(Invoices)
    tax_compliance_status = mounted(TaxComplianceStatuses)
    tax_returns = mounted(TaxReturns)
    tax_retentions = mounted(TaxRetentions)
    tax_status = mounted(TaxStatuses)
    tax_declarations = mounted(TaxDeclarations)
    financial_statements = mounted(FinancialStatements)
    chile = mounted(Chile)

    incomes = mounted(Incomes)
    recurring_expenses = mounted(RecurringExpenses)
    risk_insights = mounted(RiskInsights)
    employment_metrics = mounted(EmploymentMetrics)
    income_verification = mounted(IncomeVerification)
    categorization = mounted(Categorization)

    def __init__(
        self,
        secret_id: str,
        secret_password: str,
        *,
        environment: Environment | str | None = None,
        base_url: str | None = None,
        prompt: TokenPrompt | None = None,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        retry: RetryPolicy | None = BELVO_RETRY_POLICY,
        pool: PoolLimits = DEFAULT_POOL,
        rate_limit: RateLimit | Limiter | None = BELVO_RATE_LIMIT,
        network: Network = DIRECT,
        headers: Mapping[str, str] | None = None,
        observers: Sequence[Observer] = (),
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        authorization = _authorization(secret_id, secret_password)
        address = _address(environment, base_url)
        more = headers_of(headers)
        del secret_id, secret_password, base_url, headers  # what raises below must not show them
        if isinstance(authorization, InvalidArgumentError):
            raise authorization
        if isinstance(address, InvalidArgumentError):
            raise address
        if isinstance(more, InvalidArgumentError):
            raise more
        options = Options(prompt, timeouts, retry, rate_limit, more, _tee(observers, address))
        check_type("pool", pool, PoolLimits)
        check_network(network)
        self._authorization = authorization
        self._owns_pool = True
        self._pool = AiohttpPool(address, authorization, user_agent=USER_AGENT, limits=pool, network=network)
        self._budget = Budget(retry.budget if retry is not None else 1)
        self._clock = clock
        self._deadlines, self._answered, self._busy = Deadlines(clock), Answered(clock), BusyLinks()
        self._mount(options)

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """
        Return a client whose keys come from `BELVO_SECRET_ID` and `BELVO_SECRET_PASSWORD`.

        The address comes from `BELVO_ENV` (`sandbox`, `production`) or `BELVO_API_URL`, unless *options* name
        one; they are as for the client itself.

        Raises:
            InvalidArgumentError: A variable is missing or cannot be right.
        """
        _check_variables(*KEYS)  # their values are in no frame of an error
        if options.keys().isdisjoint({"environment", "base_url"}):
            options["base_url"] = _address_from_env()
        return cls(*(os.environ[name] for name in KEYS), **options)

    def _mount(self, options: Options) -> None:
        self._options = options
        self._engine = Engine(
            self._transport(options),
            self._clock,
            self._deadlines,
            self._answered,
            self._busy,
            lookups=(0.0,) if options.retry is None else (0.0, *options.retry.waits[:LOOKS]),
            observer=options.observer,
            check_usable=self._pool.check_usable,
        )
        self._context = Context(self._engine, options.prompt, self._authorization)
        unmount(self)

    def _transport(self, options: Options) -> Transport:
        transport: Transport = AiohttpTransport(self._pool, options.timeouts, self._clock, options.headers)
        if options.observer is not None:
            transport = ObservedTransport(transport, options.observer, self._clock)
        limiter = self._limiter(options.rate_limit)
        if limiter is not None:
            transport = ThrottledTransport(
                transport, limiter, self._clock, options.observer, self._pool.check_usable
            )
        if options.retry is not None:
            transport = RetryingTransport(
                transport, options.retry, self._clock, self._budget, observer=options.observer
            )
        return transport

    def _limiter(self, limit: RateLimit | Limiter | None) -> Limiter | None:
        if not isinstance(limit, RateLimit):
            return limit
        if limit.hosts is not None and urlsplit(self.base_url).hostname not in limit.hosts:
            return None
        return Window(shared_bucket(self.base_url, self._authorization.reveal() or "", limit), self._clock)

    @property
    def base_url(self) -> str:
        """
        Where requests go.
        """
        return self._pool.base_url

    @property
    def resources(self) -> Mapping[str, Resource[Any]]:
        """
        Every resource by its name, in the order of Belvo's documentation.
        """
        return MappingProxyType({resource.name: resource for resource in resources_of(self)})

    def __repr__(self) -> str:
        # Also shown in the traceback of its own constructor.
        return f"<BelvoClient {self._pool.base_url if hasattr(self, '_pool') else 'that could not be made'}>"

    # --- its life ---

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """
        Close all connections, also inside a cancelled scope; harmless when done before.

        Requests that are under way fail. On a client from `with_options()` this does nothing: the connections
        belong to the client it came from.

        Raises:
            ClientStateError: The connections belong to another event loop or process, and are still open.
        """
        if self._owns_pool:
            await self._pool.aclose()

    def with_options(
        self,
        *,
        prompt: TokenPrompt | EllipsisType | None = ...,
        timeouts: Timeouts | EllipsisType = ...,
        retry: RetryPolicy | EllipsisType | None = ...,
        rate_limit: RateLimit | Limiter | EllipsisType | None = ...,
        headers: Mapping[str, str] | EllipsisType | None = ...,
        observers: Sequence[Observer] = (),
    ) -> Self:
        """
        Return a client that shares connections, links and deadlines with this one and differs in what is given.

        Args:
            observers: Who listens too, besides those of this client.
        """
        more = headers if headers is ... else headers_of(headers)
        del headers  # what raises below must not show them
        if isinstance(more, InvalidArgumentError):
            raise more
        given = {
            "prompt": prompt,
            "timeouts": timeouts,
            "retry": retry,
            "rate_limit": rate_limit,
            "headers": more,
            "observer": _tee(observers, self.base_url, self._options.observer),
        }
        other = copy.copy(self)
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not ...}
        other._owns_pool = False  # noqa: SLF001 - of its own class
        other._mount(attrs.evolve(self._options, **changes))  # noqa: SLF001 - as above
        return other

    # --- what belongs to no resource ---

    async def check(self, **options: Unpack[CallOptions]) -> None:
        """
        Ask Belvo whether it knows the keys. See `CallOptions` for the options.

        Raises:
            AuthenticationError: It does not, or they belong to the other environment.

            TransportError: It cannot be reached.
        """
        # https://developers.belvo.com/docs/authentication
        told = self._context.told(options)
        await send(told.engine, Request("GET", "/api/", Effect.READ))

    def resume(
        self,
        ticket: MfaTicket,
        token: str | None = None,
        *,
        prompt: TokenPrompt | None = None,
        **options: Unpack[CallOptions],
    ) -> MfaSession[Any]:
        """
        Go on with a suspended session, made by this client or any other with the same keys.

        Args:
            ticket: From `session.suspend()`, or from the `ticket` of an `MfaError`.

            token: What the user gave. Without one, a challenge that expects no input counts as confirmed, and
                any other goes to the prompt.

            prompt: Whom to ask for tokens; the client's prompt by default.

            options: `timeout` and `headers`, as in `CallOptions`; a ticket knows nothing of those of the call.

        Returns:
            A session in state CHALLENGED: await it for what the call was to bring (a link, or a list of data).

        Raises:
            TicketError: No resource of this client answers challenges on the path of the ticket.

            InvalidArgumentError: The challenge may have been answered already, or *ticket* is none.
        """
        answer = Secret(token)
        del token  # what raises below must not show it
        return self._resource_of(ticket, options)._resume_ticket(ticket, answer, prompt)  # noqa: SLF001 - of this package

    async def reconcile(self, ticket: MfaTicket, **options: Unpack[CallOptions]) -> Any | None:
        """
        Look what became of a challenge to which an answer may have been sent. Sends no answer itself.

        Links are read, stored data is listed: what Belvo has stored for the link since the challenge counts as
        the result. This compares Belvo's clock with that of this machine, so keep it right.

        Args:
            ticket: From an `UncertainOutcomeError`, or from the `ticket` of a session that was cancelled.

            options: `timeout` and `headers`, as in `CallOptions`.

        Returns:
            What the call was to bring, or `None` if that cannot be told (yet). Data that was not to be stored
            (`save_data=False`) can never be found.

        Raises:
            TicketError: No resource of this client answers challenges on the path of the ticket.

            BelvoError: As for every read.
        """
        return await self._resource_of(ticket, options)._find_ticket(ticket)  # noqa: SLF001 - as above

    def _resource_of(self, ticket: MfaTicket, options: CallOptions) -> Resumable[Any, Any]:
        context = self._context.told(options)  # first: what raises below must not show the headers
        if not isinstance(ticket, MfaTicket):
            raise wrong_type("ticket", "an MfaTicket (MfaTicket.from_json() makes one of its text)", ticket)
        for resource in self.resources.values():
            if isinstance(resource, Resumable) and resource.path == ticket.path:
                return resource._in(context)  # noqa: SLF001 - as above
        raise TicketError(problem="it belongs to no resource of this client")


def _authorization(secret_id: object, secret_password: object) -> Secret | InvalidArgumentError:
    """
    Return the value of the header, or what is wrong: it is raised where the password is no variable any more.
    """
    for name, value in (("secret_id", secret_id), ("secret_password", secret_password)):
        if not isinstance(value, str) or not value or not value.isprintable() or value != value.strip():
            found = (
                "an empty one"
                if value == ""
                else "another"
                if isinstance(value, str)
                else type(value).__name__
            )
            return InvalidArgumentError(
                argument=name, expected="text without spaces around it or control characters", found=found
            )
    if ":" in str(secret_id):
        return InvalidArgumentError(argument="secret_id", expected="no colon in it", found="one")
    return Secret("Basic " + base64.b64encode(f"{secret_id}:{secret_password}".encode()).decode())


def _tee(observers: Sequence[Observer], base_url: str, others: Tee | None = None) -> Tee | None:
    """
    Return one observer for all of them, and for *others*, of a client at *base_url*.
    """
    if not isinstance(observers, Sequence) or not all(isinstance(one, Observer) for one in observers):
        found = (
            ", ".join(map(type_of, observers)) if isinstance(observers, list | tuple) else type_of(observers)
        )
        raise InvalidArgumentError(argument="observers", expected="a sequence of observers", found=found)
    before = () if others is None else tuple(others.observers)
    listening = [one.for_client(base_url) for one in observers]
    return Tee((*before, *listening)) if observers else others


def _address(
    environment: Environment | str | None,
    base_url: str | None,
    names: tuple[str, str] = ("environment", "base_url"),
) -> str | InvalidArgumentError:
    """
    Return where requests go, or what is wrong with the arguments, which the caller knows by *names*.
    """
    if (environment is None) == (base_url is None):
        return InvalidArgumentError(
            argument=names[0],
            expected=f"either {' or '.join(names)}",
            found="neither" if base_url is None else "both",
        )
    if base_url is not None:
        try:
            return check_base_url(base_url, names[1])
        except InvalidArgumentError as error:
            return error.with_traceback(None)  # its frames hold the address, which may hold a password
    if isinstance(environment, Environment):
        return environment.value
    known = {member.name.lower(): member for member in Environment}
    if not isinstance(environment, str) or environment not in known:
        return InvalidArgumentError(
            argument=names[0], expected=" or ".join(known), found=repr(environment)[:40]
        )
    return known[environment].value


def _address_from_env() -> str:
    environment, url = "BELVO_ENV", "BELVO_API_URL"
    address = _address(os.environ.get(environment) or None, os.environ.get(url) or None, (environment, url))
    if isinstance(address, InvalidArgumentError):
        raise address
    return address


def _check_variables(*names: str) -> None:
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        expected = "an environment variable of this name" if len(missing) == 1 else "environment variables"
        raise InvalidArgumentError(argument=", ".join(missing), expected=expected, found="none")
