"""
The members of request bodies: what is taken, and what is refused before anything is sent.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hypothesis import given
from hypothesis import strategies as st

from belvo_async.errors import InvalidArgumentError
from belvo_async.messages import SECRET_MEMBERS, Body
from belvo_async.models import CategorizationTransactionRequest, InvoiceType, LinkAccessMode
from belvo_async.resources.members import CHECKS, MOST_TRANSACTIONS, checked


def sent(**members: object) -> dict[str, object]:
    """
    Return what is sent for *members*.
    """
    return checked(Body(members)).reveal()


@pytest.mark.parametrize(
    ("member", "given", "sent_"),
    [
        ("date_from", date(2026, 1, 31), "2026-01-31"),
        ("year_from", 2026, "2026"),
        ("year_to", "1999", "1999"),
        ("type", InvoiceType.INFLOW, "INFLOW"),
        ("access_mode", LinkAccessMode.SINGLE, "single"),
        ("fetch_resources", ("ACCOUNTS", "OWNERS"), ["ACCOUNTS", "OWNERS"]),
        ("scopes", ["a", "b"], "a,b"),
        ("scopes", "a,b", "a,b"),
        ("credentials_storage", "nostore", "nostore"),
        ("credentials_storage", "365d", "365d"),
        ("stale_in", "90d", "90d"),
        ("external_id", "abc", "abc"),
        ("attach_pdf", False, False),
        ("password", "0123", "0123"),
        ("widget", {"theme": []}, {"theme": []}),
        ("transactions", [{"amount": Decimal("1.10")}], [{"amount": Decimal("1.10")}]),
        (
            "transactions",
            [CategorizationTransactionRequest(transaction_id="t", amount=Decimal("1.10"))],
            [{"transaction_id": "t", "amount": Decimal("1.10")}],
        ),
    ],
)
def test_what_is_sent(member: str, given: object, sent_: object) -> None:
    """
    Members are sent as Belvo reads them.
    """
    assert {member: sent_} == sent(**{member: given})


@pytest.mark.parametrize(
    ("member", "given", "problem"),
    [
        ("link", "a/../b", "link: expected an id of Belvo's"),
        ("account", "", "account: expected text, found nothing"),
        ("link", 5, "link: expected text, found int"),
        ("scopes", [], "scopes: expected words, one at least, found nothing"),
        ("scopes", "a,,b", "scopes: expected words, one at least, found nothing"),
        ("year_from", 26, "year_from: expected a year, as 2026, found 26"),
        ("year_from", True, "year_from: expected a year, as 2026, found bool"),
        ("year_from", "20266", "year_from: expected a year, as 2026, found 20266"),
        ("attach_pdf", "yes", "attach_pdf: expected True or False, found str"),
        ("save_data", 0, "save_data: expected True or False, found int"),
        ("fetch_resources", "ACCOUNTS", "fetch_resources: expected a list of texts, found str"),
        ("fetch_resources", [1], "fetch_resources: expected text, found int"),
        ("credentials_storage", "30", "credentials_storage: expected store, nostore, or days as 30d"),
        ("stale_in", "0d", "stale_in: expected days as 90d"),
        ("external_id", "ab", "external_id: expected text of 3 to 256 characters, on one line, found another text of 2 characters"),
        ("password", 1234, "password: expected text, found int"),
        ("token", "", "token: expected text, found nothing"),
        ("widget", [], "widget: expected a mapping, found list"),
        ("transactions", "abc", "transactions: expected a list of transactions, found str"),
        ("transactions", [], "transactions: expected one transaction at least, found none"),
        ("transactions", [5], "transactions: expected a mapping, found int"),
        ("transactions", [{}] * (MOST_TRANSACTIONS + 1), "transactions: expected at most 10,000 of them, found 10,001"),
    ],
)  # fmt: skip
def test_what_is_refused(member: str, given: object, problem: str) -> None:
    """
    The error tells which member is wrong, and what would be right.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        sent(**{member: given})

    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize("member", sorted(SECRET_MEMBERS - {"session"}))
@pytest.mark.parametrize("value", [b"hunter2-canary", ["hunter2-canary"], {"x": "hunter2-canary"}])
def test_no_secret_is_shown(member: str, value: Any) -> None:
    """
    An error about a credential does not repeat it.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        sent(**{member: value})

    assert "canary" not in f"{caught.value!r} {caught.value}"


def test_what_is_needed() -> None:
    """
    A member that has to be there is asked for in the words of its check.
    """
    with pytest.raises(
        InvalidArgumentError, match="date_to: expected a date, or text as 2026-01-31, found NoneType"
    ):
        checked(Body({"date_from": "2026-01-01", "date_to": None}), ("date_from", "date_to"))


def test_something_is_needed() -> None:
    """
    A request that says nothing is refused.
    """
    with pytest.raises(InvalidArgumentError, match="expected one at least, found none"):
        checked(Body({"password": None}))


@given(st.dates(), st.dates())
def test_periods(first: date, last: date) -> None:
    """
    A period is accepted exactly if its first day is not after its last.
    """
    try:
        ends: object = sent(date_from=first, date_to=last)
    except InvalidArgumentError as error:
        ends = str(error)
    problem = f"date_from: expected nothing after date_to ({last}), found {first}"

    assert (
        {"date_from": first.isoformat(), "date_to": last.isoformat()} if first <= last else problem
    ) == ends


@given(st.integers(1900, 2099), st.integers(1900, 2099))
def test_years(first: int, last: int) -> None:
    """
    The same holds for years.
    """
    try:
        ends: object = sent(year_from=first, year_to=str(last))
    except InvalidArgumentError:
        ends = None

    assert ({"year_from": str(first), "year_to": str(last)} if first <= last else None) == ends


@pytest.mark.parametrize("member", sorted(CHECKS))
def test_every_check_names_its_member(member: str) -> None:
    """
    What no member can be is refused by every check, under the name of the member.
    """
    with pytest.raises(InvalidArgumentError, match=f"^{member}: expected "):
        sent(**{member: object()})
