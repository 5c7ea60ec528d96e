"""
What money is spent on and where it comes from: the same for the transactions of users and for those that are sent to be
categorized.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs


@attrs.frozen
class Purpose:
    """
    What a transaction is about.

    Attributes:
        category: Belvo's word, as is `subcategory`.

        merchant: Who is on the other side.

        inflow: Whether money comes in.

        income: What kind of income it is, if it is any.

        regular: Whether it comes every month with about the same amount.

        mcc: The code of the merchant's trade.

        operation: What Brazil's network calls such a transaction.

        words: What descriptions of it may say instead of the merchant.
    """

    category: str
    subcategory: str | None
    merchant: str
    inflow: bool = False
    income: str | None = None
    regular: bool = False
    mcc: int | None = None
    operation: str = "CARTAO"
    words: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """
        Which way the money goes.
        """
        return "INFLOW" if self.inflow else "OUTFLOW"


def _income(subcategory: str, merchant: str, kind: str, *words: str, regular: bool = False) -> Purpose:
    return Purpose(
        "Income & Payments",
        subcategory,
        merchant,
        inflow=True,
        income=kind,
        regular=regular,
        operation="CREDITO_SALARIO" if kind == "SALARY" else "PIX",
        words=words,
    )


SALARY: Final = _income("Salary", "Nómina", "SALARY", "salar", "nomina", "payroll", "sueldo", regular=True)
FREELANCE: Final = _income("Freelance", "Estudio Prisma", "FREELANCE", "honorari", "freelance")
INTEREST: Final = _income(
    "Interest", "Rendimientos", "INTEREST", "juros", "interes", "rendiment", regular=True
)
RENT: Final = Purpose(
    "Bills & Utilities",
    "Rent",
    "Inmobiliaria del Parque",
    regular=True,
    mcc=6513,
    operation="PIX",
    words=("alquiler", "aluguel", "renta"),
)
PHONE: Final = Purpose(
    "Bills & Utilities",
    "Telecommunications",
    "Telefónica del Sur",
    regular=True,
    mcc=4814,
    operation="BOLETO",
    words=("telef", "movil", "claro", "vivo", "telcel"),
)
CLOUD: Final = Purpose(
    "Online Platforms & Leisure",
    "Apps, Software and Cloud Services",
    "Nube SA",
    regular=True,
    mcc=5734,
    words=("app", "cloud", "netflix", "spotify", "google"),
)
INSURANCE: Final = Purpose(
    "Insurance",
    "Health & Life Insurance",
    "Seguros Andes",
    regular=True,
    mcc=6300,
    operation="BOLETO",
    words=("segur",),
)
INSTALMENT: Final = Purpose(
    "Credits & Loans",
    "Instalment",
    "Pago de préstamo",
    inflow=True,
    regular=True,
    operation="OUTROS",
    words=("prestamo", "emprestimo", "parcela", "loan"),
)
BILL: Final = Purpose(
    "Credits & Loans",
    "Credit Card",
    "Pago de tarjeta",
    inflow=True,
    operation="OUTROS",
    words=("fatura", "tarjeta", "credit card"),
)
PAYMENT: Final = attrs.evolve(BILL, merchant="Pago recibido", regular=True)

GROCERIES: Final = Purpose(
    "Food & Groceries",
    "Groceries",
    "Mercado Central",
    mcc=5411,
    words=("super", "mercado", "grocer", "walmart", "oxxo"),
)
TAXI: Final = Purpose(
    "Transport & Travel", "Taxis & Rideshares", "Taxi Ya", mcc=4121, words=("taxi", "uber", "cabify", "didi")
)
RESTAURANT: Final = Purpose(
    "Food & Groceries",
    "Restaurants",
    "Fonda Doña Rosa",
    mcc=5812,
    words=("restaur", "fonda", "pizz", "burger"),
)
PHARMACY: Final = Purpose("Home & Life", "Pharmacies", "Farmacia Luz", mcc=5912, words=("farmac", "droga"))
CLOTHES: Final = Purpose(
    "Personal Shopping", "Clothing & Accessories", "Telas Norte", mcc=5651, words=("zara", "moda", "ropa")
)

EVERYDAY: Final = (GROCERIES, GROCERIES, TAXI, RESTAURANT, PHARMACY, CLOTHES)
"""What money is spent on by turns."""

CALENDARS: Final[Mapping[str, Mapping[int, Purpose]]] = {
    "CHECKING_ACCOUNT": {
        2: RENT,
        8: PHONE,
        10: FREELANCE,
        12: CLOUD,
        15: INSURANCE,
        25: SALARY,
    },
    "SAVINGS_ACCOUNT": {1: INTEREST},
    "CREDIT_CARD": {10: PAYMENT, 12: CLOUD, 15: INSURANCE},
    "LOAN_ACCOUNT": {27: INSTALMENT},
}
"""What happens on which day of the month, by category of the account. On other days something is bought."""

SHARES: Final[Mapping[str, int]] = {
    "SALARY": 40,
    "FREELANCE": 12,
    "INTEREST": 1,
}
"""Incomes as percent of the highest balance; other amounts are below a twentieth of it."""

KNOWN: Final = (
    SALARY,
    FREELANCE,
    INTEREST,
    RENT,
    PHONE,
    CLOUD,
    INSURANCE,
    INSTALMENT,
    BILL,
    GROCERIES,
    TAXI,
    RESTAURANT,
    PHARMACY,
    CLOTHES,
)
"""What descriptions are recognized as, the first that fits."""
