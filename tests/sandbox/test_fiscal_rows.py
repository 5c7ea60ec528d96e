"""
Rows of fiscal institutions: that their figures agree, and that calls get the rows they ask for.
"""

from __future__ import annotations

import json

from base64 import b64decode
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from sandbox.api import Api, JumpingClock, Reply

from belvo_async.sandbox import Sandbox


pytestmark = pytest.mark.anyio

PERSON = "PFIS010101000"
COMPANY = "ABC010101AB1"
COLOMBIAN_COMPANY = "900123456"

MEXICO = "tatooine_mx_fiscal"
CHILE = "tatooine_cl_fiscal"
COLOMBIA = "tatooine_co_fiscal"

INVOICES = "/api/invoices/"
CHILEAN_INVOICES = "/api/cl/invoices/"
RETURNS = "/api/tax-returns/"
RETENTIONS = "/api/tax-retentions/"
DECLARATIONS = "/api/tax-declarations/"
STATEMENTS = "/api/financial-statements/"
DEBTS = "/api/cl/debt-reports/"

YEAR: dict[str, object] = {"date_from": "2025-03-15", "date_to": "2026-03-15"}
MONTH: dict[str, object] = {"date_from": "2026-02-01", "date_to": "2026-02-28"}
SENT: dict[str, object] = {"type": "OUTFLOW"}
EIGHT_YEARS: dict[str, object] = {"year_from": "2018", "year_to": "2026"}

DATASETS = ("full", "low", "negative")

WITH_PDF = ("/api/tax-status/", "/api/tax-compliance-status/", RETURNS)
NO_PERIOD: dict[str, object] = {"type": "yearly", **EIGHT_YEARS}


def exact(reply: Reply) -> Any:
    """
    Return the rows with all amounts as they are written.
    """
    return json.loads(reply.text, parse_float=Decimal)


def total(rows: Sequence[Any], name: str) -> Decimal:
    return sum((row[name] for row in rows), Decimal())


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.parametrize("username", [PERSON, COMPANY])
@pytest.mark.parametrize("password", DATASETS)
@pytest.mark.parametrize("direction", ["INFLOW", "OUTFLOW"])
async def test_invoices_add_up(
    api: Api, sandbox: Sandbox, username: str, password: str, direction: str
) -> None:
    """
    The total of an invoice is what its lines come to; payments bring the open amount down, one after the other.
    """
    link = sandbox.add_link(MEXICO, username=username, password=password)["id"]
    rows = exact(await api.post(INVOICES, link=link, type=direction, **YEAR))

    assert len(rows) == 122
    for row in rows:
        lines, taxes = row["invoice_details"], row["tax_details"]
        retained = total([tax for line in lines for tax in line["retained_taxes"]], "retained_tax_amount")
        passed = total([tax for line in lines for tax in line["transferred_taxes"]], "transferred_tax_amount")

        assert row["subtotal_amount"] == total(lines, "pre_tax_amount")
        assert row["tax_amount"] == total(lines, "tax_amount") == passed == taxes["total_tax_transferred"]
        assert row["discount_amount"] == total(lines, "discount")
        assert retained == taxes["total_tax_retained"] == total(taxes["retained_taxes"], "tax_amount")
        assert row["total_amount"] == (
            row["subtotal_amount"] + row["tax_amount"] - row["discount_amount"] - retained
        )
        for line in lines:
            assert line["pre_tax_amount"] == line["quantity"] * line["unit_amount"]
            assert line["tax_amount"] == cents(line["pre_tax_amount"] * line["tax_percentage"] / 100)
            assert line["total_amount"] == line["pre_tax_amount"] + line["tax_amount"]

        still_open = row["total_amount"]
        for part, payment in enumerate(row["payments"], start=1):
            [document] = payment["related_documents"]
            assert document["invoice_identification"] == row["invoice_identification"]
            assert document["partiality_number"] == part
            assert document["previous_balance"] == still_open
            assert document["amount_paid"] == payment["amount"] > 0
            assert document["outstanding_balance"] == still_open - payment["amount"]
            assert row["invoice_date"] < payment["date"] < "2026-03-16"
            still_open -= payment["amount"]
        assert still_open >= 0


async def test_kinds_of_invoices(api: Api, sandbox: Sandbox) -> None:
    """
    There are sales, credit notes that name an earlier invoice, wages, and invoices that were cancelled.
    """
    link = sandbox.add_link(MEXICO, username=COMPANY)["id"]
    rows = (await api.post(INVOICES, link=link, **SENT, **YEAR)).json
    known = {row["invoice_identification"]: row["invoice_date"] for row in rows}
    kinds = {row["invoice_type"] for row in rows}

    assert kinds == {"Ingreso", "Egreso", "Nómina"}
    assert {row["sender_id"] for row in rows} == {COMPANY}
    assert {row["status"] for row in rows} == {"Vigente", "Cancelado"}
    for row in rows:
        assert (row["payroll"] is not None) == (row["invoice_type"] == "Nómina")
        assert bool(row["related_invoices"]) == (row["invoice_type"] == "Egreso")
        assert (row["cancelation_update_date"] is not None) == (row["status"] == "Cancelado")
        assert not row["payments"] or row["payment_method"] == "PPD"
        for related in row["related_invoices"]:
            earlier = known.get(related["related_invoice_identification"], "2025-01-01")
            assert earlier < row["invoice_date"]
    assert any(row["payments"] for row in rows)


async def test_people_are_paid_and_companies_pay(api: Api, sandbox: Sandbox) -> None:
    """
    Wages are what people receive and companies send.
    """
    person, company = (sandbox.add_link(MEXICO, username=name)["id"] for name in (PERSON, COMPANY))

    async def wages(link: str, direction: str) -> set[tuple[str, str]]:
        rows = (await api.post(INVOICES, link=link, type=direction, **YEAR)).json
        paid = [row for row in rows if row["payroll"] is not None]
        return {(row["sender_fiscal_regime"], row["receiver_fiscal_regime"]) for row in paid}

    assert await wages(person, "INFLOW") == {("601", "605")}
    assert await wages(company, "OUTFLOW") == {("601", "605")}
    assert await wages(person, "OUTFLOW") == await wages(company, "INFLOW") == set()


@pytest.mark.parametrize("path", [INVOICES, CHILEAN_INVOICES, RETENTIONS])
async def test_periods_of_days(api: Api, sandbox: Sandbox, path: str) -> None:
    """
    A call gets what falls into its period, and a shorter period of it gets the same rows.
    """
    link = sandbox.add_link(CHILE if "cl" in path else MEXICO)["id"]
    [day] = {"invoice_date", "issue_date", "issued_at"} & set(
        (await api.post(path, link=link, **SENT, **YEAR)).json[0]
    )

    rows = (await api.post(path, link=link, **SENT, **YEAR)).json
    fewer = (await api.post(path, link=link, **SENT, **MONTH)).json

    assert fewer
    assert fewer == [row for row in rows if row[day][:7] == "2026-02"]
    assert "2025-03-15" <= rows[0][day] < rows[-1][day] < "2026-03-16"
    assert (await api.get(path, link=link)).json["count"] == len(rows)


async def test_directions(api: Api, sandbox: Sandbox) -> None:
    """
    Invoices are received or sent; in Chile a call may ask for both, as it may with null.
    """
    link = sandbox.add_link(CHILE)["id"]

    async def types(**body: object) -> list[str]:
        rows = (await api.post(CHILEAN_INVOICES, link=link, **MONTH, **body)).json
        return sorted({row["type"] for row in rows})

    assert await types(type="INFLOW") == ["INFLOW"]
    assert await types(type="OUTFLOW") == ["OUTFLOW"]
    assert await types() == await types(type=None) == ["INFLOW", "OUTFLOW"]


async def test_chilean_invoices_add_up(api: Api, sandbox: Sandbox) -> None:
    """
    Net amount, what is exempt, and VAT make the total; the details are those of the direction.
    """
    link = sandbox.add_link(CHILE)["id"]
    rows = exact(await api.post(CHILEAN_INVOICES, link=link, **YEAR))

    for row in rows:
        bought, sold = row["purchase_invoice_details"], row["sales_invoice_details"]
        details = bought or sold
        assert (bought is None, sold is None) == (row["type"] == "OUTFLOW", row["type"] == "INFLOW")
        assert row["total_amount"] == row["net_amount"] + details["tax_exempt_amount"] + row["vat_amount"]
        assert row["summary_invoice_details"]["tax_exempt_amount"] == details["tax_exempt_amount"]
        assert row["vat_amount"] == pytest.approx(row["net_amount"] * 19 / 100, abs=1)


@pytest.mark.parametrize("path", [INVOICES, CHILEAN_INVOICES])
async def test_a_year_at_most(api: Api, sandbox: Sandbox, path: str) -> None:
    """
    Invoices of more than 365 days are refused.
    """
    link = sandbox.add_link(MEXICO)["id"]

    reply = await api.post(path, link=link, **SENT, date_from="2025-03-14", date_to="2026-03-15")

    assert (reply.status, reply.codes) == (400, [("validation_error", "date_to")])


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (INVOICES, {**MONTH}, [("required", "type")]),
        (INVOICES, {**MONTH, "type": "BOTH"}, [("invalid_choice", "type")]),
        (INVOICES, {**MONTH, **SENT, "attach_xml": "yes"}, [("invalid", "attach_xml")]),
        (INVOICES, {**SENT, "date_from": "2026-03-02", "date_to": "2026-03-01"}, [("invalid", "date_from")]),
        (INVOICES, {**SENT, "date_from": "2026-03-02", "date_to": "2026-03-16"}, [("invalid", "date_to")]),
        (RETENTIONS, {**MONTH, "type": None}, [("null", "type")]),
        (RETURNS, {"type": "weekly"}, [("invalid_choice", "type")]),
        (RETURNS, {"type": "monthly", **EIGHT_YEARS}, [("required", "date_from")]),
        (RETURNS, {"type": "yearly", **MONTH}, [("required", "year_from")]),
        (RETURNS, {"type": "yearly", "year_from": "2020"}, [("required", "year_to")]),
        (RETURNS, {"type": "yearly", "year_from": "2021", "year_to": 2020}, [("invalid", "year_from")]),
        (RETURNS, {"type": "yearly", "year_from": "2021", "year_to": "2027"}, [("invalid", "year_to")]),
        (
            DECLARATIONS,
            {"year_from": "1899", "year_to": "20"},
            [("invalid", "year_from"), ("invalid", "year_to")],
        ),
    ],
)
async def test_refused_bodies(
    api: Api, sandbox: Sandbox, path: str, body: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    """
    What is wrong with a body is said by code and field.
    """
    link = sandbox.add_link(COLOMBIA if path == DECLARATIONS else MEXICO)["id"]

    reply = await api.post(path, link=link, **body)

    assert (reply.status, reply.codes) == (400, expected)


@pytest.mark.parametrize(("username", "who"), [(PERSON, "nombre"), (COMPANY, "denominacion_razon_social")])
@pytest.mark.parametrize("password", DATASETS)
async def test_months_make_a_year(api: Api, sandbox: Sandbox, username: str, who: str, password: str) -> None:
    """
    What a year's tax return says was earned and paid in advance is what the months said.
    """
    link = sandbox.add_link(MEXICO, username=username, password=password)["id"]
    months = (
        await api.post(RETURNS, link=link, type="monthly", date_from="2024-01-01", date_to="2024-12-31")
    ).json
    [year] = (await api.post(RETURNS, link=link, type="yearly", year_from="2024", year_to="2024")).json

    assert [month["informacion_general"]["periodo_declaracion"] for month in months][::11] == [
        "Enero",
        "Diciembre",
    ]
    assert {month["informacion_general"]["ejercicio"] for month in months} == {2024}
    assert year["informacion_general"]["rfc"] == username
    assert year["informacion_general"][who]
    if username == PERSON:
        isr = [month["isr"]["determinacion"] for month in months]
        earned, due = sum(one["ingresos_periodo"] for one in isr), sum(one["isr_cargo"] for one in isr)
        fees, tax = year["servicios_profesionales"], year["determinacion_impuesto"]
        assert fees["ingresos"]["total_ingresos"] == earned == isr[-1]["total_ingresos"]
        assert tax["pagos_provisionales"] == due
        assert tax["isr_retenido"] == year["retenciones"]["total_isr_retenido"]
        assert tax["ingresos_acumulables"] == (
            year["sueldos_salarios"]["ingresos_acumulables"] + fees["resultado_fiscal"]["utilidad_gravable"]
        )
        assert tax["deducciones_personales"] == sum(
            one["monto_deducible"] for every in year["deducciones_personales"].values() for one in every
        )
    else:
        form = "personas_morales_regimen_general"
        isr = [month["determinacion_isr"][form] for month in months]
        tax = year["determinacion_del_impuesto_sobre_la_renta"]
        earned = sum(one["ingresos_nominales_mes_que_declara"] for one in isr)
        assert tax["total_ingresos_acumulables"] == earned == year["ingressos"]["total_ingresos"]
        assert tax["pagos_provisionales"] == sum(one["impuesto_a_cargo"] for one in isr)
        assert (
            tax["resultado_fiscal"] - tax["perdida_fiscal"] == earned - tax["total_deducciones_autorizadas"]
        )
    owed = tax.get("isr_conforme_tarifa_final", tax.get("impuesto_causado_en_el_ejercicio"))
    assert tax["isr_cargo"] - tax["isr_favorable"] == owed - tax["pagos_provisionales"] - tax["isr_retenido"]


async def test_periods_of_returns(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    A tax return is there once it has been sent: a month's on the 17th of the next, a year's at the end of April.
    """
    link = sandbox.add_link(MEXICO)["id"]

    async def periods(**body: object) -> list[tuple[int, str]]:
        rows = (await api.post(RETURNS, link=link, **body)).json
        general = [row["informacion_general"] for row in rows]
        return [(one["ejercicio"], one["periodo_declaracion"]) for one in general]

    late: dict[str, object] = {"date_from": "2025-12-20", "date_to": "2026-03-15"}
    assert await periods(type="monthly", **late) == [(2025, "Diciembre"), (2026, "Enero")]
    assert await periods(type="yearly", year_from="2023", year_to="2026") == [
        (2023, "Del Ejercicio"),
        (2024, "Del Ejercicio"),
    ]

    clock.advance(60 * 86_400)

    assert (await periods(type="monthly", **late))[-1] == (2026, "Marzo")
    assert (await periods(type="yearly", **EIGHT_YEARS))[-1] == (2025, "Del Ejercicio")


async def test_companies_left_out_their_books(api: Api, sandbox: Sandbox) -> None:
    """
    Until 2021 a company's tax return has its books, which are those of its financial statements; since then, not.
    """
    link = sandbox.add_link(MEXICO, username=COMPANY)["id"]
    years = (await api.post(RETURNS, link=link, **NO_PERIOD)).json
    statements = {row["year"]: row for row in (await api.post(STATEMENTS, link=link)).json}

    assert list(statements) == ["2020", "2021", "2022", "2023", "2024"]
    for year in years:
        number = year["informacion_general"]["ejercicio"]
        books, profits = year["estado_posicion_financiera_balance"], year["estado_resultados"]
        assert (books is None) == (profits is None) == (number >= 2022) == (year["ingressos"] is not None)
        if books is not None and str(number) in statements:
            assert books == statements[str(number)]["balance_sheet"]
            assert profits == statements[str(number)]["income_statement"]


@pytest.mark.parametrize("password", DATASETS)
async def test_balance_sheets_balance(api: Api, sandbox: Sandbox, password: str) -> None:
    """
    Assets are liabilities and equity; profits that were kept are those of the years; a loss is no profit.
    """
    link = sandbox.add_link(MEXICO, username=COMPANY, password=password)["id"]
    rows = exact(await api.post(STATEMENTS, link=link))

    for row, before in zip(rows[1:], rows, strict=False):
        sheet, result = row["balance_sheet"], row["income_statement"]
        near, far = sheet["current_assets"], sheet["non_current_assets"]
        totals = {name: group["total"] for name, group in sheet.items()}
        taken_off = {
            "current_assets": near["bad_debt_provision"],
            "non_current_assets": far["accumulated_depreciation_and_amortization"],
        }

        assert totals == {
            name: sum(group.values()) - group["total"] - 2 * taken_off.get(name, 0)
            for name, group in sheet.items()
        }
        assert totals["current_assets"] + totals["non_current_assets"] == (
            totals["current_liabilities"] + totals["non_current_liabilities"] + totals["equity"]
        )
        assert near["cash_and_equivalents"] > 0

        net = result["net_income"] or -result["net_loss"]
        assert (result["net_income"] is None) == (password == "negative") == (result["net_loss"] is not None)
        kept = before["balance_sheet"]["equity"]["retained_earnings"]
        assert sheet["equity"]["retained_earnings"] == kept + net
        gross = result["net_revenue"] - result["cost_of_goods_sold"] - result["cost_of_services_sold"]
        operations = gross - result["operating_expenses"]
        financial = result["income_statement_financial_gains"] + result["income_statement_financial_costs"]
        assert result["financial_result"] == financial
        assert net == operations + financial - result["income_taxes"]


async def test_retentions_add_up(api: Api, sandbox: Sandbox) -> None:
    """
    What is exempt and what is taxed make the amount of the invoice; the parts make what was retained.
    """
    link = sandbox.add_link(MEXICO, username=COMPANY)["id"]
    sent = exact(await api.post(RETENTIONS, link=link, type="OUTFLOW", **YEAR))
    received = exact(await api.post(RETENTIONS, link=link, type="INFLOW", **YEAR))

    for row in (*sent, *received):
        assert row["total_taxable_amount"] == row["total_invoice_amount"] - row["total_exempt_amount"]
        assert row["total_retained_amount"] == total(row["retention_breakdown"], "retained_amount")
        assert row["total_retained_amount"] < row["total_taxable_amount"]
        assert row["issued_at"] < row["certified_at"]
    assert {row["sender_id"] for row in sent} == {row["receiver_id"] for row in received} == {COMPANY}


async def test_most_retentions(api: Api, sandbox: Sandbox) -> None:
    """
    A period brings 500 tax retentions at most.
    """
    link = sandbox.add_link(MEXICO)["id"]

    reply = await api.post(RETENTIONS, link=link, **SENT, date_from="2000-01-01", date_to="2026-03-15")

    assert len(reply.json) == 500


@pytest.mark.parametrize("username", ["1020304050", COLOMBIAN_COMPANY])
async def test_declarations_add_up(api: Api, sandbox: Sandbox, username: str) -> None:
    """
    A declaration is a person's or a company's; its sums agree, and either something is owed or something comes back.
    """
    link = sandbox.add_link(COLOMBIA, username=username)["id"]
    rows = exact(await api.post(DECLARATIONS, link=link, **EIGHT_YEARS))

    assert [row["document_information"]["year"] for row in rows] == list(range(2018, 2025))
    for row in rows:
        equity, tax, income = row["equity_statement"], row["tax_assessment"], row["annual_income_statement"]
        assert equity["total_net_equity"] == (
            equity["total_gross_equity"] - equity.get("debts", equity.get("total_debts"))
        )
        credit = tax["total_withheld_tax"] + tax.get("previous_year_balance", 0)
        payable = tax.get("balance_payable", tax.get("total_balance_payable"))
        favor = tax.get("balance_refundable", tax.get("total_balance_in_favor"))
        assert payable - favor == tax["total_tax_due"] - credit
        assert payable == tax["total_payment"]
        assert min(payable, favor) == 0
        if username == COLOMBIAN_COMPANY:
            costs = row["annual_costs_and_deductions_statement"]
            spent = costs["total_costs_and_deductible_expenses"]
            assert sum(costs.values()) == 2 * spent
            assert tax["net_income_taxable"] == income["total_net_income"] - spent
            assert "pension_income_statement" not in row
        else:
            totals, net = income["annual_totals"], income["net_income"]
            assert net == {
                name: amount - income["non_taxable_income"][name]
                for name, amount in income["gross_income"].items()
            }
            less = totals["total_exemptions_and_deductions"]
            assert totals["total_ordinary_net_income"] == sum(net.values()) - less
            assert "company_name" not in row["tax_payer_information"]


@pytest.mark.parametrize("password", [*DATASETS, "nodata"])
async def test_debts_add_up(api: Api, sandbox: Sandbox, password: str) -> None:
    """
    What is owed in all is what the debts come to, by how late they are; who has no data owes nothing.
    """
    link = sandbox.add_link(CHILE, password=password)["id"]
    [row] = exact(await api.post(DEBTS, link=link))
    buckets = ("current", "delinquent", "severely_delinquent", "defaulted")
    debts = [*row["direct_debts"], *row["indirect_debts"]]

    assert row["total"] == total(debts, "amount") == sum(row[bucket] or 0 for bucket in buckets)
    for bucket in buckets:
        assert (row[bucket] or 0) == sum(debt[bucket] or 0 for debt in debts)
    for debt in debts:
        assert debt["amount"] == sum(debt[bucket] or 0 for bucket in buckets) > 0
    assert bool(debts) == (password != "nodata")
    assert row["debt_data_last_update"] == "2026-03-01"


async def test_chilean_companies(api: Api, sandbox: Sandbox) -> None:
    """
    A company's shares make a whole, it is represented by somebody, and began after it was founded.
    """
    link = sandbox.add_link(CHILE, username="76123456-0")["id"]
    [row] = (await api.post("/api/cl/tax-status/", link=link, attach_pdf=True)).json
    entity = row["entity_details"]

    assert entity["document_id_number"] == "76123456-0"
    assert entity["incorporation_date"] < entity["start_date"]
    assert sum(holder["ownership_share"] for holder in row["equity_holders"]) == 100
    assert row["legal_representative"][0]["name"] == row["equity_holders"][0]["name"]
    due = [payment["due_date"] for payment in row["property_tax_liabilities"][0]["scheduled_tax_payments"]]
    assert due == ["2026-04-30", "2026-06-30", "2026-09-30", "2026-11-30"]


async def test_tax_status(api: Api, sandbox: Sandbox) -> None:
    """
    Shares of activities make a whole; people have names and companies obligations.
    """
    for username in (PERSON, COMPANY):
        link = sandbox.add_link(MEXICO, username=username)["id"]
        row = (await api.post("/api/tax-status/", link=link)).json
        who = row["tax_payer_information"]

        assert who["rfc"] == username
        assert sum(int(activity["percentage"]) for activity in row["economic_activity"]) == 100
        assert bool(row["obligations"]) == (username == COMPANY) == (who["social_name"] is not None)
        assert (who["curp"] is not None) == (username == PERSON) == (who["name"] is not None)


@pytest.mark.parametrize(
    ("password", "expected"),
    [("full", "POSITIVE"), ("negative", "NEGATIVE"), ("nodata", "NO_OBLIGATIONS")],
)
async def test_compliance(api: Api, sandbox: Sandbox, password: str, expected: str) -> None:
    """
    The data of a user says whether they comply.
    """
    link = sandbox.add_link(MEXICO, password=password)["id"]

    assert (await api.post("/api/tax-compliance-status/", link=link)).json["outcome"] == expected


@pytest.mark.parametrize("path", [*WITH_PDF, DECLARATIONS])
async def test_attached_pages(api: Api, sandbox: Sandbox, path: str) -> None:
    """
    A PDF comes with the rows if it is asked for, and stays with them until they are asked for without it.
    """
    link = sandbox.add_link(COLOMBIA if path == DECLARATIONS else MEXICO)["id"]

    async def pages(**body: object) -> list[str | None]:
        answer = (await api.post(path, link=link, **NO_PERIOD, **body)).json
        rows = answer if isinstance(answer, list) else [answer]
        assert (await api.get(path, link=link, page_size=100)).json["results"] == rows
        assert (await api.get(f"{path}{rows[0]['id']}/")).json == rows[0]
        return [row[name] for row in rows for name in ("pdf", "receipt_pdf") if name in row]

    [first, *_] = await pages(attach_pdf=True)

    assert first is not None
    page = b64decode(first, validate=True)
    assert page.startswith(b"%PDF-1.")
    assert page.endswith(b"%%EOF\n")
    assert page[int(page.split()[-2]) :].startswith(b"xref")
    assert set(await pages()) == set(await pages(attach_pdf=False)) == {None}


@pytest.mark.parametrize("path", [INVOICES, RETENTIONS])
async def test_attached_documents(api: Api, sandbox: Sandbox, path: str) -> None:
    """
    An XML document comes with the rows if it is asked for; the rows are the same ones with and without.
    """
    link = sandbox.add_link(MEXICO)["id"]

    bare = (await api.post(path, link=link, **SENT, **MONTH)).json
    full = (await api.post(path, link=link, **SENT, **MONTH, attach_xml=True)).json

    assert [{**row, "xml": None} for row in full] == bare
    for row in full:
        document = ET.fromstring(b64decode(row["xml"]))  # noqa: S314  # the sandbox wrote it
        assert document.get("UUID") == row["invoice_identification"]
    assert (await api.get(path, link=link, page_size=100)).json["results"] == full


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        (INVOICES, {"type": "OUTFLOW"}, 122),
        (INVOICES, {"invoice_date__range": "2026-02-01,2026-03-02"}, 20),
        (INVOICES, {"invoice_date__lt": "2000-01-01"}, 0),
        (INVOICES, {"total_amount__gte": "0"}, 244),
        (RETURNS, {"ejercicio": "2024"}, 1),
        (RETURNS, {"ejercicio__gte": "2020"}, 5),
        (RETURNS, {"tipo_declaracion__in": "Normal,Complementaria"}, 7),
        (RETURNS, {"tipo_declaracion": "Complementaria"}, 0),
        (DECLARATIONS, {"year__range": "2019,2021"}, 3),
        (DECLARATIONS, {"year__gt": "2022"}, 2),
        (STATEMENTS, {"created_at__gt": "2026-03-14"}, 5),
        (STATEMENTS, {"created_at__gt": "2026-03-16"}, 0),
    ],
)
async def test_filters(api: Api, sandbox: Sandbox, path: str, query: dict[str, str], expected: int) -> None:
    """
    Lists are filtered by what Belvo documents.
    """
    link = sandbox.add_link(COLOMBIA if path == DECLARATIONS else MEXICO)["id"]
    for direction in ("INFLOW", "OUTFLOW"):
        body = {**YEAR, "type": direction} if path == INVOICES else NO_PERIOD
        await api.post(path, link=link, **body)

    assert (await api.get(path, link=link, **query)).json["count"] == expected


@pytest.mark.parametrize(
    ("path", "status"),
    [(INVOICES, 202), (CHILEAN_INVOICES, 202), (STATEMENTS, 201), (DEBTS, 201), (RETURNS, 201)],
)
async def test_asynchronously(api: Api, sandbox: Sandbox, path: str, status: int) -> None:
    """
    Invoices can be asked for asynchronously and are found in the list then; others come at once all the same.
    """
    link = sandbox.add_link(CHILE if "cl" in path else MEXICO)["id"]
    body = {**NO_PERIOD, "link": link} if path == RETURNS else {**YEAR, **SENT, "link": link}

    reply = await api.call("POST", path, json=body, headers={"X-Belvo-Request-Mode": "async"})

    assert reply.status == status
    assert isinstance(reply.json, dict) == (status == 202)
    assert (await api.get(path, link=link)).json["count"] > 0


async def test_no_data(api: Api, sandbox: Sandbox) -> None:
    """
    Who has no data has no invoices, returns, retentions and statements.
    """
    link = sandbox.add_link(MEXICO, password="nodata")["id"]

    for path in (INVOICES, RETENTIONS, STATEMENTS):
        assert (await api.post(path, link=link, **SENT, **YEAR)).json == []
    assert (await api.post(RETURNS, link=link, **NO_PERIOD)).json == []


async def test_repeatable() -> None:
    """
    Two sandboxes with the same seed have the same rows.
    """
    answers = []
    for _ in range(2):
        async with Sandbox(clock=JumpingClock()) as sandbox:
            api = Api(sandbox)
            async with api.session:
                link = sandbox.add_link(MEXICO)["id"]
                invoices = await api.post(INVOICES, link=link, **SENT, **YEAR)
                answers.append([invoices.json, (await api.post(STATEMENTS, link=link)).json])

    assert answers[0] == answers[1]
