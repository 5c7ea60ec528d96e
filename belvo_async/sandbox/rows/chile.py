"""
Rows of Chile's tax office: invoices, the status of taxpayers, and their debts at banks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import DAY_BITS, DAY_MASK, identity
from belvo_async.sandbox.periods import DIRECTIONS
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows.draws import Draws, money, share
from belvo_async.sandbox.rows.people import Taxpayer, rut, some_company, some_person, some_rut, taxpayer
from belvo_async.sandbox.users import Dataset


VAT: Final = 190
"""In thousandths."""

PESO: Final = 100
"""In cents: Chile has no smaller coin."""

INVOICE: Final = 33
RECEIPTS: Final = 39
"""Codes of documents: one invoice, and the receipts of a month."""

BANKS: Final = ("Banco Cordillera", "Banco del Pacífico", "Banco Austral", "Caja Los Andes")
CREDITS: Final = ("Vivienda", "Comercial", "Consumo")

BUCKETS: Final = ("current", "delinquent", "severely_delinquent", "defaulted")
"""Debts by how late they are."""

LATENESS: Final[Mapping[Dataset, Sequence[str]]] = {
    Dataset.FULL: BUCKETS[:1],
    Dataset.LOW: BUCKETS[:2],
    Dataset.NEGATIVE: BUCKETS[1:],
    Dataset.NONE: (),
}


def invoice_row(access: Access, number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/cl/invoices/`.
    """
    which = identity(number)
    day = date.fromordinal(which & DAY_MASK)
    direction = DIRECTIONS[which >> DAY_BITS]
    draws = Draws(access, "chilean invoice", which)
    code = draws.pick((INVOICE, INVOICE, INVOICE, RECEIPTS))
    net = draws.amount(10_000, 4_000_000) * PESO
    exempt = draws.pick((0, 0, 0, 1)) * draws.amount(1_000, 50_000) * PESO
    vat = share(net // PESO, VAT) * PESO
    company = some_company(draws, "SPA")
    other = (some_rut(draws, company), company.name)
    own = (taxpayer(access).id, taxpayer(access).name)
    (sender, receiver) = (own, other) if direction == "OUTFLOW" else (other, own)
    bought = direction == "INFLOW"
    return {
        "link": access.id,
        "created_at": at,
        "collected_at": at,
        "total_amount": money(net + exempt + vat),
        "net_amount": money(net),
        "vat_amount": money(vat),
        "currency": "CLP",
        "issue_date": str(day),
        "received_at": f"{day}T15:23:47-03:00",
        "acknowledged_at": f"{day}T16:10:05-03:00",
        "claim_date": None,
        "status": "REGISTERED",
        "document_code": code,
        "category": "Del Giro",
        "folio": draws.digits(8),
        "sender_id": sender[0],
        "sender_name": sender[1],
        "receiver_id": receiver[0],
        "receiver_name": receiver[1],
        "type": direction,
        "purchase_invoice_details": _purchase(vat, exempt) if bought else None,
        "sales_invoice_details": None if bought else _sale(draws, net + exempt + vat, vat, exempt),
        "summary_invoice_details": {
            "month": f"{day:%Y-%m}",
            "updated_at": f"{day}T15:23:47-03:00",
            "total_documents": draws.between(2, 40) if code == RECEIPTS else 1,
            "tax_exempt_amount": money(exempt),
        },
    }


def _purchase(vat: int, exempt: int) -> Json:
    return {
        "vat_refundable_amount": money(vat),
        "vat_non_refundable_amount": 0.0,
        "vat_non_refundable_code": None,
        "net_amount_fixed_assets": 0.0,
        "vat_fixed_assets": 0.0,
        "vat_common_use": 0.0,
        "tax_non_credit_amount": 0.0,
        "vat_non_withheld": 0.0,
        "tax_exempt_amount": money(exempt),
        "credit_or_debit_note_on_purchase": False,
        "tax_cigarettes_amount": 0.0,
        "tax_cigar_amount": 0.0,
        "tax_processed_tobacco_amount": 0.0,
        "additional_tax_amount": 0.0,
        "additional_tax_rate": None,
        "additional_tax_code": None,
    }


def _sale(draws: Draws, total: int, vat: int, exempt: int) -> Json:
    return {
        "construction_sector_tax_credit": 0.0,
        "tax_free_trade_zone_amount": 0.0,
        "container_deposit_guarantee": 0.0,
        "is_free_of_charge": False,
        "periodic_billing_type": False,
        "non_billable_amount": 0.0,
        "total_amount_for_period": money(total),
        "domestic_transportation_amount": 0.0,
        "international_transportation_amount": 0.0,
        "branch_code": draws.between(70_000_000, 79_999_999),
        "tax_exempt_amount": money(exempt),
        "credit_or_debit_note_on_purchase": False,
        "additional_tax_code": None,
        "additional_tax_rate": None,
        "additional_tax_amount": 0.0,
        "vat_total_withheld": 0.0,
        "vat_partially_withheld": 0.0,
        "vat_non_withheld": 0.0,
        "vat_sales": money(vat),
        "vat_third_party": 0.0,
        "vat_past_due": 0.0,
        "invoice_settlement_sender_id": None,
        "invoice_settlement_net_commission": None,
        "invoice_settlement_exempt_commission": None,
        "invoice_settlement_vat_commission": None,
        "reference_document_type": None,
        "reference_document_folio": None,
        "foreign_recipient_id": None,
        "foreign_recipient_nationality": None,
    }


def status_row(access: Access, _number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/cl/tax-status/`.
    """
    whose = taxpayer(access)
    draws = Draws(access, "chilean status")
    founded = date(2005, 1, 1) + timedelta(draws.below(10 * 365))
    started = founded + timedelta(draws.between(5, 90))
    district = draws.pick(("NUÑOA", "PROVIDENCIA", "VALPARAISO", "TEMUCO"))
    address = f"{draws.pick(('LOS OLMOS', 'EL ROBLE', 'LAS ROSAS'))} {draws.digits(3)}, {district}"
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "entity_details": {
            "incorporation_date": str(founded),
            "start_date": str(started),
            "end_date": None,
            "document_id_type": "RUT",
            "document_id_number": whose.id,
            "name": whose.name,
        },
        "addresses": [{"type": "PRIMARY", "date": str(founded), "address": address}],
        "emails": [{"type": "CONTACT", "email": whose.person.email}],
        "phone_numbers": [{"type": "MOBILE", "number": f"9{draws.digits(8)}"}],
        "economic_activities": [
            {
                "type": "ASESORIAS",
                "activity": "ACTIVIDADES DE CONSULTORIA DE GESTION",
                "code": "702000",
                "tax_category": 1,
                "vat_affected": True,
                "start_date": str(started),
            }
        ],
        "legal_representative": [_representative(whose, founded)],
        "equity_holders": _holders(draws, whose, founded),
        "company_partnership_stakes": [_stake(draws, founded)] if whose.company else [],
        "regimes": [{"type": "PRO PYME GENERAL", "start_date": str(max(started, date(2020, 1, 1)))}],
        "authorized_tax_documents": [
            {"type": "FACTURA ELECTRONICA", "document_limit": 2000, "authorization_date": str(started)}
        ],
        "property_tax_liabilities": [_property(draws, district, address, date.fromisoformat(at[:10]))],
        "fiscal_office": {"name": district, "address": f"PLAZA DE ARMAS 1, {district}"},
    }


def _representative(whose: Taxpayer, founded: date) -> Json:
    return {
        "is_current": True,
        "name": whose.person.name,
        "document_id_type": "RUT",
        "document_id_number": _person_rut(whose),
        "start_date": str(founded),
        "end_date": None,
    }


def _person_rut(whose: Taxpayer) -> str:
    # Young people have high numbers.
    return whose.id if whose.company is None else rut(whose.person.birth_date.toordinal() * 20)


def _holders(draws: Draws, whose: Taxpayer, founded: date) -> list[Json]:
    """
    Return the holders of a company; a person has none.
    """
    if whose.company is None:
        return []
    partner = some_person(draws)
    capital, part = draws.amount(1_000_000, 90_000_000), draws.between(10, 90)
    names = (
        (whose.person.name, _person_rut(whose), part),
        (partner.name, some_rut(draws, partner), 100 - part),
    )
    return [
        {
            "is_current": True,
            "name": name,
            "document_id_type": "RUT",
            "document_id_number": id_,
            "inactive": False,
            "start_date": str(founded),
            "end_date": None,
            "capital_contributed": float(capital * percent // 100),
            "capital_contribution_outstanding": 0.0,
            "ownership_share": float(percent),
            "profit_share": float(percent),
        }
        for name, id_, percent in names
    ]


def _stake(draws: Draws, founded: date) -> Json:
    company = some_company(draws, "LTDA")
    percent = draws.between(5, 60)
    return {
        "name": company.name,
        "document_id_type": "RUT",
        "document_id_number": some_rut(draws, company),
        "inactive": False,
        "start_date": str(founded + timedelta(400)),
        "end_date": None,
        "capital_contributed": float(draws.amount(100_000, 9_000_000)),
        "capital_contribution_outstanding": 0.0,
        "ownership_share": float(percent),
        "profit_share": float(percent),
    }


def _property(draws: Draws, district: str, address: str, today: date) -> Json:
    amount = float(draws.amount(20_000, 400_000))

    def instalment(year: int, number: int, month: int) -> Json:
        return {
            "year": year,
            "installment": number,
            "due_date": str(date(year, month, 30)),
            "amount_due": amount,
        }

    return {
        "property_id": f"{draws.digits(5)}-{draws.digits(3)}",
        "district": district,
        "address": address,
        "type": "HABITACIONAL",
        "overdue_tax_payments": [],
        "scheduled_tax_payments": [
            scheduled
            for year in (today.year, today.year + 1)
            for number, month in enumerate((4, 6, 9, 11), start=1)
            if (scheduled := instalment(year, number, month))["due_date"] >= str(today)
        ][:4],
    }


def debt_row(access: Access, _number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/cl/debt-reports/`.
    """
    whose = taxpayer(access)
    draws = Draws(access, "debts")
    late = LATENESS[access.persona.dataset]
    direct = [_debt(draws, late) for _ in range(3 if late else 0)]
    indirect = [_debt(draws, late) for _ in range(1 if late else 0)]
    in_all = {bucket: sum(debt.get(bucket, 0) for debt in (*direct, *indirect)) for bucket in BUCKETS}
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "personal_data": {
            "full_name": whose.name,
            "document_id_type": "RUT",
            "document_id_number": whose.id,
        },
        "debt_data_last_update": f"{at[:7]}-01",
        "currency": "CLP",
        "total": money(sum(in_all.values())),
        **_buckets(in_all),
        "direct_debts": [_shown(draws, debt) for debt in direct],
        "indirect_debts": [_shown(draws, debt) for debt in indirect],
        "credit_lines": [_line(draws)],
        "other_credits": [],
    }


def _debt(draws: Draws, late: Sequence[str]) -> dict[str, int]:
    """
    Draw what is owed to a bank, in cents, by how late it is.
    """
    return {bucket: draws.amount(50_000, 9_000_000) * PESO for bucket in late[: draws.between(1, len(late))]}


def _buckets(debt: Mapping[str, int]) -> Json:
    return {bucket: money(debt[bucket]) if debt.get(bucket) else None for bucket in BUCKETS}


def _shown(draws: Draws, debt: Mapping[str, int]) -> Json:
    return {
        "financial_institution": draws.pick(BANKS),
        "credit_type": draws.pick(CREDITS),
        "amount": money(sum(debt.values())),
        **_buckets(debt),
    }


def _line(draws: Draws) -> Json:
    return {
        "financial_institution": draws.pick(BANKS),
        "direct_amount": money(draws.amount(100_000, 5_000_000) * PESO),
        "indirect_amount": None,
    }
