"""
What becomes of the body of a webhook.
"""

from __future__ import annotations

import contextlib
import json
import pickle

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st
from webhooks.samples import LINK, REQUEST, SAMPLES, WEBHOOK, Sample, body, old_body

from belvo_async import webhooks
from belvo_async.errors import InvalidArgumentError, WebhookUnreadableError
from belvo_async.models import InstitutionResource
from belvo_async.webhooks import (
    AccountsFound,
    EmploymentChanges,
    LinkProblem,
    ProcessType,
    TransactionsFound,
    WebhookCode,
    WebhookData,
    WebhookEvent,
    WebhookType,
    read_webhook,
)
from belvo_async.webhooks.event import KINDS


every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)


# --- the table ---


def test_every_kind_is_documented() -> None:
    """
    The table has the types and codes of the documents, each with a sample, and no others.
    """
    assert {(sample.type, sample.code) for sample in SAMPLES} == set(KINDS)


def test_every_word_is_used() -> None:
    """
    No type and no code is left out of the table.
    """
    assert {type_ for type_, _ in KINDS} == set(WebhookType)
    assert {code for _, code in KINDS} == set(WebhookCode)


def test_every_class_is_used() -> None:
    """
    No class of data waits for a webhook that never comes.
    """
    classes = {getattr(webhooks, name) for name in webhooks.__all__}
    of_data = {cls for cls in classes if isinstance(cls, type) and issubclass(cls, WebhookData)}

    assert of_data == set(KINDS.values())


def test_every_resource_can_be_told_of() -> None:
    """
    What a link can order has a type of webhook of the same name.
    """
    assert {resource.value for resource in InstitutionResource} <= {type_.value for type_ in WebhookType}


# --- reading ---


@every_sample
def test_data_are_typed(sample: Sample) -> None:
    """
    Each kind of webhook is read into the class that the table has for it.
    """
    event = read_webhook(body(sample.type, sample.code, sample.sent))

    assert sample.read == event.data
    assert KINDS[event.kind] is type(event.data)
    assert () == event.problems


@every_sample
def test_older_webhooks(sample: Sample) -> None:
    """
    A webhook without a process type, a request id and an external id is read as well.
    """
    event = read_webhook(old_body(sample.type, sample.code, sample.sent))

    assert sample.read == event.data
    assert (None, None, None) == (event.process_type, event.request_id, event.external_id)
    assert (LINK, WEBHOOK) == (event.link_id, event.webhook_id)


def test_the_head() -> None:
    """
    The members around the data keep their values.
    """
    event = read_webhook(body("ACCOUNTS", "historical_update", {"total_accounts": 2}, external_id="mine"))

    assert event == WebhookEvent(
        webhook_id=WEBHOOK,
        webhook_type=WebhookType.ACCOUNTS,
        webhook_code=WebhookCode.HISTORICAL_UPDATE,
        process_type=ProcessType.HISTORICAL_UPDATE,
        link_id=LINK,
        request_id=REQUEST,
        external_id="mine",
        data=AccountsFound(total_accounts=2),
        received=event.received,
    )


def test_nothing_is_lost() -> None:
    """
    What this library does not know stays in what was received.
    """
    sent = body("LINK", "token_required", {"error_code": "token_required", "hint": [1]}, color="red")
    event = read_webhook(sent)

    assert LinkProblem(error_code="token_required") == event.data
    assert json.loads(sent) == event.received


def test_unknown_words_are_kept() -> None:
    """
    A type, a code and a process that are not known make an event with plain data.
    """
    event = read_webhook(body("PIGGY_BANKS", "piggy_bank_full", {"total": 1}, process_type="overnight"))

    assert ("PIGGY_BANKS", "piggy_bank_full") == event.kind
    assert "overnight" == event.process_type
    assert not event.webhook_type.is_known
    assert WebhookData() == event.data
    assert {"total": 1} == event.received["data"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ([1], "expected an object, found a list @ $.data"),
        ("5", "expected an object, found text @ $.data"),
    ],
)
def test_other_data_fail_nothing(data: Any, problem: str) -> None:
    """
    Data of another form are told of, and what matters is read: which link, and what happened.
    """
    event = read_webhook(body("ACCOUNTS", "historical_update", data))

    assert (problem,) == event.problems
    assert WebhookData() == event.data
    assert (LINK, data) == (event.link_id, event.received["data"])


@pytest.mark.parametrize(
    ("type_", "code", "data", "read", "problems"),
    [
        (
            "TRANSACTIONS",
            "historical_update",
            {"total_transactions": 3, "first_transaction_date": "", "last_transaction_date": "2025-12-31"},
            TransactionsFound(total_transactions=3, last_transaction_date=date(2025, 12, 31)),
            ("expected a date, found text @ $.data.first_transaction_date",),
        ),
        (
            "ACCOUNTS",
            "historical_update",
            {"total_accounts": "many", "new_accounts": [], "color": {}},
            AccountsFound(),
            (
                "expected a number, found text @ $.data.total_accounts",
                "expected a number, found a list @ $.data.new_accounts",
            ),
        ),
        (
            "EMPLOYMENT_RECORDS",
            "employment_changes",
            {"employment_changes": ["SALARY_INCREASED", {}]},
            EmploymentChanges(),
            ("expected text, found an object @ $.data.employment_changes[1]",),
        ),
    ],
)
def test_an_odd_member_is_left_out(
    type_: str, code: str, data: Any, read: WebhookData, problems: tuple[str, ...]
) -> None:
    """
    A member that cannot be read is missing and told of; the class and the other members stay.
    """
    event = read_webhook(body(type_, code, data))

    assert read == event.data
    assert problems == event.problems
    assert data == event.received["data"]


def test_missing_data() -> None:
    """
    Without data the event has the class of its kind, empty.
    """
    assert AccountsFound() == read_webhook(body("ACCOUNTS", "historical_update", data=None)).data
    assert (
        AccountsFound()
        == read_webhook(b'{"webhook_type": "ACCOUNTS", "webhook_code": "historical_update"}').data
    )


@pytest.mark.parametrize(
    ("sent", "problems"),
    [
        (b"", ("expected a JSON object",)),
        (b"{", ("expected a JSON object",)),
        (b"\xff\xfe", ("expected a JSON object",)),
        (b"[]", ("expected a JSON object",)),
        (b"[" * 100_000, ("expected a JSON object",)),
        (b"{}", ("missing @ $.webhook_type", "missing @ $.webhook_code")),
        (b'{"webhook_type": "LINK", "webhook_code": null}', ("missing @ $.webhook_code",)),
        (
            b'{"webhook_type": {"a": 1}, "webhook_code": "x"}',
            ("expected text, found an object @ $.webhook_type",),
        ),
        (
            b'{"webhook_type": "LINK", "webhook_code": "x", "link_id": [7]}',
            ("expected text, found a list @ $.link_id",),
        ),
    ],
)
def test_what_is_no_event(sent: bytes, problems: tuple[str, ...]) -> None:
    """
    A body that is no event is refused, with what is wrong with it and where.
    """
    with pytest.raises(WebhookUnreadableError) as raised:
        read_webhook(sent)

    assert problems == raised.value.problems
    assert 400 == raised.value.status


@pytest.mark.parametrize(("sent", "found"), [(None, "None"), ("{}", "str"), ({}, "dict")])
def test_what_is_no_body(sent: Any, found: str) -> None:
    """
    What is not bytes is a mistake of the program, and not of who sent it.
    """
    with pytest.raises(InvalidArgumentError) as raised:
        read_webhook(sent)

    assert f"body: expected bytes, as they came, found {found}" == str(raised.value)


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_other_bytes(kind: Any) -> None:
    """
    Bytes in another wrapping are read as well.
    """
    sent = body("ACCOUNTS", "historical_update", {"total_accounts": 2})

    assert read_webhook(sent) == read_webhook(kind(sent))


@given(st.binary())
def test_any_octets(sent: bytes) -> None:
    """
    Octets from anywhere are an event, or refused.
    """
    with contextlib.suppress(WebhookUnreadableError):
        assert read_webhook(sent).dedupe_key


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(SAMPLES), JSON)
def test_any_data(sample: Sample, data: Any) -> None:
    """
    Whatever the data are, the event says what happened, and for which link.
    """
    event = read_webhook(body(sample.type, sample.code, data))

    assert (sample.type, sample.code) == event.kind
    assert LINK == event.link_id
    assert event.dedupe_key


# --- as a value ---


def test_events_are_values() -> None:
    """
    An event is frozen and slotted, hashes, and comes out of a pickle as it went in.
    """
    event = read_webhook(body("ACCOUNTS", "historical_update", {"total_accounts": 2}))

    assert {event} == {read_webhook(body("ACCOUNTS", "historical_update", {"total_accounts": 2}))}
    assert event == pickle.loads(pickle.dumps(event))  # noqa: S301 - our own pickle
    assert not hasattr(event, "__dict__")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.link_id = None  # type: ignore[misc] # that is what is tested


# --- twice, and in answer to what ---


def test_a_repetition_has_the_same_key() -> None:
    """
    An event that is delivered again is known by its key, also where ids are spelt in another way and the delivery has
    an id of its own.
    """
    first = read_webhook(body("ACCOUNTS", "historical_update", {"a": 1, "b": 2}))
    again = read_webhook(
        body(
            "ACCOUNTS",
            "historical_update",
            {"b": 2, "a": 1},
            webhook_id="1" * 32,
            request_id=REQUEST.replace("-", ""),
            link_id=LINK.replace("-", ""),
        )
    )

    assert first.dedupe_key == again.dedupe_key
    assert 32 == len(first.dedupe_key)
    assert first.dedupe_key.isalnum()


@pytest.mark.parametrize(
    "other",
    [
        body("OWNERS", "historical_update", {"total": 1}),
        body("ACCOUNTS", "new_accounts_available", {"total": 1}),
        body("ACCOUNTS", "historical_update", {"total": 2}),
        body("ACCOUNTS", "historical_update", {"total": 1}, process_type="recurrent_update"),
        body("ACCOUNTS", "historical_update", {"total": 1}, link_id="1" * 32),
        body("ACCOUNTS", "historical_update", {"total": 1}, request_id="1" * 32),
        body("ACCOUNTS", "historical_update", {"total": 1}, request_id=None),
        old_body("ACCOUNTS", "historical_update", {"total": 1}),
    ],
)
def test_another_event_has_another_key(other: bytes) -> None:
    """
    Events that differ in an id, in what happened and why, or only in their data have keys of their own.
    """
    one = read_webhook(body("ACCOUNTS", "historical_update", {"total": 1}))

    assert one.dedupe_key != read_webhook(other).dedupe_key


@pytest.mark.parametrize("sent", [old_body, partial(body, request_id=None), partial(body, request_id="")])
def test_without_request_every_event_is_new(sent: Callable[..., bytes]) -> None:
    """
    The same news of two days are two events where nothing but a request could tell them apart, so none is dropped.
    Each keeps its key, also in a pickle.
    """
    monday, tuesday = (
        read_webhook(sent("TRANSACTIONS", "new_transactions_available", {"new_transactions": 3}))
        for _ in range(2)
    )

    assert monday == tuesday
    assert monday.dedupe_key != tuesday.dedupe_key
    assert 32 == len(monday.dedupe_key)
    stored = pickle.loads(pickle.dumps(monday))  # noqa: S301 - our own pickle
    assert monday.dedupe_key == monday.dedupe_key == stored.dedupe_key


def by_hand(data: WebhookData) -> WebhookEvent:
    """
    Return an event as somebody's test makes it.
    """
    return WebhookEvent(
        webhook_type=WebhookType.TRANSACTIONS,
        webhook_code=WebhookCode.HISTORICAL_UPDATE,
        request_id=REQUEST,
        data=data,
    )


def test_events_made_by_hand() -> None:
    """
    Events that were never received are told apart by their data.
    """
    days = [TransactionsFound(first_transaction_date=date(2025, 12, day)) for day in (1, 1, 2)]
    first, again, other = (by_hand(data).dedupe_key for data in days)

    assert first == again != other


def test_the_key_is_stable() -> None:
    """
    The key does not depend on the process or the release: it is stored.
    """
    event = read_webhook(body("ACCOUNTS", "historical_update", {"total_accounts": 5}))

    assert "77073e7890fba3ee4bec24a79d4714b5" == event.dedupe_key


def test_what_it_answers() -> None:
    """
    The bare id of a 202 is answered by a webhook with dashes, and by no other.
    """
    event = read_webhook(body("TRANSACTIONS", "historical_update"))

    assert event.answers(REQUEST.replace("-", ""))
    assert event.answers(REQUEST.upper())
    assert not event.answers("0" * 32)
    assert not read_webhook(old_body("TRANSACTIONS", "historical_update")).answers(None)
