"""
The rules of enrichment: transactions of somebody's own are sent, and what they are about comes back.
"""

from __future__ import annotations

import unicodedata

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Final

from belvo_async.sandbox import forms
from belvo_async.sandbox.answers import Answer, Json
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.forms import DATE_FROM, DATE_TO, Field, Form, form
from belvo_async.sandbox.refusals import Problem, Refusal, refusal
from belvo_async.sandbox.resources import CONFIDENCE, INCOME_TYPES
from belvo_async.sandbox.rows.incomes import CONFIDENCES, TYPES, Inflow, Wish, summary
from belvo_async.sandbox.rows.spending import KNOWN, Purpose
from belvo_async.sandbox.world import World


INCOMES: Final = "/api/enrich/incomes/"
CATEGORIZATION: Final = "/api/categorization/"

MOST: Final = 10_000
"""Transactions that may be sent at once."""


def _transaction(holders: tuple[str, ...], categories: tuple[str, ...], types: tuple[str, ...]) -> Form:
    return form(
        Field("transaction_id", forms.text),
        Field("account_holder_type", forms.choice(*holders)),
        Field("account_holder_id", forms.text),
        Field("account_id", forms.text),
        Field("account_category", forms.choice(*categories)),
        Field("value_date", forms.day),
        Field("description", forms.text),
        Field("type", forms.choice(*types)),
        Field("amount", forms.number),
        Field("currency", forms.matching(r"[A-Z]{3}")),
        Field("institution", forms.text),
    )


DEPOSITS: Final = ("CHECKING_ACCOUNT", "SAVINGS_ACCOUNT")

INCOME: Final = _transaction(("INDIVIDUAL",), DEPOSITS, ("INFLOW",))
MOVEMENT: Final = _transaction(
    ("INDIVIDUAL", "BUSINESS"), (*DEPOSITS, "CREDIT_CARD", "LOAN_ACCOUNT"), ("INFLOW", "OUTFLOW")
)

REQUEST: Final = (Field("language", forms.choice("en", "es", "pt")), Field("transactions", forms.listing))
CATEGORIZATION_REQUEST: Final = form(*REQUEST)
INCOMES_REQUEST: Final = form(*REQUEST, optional=(DATE_FROM, DATE_TO, INCOME_TYPES, CONFIDENCE))

UNKNOWN: Final = Purpose("Unknown", None, "")


def incomes(world: World, call: Call) -> Answer:
    """
    `POST /api/enrich/incomes/`: an answer for each institution that transactions are of.
    """
    INCOMES_REQUEST.check(call.body)
    sent = _sent(call, INCOME)
    wanted = _wish(world, call, [_day(one) for one in sent])
    return Answer(
        200,
        [
            {
                "id": world.ids.uuid(),
                "link": world.ids.uuid(),
                "created_at": world.now,
                "institution": institution,
                **summary(map(_inflow, some), wanted),
            }
            for institution, some in groupby(sorted(sent, key=_institution), key=_institution)
        ],
    )


def categorization(world: World, call: Call) -> Answer:  # noqa: ARG001  # all rules look alike
    """
    `POST /api/categorization/`.
    """
    CATEGORIZATION_REQUEST.check(call.body)
    return Answer(200, {"transactions": [_categorized(one) for one in _sent(call, MOVEMENT)]})


def _sent(call: Call, wanted: Form) -> list[Json]:
    sent: list[Json] = call.get("transactions")
    if not 0 < len(sent) <= MOST:
        raise refusal("invalid", "transactions")
    if not all(isinstance(one, dict) for one in sent):
        raise refusal("invalid", "transactions")
    problems: list[Problem] = []
    for place, one in enumerate(sent):
        problems += wanted.problems(one, f"transactions[{place}].")
    if problems:
        raise Refusal(*problems)
    return sent


def _institution(one: Json) -> str:
    name: str = one["institution"]
    return name


def _day(one: Json) -> int:
    return date.fromisoformat(one["value_date"]).toordinal()


def _wish(world: World, call: Call, days: Sequence[int]) -> Wish:
    first = forms.ordinal(call.body, "date_from", min(days))
    last = forms.ordinal(call.body, "date_to", max(days))
    if last > world.today:
        raise refusal("invalid", "date_to")
    if first > last:
        raise refusal("invalid", "date_from")
    types = frozenset(call.get("allowed_income_types") or TYPES)
    return Wish(first, last, types, CONFIDENCES.index(call.get("minimum_confidence_level", CONFIDENCES[0])))


def _inflow(one: Json) -> Inflow:
    kind = purpose(one["description"], inflow=True).income
    return Inflow(
        one["account_id"],
        kind or "UNKNOWN",
        _day(one),
        round(one["amount"] * 100),
        one["currency"],
        one["description"],
    )


def _categorized(one: Json) -> Json:
    known = purpose(one["description"], inflow=one["type"] == "INFLOW")
    merchant = {"logo": None, "website": None, "merchant_name": known.merchant}
    return {
        "mcc": None,
        **one,
        "category": known.category,
        "subcategory": known.subcategory,
        "merchant": merchant if known.merchant else None,
    }


def purpose(description: str, *, inflow: bool) -> Purpose:
    """
    Return what a transaction is about, as far as its *description* tells.
    """
    plain = _plain(description)
    for known in KNOWN:
        is_income = known.income is not None
        if (not is_income or inflow) and any(
            word in plain for word in (_plain(known.merchant), *known.words)
        ):
            return known
    return UNKNOWN


def _plain(text: str) -> str:
    """
    Return *text* in small letters, without accents.
    """
    letters = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
