"""
The rows: they look as both specifications say, and agree with each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from statistics import mean, median
from typing import Any, Final

import pytest

from documents import FILES, NEW, OLD, skip_without_documents
from sandbox.api import RIGHT, Api, JumpingClock
from sandbox.schemas import differences, faults, members, named

from belvo_async.sandbox import Sandbox
from belvo_async.sandbox.data import SALTS
from belvo_async.sandbox.institutions import INSTITUTIONS
from belvo_async.sandbox.resources import RESOURCES, Resource
from belvo_async.sandbox.rows import exchanges, investments


pytestmark = pytest.mark.anyio

DAYS: Final[dict[str, object]] = {"date_from": "2025-12-01", "date_to": "2026-03-15"}
BODY: Final[dict[str, object]] = {
    "date_from": "2026-03-05",
    "date_to": "2026-03-15",
    "type": "INFLOW",
    "year_from": "2024",
    "year_to": 2025,
}


def body_for(resource: Resource) -> dict[str, object]:
    """
    Return what a call for *resource* may say besides the link.
    """
    return {**BODY, "type": "yearly"} if resource.name == "TAX_RETURNS" else BODY


ACCOUNTS: Final = "/api/accounts/"
TRANSACTIONS: Final = "/api/transactions/"
BILLS: Final = "/api/bills/"
INCOMES: Final = "/api/incomes/"
EXPENSES: Final = "/api/recurring-expenses/"
INSIGHTS: Final = "/api/risk-insights/"
PORTFOLIOS: Final = "/investments/portfolios/"

MISSPELT: Final = "required total_effectove_cost"

DIFFERENCES: Final = {
    # A name is required that no property has: one letter of `total_effective_cost` is wrong.
    (NEW, f"POST {ACCOUNTS}", "[].loan_data", MISSPELT),
    (NEW, f"PATCH {ACCOUNTS}", "[].loan_data", MISSPELT),
    (NEW, f"GET {ACCOUNTS}", "results.[].loan_data", MISSPELT),
    (NEW, f"POST {TRANSACTIONS}", "[].account.loan_data", MISSPELT),
    (NEW, f"PATCH {TRANSACTIONS}", "[].account.loan_data", MISSPELT),
    (NEW, f"GET {TRANSACTIONS}", "results.[].account.loan_data", MISSPELT),
    # The same: the property is called `num_assets_accounts`.
    (NEW, f"POST {INSIGHTS}", "assets_metrics", "required num_accounts"),
    (NEW, f"PATCH {INSIGHTS}", "[].assets_metrics", "required num_accounts"),
    (NEW, f"GET {INSIGHTS}", "results.[].assets_metrics", "required num_accounts"),
    # One version says list, the other object: the newer one is followed.
    (OLD, f"POST {INSIGHTS}", "", "type array"),
    (OLD, f"GET {INCOMES}{{id}}/", "", "type array"),
    # An id names one row, and everywhere else one row is an object.
    (OLD, f"GET {INSIGHTS}{{id}}/", "", "type array"),
    (NEW, f"GET {INSIGHTS}{{id}}/", "", "type array"),
    (OLD, f"GET {EXPENSES}{{id}}/", "", "type array"),
    (NEW, f"GET {EXPENSES}{{id}}/", "", "type array"),
    # In the older version no employment goes on: each has an end.
    (OLD, "POST /api/employment-records/", "[].employment_records.[].end_date", "type string"),
    (OLD, "GET /api/employment-records/", "results.[].employment_records.[].end_date", "type string"),
    (OLD, "GET /api/employment-records/{id}/", "employment_records.[].end_date", "type string"),
    # Owners outside of Brazil are described for a POST and forgotten for a PATCH.
    (NEW, "PATCH /api/owners/", "[]", "anyOf"),
}
"""Where the sandbox answers otherwise than a version says, because the versions contradict each other or themselves."""


@pytest.fixture(name="sandbox")
async def _sandbox(clock: JumpingClock) -> Any:
    async with Sandbox(clock=clock, page_size=1000, accounts_per_link=4, rows_per_day=4) as sandbox:
        yield sandbox


def offering(resource: Resource) -> list[str]:
    """
    Return the institutions that offer *resource* and ask for no token: one for each country and kind.
    """
    names = [
        name
        for name, institution in INSTITUTIONS.items()
        if resource.name in institution.resources and not institution.mfa
    ]
    there = [name for name in names if f"/{name.split('_')[1]}/" in resource.path] or names
    # Colombia's banking rows are made as Mexico's are.
    apart = [name for name in there if "_co_" not in name] or there
    return list({name.partition("_")[2]: name for name in apart}.values())


async def answers(
    api: Api, sandbox: Sandbox, resource: Resource, link: Any
) -> list[tuple[str, str, int, Any]]:
    """
    Retrieve *resource*, at once and after a challenge, list and get it.
    """
    path = resource.path
    posted = await api.post(path, link=link["id"], **body_for(resource))
    assert posted.status == 201, posted.text
    listed = await api.get(path, link=link["id"])
    found = [(path, "post", 201, posted.json), (path, "get", 200, listed.json)]
    rows = listed.json["results"]
    if rows:
        one = await api.get(f"{path}{rows[0]['id']}/")
        found.append((f"{path}{{id}}/", "get", 200, one.json))
    if resource.resumable:
        link["status"] = "token_required"
        [challenge] = (await api.post(path, link=link["id"], **body_for(resource))).json
        resumed = await api.patch(path, session=challenge["session"], link=link["id"], token=RIGHT)
        found.append((path, "patch", 201, resumed.json))
    return found


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
async def test_rows_are_as_documented(api: Api, sandbox: Sandbox, resource: Resource) -> None:
    """
    Every answer has what each specification that knows the path says of it, but for known differences.
    """
    skip_without_documents()

    found = {
        difference
        for name in offering(resource)
        for answer in await answers(api, sandbox, resource, sandbox.add_link(name))
        for difference in differences(*answer)
    }

    ours = (resource.path, f"{resource.path}{{id}}/")
    assert found == {known for known in DIFFERENCES if known[1].split()[1] in ours}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
async def test_rows_of_users_without_data(api: Api, sandbox: Sandbox, resource: Resource) -> None:
    """
    What is answered for somebody who has nothing is as documented, too; where an object is due, an empty list will do.
    """
    skip_without_documents()
    link = sandbox.add_link(offering(resource)[0], password="nodata")

    for path, method, status, answer in await answers(api, sandbox, resource, link):
        if answer != []:
            assert set(differences(path, method, status, answer)) <= DIFFERENCES


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
def test_bodies_are_as_documented(resource: Resource) -> None:
    """
    Every member that a specification names for a body is checked, and what is required is.
    """
    skip_without_documents()
    ours = {field.name for field in resource.form.fields}
    required = {field.name for field in resource.form.fields if field.required}
    theirs = [members(version, resource.path) for version in FILES]

    assert any(theirs)
    assert set().union(*theirs) <= ours
    assert required <= {name for version in theirs for name, always in version.items() if always}


@pytest.mark.parametrize(
    ("institution", "version", "name"),
    [
        ("erebor_mx_retail", NEW, "Owner"),
        ("erebor_mx_retail", OLD, "Owner"),
        ("erebor_br_retail", NEW, "OwnerIndividualOpenFinanceBrazil"),
        ("ironbank_br_business", NEW, "OwnerBusinessOpenFinanceBrazil"),
    ],
)
async def test_kinds_of_owners(api: Api, sandbox: Sandbox, institution: str, version: str, name: str) -> None:
    """
    Persons and companies in Brazil have what the network says of them, others what is said everywhere.
    """
    skip_without_documents()
    [owner] = (await api.post("/api/owners/", link=sandbox.add_link(institution)["id"])).json

    assert not list(faults(named(version, name), owner))


async def test_what_is_not_as_documented_is_found(api: Api, sandbox: Sandbox) -> None:
    """
    The comparison sees a missing property, a wrong word, a wrong form and a wrong type, however deep.
    """
    skip_without_documents()
    [account, *_] = (await api.post(ACCOUNTS, link=sandbox.add_link()["id"])).json
    spoilt = {
        **{name: value for name, value in account.items() if name != "agency"},
        "category": "WALLET",
        "currency": "pesos",
        "created_at": "2026-01-01T00:00:00",
        "balance": {**account["balance"], "blocked": None},
    }

    assert not list(faults(named(NEW, "AccountOpenFinanceBrazil"), account))
    assert sorted(faults(named(NEW, "AccountOpenFinanceBrazil"), spoilt)) == [
        ("", "required agency"),
        ("balance.blocked", "type number"),
        ("category", "enum"),
        ("created_at", "format date-time"),
        ("currency", "maxLength"),
        ("currency", "pattern"),
    ]


async def test_other_answers_are_as_documented(api: Api, sandbox: Sandbox) -> None:
    """
    So are consents, what exchanges have gone through, tokens for the widget, and enrichment.
    """
    skip_without_documents()
    link = sandbox.add_link("erebor_br_retail")["id"]
    [exchange, *_] = (await api.post(exchanges.PATH, link=link, **DAYS)).json
    [owner] = (await api.post("/api/owners/", link=link)).json
    document = owner["document_id"]["document_number"]
    consents = (await api.get("/api/consents/", user_document=document)).json
    movement = {
        "transaction_id": "1",
        "account_holder_type": "INDIVIDUAL",
        "account_holder_id": link,
        "account_id": "2",
        "account_category": "CHECKING_ACCOUNT",
        "value_date": "2026-01-25",
        "description": "SALÁRIO MENSAL",
        "type": "INFLOW",
        "amount": 650.89,
        "currency": "BRL",
        "institution": "Erebor Brazil",
    }
    sent = {"language": "pt", "transactions": [movement]}
    keys = {"id": sandbox.secret_id, "password": sandbox.secret_password}
    calls: list[tuple[str, str, Any]] = [
        (
            f"{exchanges.PATH}{{id}}/history/",
            "get",
            await api.get(f"{exchanges.PATH}{exchange['id']}/history/"),
        ),
        ("/api/consents/", "get", await api.get("/api/consents/", user_document=document)),
        ("/api/consents/{id}/", "get", await api.get(f"/api/consents/{consents['results'][0]['id']}/")),
        (
            "/api/token/",
            "post",
            await api.post("/api/token/", scopes="read_institutions,write_links", **keys),
        ),
        ("/api/enrich/incomes/", "post", await api.post("/api/enrich/incomes/", **sent)),
        ("/api/categorization/", "post", await api.post("/api/categorization/", **sent)),
    ]

    found = {one for path, method, reply in calls for one in differences(path, method, 200, reply.json)}

    assert [reply.status for _, _, reply in calls] == [200] * 6
    assert not found


def test_every_resource_has_a_salt_of_its_own() -> None:
    """
    The ids of no two resources can be the same.
    """
    salts = [resource.salt for resource in RESOURCES]
    salts += [investments.INSTRUMENT_SALT, exchanges.EVENT_SALT]

    assert max(Counter(salts).values()) == 1
    assert all(0 < salt < SALTS for salt in salts)


@pytest.fixture(name="link", params=["full", "low", "negative"])
def _link(sandbox: Sandbox, request: pytest.FixtureRequest) -> str:
    link: str = sandbox.add_link("erebor_br_retail", password=request.param)["id"]
    return link


def total(rows: list[Any], name: str = "amount") -> float:
    return round(sum(row[name] for row in rows), 2)


async def test_balances_add_up(api: Api, link: str) -> None:
    """
    What an account says is in it is what the balances say, and its parts add up to that.
    """
    accounts = (await api.post(ACCOUNTS, link=link)).json
    daily = (await api.post("/api/balances/", link=link, date_from="2026-03-15", date_to="2026-03-15")).json
    deposits = {row["account_id"]: row for row in (await api.post("/api/br/balances/", link=link)).json}

    for account, day in zip(accounts, daily, strict=True):
        balance = account["balance"]
        assert day["account"]["id"] == account["id"]
        assert balance["current"] == day["balance"] == day["account"]["balance"]["current"]
        assert (account["id"] in deposits) == (account["balance_type"] == "ASSET")
        if account["balance_type"] == "ASSET":
            parts = [balance[name] for name in ("available", "blocked", "automatically_invested")]
            assert round(sum(parts), 2) == balance["current"]
            row = deposits[account["id"]]
            assert row["account_internal_identification"] == account["internal_identification"]
            if balance["current"] >= 0:
                assert parts == [row[name] for name in ("available", "blocked", "automatically_invested")]


async def test_balances_of_one_account(api: Api, sandbox: Sandbox) -> None:
    """
    Brazil's balances may be asked for by the id of an account; those of cards are in their bills.
    """
    link = sandbox.add_link("erebor_br_retail")["id"]
    ids = [row["id"] for row in (await api.post(ACCOUNTS, link=link)).json]

    async def found(account: str) -> list[str]:
        rows = (await api.post("/api/br/balances/", link=link, account_id=account)).json
        return [row["account_id"] for row in rows]

    assert await found(ids[1]) == [ids[1]]
    assert await found(ids[2]) == []
    assert (await api.post("/api/br/balances/", link=link, account_id=link)).codes == [
        ("does_not_exist", "account_id")
    ]


async def test_credit_and_loans_add_up(api: Api, link: str) -> None:
    """
    A card's limit is what is used and what is left; of a loan, what is paid and what is not make the whole.
    """
    rows = (await api.post(ACCOUNTS, link=link)).json
    card, loan = rows[2]["credit_data"], rows[3]["loan_data"]
    [limit] = card["limits"]

    assert rows[2]["balance"]["available"] == limit["available_amount"]
    assert round(limit["used_amount"] + limit["available_amount"], 2) == card["credit_limit"]
    assert limit["used_amount"] == abs(rows[2]["balance"]["current"])
    assert card["minimum_payment"] <= card["no_interest_payment"]
    assert loan["outstanding_balance"] == abs(rows[3]["balance"]["current"]) <= loan["contract_amount"]
    assert (
        loan["number_of_installments_paid"] + loan["number_of_installments_outstanding"]
        == loan["number_of_installments_total"]
    )
    assert loan["contract_start_date"] < loan["first_installment_due_date"] < loan["contract_end_date"]


async def test_bills_add_up(api: Api, link: str) -> None:
    """
    A bill belongs to a card and is for what was spent with it in a month; it is paid when it is due.
    """
    bills = (await api.post(BILLS, link=link)).json
    card = (await api.post(ACCOUNTS, link=link)).json[2]["id"]
    rows = (
        await api.post(TRANSACTIONS, link=link, account=card, date_from="2025-12-01", date_to="2026-03-15")
    ).json
    months = defaultdict(list)
    for row in rows:
        months[row["credit_card_data"]["credit_card_bill"]["id"]].append(row)

    assert len(bills) == 13
    assert {bill["account"]["id"] for bill in bills} == {card}
    assert {bill["account"]["category"] for bill in bills} == {"CREDIT_CARD"}
    by_id = {bill["id"]: bill for bill in bills}
    for id_, some in months.items():
        bill = by_id[id_]
        data = some[0]["credit_card_data"]
        assert (bill["bill_name"], bill["due_date"]) == (data["bill_name"], data["bill_due_date"])
        assert bill["total_amount"] == data["bill_amount"]
        assert bill["minimum_amount"] <= bill["total_amount"]
        assert bool(bill["payments"]) == (data["bill_status"] == "PAID")
        if data["bill_status"] != "OPEN":
            assert total([row for row in some if row["type"] == "OUTFLOW"]) == bill["total_amount"]
        for payment in bill["payments"]:
            paid = [row["amount"] for row in rows if row["value_date"] == payment["payment_date"]]
            assert paid in ([payment["amount"]], [])
    assert [bill["bill_name"] for bill in bills[-2:]] == ["feb-2026", "mar-2026"]


async def first_account(api: Api, link: str, **period: object) -> list[Any]:
    """
    Return the transactions of the first account.
    """
    account = (await api.post(ACCOUNTS, link=link)).json[0]["id"]
    rows: list[Any] = (await api.post(TRANSACTIONS, link=link, account=account, **period)).json
    return rows


async def test_incomes_follow_from_transactions(api: Api, link: str) -> None:
    """
    The total of the incomes is what came in, and is split in two ways that both add up to it.
    """
    income = (await api.post(INCOMES, link=link, **DAYS)).json
    inflows = [row for row in await first_account(api, link, **DAYS) if row["type"] == "INFLOW"]

    assert income["total_income_amount"] == total(inflows)
    assert sum(stream["number_of_incomes"] for stream in income["income_streams"]) == len(inflows)
    assert income["first_transaction_date"] == inflows[0]["value_date"]
    assert income["last_transaction_date"] == inflows[-1]["value_date"]
    assert income["number_of_income_streams"] == len(income["income_streams"]) == 2
    for whole, kinds in (
        ("monthly_average", ("regular", "irregular")),
        ("monthly_average", ("low_confidence", "medium_confidence", "high_confidence")),
    ):
        assert round(sum(income[f"{whole}_{kind}"] for kind in kinds), 2) == income[whole]
    assert total([income], "total_income_amount") == round(
        income["total_regular_income_amount"] + income["total_irregular_income_amount"], 2
    )
    assert income["total_income_amount"] == round(
        sum(income[f"total_{level}_confidence"] for level in ("low", "medium", "high")), 2
    )
    salary = next(stream for stream in income["income_streams"] if stream["income_type"] == "SALARY")
    paid = [row["amount"] for row in inflows if row["subcategory"] == "Salary"]
    assert salary["average_income_amount"] == round(mean(paid), 2)
    assert (salary["frequency"], salary["stability"]) == ("MONTHLY", 1.0)


async def test_incomes_that_are_wanted(api: Api, sandbox: Sandbox) -> None:
    """
    Kinds, confidence and period choose; what was chosen is found again by its id.
    """
    link = sandbox.add_link()["id"]
    every = (await api.post(INCOMES, link=link)).json
    salary = (await api.post(INCOMES, link=link, allowed_income_types=["SALARY"])).json
    short = (await api.post(INCOMES, link=link, date_from="2026-03-08", date_to="2026-03-12")).json
    sure = (
        await api.post(
            INCOMES,
            link=link,
            date_from="2026-02-20",
            date_to="2026-03-12",
            minimum_confidence_level="HIGH",
        )
    ).json

    assert {stream["income_type"] for stream in every["income_streams"]} == {"SALARY", "FREELANCE"}
    assert [stream["income_type"] for stream in salary["income_streams"]] == ["SALARY"]
    assert salary["total_income_amount"] < every["total_income_amount"]
    assert all(stream["frequency"] == "SINGLE" for stream in short["income_streams"])
    assert (sure["income_streams"], sure["total_income_amount"]) == ([], 0)
    assert len({one["id"] for one in (every, salary, short, sure)}) == 4
    for one in (every, salary, short, sure):
        assert (await api.get(f"{INCOMES}{one['id']}/")).json == one
    early = (await api.post(INCOMES, link=link, date_from="1990-01-01", date_to="1991-01-01")).json
    assert (early["income_streams"], early["first_transaction_date"]) == ([], None)
    assert (await api.get(f"{INCOMES}{early['id']}/")).json == early
    assert (await api.post(INCOMES, link=link, allowed_income_types=["LUCK"])).codes == [
        ("invalid_choice", "allowed_income_types")
    ]
    assert (await api.post(INCOMES, link=link, allowed_income_types="SALARY")).codes == [
        ("not_a_list", "allowed_income_types")
    ]
    assert (await api.post(INCOMES, link=link, minimum_confidence_level="SOME")).codes == [
        ("invalid_choice", "minimum_confidence_level")
    ]


async def test_expenses_follow_from_transactions(api: Api, link: str) -> None:
    """
    A recurring expense consists of transactions, and its average and median are theirs.
    """
    expenses = (await api.post(EXPENSES, link=link, **DAYS)).json
    rows = await first_account(api, link, **DAYS)

    assert [expense["name"] for expense in expenses] == [
        "Inmobiliaria del Parque",
        "Telefónica del Sur",
        "Nube SA",
        "Seguros Andes",
    ]
    for expense in expenses:
        mine = [row for row in rows if row["merchant"]["merchant_name"] == expense["name"]]
        assert expense["transactions"] == [
            {name: row[name] for name in ("amount", "description", "value_date")} for row in mine
        ]
        assert expense["average_transaction_amount"] == round(mean(row["amount"] for row in mine), 2)
        assert expense["median_transaction_amount"] == round(median(row["amount"] for row in mine), 2)
        assert expense["account"]["id"] == mine[0]["account"]["id"]
        assert {row["category"] for row in mine} == {expense["category"]}
    assert (await api.post(EXPENSES, link=link, date_from="2026-03-03", date_to="2026-03-07")).json == []


async def test_insights_follow_from_everything(api: Api, link: str) -> None:
    """
    Risk insights count and sum up what accounts, balances and transactions show.
    """
    insights = (await api.post(INSIGHTS, link=link)).json
    accounts = (await api.post(ACCOUNTS, link=link)).json
    quarter = {"date_from": "2025-12-16", "date_to": "2026-03-15"}
    rows = await first_account(api, link, **quarter)
    balances = [
        row["balance"]
        for row in (await api.post("/api/balances/", link=link, account=accounts[0]["id"], **quarter)).json
    ]
    inflows = [row for row in rows if row["type"] == "INFLOW"]
    outflows = [row for row in rows if row["type"] == "OUTFLOW"]
    counted, flow, held = (insights[f"{name}_metrics"] for name in ("transactions", "cashflow", "balances"))

    assert insights["accounts"] == [account["id"] for account in accounts]
    assert counted["num_transactions_3m"] == len(rows) == 90
    assert counted["num_incoming_transactions_3m"] == len(inflows)
    assert counted["num_outgoing_transactions_3m"] == len(outflows)
    assert counted["sum_incoming_amount_3m"] == flow["sum_positive_3m"] == total(inflows)
    assert counted["sum_outgoing_amount_3m"] == flow["sum_negative_3m"] == total(outflows)
    assert flow["net_cashflow_3m"] == round(total(inflows) - total(outflows), 2)
    assert counted["max_incoming_amount_3m"] == max(row["amount"] for row in inflows)
    assert (held["min_balance_3m"], held["max_balance_3m"]) == (min(balances), max(balances))
    assert held["mean_balance_3m"] == pytest.approx(mean(balances), abs=0.01)
    assert held["closing_balance"] == accounts[0]["balance"]["current"]
    assert insights["assets_metrics"]["checking_accounts_balance"] == accounts[0]["balance"]["current"]
    assert insights["assets_metrics"]["savings_accounts_balance"] == accounts[1]["balance"]["current"]
    assert insights["credit_cards_metrics"]["sum_credit_limit"] == accounts[2]["credit_data"]["credit_limit"]
    assert insights["credit_cards_metrics"]["sum_credit_used"] == abs(accounts[2]["balance"]["current"])
    assert (
        insights["loans_metrics"]["sum_loans_outstanding_principal"]
        == accounts[3]["loan_data"]["outstanding_principal"]
    )
    for window, longer in (("3d", "1w"), ("1w", "1m"), ("1m", "3m"), ("3m", "6m"), ("6m", "12m")):
        assert (
            held[f"min_balance_{longer}"] <= held[f"min_balance_{window}"] <= held[f"mean_balance_{window}"]
        )
        assert (
            held[f"mean_balance_{window}"] <= held[f"max_balance_{window}"] <= held[f"max_balance_{longer}"]
        )
        assert counted[f"num_transactions_{window}"] == (
            counted[f"num_incoming_transactions_{window}"] + counted[f"num_outgoing_transactions_{window}"]
        )
    assert total(insights["category_metrics"], "net_amount_3m") == flow["net_cashflow_3m"]
    assert {(row["category"], row["subcategory"]) for row in insights["category_metrics"]} == {
        (row["category"], row["subcategory"]) for row in rows
    }


async def test_portfolios_add_up(api: Api, link: str) -> None:
    """
    A portfolio is worth what its instruments are worth, and these what their units are.
    """
    portfolio = (await api.post(PORTFOLIOS, link=link)).json

    for name in ("balance_gross", "balance_net"):
        assert portfolio[name] == total(portfolio["instruments"], name)
    for one in portfolio["instruments"]:
        assert one["balance_gross"] == round(one["price"] * one["quantity"], 2)
        assert one["balance_net"] <= one["balance_gross"]
        paid = one["average_acquisition_price"] * one["quantity"]
        assert one["profit"] == round(one["balance_gross"] - paid, 2)


async def test_investments_add_up(api: Api, link: str) -> None:
    """
    Each transaction belongs to an investment that is listed, and units, prices and fees make its values.
    """
    held = (await api.post(investments.PATH, link=link)).json
    rows = (await api.post("/api/br/investment-transactions/", link=link, **DAYS)).json

    assert {row["investment"]["id"] for row in rows} == {one["id"] for one in held}
    assert [row["investment"] for row in rows if row["value_date"] == "2026-01-05"] == held
    for one in held:
        balance = one["balance"]
        assert balance["gross_value"] == round(balance["quantity"] * balance["gross_unit_price"], 2)
        assert balance["net_value"] == round(balance["gross_value"] - balance["withheld_amount"], 2)
        assert one["issue_date"] < one["purchase_date"] < one["due_date"]
    for row in rows:
        assert row["value"] == row["gross_value"] == round(row["quantity"] * row["unit_price"], 2)
        note = row["broker_note_details"]
        if note is not None:
            fees = sum(value for name, value in note.items() if "fee" in name or "tax" in name)
            assert round(note["gross_value"] - fees, 2) == note["net_value"]


async def test_receivables_add_up(api: Api, link: str) -> None:
    """
    The net amount is the gross amount without the fees.
    """
    row = (await api.post("/receivables/transactions/", link=link, **DAYS)).json

    assert row["net_amount"] == round(row["gross_amount"] - total(row["fees"], "value"), 2)
    assert row["number_of_installments"]["paid"] <= row["number_of_installments"]["total"]
    assert row["account"]["id"] == (await api.post(ACCOUNTS, link=link)).json[0]["id"]


async def test_exchanges_have_a_history(api: Api, sandbox: Sandbox) -> None:
    """
    An exchange is contracted and, two days later, settled; nothing is open then.
    """
    link = sandbox.add_link("erebor_br_retail")["id"]
    rows = (await api.post(exchanges.PATH, link=link, date_from="2025-12-01", date_to="2026-03-15")).json
    history = (await api.get(f"{exchanges.PATH}{rows[0]['id']}/history/")).json

    assert [row["operation_requested_at"][:10] for row in rows] == [
        "2025-12-07",
        "2026-01-07",
        "2026-02-07",
        "2026-03-07",
    ]
    assert [event["event_type"] for event in history["results"]] == [1, 4]
    assert {event["exchange_id"] for event in history["results"]} == {rows[0]["id"]}
    for name in ("local_operation_value_amount", "foreign_operation_value_amount", "operation_identifier"):
        assert {event[name] for event in history["results"]} == {rows[0][name]}
    assert history["results"][-1]["operation_outstanding_balance_amount"] == 0
    assert rows[0]["operation_outstanding_balance_amount"] == 0
    assert history["count"] == 2
    assert (await api.get(f"{exchanges.PATH}{link}/history/")).code == "not_found"


def values(answer: Any) -> Iterator[Any]:
    """
    Yield every value in *answer*, however deep.
    """
    if isinstance(answer, dict):
        for value in answer.values():
            yield from values(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from values(value)
    else:
        yield answer


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
async def test_rows_follow_from_the_seed(resource: Resource) -> None:
    """
    Two sandboxes with the same seed have the same rows; another seed has others.
    """

    async def run(seed: int) -> Any:
        async with Sandbox(seed=seed, clock=JumpingClock()) as sandbox:
            api = Api(sandbox)
            async with api.session:
                link = sandbox.add_link(offering(resource)[0])["id"]
                return (await api.post(resource.path, link=link, **body_for(resource))).json

    first = await run(1)

    assert first == await run(1)
    assert list(values(first)) != list(values(await run(2)))
