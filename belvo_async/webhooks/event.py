"""
One webhook as a value, and how it is read.
"""

from __future__ import annotations

import hashlib
import json

from collections.abc import Mapping
from typing import Any, Final, TypeAlias
from uuid import uuid4

import attrs

from belvo_async import codec
from belvo_async.codec import lenient
from belvo_async.errors import WebhookUnreadableError, wrong_type
from belvo_async.ids import bare_id, same_id
from belvo_async.webhooks.data import (
    AccountsFound,
    BillsFound,
    ConsentNotice,
    EmploymentChanges,
    EmploymentRecordsFound,
    IncomesFound,
    InvestmentsFound,
    InvestmentTransactionsFound,
    InvoicesFound,
    LinkProblem,
    OwnersFound,
    TaxComplianceStatusFound,
    TaxDeclarationsFound,
    TaxRetentionsFound,
    TaxReturnsFound,
    TaxStatusFound,
    TransactionsFound,
    WebhookData,
)
from belvo_async.webhooks.vocabulary import ProcessType, WebhookCode, WebhookType


Kind: TypeAlias = tuple[WebhookType, WebhookCode]

_TYPE, _CODE = WebhookType, WebhookCode

KINDS: Final[Mapping[Kind, type[WebhookData]]] = {
    (_TYPE.LINK, _CODE.INVALID_CREDENTIALS): LinkProblem,
    (_TYPE.LINK, _CODE.TOKEN_REQUIRED): LinkProblem,
    (_TYPE.LINK, _CODE.LINK_DELETED): WebhookData,
    (_TYPE.CONSENT, _CODE.CONSENT_EXPIRED): ConsentNotice,
    (_TYPE.CONSENT, _CODE.OPENFINANCE_CONSENT_EXPIRED): ConsentNotice,
    (_TYPE.CONSENT, _CODE.OPENFINANCE_CONSENT_ABOUT_TO_EXPIRE): ConsentNotice,
    (_TYPE.CONSENT, _CODE.OPENFINANCE_CONSENT_EXPIRATION_CHANGED): ConsentNotice,
    (_TYPE.CONSENT, _CODE.OPENFINANCE_CONSENT_WITH_TEMPORARILY_UNAVAILABLE_RESOURCES): ConsentNotice,
    (_TYPE.CONSENT, _CODE.OPENFINANCE_CONSENT_WITH_UNRECOVERABLE_RESOURCES): ConsentNotice,
    (_TYPE.ACCOUNTS, _CODE.HISTORICAL_UPDATE): AccountsFound,
    (_TYPE.ACCOUNTS, _CODE.NEW_ACCOUNTS_AVAILABLE): AccountsFound,
    (_TYPE.OWNERS, _CODE.HISTORICAL_UPDATE): OwnersFound,
    (_TYPE.OWNERS, _CODE.NEW_OWNERS_AVAILABLE): OwnersFound,
    (_TYPE.TRANSACTIONS, _CODE.HISTORICAL_UPDATE): TransactionsFound,
    (_TYPE.TRANSACTIONS, _CODE.NEW_TRANSACTIONS_AVAILABLE): TransactionsFound,
    (_TYPE.TRANSACTIONS, _CODE.TRANSACTIONS_UPDATED): WebhookData,
    (_TYPE.TRANSACTIONS, _CODE.TRANSACTIONS_DELETED): WebhookData,
    (_TYPE.RECEIVABLES_TRANSACTIONS, _CODE.HISTORICAL_UPDATE): TransactionsFound,
    (_TYPE.RECEIVABLES_TRANSACTIONS, _CODE.NEW_RECEIVABLES_TRANSACTIONS_AVAILABLE): TransactionsFound,
    (_TYPE.BILLS, _CODE.HISTORICAL_UPDATE): BillsFound,
    (_TYPE.BILLS, _CODE.NEW_BILLS_AVAILABLE): BillsFound,
    (_TYPE.INVESTMENTS, _CODE.HISTORICAL_UPDATE): InvestmentsFound,
    (_TYPE.INVESTMENTS, _CODE.NEW_INVESTMENTS_AVAILABLE): InvestmentsFound,
    (_TYPE.INVESTMENT_TRANSACTIONS, _CODE.HISTORICAL_UPDATE): InvestmentTransactionsFound,
    (
        _TYPE.INVESTMENT_TRANSACTIONS,
        _CODE.NEW_INVESTMENT_TRANSACTIONS_AVAILABLE,
    ): InvestmentTransactionsFound,
    (_TYPE.INVESTMENTS_PORTFOLIOS, _CODE.HISTORICAL_UPDATE): WebhookData,
    (_TYPE.INVESTMENTS_TRANSACTIONS, _CODE.HISTORICAL_UPDATE): WebhookData,
    (_TYPE.BALANCES, _CODE.HISTORICAL_UPDATE): WebhookData,
    (_TYPE.EXCHANGES, _CODE.HISTORICAL_UPDATE): WebhookData,
    (_TYPE.INCOMES, _CODE.HISTORICAL_UPDATE): IncomesFound,
    (_TYPE.RECURRING_EXPENSES, _CODE.HISTORICAL_UPDATE): WebhookData,
    (_TYPE.RISK_INSIGHTS, _CODE.HISTORICAL_UPDATE): WebhookData,
    (_TYPE.INVOICES, _CODE.HISTORICAL_UPDATE): InvoicesFound,
    (_TYPE.INVOICES, _CODE.INITIAL_INFLOW_UPDATE): InvoicesFound,
    (_TYPE.INVOICES, _CODE.INITIAL_OUTFLOW_UPDATE): InvoicesFound,
    (_TYPE.INVOICES, _CODE.HISTORICAL_INFLOW_UPDATE): InvoicesFound,
    (_TYPE.INVOICES, _CODE.HISTORICAL_OUTFLOW_UPDATE): InvoicesFound,
    (_TYPE.TAX_RETURNS, _CODE.HISTORICAL_UPDATE): TaxReturnsFound,
    (_TYPE.TAX_RETURNS, _CODE.NEW_TAX_RETURNS_AVAILABLE): TaxReturnsFound,
    (_TYPE.TAX_DECLARATIONS, _CODE.HISTORICAL_UPDATE): TaxDeclarationsFound,
    (_TYPE.TAX_RETENTIONS, _CODE.HISTORICAL_UPDATE): TaxRetentionsFound,
    (_TYPE.TAX_STATUS, _CODE.HISTORICAL_UPDATE): TaxStatusFound,
    (_TYPE.TAX_COMPLIANCE_STATUS, _CODE.HISTORICAL_UPDATE): TaxComplianceStatusFound,
    (_TYPE.FINANCIAL_STATEMENTS, _CODE.HISTORICAL_UPDATE): WebhookData,
    (_TYPE.DEBT_REPORTS, _CODE.HISTORICAL_UPDATE): WebhookData,
    (_TYPE.EMPLOYMENT_RECORDS, _CODE.HISTORICAL_UPDATE): EmploymentRecordsFound,
    (_TYPE.EMPLOYMENT_RECORDS, _CODE.EMPLOYMENT_CHANGES): EmploymentChanges,
    (_TYPE.CURRENT_EMPLOYMENTS, _CODE.HISTORICAL_UPDATE): WebhookData,
    (_TYPE.EMPLOYMENTS, _CODE.HISTORICAL_UPDATE): WebhookData,
    (_TYPE.EMPLOYMENT_METRICS, _CODE.HISTORICAL_UPDATE): WebhookData,
}
"""What each known webhook carries. One that is not listed is an event all the same, with plain `WebhookData`."""


@attrs.frozen(kw_only=True)
class WebhookEvent:
    """
    What Belvo tells about a link. A hint: read the data themselves by `list()` or `get()`.

    Attributes:
        webhook_id: 32 hexadecimal digits. Whether each delivery has one of its own is not known.

        webhook_type: What it is about.

        webhook_code: What happened.

        process_type: Why it was told; `None` in older webhooks.

        link_id: `Link.id`.

        request_id: Of the request that it answers, with dashes; `None` in older webhooks. Compare it by `answers()`.

        external_id: Your own name for the link.

        data: What it carries, of the class that `KINDS` has for type and code.

        problems: What of `data` is not as documented, and where. Such a member is `None`; where `data` is no object it
            is plain `WebhookData`.

        received: All that arrived, as parsed JSON, also what this library does not know.
    """

    # https://developers.belvo.com/developer_resources/resources-webhooks-aggregation

    webhook_id: str | None = None
    webhook_type: WebhookType
    webhook_code: WebhookCode
    process_type: ProcessType | None = None
    link_id: str | None = None
    request_id: str | None = None
    external_id: str | None = None
    data: WebhookData = attrs.field(factory=WebhookData)
    problems: tuple[str, ...] = ()
    received: Mapping[str, Any] = attrs.field(factory=dict, repr=False, hash=False)
    _key_of_its_own: str = attrs.field(factory=lambda: uuid4().hex, init=False, repr=False, eq=False)

    @property
    def kind(self) -> Kind:
        """
        Type and code, to look up or to match.
        """
        return self.webhook_type, self.webhook_code

    @property
    def dedupe_key(self) -> str:
        """
        32 characters that tell whether this event was here before.

        Belvo repeats a webhook that was not answered in time, so the same event may arrive twice. Store the key where
        storing it twice fails, and do nothing if it was there: `SET key 1 NX EX 604800` in Redis, a primary key with
        `ON CONFLICT DO NOTHING` in a database. Take it out again if your work fails, so that the repetition is not
        ignored.

        It is made from `request_id` and `link_id`, however they are spelt, from type, code and process, and from `data`
        as received (of an event made by hand, from its `data`). Belvo does not document what a repetition has in common
        with the first delivery. It is assumed that

        - a repetition has all of these unchanged. If not, the event counts as new. `webhook_id` may change.
        - two events of one request differ in one of them, and each time that Belvo looks on its own is a request. If not,
          the second counts as a repetition.

        An event without `request_id`, as older ones are, counts as new whenever it is read: nothing in it tells a
        repetition from the same news of another day. To process an event twice is harmless if your work begins with
        `list()` or `get()`; to drop one is not.
        """
        if not self.request_id:
            return self._key_of_its_own
        ids = [bare_id(self.request_id), bare_id(self.link_id or "")]
        data = self.received.get("data") if self.received else attrs.asdict(self.data)
        told = [*ids, self.webhook_type, self.webhook_code, self.process_type, data]
        written = json.dumps(told, sort_keys=True, default=str)
        return hashlib.blake2b(written.encode(), digest_size=16).hexdigest()

    def answers(self, request_id: str | None) -> bool:
        """
        Tell whether this is what became of the asynchronous request *request_id*. Dashes make no difference.
        """
        return same_id(self.request_id, request_id)


def read_webhook(body: bytes) -> WebhookEvent:
    """
    Return the event that *body* holds, without asking who has sent it; for bodies from a queue of your own.

    An unknown type or code is kept, and `data` that is not as documented makes nothing fail.

    Raises:
        InvalidArgumentError: *body* is not bytes.

        WebhookUnreadableError: It is no JSON object with a type and a code, or another member is of the wrong kind.
    """
    members = codec.parse(octets(body))
    if not isinstance(members, dict):
        raise WebhookUnreadableError(problems=("expected a JSON object",))
    missing = tuple(f"missing @ $.{name}" for name in NEEDED if not members.get(name))
    if missing:
        raise WebhookUnreadableError(problems=missing)
    head = {name: members.get(name) for name in HEAD}
    structured, problems = lenient.structure(head, WebhookEvent)
    if problems:
        raise WebhookUnreadableError(problems=problems)
    event: WebhookEvent = structured
    data, problems = _read_data(event.kind, members.get("data"))
    return attrs.evolve(event, data=data, problems=problems, received=members)


NEEDED: Final = ("webhook_type", "webhook_code")

HEAD: Final = (*NEEDED, "webhook_id", "process_type", "link_id", "request_id", "external_id")


def octets(body: object) -> bytes:
    """
    Return *body*, or a part of one, as bytes.

    Raises:
        InvalidArgumentError: It is nothing like bytes.
    """
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    raise wrong_type("body", "bytes, as they came", body)


def _read_data(kind: Kind, value: object) -> tuple[WebhookData, tuple[str, ...]]:
    class_ = KINDS.get(kind, WebhookData)
    data, problems = lenient.structure({} if value is None else value, class_)
    if problems:
        data = _read_what_can_be(value, class_) if isinstance(value, dict) else WebhookData()
    return data, tuple(problem.replace("@ $", "@ $.data", 1) for problem in problems)


def _read_what_can_be(members: Mapping[str, Any], class_: type[WebhookData]) -> WebhookData:
    # All members have a default, so each is read by itself and the bad ones are left out.
    known = {name: members[name] for name in attrs.fields_dict(class_) if name in members}
    good = {
        name: member for name, member in known.items() if not lenient.structure({name: member}, class_)[1]
    }
    data: WebhookData = lenient.structure(good, class_)[0]
    return data
