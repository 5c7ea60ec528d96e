"""
What tax offices say about taxpayers, apart from invoices and returns: status, compliance, retentions, and the
declarations of Colombia.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import DAY_BITS, DAY_MASK, identity
from belvo_async.sandbox.periods import DIRECTIONS, year_due
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows.draws import Draws, money, share
from belvo_async.sandbox.rows.invoices import counterparty, identification
from belvo_async.sandbox.rows.papers import pdf, xml
from belvo_async.sandbox.rows.people import Taxpayer, curp, taxpayer
from belvo_async.sandbox.users import Dataset


OUTCOMES: Final[Mapping[Dataset, str]] = {
    Dataset.FULL: "POSITIVE",
    Dataset.LOW: "POSITIVE",
    Dataset.NEGATIVE: "NEGATIVE",
    Dataset.NONE: "NO_OBLIGATIONS",
}

INCOME_TAX: Final = 100
VAT: Final = 107
"""Thousandths that are retained."""

COLOMBIAN_TAX: Final = 300
"""Thousandths of what is taxed."""

MONTHS: Final = (
    "ENERO",
    "FEBRERO",
    "MARZO",
    "ABRIL",
    "MAYO",
    "JUNIO",
    "JULIO",
    "AGOSTO",
    "SEPTIEMBRE",
    "OCTUBRE",
    "NOVIEMBRE",
    "DICIEMBRE",
)


def status_row(access: Access, number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/tax-status/`.
    """
    whose = taxpayer(access)
    draws = Draws(access, "tax status")
    since = date(2004, 1, 1) + timedelta(draws.below(15 * 365))
    regimes = [{"initial_date": str(since), "end_date": None, "regimen": _regime(whose)}]
    today = date.fromisoformat(at[:10])
    month = MONTHS[today.month - 1]
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "place_and_date_of_issuance": f"TLALPAN, CIUDAD DE MEXICO A {today.day} DE {month} DE {today.year}",
        "official_name": whose.name,
        "id_cif": draws.digits(11),
        "tax_payer_information": _information(access, whose, since),
        "address": {
            "postal_code": "14000",
            "street_type": "CALLE",
            "street": draws.pick(("LA MALINCHE", "INSURGENTES", "JACARANDAS")),
            "exterior_number": draws.digits(3),
            "interior_number": None,
            "suburb": "CENTRO",
            "locality": "TLALPAN",
            "municipality": "TLALPAN",
            "state": "CIUDAD DE MEXICO",
            "between_street": [{"street_one": "CALLE HIDALGO", "street_two": "CALLE JUAREZ"}],
        },
        "economic_activity": _activities(draws, since),
        "regimes": regimes,
        # The older specification asks for this list by two other names.
        "regimens": regimes,
        "regimen": regimes,
        "obligations": [
            {
                "obligation": "Declaración anual de ISR",
                "expiration": "Dentro de los tres meses siguientes al cierre del ejercicio.",
                "initial_date": str(since),
                "end_date": None,
            }
        ]
        if whose.company
        else [],
        "digital_stamp": f"||{today:%Y/%m/%d}|{whose.id}|CONSTANCIA DE SITUACIÓN FISCAL|{draws.digits(22)}||",
        "digital_stamp_chain": draws.hex(86) + "==",
        "pdf": pdf(number, f"Constancia de situación fiscal {whose.id}"),
    }


def _regime(whose: Taxpayer) -> str:
    if whose.company:
        return "Régimen General de Ley Personas Morales"
    return "Régimen de las Personas Físicas con Actividades Empresariales y Profesionales"


def _information(access: Access, whose: Taxpayer, since: date) -> Json:
    human = None if whose.company else whose.person
    return {
        "rfc": whose.id,
        "curp": curp(Draws(access, "curp"), human) if human else None,
        "name": human.first_name if human else None,
        "first_last_name": human.last_name if human else None,
        "second_last_name": human.second_last_name if human else None,
        "start_operations_date": str(since),
        "status_padron": "ACTIVO",
        "last_status_change_date": str(since),
        "commercial_name": whose.name if whose.company else None,
        "social_name": whose.name if whose.company else None,
        "email": whose.person.email,
        "phone": f"55{Draws(access, 'phone').digits(8)}",
    }


def _activities(draws: Draws, since: date) -> list[Json]:
    main = draws.between(50, 100)
    shares = [("Servicios de consultoría en administración", main), ("Comercio al por menor", 100 - main)]
    return [
        {
            "economic_activity": name,
            "initial_date": str(since),
            "end_date": None,
            "order": str(order),
            "percentage": str(part),
        }
        for order, (name, part) in enumerate(shares, start=1)
        if part
    ]


def compliance_row(access: Access, number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/tax-compliance-status/`.
    """
    whose = taxpayer(access)
    return {
        "collected_at": at,
        "created_at": at,
        "internal_identification": f"{at[2:4]}NE{Draws(access, 'compliance').digits(7)}",
        "rfc": whose.id,
        "outcome": OUTCOMES[access.persona.dataset],
        "pdf": pdf(number, f"Opinión del cumplimiento {whose.id}"),
    }


def retention_row(access: Access, number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/tax-retentions/`.
    """
    which = identity(number)
    day = date.fromordinal(which & DAY_MASK)
    draws = Draws(access, "retention", which)
    total = draws.amount(500_000, 9_000_000)
    exempt = draws.pick((0, 0, draws.amount(10_000, 100_000)))
    taxable = total - exempt
    taxes = {"01": share(taxable, INCOME_TAX), "02": share(taxable, VAT)}
    whose = taxpayer(access)
    id_, company = counterparty(access, which)
    parties = ((id_, company.name), (whose.id, whose.name))
    sender, receiver = parties if DIRECTIONS[which >> DAY_BITS] == "INFLOW" else parties[::-1]
    uuid = identification(access, which).lower()
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "invoice_identification": uuid,
        "version": "2.0",
        "code": draws.pick((1, 14, 16, 25)),
        "issued_at": f"{day}T21:10:40.000Z",
        "certified_at": f"{day}T21:10:41.000Z",
        "cancelled_at": None,
        "sender_id": sender[0],
        "sender_name": sender[1],
        "receiver_nationality": "NATIONAL",
        "receiver_id": receiver[0],
        "receiver_name": receiver[1],
        "total_invoice_amount": money(total),
        "total_exempt_amount": money(exempt),
        "total_retained_amount": money(sum(taxes.values())),
        "total_taxable_amount": money(taxable),
        "retention_breakdown": [
            {
                "base_amount": money(taxable),
                "tax_type": kind,
                "retained_amount": money(amount),
                "payment_status": draws.pick(("PAID", "PROVISIONED")),
            }
            for kind, amount in taxes.items()
        ],
        "xml": xml(
            number,
            "retenciones:Retenciones",
            **{
                "xmlns:retenciones": "http://www.sat.gob.mx/esquemas/retencionpago/2",
                "Version": "2.0",
                "FechaExp": f"{day}T21:10:40",
                "UUID": uuid,
            },
        ),
    }


def declaration_row(access: Access, number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/tax-declarations/`: of a company or of a person.
    """
    which = identity(number)
    year = date.fromordinal(which & DAY_MASK).year
    whose = taxpayer(access)
    draws = Draws(access, "declaration", year)
    form = "110" if whose.company else "210"
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "document_information": {
            "name": "Declaración de renta y complementario",
            "type": form,
            "form_number": draws.digits(13),
            "year": year,
        },
        "tax_payer_information": _declarant(whose),
        **(_of_company(draws) if whose.company else _of_person(draws)),
        "date_issued": str(year_due(year)),
        "pdf": pdf(number, f"Formulario {form} {year}"),
    }


def _declarant(whose: Taxpayer) -> Json:
    human = whose.person
    company = {"company_name": whose.name} if whose.company else {}
    return {
        "first_last_name": human.last_name,
        "second_last_name": human.second_last_name,
        "first_name": human.first_name,
        "other_names": "",
        **company,
        "main_economic_activity": "6920" if whose.company else "0010",
        "document_id": {"document_type": "NIT", "document_number": whose.id},
        "reporting_id": {"reporting_type": "sectional_address_code", "reporting_value": "32"},
    }


def _settled(tax: int, withheld: int) -> tuple[int, int]:
    """
    Return what is left to pay, and what comes back.
    """
    return max(tax - withheld, 0), max(withheld - tax, 0)


def _of_company(draws: Draws) -> Json:
    assets = {
        "cash_and_cash_equivalents": draws.amount(100_000_000, 900_000_000),
        "investments_and_derivative_financial_instruments": draws.amount(0, 900_000_000),
        "accounts_documents_and_finance_leases_receivable": draws.amount(0, 900_000_000),
        "inventory": draws.amount(0, 900_000_000),
        "property_plant_and_equipment_investment_properties": draws.amount(0, 9_000_000_000),
    }
    gross_equity = sum(assets.values())
    debts = share(gross_equity, draws.between(100, 900))
    income = {
        "gross_income_from_ordinary_activities": draws.amount(1_000_000_000, 20_000_000_000),
        "dividends": draws.amount(0, 10_000_000),
        "other_income": draws.amount(0, 10_000_000),
    }
    gross = sum(income.values())
    returned = share(gross, draws.between(0, 20))
    net = gross - returned
    costs = {
        "costs": share(net, draws.between(400, 600)),
        "administration_expenses": share(net, draws.between(50, 100)),
        "distribution_and_sales_expenses": share(net, draws.between(20, 60)),
        "financial_expenses": share(net, draws.between(0, 30)),
    }
    taxable = net - sum(costs.values())
    tax = share(taxable, COLOMBIAN_TAX)
    withheld = share(tax, draws.between(700, 1300))
    payable, favor = _settled(tax, withheld)
    return {
        "equity_statement": {
            **_amounts(assets),
            "total_gross_equity": money(gross_equity),
            "debts": money(debts),
            "total_net_equity": money(gross_equity - debts),
        },
        "annual_income_statement": {
            **_amounts(income),
            "total_gross_income": money(gross),
            "returns_rebates_and_discounts_on_sales": money(returned),
            "total_net_income": money(net),
        },
        "annual_costs_and_deductions_statement": {
            **_amounts(costs),
            "total_costs_and_deductible_expenses": money(sum(costs.values())),
        },
        "tax_assessment": {
            "net_income_taxable": money(taxable),
            "fortuitous_profit_tax": 0.0,
            "total_tax_on_taxable_net_income": money(tax),
            "net_income_tax": money(tax),
            "total_tax_due": money(tax),
            "total_withheld_tax": money(withheld),
            "total_withholdings_for_the_taxable_year_to_be_declared": money(withheld),
            "total_balance_payable": money(payable),
            "total_balance_in_favor": money(favor),
            "total_payment": money(payable),
        },
    }


def _of_person(draws: Draws) -> Json:
    equity = draws.amount(1_000_000_000, 30_000_000_000)
    debts = share(equity, draws.between(0, 700))
    gross = {
        "earned_income": draws.amount(1_000_000_000, 9_000_000_000),
        "fee_based_income": draws.pick((0, draws.amount(0, 900_000_000))),
        "capital_income": draws.amount(0, 90_000_000),
        "non_labor_income": 0,
    }
    free = {name: share(amount, 80) for name, amount in gross.items()}
    net = {name: amount - free[name] for name, amount in gross.items()}
    exempt, deducted = share(sum(net.values()), 150), share(sum(net.values()), 100)
    ordinary = sum(net.values()) - exempt - deducted
    tax = share(ordinary, draws.between(80, 190))
    earlier = draws.pick((0, share(tax, 50)))
    withheld = share(tax, draws.between(700, 1200))
    payable, refundable = _settled(tax, withheld + earlier)
    return {
        "equity_statement": {
            "total_gross_equity": money(equity),
            "total_debts": money(debts),
            "total_net_equity": money(equity - debts),
        },
        "annual_income_statement": {
            "gross_income": _amounts(gross),
            "non_taxable_income": _amounts(free),
            "net_income": _amounts(net),
            "annual_totals": {
                "total_exempt_income": money(exempt),
                "total_applicable_deductions": money(deducted),
                "total_exemptions_and_deductions": money(exempt + deducted),
                "total_ordinary_net_income": money(ordinary),
            },
        },
        "pension_income_statement": {"net_pension_income": 0.0, "net_taxable_pension_income": 0.0},
        "tax_assessment": {
            "fortuitous_profit_tax": 0.0,
            "total_tax_on_taxable_net_income": money(tax),
            "net_income_tax": money(tax),
            "total_tax_due": money(tax),
            "previous_year_balance": money(earlier),
            "total_withheld_tax": money(withheld),
            "balance_payable": money(payable),
            "balance_refundable": money(refundable),
            "total_payment": money(payable),
        },
    }


def _amounts(amounts: Mapping[str, int]) -> Json:
    return {name: money(amount) for name, amount in amounts.items()}
