"""
Webhooks: what Belvo tells by itself, and how to be sure that it was Belvo.

    receiver = WebhookReceiver("Bearer …")

    async def handle(event: WebhookEvent) -> None:
        match event.kind:
            case WebhookType.TRANSACTIONS, WebhookCode.HISTORICAL_UPDATE: ...

`belvo_async.webhooks.aiohttp` and `belvo_async.webhooks.starlette` connect the two to a server.
"""

from __future__ import annotations

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
from belvo_async.webhooks.event import WebhookEvent, read_webhook
from belvo_async.webhooks.receiver import WebhookReceiver
from belvo_async.webhooks.vocabulary import ProcessType, WebhookCode, WebhookType


__all__ = [
    "AccountsFound",
    "BillsFound",
    "ConsentNotice",
    "EmploymentChanges",
    "EmploymentRecordsFound",
    "IncomesFound",
    "InvestmentTransactionsFound",
    "InvestmentsFound",
    "InvoicesFound",
    "LinkProblem",
    "OwnersFound",
    "ProcessType",
    "TaxComplianceStatusFound",
    "TaxDeclarationsFound",
    "TaxRetentionsFound",
    "TaxReturnsFound",
    "TaxStatusFound",
    "TransactionsFound",
    "WebhookCode",
    "WebhookData",
    "WebhookEvent",
    "WebhookReceiver",
    "WebhookType",
    "read_webhook",
]
