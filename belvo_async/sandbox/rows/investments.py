"""
Investments: portfolios with their instruments, and what Brazil's network says of investments and their transactions.
"""

from __future__ import annotations

from typing import Final

import attrs

from belvo_async.sandbox import data
from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import day_text, digits, noise, series_of
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows import accounts


PATH: Final = "/api/br/investments/"
SALT: Final = data.salt(PATH)
INSTRUMENT_SALT: Final = data.salt("/investments/portfolios/instruments/")

DAY_OF_MONTH: Final = 5
"""When somebody invests again."""


@attrs.frozen
class Product:
    """
    Something to put money into.

    Attributes:
        type: Brazil's word.

        kind: What an instrument of a portfolio calls it.

        name: The product's.

        cents: What a unit costs about.

        tax: How much of a profit is withheld, as a percentage.

        isin: Its international number, if it has one.
    """

    type: str
    kind: str
    subtype: str
    name: str
    cents: int
    tax: int
    isin: str | None
    category: str
    indexer: str | None


PRODUCTS: Final = (
    Product("FIXED_INCOME_BANKING", "DEPOSIT", "CDB", "CDB Digital", 100_00, 15, None, "RENDA_FIXA", "CDI"),
    Product(
        "TREASURE_TITLE", "BOND", "LTN", "Tesouro Prefixado", 850_00, 15, "BRSTNCLTN7U1", "TESOURO", None
    ),
    Product("FUND", "FUND", "FIA", "Fundo Horizonte", 12_50, 15, "BRHRZNCTF006", "ACOES", None),
)
"""What a user is invested in, each once."""


@attrs.frozen
class Holding:
    """
    What a user has of a product; amounts in cents.
    """

    product: Product
    quantity: int
    price: int
    paid: int

    @property
    def gross(self) -> int:
        """
        What it is worth.
        """
        return self.quantity * self.price

    @property
    def profit(self) -> int:
        """
        How much more it is worth than was paid for it.
        """
        return self.quantity * (self.price - self.paid)

    @property
    def withheld(self) -> int:
        """
        What taxes would take of it.
        """
        return max(self.profit, 0) * self.product.tax // 100

    @property
    def net(self) -> int:
        """
        What would be left.
        """
        return self.gross - self.withheld


def holding(access: Access, index: int) -> Holding:
    """
    Return what the user has of product *index*.
    """
    product = PRODUCTS[index]
    quantity = 10 + noise(access, index + 520, 90)
    paid = product.cents
    return Holding(product, quantity, paid + noise(access, index + 530, paid // 5), paid)


def opened(access: Access) -> str:
    """
    Return the day on which the user began to invest.
    """
    return data.shifted(access.public["created_at"], -2 * data.YEAR)


def portfolio_row(access: Access, number: int, count: int, at: str) -> Json:  # noqa: ARG001  # all rows look alike
    """
    Return a row of `/investments/portfolios/`: it is worth what its instruments are worth.
    """
    products = () if data.has_nothing(access) else range(len(PRODUCTS))
    holdings = [holding(access, index) for index in products]
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "name": "Investimentos",
        "type": "FIXED_INCOME",
        "balance_type": "ASSET",
        "balance_gross": sum(one.gross for one in holdings) / 100,
        "balance_net": sum(one.net for one in holdings) / 100,
        "currency": access.institution.currency,
        "instruments": [_instrument(access, index, one) for index, one in enumerate(holdings)],
    }


def _instrument(access: Access, index: int, held: Holding) -> Json:
    product = held.product
    return {
        "id": data.row_id(access, INSTRUMENT_SALT, index),
        "public_id": [{"type": "isin", "value": product.isin}] if product.isin else [],
        "type": product.kind,
        "subtype": product.subtype,
        "name": product.name,
        "currency": access.institution.currency,
        "price": held.price / 100,
        "quantity": float(held.quantity),
        "balance_gross": held.gross / 100,
        "balance_net": held.net / 100,
        "average_acquisition_price": held.paid / 100,
        "profit": held.profit / 100,
        "open_date": opened(access),
        "redemption_conditions": [{"type": "due_date", "value": data.shifted(opened(access), 5 * data.YEAR)}],
        "fees": [{"type": "OPERATION_FEE", "value": 0.0}],
        "interest_rates": [{"type": "yearly", "value": 11.31, "index": product.indexer}],
    }


def investment_row(access: Access, number: int, count: int, at: str) -> Json:  # noqa: ARG001  # all rows look alike
    """
    Return a row of `/api/br/investments/`.
    """
    held = holding(access, number)
    product = held.product
    start = opened(access)
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "type": product.type,
        "issuer_id_number": accounts.bank_id(access),
        "isin_number": product.isin,
        "currency": access.institution.currency,
        "product_name": product.name,
        "is_tax_exempt": False,
        "clearing_code": f"{product.subtype}{digits(access, number + 540, 6)}",
        "due_date": data.shifted(start, 5 * data.YEAR),
        "issue_date": data.shifted(start, -data.YEAR),
        "purchase_date": start,
        "grace_period_date": data.shifted(start, 30),
        "issue_unit_price": product.cents / 100,
        "balance": {
            "reference_date": at,
            "gross_value": held.gross / 100,
            "blocked_amount": 0.0,
            "quantity": float(held.quantity),
            "gross_unit_price": held.price / 100,
            "net_value": held.net / 100,
            "withheld_amount": held.withheld / 100,
            "transaction_fee": 0.0,
            "purchase_unit_price": held.paid / 100,
            "pre_fixed_rate": 0.1131,
            "post_fixed_rate": None,
            "penalty_fee": 0.0,
            "late_payment_fee": 0.0,
            "closing_price": held.price / 100,
            "unit_price_factor": 1.0,
        },
        "remuneration": {
            "pre_fixed_rate": 0.1131,
            "post_fixed_rate": None,
            "rate_type": "EXPONENCIAL",
            "rate_periodicity": "ANUAL",
            "calculation_base": "DIAS_UTEIS",
            "indexer": product.indexer,
            "indexer_additional_info": None,
        },
        "classification_details": {"category": product.category, "class": None, "subclass": None},
        "voucher_payment_details": {
            "is_voucher_payment": False,
            "periodicity": None,
            "periodicity_additional_info": None,
        },
        "debtor_details": None,
    }


def investment_transaction_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/br/investment-transactions/`: more was bought of an investment.
    """
    index = series_of(number)
    held = holding(access, index)
    quantity = 1 + noise(access, number, 10)
    value = quantity * held.paid
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "investment": {"id": data.row_id(access, SALT, index), **investment_row(access, index, count, at)},
        "internal_identification": f"{noise(access, number, 1 << 40):010x}",
        "value_date": day_text(number),
        "gross_value": value / 100,
        "net_value": value / 100,
        "value": value / 100,
        "unit_price": held.paid / 100,
        "price_factor": 1.0,
        "transaction_tax": 0.0,
        "income_tax": 0.0,
        "quantity": float(quantity),
        "type": "INFLOW",
        "subtype": "APLICACAO",
        "subtype_additional_info": "",
        "indexer_percentage": 1.0,
        "rate": 0.1131,
        "exit_fee": 0.0,
        "broker_note_details": _note(number, value) if held.product.kind == "FUND" else None,
    }


def _note(number: int, value: int) -> Json:
    # What the fees and taxes take is what is between gross and net.
    fees = {
        "brokerage_fee": value // 1000,
        "clearing_settlement_fee": value // 4000,
        "clearing_registration_fee": value // 8000,
        "stock_exchange_asset_trade_notice_fee": 0,
        "stock_exchange_fee": value // 4000,
        "clearing_custody_fee": 0,
        "taxes": value // 2000,
        "income_tax": 0,
    }
    return {
        "broker_note_number": str(number),
        "gross_value": value / 100,
        **{name: cents / 100 for name, cents in fees.items()},
        "net_value": (value - sum(fees.values())) / 100,
    }
