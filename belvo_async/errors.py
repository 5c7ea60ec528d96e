"""
Every exception of the library.

Rule: this file imports nothing of ours at run time, so that everything may import it.

    BelvoError
    ├── InvalidArgumentError            you asked for something Belvo cannot mean; nothing was sent
    ├── ClientStateError                the client is closed, or belongs to another event loop or process
    ├── SessionStateError               you asked a session for what its state does not allow
    ├── TransportError                  no answer arrived
    │   ├── ConnectError                    no connection; nothing was sent
    │   │   └── CertificateError                the other side did not prove who it is; nothing was sent
    │   ├── PoolTimeoutError                no free slot in time; nothing was sent
    │   ├── TooLateError                    it waited until its deadline had passed; nothing was sent
    │   ├── ReadTimeoutError                a read was sent and not answered in time
    │   ├── ConnectionLostError             a read was sent and the connection broke before the answer was whole
    │   └── UncertainOutcomeError           a write was sent, and what became of it is unknown
    ├── DecodeError                     an answer arrived that cannot be read
    ├── ApiError                        Belvo answered with an error
    │   └── one class for each code worth catching, see `ERRORS_BY_CODE` and `ERRORS_BY_STATUS`
    ├── MfaError                        the multi-factor flow did not reach its end
    │   ├── MfaRequiredError                a token is needed and there is no prompt to ask for it
    │   ├── MfaDeclinedError                the user does not want to give a token (raise it in a prompt)
    │   ├── MfaCancelledError               the caller gave up
    │   ├── PromptFailedError               the prompt raised something else, or returned what cannot be a token
    │   ├── MfaExpiredError                 the token did not come in time
    │   ├── MfaRejectedError                the institution refused the login after the token (also a `LoginError`)
    │   ├── MfaRoundsExceededError          the institution kept asking
    │   └── NotResumableError               a 428 that no `PATCH` can complete
    ├── TicketError                     a text that is no ticket of ours
    ├── WebhookError                    a webhook was turned away
    │   ├── WebhookUnauthorizedError        it does not carry your `Authorization`
    │   └── WebhookUnreadableError          it is no event
    ├── StoreError                      a store of flows failed
    │   └── LostClaimError                  another process has taken the flow over
    └── MissingExtraError               a part of the library whose extra is not installed

All of them pickle, and none shows a password, a token or the id of an MFA session.
"""

# pyright: reportIncompatibleVariableOverride=false
# What may be missing from an `MfaError` the library never leaves out of some of its subclasses, which say so to type
# checkers only: a field that is declared anew is made anew when this file is imported. The default is for those who make
# one in a test.

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import attrs


if TYPE_CHECKING:
    from belvo_async.mfa.challenge import MfaChallenge
    from belvo_async.mfa.ticket import MfaTicket


def _restore(cls: type[BelvoError], state: dict[str, Any]) -> BelvoError:
    error = cls.__new__(cls)
    error.__dict__.update(state)
    return error


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class BelvoError(Exception):
    """
    Root of everything this library raises.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions pickle by positional arguments; ours have keywords.
        return _restore, (type(self), dict(self.__dict__))


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class InvalidArgumentError(BelvoError, ValueError):
    """
    An argument cannot be right. Nothing was sent; mend the call and repeat it.

    Attributes:
        argument: The name of the argument.

        expected: What would have been right.

        found: What was found, never the value of a secret.
    """

    argument: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.argument}: expected {self.expected}, found {self.found}"


def wrong_type(argument: str, expected: str, value: object) -> InvalidArgumentError:
    """
    Return the error for a *value* of a type that *argument* cannot have. It names the type and not the value.
    """
    return InvalidArgumentError(argument=argument, expected=expected, found=type_of(value))


def type_of(value: object) -> str:
    """
    Return what a message calls *value* where its text must not be shown.
    """
    if value is None:
        return "None"
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class ClientStateError(BelvoError, RuntimeError):
    """
    The client cannot be used here: it is closed, or belongs to another event loop or process.

    Attributes:
        problem: What is wrong.

        remedy: What to do instead.
    """

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem}; {self.remedy}"


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class SessionStateError(BelvoError, RuntimeError):
    """
    A session was asked for what its state does not allow. Nothing changed and nothing was sent.

    Attributes:
        asked: What was asked of the session.

        state: The state it is in.

        remedy: What to do instead.
    """

    asked: str
    state: str
    remedy: str = ""

    def __str__(self) -> str:
        told = f"{self.asked} is not possible in state {self.state}"
        return f"{told}; {self.remedy}" if self.remedy else told


# --- no answer -------------------------------------------------------------


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class TransportError(BelvoError):
    """
    No answer arrived.

    Attributes:
        request: Method and path of the request.

        reason: What happened.

        sent: Whether a byte of the request may have left. Where it is false, the
            request can be repeated without risk.
    """

    request: str
    reason: str
    sent: bool = False

    def __str__(self) -> str:
        told = "it may have been sent" if self.sent else "nothing was sent"
        return f"{self.request}: {self.reason}; {told}"


class ConnectError(TransportError):
    """
    No connection to Belvo could be made. Nothing was sent.
    """


class CertificateError(ConnectError):
    """
    Who answered at Belvo's address did not prove to be Belvo. Nothing was sent.

    It is not repeated, since it does not get better by itself. Look at the clock and the certificate authorities of
    this machine, and at what stands between it and Belvo; `Network(tls=…)` trusts an authority of your own.
    """


class PoolTimeoutError(TransportError):
    """
    No connection became free within `Timeouts.pool`. Nothing was sent.

    Raise `PoolLimits.connections` or start less at a time.
    """


class TooLateError(TransportError):
    """
    The answer to a challenge waited for the network until the challenge had expired. Nothing was sent.

    It is the cause of the `MfaExpiredError` that the session raises.
    """


class ReadTimeoutError(TransportError):
    """
    A request that changes nothing was sent and not answered in time. It can be repeated.
    """


class ConnectionLostError(TransportError):
    """
    A request that changes nothing was sent, and its answer broke off. It can be repeated.
    """


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class UncertainOutcomeError(TransportError):
    """
    A write was sent and its outcome is unknown: Belvo may have done the work or not.

    Do not repeat it blindly. Look first: links by `client.links.list(external_id=…)`
    or `client.links.get(id)`, stored data by `list(link=…)`.

    Attributes:
        ticket: The challenge that was answered, if the write was a resume. It is
            marked as answered, so that no token is ever sent for it again;
            `client.reconcile(ticket)` looks once more what became of it.

        link: Id of a link that was found when looking for a registration, and that waits
            for a token nobody can give any more: `update()` or `delete()` it.
    """

    ticket: MfaTicket | None = None
    link: str | None = None


# --- an answer -------------------------------------------------------------


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class DecodeError(BelvoError):
    """
    An answer arrived that cannot be read. Belvo did its part: do not repeat a write because of it.

    Attributes:
        expected: What was to be read.

        problems: What was wrong and where, without a value of the answer:
            `expected a number @ $[3].balance`.

        status: The HTTP status of the answer, if it was one.

        request_id: What Belvo's support asks for.
    """

    expected: str
    problems: tuple[str, ...]
    status: int | None = None
    request_id: str | None = None

    def __str__(self) -> str:
        shown = "; ".join(self.problems[:5])
        more = f" (and {len(self.problems) - 5} more)" if len(self.problems) > 5 else ""  # noqa: PLR2004 - as above
        return f"cannot read {self.expected}: {shown}{more}"


@attrs.frozen
class ApiErrorItem:
    """
    One entry of an error answer of Belvo's.
    """

    code: str = ""
    message: str = ""
    field: str | None = None
    request_id: str | None = None


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class ApiError(BelvoError):
    """
    Belvo answered with an error. A code this library does not know stays a plain `ApiError`.

    Attributes:
        status: HTTP status.

        code: Belvo's code, `login_error` say; empty if the answer named none.

        message: Belvo's own words.

        field: The field of the request that was wrong, if Belvo named one.

        request_id: What Belvo's support asks for.

        errors: All entries of the answer; the first one is told above.

        retry_after: Seconds to wait, if the answer said so.
    """

    status: int
    code: str = ""
    message: str = ""
    field: str | None = None
    request_id: str | None = None
    errors: tuple[ApiErrorItem, ...] = ()
    retry_after: float | None = None

    def conceal(self, conceal: Callable[[str], str]) -> None:
        """
        Pass everything Belvo said through *conceal*, which takes secrets out.
        """
        self.args = ()  # which hold what was said at first
        self.message = conceal(self.message)
        self.field = None if self.field is None else conceal(self.field)
        self.errors = tuple(
            attrs.evolve(
                item,
                code=conceal(item.code),
                message=conceal(item.message),
                field=None if item.field is None else conceal(item.field),
            )
            for item in self.errors
        )

    def __str__(self) -> str:
        told = self.message or f"HTTP status {self.status}"
        facts = {"code": self.code, "field": self.field, "status": self.status, "request_id": self.request_id}
        listed = ", ".join(f"{name}={value}" for name, value in facts.items() if value)
        return f"{told} ({listed})"


class ValidationError(ApiError):
    """
    Belvo does not accept a field of the request; `field` and `errors` say which.
    """


class LoginError(ApiError):
    """
    The institution refused the login. Never repeat it: six refusals invalidate the link. Ask the user.
    """


class InvalidLinkError(ApiError):
    """
    The link's credentials no longer work; let the user give new ones to `client.links.update()`.
    """


class UnconfirmedLinkError(ApiError):
    """
    The link was never confirmed with a token; call `client.links.update()` or register it anew.
    """


class SessionExpiredError(ApiError):
    """
    The MFA session of a request is over; start again from the call that brought the challenge.
    """


class TooManySessionsError(ApiError):
    """
    Belvo or the user is logged in at the institution already; wait (Belvo says 120 seconds) and repeat.
    """


class InstitutionUnavailableError(ApiError):
    """
    The institution is down, unavailable or switched off at Belvo; try again in minutes to hours.
    """


class UnavailableDataError(ApiError):
    """
    The institution returned nothing.
    """


class UnsupportedOperationError(ApiError):
    """
    The institution does not offer what was asked.
    """


class DuplicatedError(ApiError):
    """
    The link exists already; find it with `client.links.list()`, update or delete it.
    """


class ActivationRequiredError(ApiError):
    """
    The user must activate web access at the institution first.
    """


class AuthenticationError(ApiError):
    """
    Belvo does not know the secret id and password, or they belong to another environment.
    """


class ConsentWithoutAccountsError(ApiError):
    """
    The user's consent covers no account. The keys are all right.
    """


class PermissionDeniedError(ApiError):
    """
    The keys do not allow this.
    """


class RateLimitedError(ApiError):
    """
    Belvo did not process the request because too many came; wait `retry_after` seconds if given.
    """


class NotFoundError(ApiError):
    """
    There is no such object.
    """


class ExpiredCredentialsError(ApiError):
    """
    Belvo no longer stores the link's credentials; ask the user to connect again.
    """


class MethodNotAllowedError(ApiError):
    """
    Belvo does not offer this verb on this path.
    """


class RequestTimeoutError(ApiError):
    """
    The institution took longer than Belvo's five minutes; ask for less data. What was found is stored.
    """


class LinkRefreshedError(ApiError):
    """
    The link was refreshed a moment ago; the message says how many minutes to wait.
    """


class ServerError(ApiError):
    """
    Something went wrong at Belvo, before it did its work or after.

    A session has looked whether it was done, and did not find it. `client.reconcile(session.ticket)` looks again.
    """


ERRORS_BY_CODE: Final[Mapping[str, type[ApiError]]] = {
    "required": ValidationError,
    "null": ValidationError,
    "blank": ValidationError,
    "invalid": ValidationError,
    "invalid_choice": ValidationError,
    "does_not_exist": ValidationError,
    "not_a_list": ValidationError,
    "parse_error": ValidationError,
    "validation_error": ValidationError,
    "invalid_period": ValidationError,
    "invalid_credentials_storage": ValidationError,
    "invalid_fetch_resources": ValidationError,
    "invalid_access_mode_switch": ValidationError,
    "login_error": LoginError,
    "invalid_link": InvalidLinkError,
    "unconfirmed_link": UnconfirmedLinkError,
    "session_expired": SessionExpiredError,
    "session_expired_ob": SessionExpiredError,
    "too_many_sessions": TooManySessionsError,
    "institution_down": InstitutionUnavailableError,
    "institution_unavailable": InstitutionUnavailableError,
    "institution_inactive": InstitutionUnavailableError,
    "unavailable_data": UnavailableDataError,
    "unsupported_operation": UnsupportedOperationError,
    "duplicated": DuplicatedError,
    "activation_failed": ActivationRequiredError,
    "activation_required": ActivationRequiredError,
    "authentication_failed": AuthenticationError,
    "consent_without_accounts": ConsentWithoutAccountsError,
    "access_to_production_denied": PermissionDeniedError,
    "access_to_resource_denied": PermissionDeniedError,
    "permission_denied": PermissionDeniedError,
    "quota_limit_reached": PermissionDeniedError,
    "not_found": NotFoundError,
    "expired_credentials": ExpiredCredentialsError,
    "method_not_allowed": MethodNotAllowedError,
    "request_timeout": RequestTimeoutError,
    "link_refreshed": LinkRefreshedError,
    "unexpected_error": ServerError,
    "service_unavailable": ServerError,
}
"""The class for each code in Belvo's error guide."""

ERRORS_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    408: RequestTimeoutError,
    409: LinkRefreshedError,
}
"""The class for an answer without a code that `ERRORS_BY_CODE` knows; 500 and above are `ServerError`, 429 always is `RateLimitedError`."""


# --- the flow --------------------------------------------------------------


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class MfaError(BelvoError):
    """
    The multi-factor flow did not reach its end.

    Attributes:
        challenge: The challenge it stopped at, if there was one.

        ticket: What `client.resume()` needs to go on with that challenge, if it can
            still be answered.
    """

    challenge: MfaChallenge | None = None
    ticket: MfaTicket | None = None

    def _told(self) -> str:
        return ""

    def __str__(self) -> str:
        where = (
            "" if self.challenge is None else f" ({self.challenge.operation}, round {self.challenge.round})"
        )
        return f"{self._told()}{where}"


class MfaRequiredError(MfaError):
    """
    A token is needed, and there is no prompt to ask for it.

    Give a `prompt=`, or keep `ticket` and call `client.resume(ticket, token)` when the
    user has answered.
    """

    if TYPE_CHECKING:
        challenge: MfaChallenge = attrs.field(default=None)
        ticket: MfaTicket = attrs.field(default=None)

    def _told(self) -> str:
        return "the institution wants a token and no prompt was given"


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class MfaDeclinedError(MfaError):
    """
    The user does not want to give a token. Raise it in a prompt to end the session.
    """

    reason: str = "the user declined the challenge"

    def _told(self) -> str:
        return self.reason


class MfaCancelledError(MfaError):
    """
    The caller gave up: by `session.cancel()`, by leaving its `async with`, or by cancelling the task.
    """

    def _told(self) -> str:
        return "the session was cancelled"


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class PromptFailedError(MfaError):
    """
    The prompt raised, or returned what cannot be a token. The original is the cause.

    Nothing was sent, and `ticket` can still be answered.
    """

    if TYPE_CHECKING:
        challenge: MfaChallenge = attrs.field(default=None)
        ticket: MfaTicket = attrs.field(default=None)
    problem: str = "the prompt failed"

    def _told(self) -> str:
        return self.problem


class MfaExpiredError(MfaError):
    """
    The token did not come before the institution's deadline.

    `session.restart()` starts over, which makes the institution send a new token.
    """

    if TYPE_CHECKING:
        challenge: MfaChallenge = attrs.field(default=None)

    def _told(self) -> str:
        return "the challenge has expired"


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class MfaRejectedError(MfaError, LoginError):
    """
    The institution refused the login after the token was given. Never repeat it by itself; ask the user.
    """

    if TYPE_CHECKING:
        challenge: MfaChallenge = attrs.field(default=None)

    def _told(self) -> str:
        return f"refused after the token: {ApiError.__str__(self)}"

    def __str__(self) -> str:
        return MfaError.__str__(self)


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class MfaRoundsExceededError(MfaError):
    """
    The institution asked more often than `max_rounds` allows.

    The last challenge is untouched: `ticket` can still be answered.
    """

    if TYPE_CHECKING:
        challenge: MfaChallenge = attrs.field(default=None)
        ticket: MfaTicket = attrs.field(default=None)
    max_rounds: int = 0

    def _told(self) -> str:
        return f"the institution asked for more than {self.max_rounds} tokens"


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class NotResumableError(MfaError, ApiError):
    """
    The answer was a 428 that no `PATCH` can complete.

    Either it names no session (the user must first activate web access at the
    institution), or Belvo documents no way to resume this resource.
    """

    def _told(self) -> str:
        return f"this challenge cannot be answered through the API: {ApiError.__str__(self)}"

    def __str__(self) -> str:
        return MfaError.__str__(self)


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class TicketError(BelvoError):
    """
    A text is no ticket that this library wrote, or was changed on its way.

    Attributes:
        problem: What is wrong with it, without a value of it.
    """

    problem: str

    def __str__(self) -> str:
        return f"not a ticket of ours: {self.problem}"


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class StoreError(BelvoError):
    """
    A store of suspended flows failed.

    Attributes:
        problem: What happened.
    """

    problem: str

    def __str__(self) -> str:
        return self.problem


class LostClaimError(StoreError):
    """
    Another process has taken a flow over, or it has ended. Nothing was sent; leave it to the other.
    """


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class MissingExtraError(BelvoError, ImportError):
    """
    A part of the library was used whose extra is not installed.

    Attributes:
        module: What cannot be imported.

        extra: What brings it: `pip install "belvo-async[…]"`.
    """

    module: str
    extra: str

    @classmethod
    def for_module(cls, error: ModuleNotFoundError, extra: str) -> Self:
        """
        Return it for an import that failed; *extra* brings what is missing.
        """
        return cls(module=error.name or "", extra=extra)

    def __str__(self) -> str:
        return f'{self.module} is not installed: pip install "belvo-async[{self.extra}]"'


# --- webhooks --------------------------------------------------------------


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class WebhookError(BelvoError):
    """
    A webhook was turned away: what came is not from Belvo, or no event.

    Attributes:
        status: The HTTP status to answer with.
    """

    status: ClassVar[int] = 400


class WebhookUnauthorizedError(WebhookError):
    """
    A webhook does not carry an `Authorization` that you accept. Answer 401, and read nothing of it.
    """

    status: ClassVar[int] = 401

    def __str__(self) -> str:
        return "the webhook does not carry an Authorization that is accepted"


@attrs.define(slots=False, kw_only=True, eq=False, repr=False)
class WebhookUnreadableError(WebhookError):
    """
    The body of a webhook is no event. Answer 400; repeated it will not be another.

    Attributes:
        problems: What is wrong and where, without a value of the body.
    """

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return f"cannot read the webhook: {'; '.join(self.problems)}"


# --- from an answer to its error -------------------------------------------


def api_error(
    status: int,
    payload: object,
    *,
    html: bool = False,
    request_id: str | None = None,
    retry_after: float | None = None,
) -> ApiError:
    """
    Return the error that an answer of status 400 or above means.

    Args:
        status: HTTP status.

        payload: The parsed JSON body, or `None` where it is no JSON at all.

        html: Whether the body was a page for people, as Belvo's firewall sends.

        request_id: From the headers; one in the body wins.

        retry_after: Seconds, from the headers.
    """
    items = error_items(payload)
    first = items[0] if items else ApiErrorItem()
    return _class_for(status, first.code, html=html)(
        status=status,
        code=first.code,
        message=first.message,
        field=first.field,
        request_id=first.request_id or request_id,
        errors=items,
        retry_after=retry_after,
    )


def _class_for(status: int, code: str, *, html: bool) -> type[ApiError]:
    if status == 429:  # noqa: PLR2004 - whatever its code: it was not processed
        return RateLimitedError
    if code in ERRORS_BY_CODE:
        return ERRORS_BY_CODE[code]
    if status == 403 and html:  # noqa: PLR2004 - the firewall's own page, Belvo answers in JSON
        return RateLimitedError
    if status >= 500:  # noqa: PLR2004 - HTTP's own border
        return ServerError
    return ERRORS_BY_STATUS.get(status, ApiError)


DEEPEST_NESTING: Final = 8
"""Belvo nests two deep. What lies deeper is not looked at, so that no body can exhaust the stack."""


def error_items(payload: object) -> tuple[ApiErrorItem, ...]:
    """
    Return the entries of an error body: a list of them, one alone, or nested by field.
    """
    entries = payload if isinstance(payload, list) else [payload]
    return tuple(item for entry in entries for item in _items_of(entry))


def _items_of(entry: object, field: str | None = None, depth: int = 0) -> Sequence[ApiErrorItem]:
    if not isinstance(entry, dict) or depth > DEEPEST_NESTING:
        return ()
    code, message = _text(entry, "code"), _text(entry, "message") or _text(entry, "detail")
    request_id = _text(entry, "request_id")
    if code or message:
        return (ApiErrorItem(code, message, _text(entry, "field") or field, request_id or None),)
    # Some answers nest the entries below the name of the field they are about.
    nested = [
        item
        for name, inner in entry.items()
        for part in (inner if isinstance(inner, list) else [inner])
        for item in _items_of(part, str(name) if field is None else field, depth + 1)
    ]
    return [attrs.evolve(item, request_id=item.request_id or request_id or None) for item in nested]


def _text(entry: Mapping[Any, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""
