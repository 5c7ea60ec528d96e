"""
Accounts, and what belongs to their kind: the credit of cards, the contracts of loans.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import attrs

from belvo_async.sandbox import data
from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import cents, digits, is_brazilian, key, noise
from belvo_async.sandbox.registry import Access


PATH: Final = "/api/accounts/"
SALT: Final = data.salt(PATH)


@attrs.frozen
class Kind:
    """
    A kind of account.

    Attributes:
        category: Belvo's word.

        balance_type: Whether its balance is owned or owed.

        word: The bank's word.

        subtype: What Brazil's network calls it.
    """

    category: str
    balance_type: str
    word: str
    subtype: str


CHECKING: Final = Kind("CHECKING_ACCOUNT", "ASSET", "Cuenta corriente", "INDIVIDUAL")
SAVINGS: Final = Kind("SAVINGS_ACCOUNT", "ASSET", "Cuenta de ahorro", "INDIVIDUAL")
CARD: Final = Kind("CREDIT_CARD", "LIABILITY", "Tarjeta de crédito", "PLATINUM")
LOAN: Final = Kind("LOAN_ACCOUNT", "LIABILITY", "Préstamo", "CREDITO_PESSOAL_COM_CONSIGNACAO")

KINDS: Final = (CHECKING, SAVINGS, CARD, LOAN)
"""The accounts of a user, by turns; a fifth begins again."""

PAIR: Final = (CHECKING, CARD)
"""Those of a user who has only two."""

LIMIT: Final = 19_200_000
"""What may be spent with a card, in cents: more than any balance."""

OVERDRAFT: Final = 500_000
"""By how many cents a checking account may be overdrawn."""

DAYS_TO_PAY: Final = 10
"""Days from the end of a month until what was spent with a card in it has to be paid."""

INSTALMENT: Final = 100_000
INSTALMENTS: Final = 120
BORROWED: Final = INSTALMENT * INSTALMENTS

NO_LONGER: Final = dict.fromkeys(
    (
        "credit_limit",
        "last_period_balance",
        "interest_rate",
        "limit_day",
        "cutting_day",
        "cutting_date",
        "last_payment_date",
        "no_interest_payment",
    )
)
"""What Belvo still names in the data of loans and does not fill in any more."""


def kind_of(index: int, count: int) -> Kind:
    """
    Return the kind of account *index* of somebody who has *count*.
    """
    return PAIR[index] if count == len(PAIR) else KINDS[index % len(KINDS)]


def indices(category: str, count: int) -> tuple[int, ...]:
    """
    Return which accounts of somebody who has *count* are of *category*.
    """
    return tuple(index for index in range(count) if kind_of(index, count).category == category)


@lru_cache(maxsize=4096)
def accounts(access: Access, count: int) -> tuple[Json, ...]:
    """
    Return the accounts of a user as they were when the link was made, which is how other rows show them.
    """
    created: str = access.public["created_at"]
    return tuple(
        {"id": data.row_id(access, SALT, index), **account_row(access, index, count, created)}
        for index in range(count)
    )


def account_of(access: Access, number: int, count: int) -> Json:
    """
    Return the account that row *number* belongs to.
    """
    return accounts(access, count)[data.series_of(number) % count]


def balance_on(access: Access, index: int, day: int) -> int:
    """
    Return the balance of account *index* on *day*, in cents.
    """
    return cents(access, key(index, day))


def name_of(access: Access, index: int, count: int) -> str:
    """
    Return what the bank calls account *index*.
    """
    return f"{kind_of(index, count).word} {number_of(access, index)[-4:]}"


def number_of(access: Access, index: int) -> str:
    """
    Return the number of account *index*.
    """
    return f"{4_000_000_000_000 + noise(access, index, 999_999_999_999)}"


def internal_id(access: Access, index: int) -> str:
    """
    Return what the bank knows account *index* by.
    """
    return digits(access, index + 500, 41)


def agency_of(access: Access) -> str:
    """
    Return the number of the branch.
    """
    return f"{1000 + noise(access, 501, 9000)}"


def bank_id(access: Access) -> str:
    """
    Return the fourteen digits that Brazil knows the institution by.
    """
    return f"{access.institution.public['id']:08d}000191"


def account_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/accounts/`.
    """
    kind = kind_of(number, count)
    text = number_of(access, number)
    brazilian = is_brazilian(access)
    agency, check_digit = (agency_of(access), text[-1]) if brazilian else (None, None)
    current = balance_on(access, number, data.ordinal(at))
    return {
        "link": access.id,
        "institution": access.institution.brief,
        "collected_at": at,
        "created_at": access.public["created_at"],
        "last_accessed_at": at,
        "category": kind.category,
        "balance_type": kind.balance_type,
        "overdraft": _overdraft(current) if kind is CHECKING else None,
        "type": kind.word,
        "subtype": kind.subtype,
        "name": name_of(access, number, count),
        "number": text,
        "agency": agency,
        "check_digit": check_digit,
        "balance": balance(kind, current),
        "currency": access.institution.currency,
        "public_identification_name": "AGENCY/ACCOUNT" if brazilian else "CLABE",
        "public_identification_value": f"{agency}/{text}" if brazilian else f"15{text}018",
        "internal_identification": internal_id(access, number),
        "credit_data": _credit(access, number, current, at) if kind is CARD else None,
        "loan_data": _loan(access, number, current, at) if kind is LOAN else None,
        "funds_data": None,
        "receivables_data": None,
        "bank_product_id": None,
    }


def balance(kind: Kind, current: int) -> Json:
    """
    Return what there is in an account with *current* cents: its parts add up to it, if it is not overdrawn.
    """
    blocked = invested = 0
    if kind.balance_type == "ASSET":
        blocked, invested = max(current, 0) // 100, max(current, 0) // 50
    available = LIMIT - abs(current) if kind is CARD else current - blocked - invested
    return {
        "current": current / 100,
        "available": available / 100,
        "blocked": blocked / 100,
        "automatically_invested": invested / 100,
    }


def _overdraft(current: int) -> Json:
    owed = max(-current, 0)
    return {
        "arranged": OVERDRAFT / 100,
        "used": min(owed, OVERDRAFT) / 100,
        "unarranged": max(owed - OVERDRAFT, 0) / 100,
    }


def card_number(access: Access, index: int) -> str:
    """
    Return the last digits of the card of account *index*.
    """
    return number_of(access, index)[-4:]


def _credit(access: Access, index: int, current: int, at: str) -> Json:
    used = abs(current)
    day = data.ordinal(at)
    cutting = data.end_of_month(day)
    return {
        "collected_at": at,
        "credit_limit": LIMIT / 100,
        "limits": [
            {
                "identification_number": card_number(access, index),
                "credit_limit": LIMIT / 100,
                "used_amount": used / 100,
                "available_amount": (LIMIT - used) / 100,
                "is_limit_flexible": False,
                "type": "TOTAL_LIMIT",
                "consolidation_type": "INDIVIDUAL",
                "line_name": "CREDITO_A_VISTA",
                "line_name_additional_info": None,
            }
        ],
        "cutting_date": data.day_text(cutting),
        "next_payment_date": data.day_text(cutting + DAYS_TO_PAY),
        "minimum_payment": used // 10 / 100,
        "no_interest_payment": used / 100,
        "interest_rate": 4.0,
        "network": ("VISA", "MASTERCARD", "ELO")[noise(access, index + 502, 3)],
        "network_additional_info": None,
        "cards": [{"is_multiple": False, "identification_number": card_number(access, index)}],
        "end_date": None,
        "monthly_payment": None,
        "last_payment_date": None,
    }


def _loan(access: Access, index: int, current: int, at: str) -> Json:
    owed = abs(current)
    left = -(-owed // INSTALMENT)
    currency = access.institution.currency
    started = data.shifted(access.public["created_at"], -30 * (INSTALMENTS - left) - 30)
    return {
        "collected_at": at,
        "loan_code": digits(access, index + 503, 40),
        "contract_number": digits(access, index + 504, 13),
        "contract_amount": BORROWED / 100,
        "principal": BORROWED / 100,
        "total_effective_cost": BORROWED * 105 // 100 / 100,
        "loan_type": "CREDITO_PESSOAL_COM_CONSIGNACAO",
        "outstanding_principal": owed / 100,
        "outstanding_balance": owed / 100,
        "monthly_payment": INSTALMENT / 100,
        "payment_day": "27",
        "interest_rates": [
            {
                "name": "NOMINAL",
                "type": "MONTHLY",
                "value": 1.85,
                "interest_rate_data": {
                    "tax_type": "NOMINAL",
                    "rate_type": "SIMPLE",
                    "type": "MONTHLY",
                    "calculation_base": "30/360",
                    "reference_index_type": "PRE_FIXED",
                    "reference_index_subtype": None,
                    "reference_index_info": None,
                    "pre_fixed_rate": 0.0185,
                    "post_fixed_rate": 0.0,
                    "additional_info": None,
                },
            }
        ],
        "fees": [
            {
                "type": "OPERATION_FEE",
                "value": 5.6,
                "name": "Abertura de crédito",
                "code": "ABERTURA",
                "fee_charge_type": "SINGLE",
                "fee_charge": "FIXED",
                "rate": None,
            }
        ],
        "contracted_charges": [{"type": "LATE_PAYMENT_PENALTY_FEE", "info": None, "rate": 0.02}],
        "collaterals": [
            {
                "type": "DIREITOS_CREDITORIOS",
                "subtype": "FOLHA_PAGAMENTO",
                "currency": currency,
                "amount": BORROWED / 100,
            }
        ],
        "balloon_payments": [],
        "installments_contract_term_frequency": "MONTH",
        "installment_frequency": "MONTHLY",
        "installment_frequency_info": None,
        "first_installment_due_date": data.shifted(started, 30),
        "number_of_installments_total": INSTALMENTS,
        "number_of_installments_paid": INSTALMENTS - left,
        "number_of_installments_outstanding": left,
        "number_of_installments_past_due": 0,
        "disbursement_dates": [started],
        "settlement_date": None,
        "contract_start_date": started,
        "contract_end_date": data.shifted(started, 30 * INSTALMENTS),
        "contract_remaining_frequency": "MONTH",
        "contract_remaining_total": left,
        "amortization_schedule": "PRICE",
        "amortization_schedule_info": None,
        "consignee_id": None,
        **NO_LONGER,
    }
