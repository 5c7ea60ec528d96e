"""
Consents: what users of Brazilian banks allow. Each of their links has one.
"""

from __future__ import annotations

from typing import Final

from belvo_async.sandbox import data
from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import is_brazilian
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows import owners


SALT: Final = data.salt("/api/consents/")

DURATION: Final = 366
"""Days that a consent holds."""

PERMISSIONS: Final = {
    "ACCOUNTS": ["ACCOUNTS_READ", "ACCOUNTS_BALANCES_READ", "ACCOUNTS_TRANSACTIONS_READ"],
    "CREDIT_CARDS": ["CREDIT_CARDS_ACCOUNTS_READ", "CREDIT_CARDS_ACCOUNTS_BILLS_READ"],
    "CREDIT_OPERATIONS": ["LOANS_READ", "FINANCINGS_READ"],
    "REGISTER": ["CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ"],
    "RESOURCES": ["RESOURCES_READ"],
    "INVESTMENTS": ["BANK_FIXED_INCOMES_READ", "FUNDS_READ", "EXCHANGES_READ"],
}


def has_consent(access: Access) -> bool:
    """
    Whether the link was made by a consent.
    """
    return is_brazilian(access) and access.institution.public["type"] == "bank"


def consent_row(access: Access, today: int) -> Json:
    """
    Return a row of `/api/consents/`, with its id, as it is on the day *today*.
    """
    created: str = access.public["created_at"]
    end = data.shifted(created, DURATION)
    name = owners.name_of(access)
    bank = access.institution.public
    return {
        "id": data.row_id(access, SALT, 0),
        "display_name": name,
        "document_number": owners.document_of(access)[1],
        "belvo_institution_name": access.institution.name,
        "institution_display_name": bank["display_name"],
        "institution_icon_logo": bank["icon_logo"] or f"{bank['website']}icon.svg",
        "belvo_organization_name": "Sandbox",
        "link_id": access.id,
        "user_name": name,
        "expired_at": f"{end}{created[10:]}",
        "undefined_consent_expiration": False,
        "consent_duration": DURATION,
        "created_at": created,
        "status": _status(access, expired=data.ordinal(end) <= today),
        "permissions": PERMISSIONS,
    }


def _status(access: Access, *, expired: bool) -> str:
    if expired:
        return "EXPIRED"
    return "AWAITING_AUTHORISATION" if access.public["status"] == "unconfirmed" else "AUTHORISED"
