"""
Every exception: its words, its place in the tree, its way through a pickle, and what it never shows.
"""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st

from belvo_async import errors
from belvo_async.errors import (
    ERRORS_BY_CODE,
    ERRORS_BY_STATUS,
    ActivationRequiredError,
    ApiError,
    ApiErrorItem,
    AuthenticationError,
    BelvoError,
    ClientStateError,
    ConnectError,
    ConnectionLostError,
    DecodeError,
    InvalidArgumentError,
    LinkRefreshedError,
    LoginError,
    LostClaimError,
    MethodNotAllowedError,
    MfaCancelledError,
    MfaDeclinedError,
    MfaError,
    MfaExpiredError,
    MfaRejectedError,
    MfaRequiredError,
    MfaRoundsExceededError,
    MissingExtraError,
    NotFoundError,
    NotResumableError,
    PermissionDeniedError,
    PoolTimeoutError,
    PromptFailedError,
    RateLimitedError,
    ReadTimeoutError,
    RequestTimeoutError,
    ServerError,
    SessionStateError,
    StoreError,
    TicketError,
    TooManySessionsError,
    TransportError,
    UncertainOutcomeError,
    ValidationError,
    WebhookUnauthorizedError,
    WebhookUnreadableError,
    api_error,
    error_items,
)
from belvo_async.mfa.challenge import ChallengeKind, MfaChallenge
from belvo_async.mfa.operation import Operation
from belvo_async.mfa.ticket import MfaTicket


SESSION, VALUE = "canary-session-7d1f", "canary-value-7d1f"

CHALLENGE = MfaChallenge(
    kind=ChallengeKind.QR,
    value=VALUE,
    session=SESSION,
    link="a-link",
    round=2,
    operation="links.register",
    issued_at=datetime(2026, 1, 1, tzinfo=UTC),
)
TICKET = MfaTicket.for_challenge(
    CHALLENGE, Operation(name="links.register", path="/api/links/"), max_rounds=5
)

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__ == errors.__name__
]
every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)

SAMPLES: dict[str, Any] = {
    "argument": "date_from",
    "expected": "a date",
    "found": "'tomorrow'",
    "problem": "something is wrong",
    "remedy": "mend it",
    "asked": "submit()",
    "state": "READY",
    "request": "GET /api/links/",
    "reason": "it broke",
    "sent": True,
    "ticket": TICKET,
    "challenge": CHALLENGE,
    "link": "a-link",
    "problems": ("expected a number @ $.a", "missing @ $.b"),
    "status": 400,
    "request_id": "0a1b",
    "code": "invalid",
    "message": "Not like this",
    "field": "link",
    "errors": (ApiErrorItem("invalid", "Not like this", "link", "0a1b"),),
    "retry_after": 7.0,
    "max_rounds": 3,
    "module": "cryptography",
    "extra": "crypto",
}


def filled(cls: type[BelvoError]) -> BelvoError:
    """
    Return an instance with a value in every field.
    """
    return cls(**{field.name: SAMPLES[field.name] for field in attrs.fields(cls)})


# --- words ---

API: dict[str, Any] = {
    "status": 400,
    "code": "login_error",
    "message": "Wrong password",
    "request_id": "0a1b",
}
MFA: dict[str, Any] = {"challenge": CHALLENGE, "ticket": TICKET}

STRINGS: list[tuple[BelvoError, str]] = [
    (BelvoError(), ""),
    (
        InvalidArgumentError(argument="date_from", expected="a date", found="int"),
        "date_from: expected a date, found int",
    ),
    (
        ClientStateError(problem="the client is closed", remedy="make a new one"),
        "the client is closed; make a new one",
    ),
    (SessionStateError(asked="submit()", state="READY"), "submit() is not possible in state READY"),
    (
        SessionStateError(asked="submit()", state="READY", remedy="drive it first"),
        "submit() is not possible in state READY; drive it first",
    ),
    (TransportError(request="GET /api/", reason="it broke"), "GET /api/: it broke; nothing was sent"),
    (ConnectError(request="GET /api/", reason="it broke"), "GET /api/: it broke; nothing was sent"),
    (
        PoolTimeoutError(request="GET /api/", reason="no slot in 60 s"),
        "GET /api/: no slot in 60 s; nothing was sent",
    ),
    (
        ReadTimeoutError(request="GET /api/", reason="it took too long", sent=True),
        "GET /api/: it took too long; it may have been sent",
    ),
    (
        ConnectionLostError(request="GET /api/", reason="it broke", sent=True),
        "GET /api/: it broke; it may have been sent",
    ),
    (
        UncertainOutcomeError(request="PATCH /api/links/", reason="it broke", sent=True, ticket=TICKET),
        "PATCH /api/links/: it broke; it may have been sent",
    ),
    (
        DecodeError(expected="list of Link", problems=("expected text @ $.id",), status=200),
        "cannot read list of Link: expected text @ $.id",
    ),
    (
        DecodeError(expected="Link", problems=tuple("abcde")),
        "cannot read Link: a; b; c; d; e",
    ),
    (
        DecodeError(expected="Link", problems=tuple("abcdefg")),
        "cannot read Link: a; b; c; d; e (and 2 more)",
    ),
    (ApiError(status=418), "HTTP status 418 (status=418)"),
    (ApiError(**API), "Wrong password (code=login_error, status=400, request_id=0a1b)"),
    (
        ApiError(status=400, code="required", message="Missing", field="link", retry_after=3.0),
        "Missing (code=required, field=link, status=400)",
    ),
    (LoginError(**API), "Wrong password (code=login_error, status=400, request_id=0a1b)"),
    (RateLimitedError(status=403), "HTTP status 403 (status=403)"),
    (MfaError(), ""),
    (MfaRequiredError(), "the institution wants a token and no prompt was given"),
    (
        MfaRequiredError(**MFA),
        "the institution wants a token and no prompt was given (links.register, round 2)",
    ),
    (MfaDeclinedError(), "the user declined the challenge"),
    (MfaDeclinedError(reason="no phone", challenge=CHALLENGE), "no phone (links.register, round 2)"),
    (MfaCancelledError(**MFA), "the session was cancelled (links.register, round 2)"),
    (PromptFailedError(), "the prompt failed"),
    (
        PromptFailedError(problem="the prompt was cancelled", **MFA),
        "the prompt was cancelled (links.register, round 2)",
    ),
    (MfaExpiredError(challenge=CHALLENGE), "the challenge has expired (links.register, round 2)"),
    (
        MfaRejectedError(**API, **MFA),
        (
            "refused after the token: Wrong password (code=login_error, status=400, request_id=0a1b) (links.register, round 2)"
        ),
    ),
    (
        MfaRoundsExceededError(max_rounds=5, **MFA),
        "the institution asked for more than 5 tokens (links.register, round 2)",
    ),
    (
        NotResumableError(status=428, code="activation_required", message="Activate"),
        "this challenge cannot be answered through the API: Activate (code=activation_required, status=428)",
    ),
    (TicketError(problem="expected JSON"), "not a ticket of ours: expected JSON"),
    (StoreError(problem="the table is missing"), "the table is missing"),
    (LostClaimError(problem="the claim 2 is lost"), "the claim 2 is lost"),
    (
        MissingExtraError(module="cryptography", extra="crypto"),
        'cryptography is not installed: pip install "belvo-async[crypto]"',
    ),
    (WebhookUnauthorizedError(), "the webhook does not carry an Authorization that is accepted"),
    (
        WebhookUnreadableError(problems=("missing @ $.webhook_type", "missing @ $.webhook_code")),
        "cannot read the webhook: missing @ $.webhook_type; missing @ $.webhook_code",
    ),
]


@pytest.mark.parametrize(
    ("error", "expected"),
    STRINGS,
    ids=[f"{n}-{type(error).__name__}" for n, (error, _) in enumerate(STRINGS)],
)
def test_strings(error: BelvoError, expected: str) -> None:
    """
    An error tells in one line what was asked, what was found, and what would have been right.
    """
    assert expected == str(error)
    assert f"{type(error).__name__}({expected!r})" == repr(error)


def test_every_class_with_words_of_its_own_is_in_the_table() -> None:
    """
    No class composes a message that the table above does not show.
    """
    told = {type(error) for error, _ in STRINGS}

    assert {cls for cls in CLASSES if {"__str__", "_told"} & vars(cls).keys()} <= told


@every_class
def test_classes_are_described(cls: type[BelvoError]) -> None:
    """
    The docstring of a class begins with the condition as a sentence.
    """
    docstring = vars(cls).get("__doc__") or ""

    assert docstring.strip().split("\n")[0].endswith((".", ":"))
    assert cls.__name__.endswith("Error")


# --- the tree ---


def drawn_tree() -> dict[str, str]:
    """
    Return the parent of each class in the tree that the docstring of the module draws.
    """
    parents: dict[str, str] = {}
    above: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        words = line.strip(" │├└─").split()
        if words and words[0].endswith("Error"):
            column = line.index(words[0])
            above[column] = words[0]
            if column > 4:
                parents[words[0]] = above[column - 4]
    return parents


def test_the_tree_is_complete() -> None:
    """
    The docstring of the module lists every class, but for those of single codes, below its parent.
    """
    drawn = drawn_tree()
    codes = {cls.__name__ for cls in CLASSES if issubclass(cls, ApiError) and not issubclass(cls, MfaError)}
    expected = {cls.__name__ for cls in CLASSES} - (codes - {"ApiError"}) - {"BelvoError"}

    assert expected == set(drawn)
    for name, parent in drawn.items():
        assert getattr(errors, parent) in getattr(errors, name).__bases__


@every_class
def test_everything_is_a_belvo_error(cls: type[BelvoError]) -> None:
    """
    One root catches all.
    """
    assert issubclass(cls, BelvoError)


@pytest.mark.parametrize(
    ("cls", "builtin"),
    [(InvalidArgumentError, ValueError), (ClientStateError, RuntimeError), (SessionStateError, RuntimeError)],
)
def test_misuse_is_also_python_s_own_error(cls: type[BelvoError], builtin: type[Exception]) -> None:
    """
    Who catches Python's errors for wrong values and states catches ours too.
    """
    assert issubclass(cls, builtin)


def test_what_was_not_sent_says_so() -> None:
    """
    An error of the transport was not sent unless it says that it was.
    """
    assert TransportError(request="", reason="").sent is False
    assert filled(UncertainOutcomeError).sent is True  # type: ignore[attr-defined] # it has it


# --- through a pickle ---


def _pickled(error: BelvoError) -> BelvoError:
    return pickle.loads(pickle.dumps(error))  # type: ignore[no-any-return] # noqa: S301 - our own pickle


def _as_strings(error: BelvoError) -> str:
    return "".join(traceback.format_exception_only(error))


@pytest.mark.parametrize("through", [_pickled, copy.copy, copy.deepcopy])
@every_class
def test_errors_come_back_whole(cls: type[BelvoError], through: Callable[[BelvoError], BelvoError]) -> None:
    """
    Every error pickles and copies with all that it says, notes included.
    """
    error = filled(cls)
    error.add_note("while testing")

    restored = through(error)

    assert cls is type(restored)
    assert vars(error) == vars(restored)
    assert (str(error), repr(error)) == (str(restored), repr(restored))
    assert _as_strings(error) == _as_strings(restored)


@every_class
def test_errors_take_keywords_only(cls: type[BelvoError]) -> None:
    """
    A field may be added in the middle without breaking anybody's code.
    """
    assert all(field.kw_only for field in attrs.fields(cls))


@every_class
def test_errors_are_compared_by_identity(cls: type[BelvoError]) -> None:
    """
    Two errors are two events, and each can be a key.
    """
    one, other = filled(cls), filled(cls)

    assert one != other
    assert 2 == len({one, other})


# --- what is never shown ---


@every_class
def test_no_error_shows_a_session(cls: type[BelvoError]) -> None:
    """
    An error that carries a challenge or a ticket shows neither the MFA session nor the value.
    """
    error = filled(cls)
    try:
        raise error
    except BelvoError:
        shown = traceback.format_exc() + str(error) + repr(error) + repr(error.args) + repr(vars(error))

    assert SESSION not in shown
    assert VALUE not in shown


def test_what_belvo_repeats_can_be_concealed() -> None:
    """
    A secret that Belvo's words repeat is taken out of all of them, and of nothing else.
    """
    error = api_error(
        400,
        [
            {
                "code": "invalid",
                "message": "hunter2 is too short",
                "field": "hunter2",
                "request_id": "hunter2",
            },
            {"code": "hunter2", "message": "hunter2", "field": None},
        ],
    )

    error.conceal(lambda text: text.replace("hunter2", "…"))

    assert ("… is too short", "…", "invalid", "hunter2") == (
        error.message,
        error.field,
        error.code,
        error.request_id,
    )
    assert (
        ApiErrorItem("invalid", "… is too short", "…", "hunter2"),
        ApiErrorItem("…", "…", None, None),
    ) == error.errors


def test_an_error_without_words_has_nothing_to_conceal() -> None:
    """
    An answer that said nothing stays as it is.
    """
    error = api_error(500, None)

    error.conceal(str.upper)

    assert ("", None, ()) == (error.message, error.field, error.errors)


# --- from an answer to its error ---

DOCUMENTED = [
    "required", "null", "blank", "invalid", "invalid_choice", "does_not_exist", "not_a_list", "parse_error", "validation_error",
    "login_error", "invalid_link", "unconfirmed_link", "session_expired", "session_expired_ob", "too_many_sessions",
    "institution_down", "institution_unavailable", "institution_inactive", "unavailable_data", "unsupported_operation",
    "invalid_period", "invalid_credentials_storage", "invalid_fetch_resources", "invalid_access_mode_switch", "duplicated",
    "activation_failed", "activation_required", "authentication_failed", "consent_without_accounts",
    "access_to_production_denied", "access_to_resource_denied", "permission_denied", "quota_limit_reached",
    "not_found", "expired_credentials", "method_not_allowed", "request_timeout", "link_refreshed",
    "unexpected_error", "service_unavailable",
]  # fmt: skip
NO_ERRORS_OF_OURS = {
    "token_required",  # the flow's own
    "idempotency_key_conflict",  # of the payments API, which is not covered
    "idempotency_payload_mismatch",  # same
}


def test_every_documented_code_has_a_class() -> None:
    """
    The table knows each code of Belvo's error guide, and no other.
    """
    assert set(DOCUMENTED) == set(ERRORS_BY_CODE)
    assert not NO_ERRORS_OF_OURS & set(ERRORS_BY_CODE)


def test_every_class_of_a_code_is_used() -> None:
    """
    No class waits for a code or a status that never leads to it.
    """
    leaves = {
        cls
        for cls in CLASSES
        if issubclass(cls, ApiError) and not issubclass(cls, MfaError) and cls is not ApiError
    }

    assert leaves == {*ERRORS_BY_CODE.values(), *ERRORS_BY_STATUS.values(), RateLimitedError}


@pytest.mark.parametrize("code", DOCUMENTED)
def test_codes(code: str) -> None:
    """
    The code decides the class, in whichever shape of body it comes.
    """
    entry = {"code": code, "message": "Words", "request_id": "0a1b", "field": "link"}

    for payload in ([entry], entry, [entry, {"code": "other"}]):
        error = api_error(400, payload)

        assert ERRORS_BY_CODE[code] is type(error)
        assert (400, code, "Words", "link", "0a1b") == (
            error.status,
            error.code,
            error.message,
            error.field,
            error.request_id,
        )


@pytest.mark.parametrize(
    ("status", "code", "html", "expected"),
    [
        (400, "", False, ApiError),
        (400, "new_in_2027", False, ApiError),
        (401, "", False, AuthenticationError),
        (401, "new_in_2027", False, AuthenticationError),
        (402, "", False, ApiError),
        (403, "", False, PermissionDeniedError),
        (403, "", True, RateLimitedError),
        (403, "permission_denied", False, PermissionDeniedError),
        (403, "permission_denied", True, PermissionDeniedError),
        (403, "new_in_2027", True, RateLimitedError),
        (404, "", False, NotFoundError),
        (404, "", True, NotFoundError),
        (405, "", False, MethodNotAllowedError),
        (408, "", False, RequestTimeoutError),
        (409, "", False, LinkRefreshedError),
        (418, "", True, ApiError),
        (428, "token_required", False, ApiError),
        (428, "activation_required", False, ActivationRequiredError),
        (429, "", False, RateLimitedError),
        (429, "", True, RateLimitedError),
        (429, "permission_denied", False, RateLimitedError),
        (429, "login_error", False, RateLimitedError),
        (499, "", False, ApiError),
        (500, "", False, ServerError),
        (500, "unexpected_error", False, ServerError),
        (500, "too_many_sessions", False, TooManySessionsError),
        (500, "login_error", False, LoginError),
        (502, "", True, ServerError),
        (599, "new_in_2027", False, ServerError),
    ],
)
def test_statuses(status: int, code: str, html: bool, expected: type[ApiError]) -> None:
    """
    Without a code that is known the status decides; too many requests are told by the status alone.
    """
    error = api_error(status, [{"code": code}] if code else None, html=html)

    assert expected is type(error)
    assert (status, code) == (error.status, error.code)


SHAPES: dict[str, tuple[object, tuple[ApiErrorItem, ...]]] = {
    "list-of-one": (
        [{"code": "a", "message": "b", "field": "c", "request_id": "d"}],
        (ApiErrorItem("a", "b", "c", "d"),),
    ),
    "object": ({"code": "a", "message": "b"}, (ApiErrorItem("a", "b"),)),
    "several": ([{"code": "a"}, {"code": "b"}], (ApiErrorItem("a"), ApiErrorItem("b"))),
    "detail": ({"detail": "No such user"}, (ApiErrorItem("", "No such user"),)),
    "code-and-detail": (
        [{"code": "not_found", "detail": "Gone"}],
        (ApiErrorItem("not_found", "Gone"),),
    ),
    "message-before-detail": ({"message": "a", "detail": "b"}, (ApiErrorItem("", "a"),)),
    "no-message": ([{"code": "session_expired_ob"}], (ApiErrorItem("session_expired_ob"),)),
    "more-than-documented": (
        [{"code": "duplicated", "institution_user_id": "x"}],
        (ApiErrorItem("duplicated"),),
    ),
    "nested-by-field": (
        {"field": "details", "request_id": "d", "pix_key": {"value": {"message": "Bad", "code": "invalid"}}},
        (ApiErrorItem("invalid", "Bad", "pix_key", "d"),),
    ),
    "nested-lists": (
        {
            "field": "x",
            "terminal_id": [{"message": "Bad", "code": "invalid"}, {"code": "blank", "request_id": "own"}],
        },
        (ApiErrorItem("invalid", "Bad", "terminal_id"), ApiErrorItem("blank", "", "terminal_id", "own")),
    ),
    "nested-field-of-its-own": (
        {"a": {"code": "invalid", "field": "b"}},
        (ApiErrorItem("invalid", "", "b"),),
    ),
    "nested-in-a-list": ([{"a": {"code": "invalid"}}], (ApiErrorItem("invalid", "", "a"),)),
    "other-types": ([{"code": 7, "message": ["x"], "field": 8}], ()),
    "empty-list": ([], ()),
    "empty-object": ({}, ()),
    "no-objects": (["a", 7, None, [{"code": "a"}]], ()),
    "nothing": (None, ()),
    "text": ("nope", ()),
}


@pytest.mark.parametrize(("payload", "expected"), SHAPES.values(), ids=SHAPES)
def test_shapes(payload: object, expected: tuple[ApiErrorItem, ...]) -> None:
    """
    Every shape of an error body is read; the first entry tells what happened.
    """
    error = api_error(418, payload)

    assert expected == error_items(payload) == error.errors
    if expected:
        assert expected[0] == ApiErrorItem(error.code, error.message, error.field, error.request_id)


def test_headers() -> None:
    """
    A request id in the body wins over that of the headers; how long to wait is in the headers only.
    """
    with_own = api_error(429, {"code": "x", "request_id": "body"}, request_id="headers", retry_after=30.0)
    without = api_error(429, None, request_id="headers")

    assert ("body", 30.0) == (with_own.request_id, with_own.retry_after)
    assert ("headers", None) == (without.request_id, without.retry_after)


@pytest.mark.parametrize("depth", [1, 8, 9, 100, 900, 50_000])
def test_deep_bodies(depth: int) -> None:
    """
    However deep a body nests, it is an error of Belvo's and not one of the stack.
    """
    payload: object = {"code": "invalid"}
    for _ in range(depth):
        payload = {"a": payload}

    error = api_error(400, payload)

    assert (ValidationError if depth <= 8 else ApiError) is type(error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["code", "message", "detail", "field", "request_id", "x"]), inner)
    ),
    max_leaves=20,
)


@given(st.integers(100, 599), json_values, st.booleans())
def test_no_answer_raises(status: int, payload: object, html: bool) -> None:
    """
    Whatever a body holds, it is an error with texts in its fields.
    """
    error = api_error(status, payload, html=html)

    assert status == error.status
    for item in error.errors:
        assert isinstance(item.code + item.message + (item.field or "") + (item.request_id or ""), str)
        assert item.code or item.message
    assert str(error)
