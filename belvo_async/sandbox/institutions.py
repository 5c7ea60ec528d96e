"""
The institutions of Belvo's sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from belvo_async.sandbox.answers import Json


BANKING: Final = (
    "ACCOUNTS",
    "BALANCES",
    "BILLS",
    "EXCHANGES",
    "INCOMES",
    "INVESTMENTS",
    "INVESTMENTS_PORTFOLIOS",
    "INVESTMENT_TRANSACTIONS",
    "OWNERS",
    "RECEIVABLES_TRANSACTIONS",
    "RECURRING_EXPENSES",
    "RISK_INSIGHTS",
    "TRANSACTIONS",
)
FISCAL_MEXICO: Final = (
    "FINANCIAL_STATEMENTS",
    "INVOICES",
    "TAX_COMPLIANCE_STATUS",
    "TAX_RETENTIONS",
    "TAX_RETURNS",
    "TAX_STATUS",
)
FISCAL_CHILE: Final = ("DEBT_REPORTS", "INVOICES", "TAX_STATUS")
FISCAL_COLOMBIA: Final = ("TAX_DECLARATIONS",)
EMPLOYMENT_MEXICO: Final = ("CURRENT_EMPLOYMENTS", "EMPLOYMENT_METRICS", "EMPLOYMENT_RECORDS")
EMPLOYMENT_BRAZIL: Final = ("EMPLOYMENTS", "OWNERS")

CURRENCIES: Final[Mapping[str, str]] = {"MX": "MXN", "CO": "COP", "BR": "BRL", "CL": "CLP"}


def _field(name: str, kind: str, label: str, **more: object) -> Json:
    return {
        "name": name,
        "type": kind,
        "label": label,
        "validation": r"^.{1,}$",
        "placeholder": "",
        "validation_message": f"invalid {label.lower()}",
        "values": [],
        **more,
    }


USERNAME: Final = _field("username", "text", "Client number")
PASSWORD: Final = _field("password", "password", "Password")
TOKEN: Final = _field("token", "number", "Token", length="6", optional=True, validation=r"^\d{6}$")
SECOND: Final = (
    _field("username_type", "select", "Kind of document"),
    _field("username2", "text", "Second client number"),
    _field("password2", "password", "Second password"),
)

ASKS_FOR_TOKEN: Final[Json] = {
    "name": "token_required",
    "description": "logging in at this institution may take a one-time token",
}


@attrs.frozen
class Brand:
    """
    An institution that exists in several countries under one name.

    Attributes:
        name: The first word of the institutions' names.

        suffix: The last.

        countries: Where it is; each makes one institution.

        mfa: Whether logging in takes a token.

        kind: Belvo's word for what it is.

        resources: What it offers.

        form: The fields of its login form beyond username and password.
    """

    name: str
    suffix: str
    countries: tuple[str, ...]
    mfa: bool = False
    kind: str = "bank"
    resources: tuple[str, ...] = BANKING
    form: tuple[Json, ...] = ()


EVERYWHERE: Final = ("MX", "CO", "BR")

BRANDS: Final = (
    Brand("erebor", "retail", EVERYWHERE),
    Brand("gringotts", "retail", EVERYWHERE),
    Brand("heimdall", "retail", EVERYWHERE, mfa=True, form=(TOKEN,)),
    Brand("gotham", "business", EVERYWHERE, mfa=True, form=(TOKEN,)),
    Brand("ironbank", "retail", ("BR",), form=SECOND),
    Brand("ironbank", "business", ("BR",), form=SECOND),
    Brand("tatooine", "fiscal", ("MX",), kind="fiscal", resources=FISCAL_MEXICO),
    Brand("planet", "employment", ("MX",), kind="employment", resources=EMPLOYMENT_MEXICO),
    Brand("ofmockbank", "retail", ("BR",)),
    Brand("tatooine", "fiscal", ("CL",), kind="fiscal", resources=FISCAL_CHILE),
    Brand("tatooine", "fiscal", ("CO",), kind="fiscal", resources=FISCAL_COLOMBIA),
    Brand("planet", "employment", ("BR",), kind="employment", resources=EMPLOYMENT_BRAZIL),
)


@attrs.frozen(eq=False)
class Institution:
    """
    One institution.

    Attributes:
        public: What Belvo shows of it.

        mfa: Whether logging in takes a token.

        needs: Names of the fields that its login form requires.
    """

    public: Json
    name: str
    mfa: bool
    resources: frozenset[str]
    needs: tuple[str, ...]

    @property
    def brief(self) -> Json:
        """
        What the rows of accounts show of it.
        """
        return {"name": self.name, "type": self.public["type"]}

    @property
    def currency(self) -> str:
        """
        The currency of its first country.
        """
        return CURRENCIES[self.public["country_codes"][0]]


def _institution(number: int, brand: Brand, country: str) -> Institution:
    name = f"{brand.name}_{country.lower()}_{brand.suffix}"
    form = [USERNAME, PASSWORD, *brand.form]
    public: Json = {
        "id": number,
        "name": name,
        "type": brand.kind,
        "code": None,
        "website": f"https://{brand.name}.example/",
        "display_name": f"{brand.name.title()} {country}",
        "country_codes": [country],
        "primary_color": "#056dae",
        "logo": None,
        "icon_logo": None,
        "text_logo": None,
        "form_fields": form,
        "features": [ASKS_FOR_TOKEN] if brand.mfa else [],
        "resources": list(brand.resources),
        "integration_type": "credentials",
        "status": "healthy",
        "openbanking_information": None,
    }
    needs = tuple(field["name"] for field in form if not field.get("optional"))
    return Institution(public, name, brand.mfa, frozenset(brand.resources), needs)


INSTITUTIONS: Final[Mapping[str, Institution]] = {
    institution.name: institution
    for number, (brand, country) in enumerate(
        ((brand, country) for brand in BRANDS for country in brand.countries), start=1001
    )
    for institution in (_institution(number, brand, country),)
}
"""By name."""
