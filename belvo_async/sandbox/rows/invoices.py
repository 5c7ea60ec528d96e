"""
Invoices of Mexico's tax office: lines that add up, and payments in parts that bring the open amount down.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import attrs

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import DAY_BITS, DAY_MASK, identity
from belvo_async.sandbox.periods import DIRECTIONS, INVOICE_INTERVAL
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows.draws import Draws, money, share
from belvo_async.sandbox.rows.papers import xml
from belvo_async.sandbox.rows.people import Company, rfc, some_company, some_person, taxpayer


VAT: Final = 160
WITHHELD: Final = 100
"""Thousandths of what a line costs: VAT, and the income tax that is withheld from fees."""

CERTIFIER: Final = "SAT970701NN3"

COUNTERPARTIES: Final = 12
"""With so many companies a taxpayer does business."""

COMPANY: Final = "601"
SELF_EMPLOYED: Final = "612"
EMPLOYEE: Final = "605"
"""The tax office's codes for how somebody is taxed."""

RATES_OF_PAYMENT: Final = (500, 600, 1000)
"""Thousandths of what is still open that the first, second and third payment bring."""


@attrs.frozen
class Item:
    """
    What can stand in a line.

    Attributes:
        code: Of the product or service.

        lowest: Price in cents, with `highest`.
    """

    description: str
    code: str
    unit: str
    unit_name: str
    lowest: int
    highest: int


ITEMS: Final = (
    Item("Servicios de contabilidad", "84111500", "E48", "Unidad de servicio", 80_000, 900_000),
    Item("Papel para impresora", "14111507", "H87", "Pieza", 4_000, 20_000),
    Item("Mantenimiento de equipo", "81112300", "E48", "Unidad de servicio", 50_000, 400_000),
    Item("Cable de cobre", "26121600", "MTR", "Metro", 1_500, 9_000),
    Item("Asesoría legal", "80121600", "E48", "Unidad de servicio", 150_000, 1_200_000),
)
PAYROLL: Final = Item("Pago de nómina", "84111505", "ACT", "Actividad", 400_000, 4_000_000)


@attrs.frozen
class Line:
    """
    A line of an invoice; amounts in cents.
    """

    item: Item
    quantity: int
    price: int
    discount: int
    vat: int
    withheld: int

    @property
    def net(self) -> int:
        """
        Before tax and discount.
        """
        return self.quantity * self.price

    @property
    def tax(self) -> int:
        """
        The VAT on it.
        """
        return share(self.net, self.vat)

    @property
    def retained(self) -> int:
        """
        What is withheld of it.
        """
        return share(self.net, self.withheld)


@attrs.frozen
class Kind:
    """
    A kind of invoice.

    Attributes:
        name: Of the tax office.

        method: `PUE`, paid at once; `PPD`, paid in parts.

        usage: What it is for, as a code of the tax office.

        vat: In thousandths.

        corrects: Whether it takes back part of an earlier one.
    """

    name: str
    method: str
    usage: str
    vat: int = VAT
    corrects: bool = False


SALE: Final = Kind("Ingreso", "PUE", "G03")
DEFERRED: Final = Kind("Ingreso", "PPD", "G03")
CREDIT_NOTE: Final = Kind("Egreso", "PUE", "G02", corrects=True)
WAGES: Final = Kind("Nómina", "PUE", "CN01", vat=0)

KINDS: Final = (SALE, DEFERRED, SALE, CREDIT_NOTE, SALE, DEFERRED, SALE, WAGES)
"""The kind of an invoice is drawn from these."""


def identification(access: Access, number: int) -> str:
    """
    Return the tax office's id of invoice *number*.
    """
    return Draws(access, "invoice id", identity(number)).uuid().upper()


def counterparty(access: Access, number: int) -> tuple[str, Company]:
    """
    Return number and name of whom invoice *number* comes from or goes to.
    """
    which = Draws(access, "counterparty", identity(number)).below(COUNTERPARTIES)
    draws = Draws(access, "company", which)
    company = some_company(draws)
    return rfc(draws, company), company


def invoice_row(access: Access, number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/invoices/`.
    """
    which = identity(number)
    day = date.fromordinal(which & DAY_MASK)
    direction = DIRECTIONS[which >> DAY_BITS]
    draws = Draws(access, "invoice", which)
    kind = draws.pick(KINDS)
    if kind is WAGES and (direction == "OUTFLOW") != (taxpayer(access).company is not None):
        # Only companies pay wages, and only people get them.
        kind = SALE
    lines = _lines(draws, kind)
    discount, tax = sum(line.discount for line in lines), sum(line.tax for line in lines)
    retained, net = sum(line.retained for line in lines), sum(line.net for line in lines)
    total = net + tax - discount - retained
    cancelled = draws.below(16) == 0
    own, other = _parties(access, which, kind)
    sender, receiver = (own, other) if direction == "OUTFLOW" else (other, own)
    uuid = identification(access, which)
    folio = f"{which & DAY_MASK}"
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "invoice_identification": uuid,
        "invoice_date": str(day),
        "status": "Cancelado" if cancelled else "Vigente",
        "invoice_type": kind.name,
        "type": direction,
        "tax_details": _taxes(lines),
        "sender_id": sender.id,
        "sender_fiscal_regime": sender.regime,
        "sender_name": sender.name,
        "sender_tax_fraud_status": "NO_TAX_FRAUD_STATUS",
        "sender_blacklist_status": None,
        "receiver_id": receiver.id,
        "receiver_postal_code": "11560",
        "receiver_fiscal_regime": receiver.regime,
        "receiver_name": receiver.name,
        "receiver_tax_fraud_status": "NO_TAX_FRAUD_STATUS",
        "receiver_blacklist_status": None,
        "cancelation_status": "Cancelado sin aceptación" if cancelled else None,
        "cancelation_update_date": str(day) if cancelled else None,
        "certification_date": str(day),
        "certification_authority": CERTIFIER,
        "payment_type": "99" if kind.method == "PPD" else "03",
        "payment_type_description": None,
        "payment_method": kind.method,
        "payment_method_description": None,
        "usage": kind.usage,
        "version": "4.0",
        "place_of_issue": "01165",
        "invoice_details": [_detail(line, at) for line in lines],
        "currency": "MXN",
        "subtotal_amount": money(net),
        "exchange_rate": 1.0,
        "tax_amount": money(tax),
        "discount_amount": money(discount),
        "total_amount": money(total),
        "related_invoices": [
            {
                "relationship_type": "01",
                "related_invoice_identification": identification(access, which - INVOICE_INTERVAL),
            }
        ]
        if kind.corrects
        else [],
        "payments": []
        if cancelled or kind.method == "PUE"
        else _payments(access, which, total, (sender.id, receiver.id), at),
        "payroll": _payroll(day, total, at) if kind is WAGES else None,
        "folio": folio,
        "series": "A",
        "export_type": "01",
        "xml": xml(
            number,
            "cfdi:Comprobante",
            **{
                "xmlns:cfdi": "http://www.sat.gob.mx/cfd/4",
                "Version": "4.0",
                "Folio": folio,
                "Fecha": f"{day}T12:00:00",
                "SubTotal": f"{net / 100:.2f}",
                "Total": f"{total / 100:.2f}",
                "UUID": uuid,
            },
        ),
        "warnings": None,
    }


@attrs.frozen
class Party:
    """
    Who sends or gets an invoice.

    Attributes:
        regime: How they are taxed, as a code of the tax office.
    """

    id: str
    name: str
    regime: str


def _parties(access: Access, which: int, kind: Kind) -> tuple[Party, Party]:
    """
    Return the taxpayer and the other side.
    """
    own = taxpayer(access)
    if own.company is None:
        us = Party(own.id, own.name, EMPLOYEE if kind is WAGES else SELF_EMPLOYED)
    else:
        us = Party(own.id, own.name, COMPANY)
    if kind is WAGES and own.company is not None:
        draws = Draws(access, "employee", which)
        human = some_person(draws)
        return us, Party(rfc(draws, human), human.name, EMPLOYEE)
    number, company = counterparty(access, which)
    return us, Party(number, company.name, COMPANY)


def _taxes(lines: Sequence[Line]) -> Json:
    """
    Return the taxes of all *lines*, those of a kind together.
    """
    retained, transferred = sum(line.retained for line in lines), sum(line.tax for line in lines)
    net = money(sum(line.net for line in lines))

    def kind(tax: str, per_mille: int, amount: int) -> list[Json]:
        percentage = per_mille / 10
        shown = {"tax_type": "Tasa", "tax": tax, "tax_percentage": percentage, "pre_tax_amount": net}
        return [{**shown, "tax_amount": money(amount)}] if per_mille else []

    return {
        "total_tax_retained": money(retained),
        "total_tax_transferred": money(transferred),
        "retained_taxes": kind("ISR", lines[0].withheld, retained),
        "transferred_taxes": kind("IVA", lines[0].vat, transferred),
    }


def _lines(draws: Draws, kind: Kind) -> Sequence[Line]:
    if kind is WAGES:
        return [Line(PAYROLL, 1, draws.amount(PAYROLL.lowest, PAYROLL.highest), 0, 0, WITHHELD)]
    withheld = WITHHELD if draws.below(5) == 0 else 0
    lines = []
    for _ in range(draws.between(1, 3)):
        item, quantity = draws.pick(ITEMS), draws.between(1, 12)
        price = draws.amount(item.lowest, item.highest)
        discount = share(quantity * price, draws.pick((0, 0, 0, 50, 100)))
        lines.append(Line(item, quantity, price, discount, kind.vat, withheld))
    return lines


def _detail(line: Line, at: str) -> Json:
    taxed = {"collected_at": at, "tax_type": "Tasa"}
    return {
        "collected_at": at,
        "description": line.item.description,
        "product_identification": line.item.code,
        "quantity": line.quantity,
        "unit_code": line.item.unit,
        "unit_description": line.item.unit_name,
        "unit_amount": money(line.price),
        "discount": money(line.discount),
        "tax_subject_code": "02" if line.vat else "01",
        "identifier_number": f"PROD-{line.item.code}",
        "tax_type": None,
        "pre_tax_amount": money(line.net),
        "tax_percentage": line.vat / 10,
        "tax_amount": money(line.tax),
        "total_amount": money(line.net + line.tax),
        "retained_taxes": [
            {
                **taxed,
                "tax": "ISR",
                "tax_percentage": line.withheld / 10,
                "retained_tax_amount": money(line.retained),
            }
        ]
        if line.withheld
        else [],
        "transferred_taxes": [
            {
                **taxed,
                "tax": "IVA",
                "tax_percentage": line.vat / 10,
                "transferred_tax_amount": money(line.tax),
            }
        ]
        if line.vat
        else [],
    }


def _payments(access: Access, which: int, total: int, parties: tuple[str, str], at: str) -> list[Json]:
    """
    Return what has been paid by now, a payment a month.
    """
    beneficiary, payer = parties
    draws = Draws(access, "payments", which)
    accounts = draws.digits(16), draws.digits(16)
    rows: list[Json] = []
    day, still_open = date.fromordinal(which & DAY_MASK), total
    for part, rate in enumerate(RATES_OF_PAYMENT, start=1):
        day += timedelta(30)
        if str(day) > at[:10]:
            break
        paid = share(still_open, rate)
        rows.append(
            {
                "date": f"{day}T12:00:00.000Z",
                "payment_type": "03",
                "currency": "MXN",
                "exchange_rate": "1",
                "amount": money(paid),
                "operation_number": draws.digits(6),
                "beneficiary_rfc": beneficiary,
                "beneficiary_account_number": accounts[0],
                "payer_rfc": payer,
                "payer_account_number": accounts[1],
                "payer_bank_name": "BANCO DEL CENTRO",
                "related_documents": [
                    {
                        "invoice_identification": identification(access, which),
                        "currency": "MXN",
                        "payment_method": "PPD",
                        "partiality_number": part,
                        "previous_balance": money(still_open),
                        "amount_paid": money(paid),
                        "outstanding_balance": money(still_open - paid),
                    }
                ],
            }
        )
        still_open -= paid
    return rows


def _payroll(day: date, total: int, at: str) -> Json:
    first = day - timedelta(14)
    earned = share(total, 1111)
    return {
        "days": 15,
        "type": "O",
        "amount": money(total),
        "version": "1.2",
        "date_from": str(first),
        "date_to": str(day),
        "collected_at": at,
        "payment_date": str(day),
        "periodicity": "FIFTEENTH_DAY",
        "earnings_breakdown": [
            {"type": "WAGES_SALARIES", "taxable_amount": money(earned), "vat_free_amount": 0.0}
        ],
        "tax_deductions": [{"type": "ISR", "amount": money(earned - total)}],
        "other_payments": [],
    }
