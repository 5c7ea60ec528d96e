"""
Owners: persons and, at banks for businesses, companies. Brazil's network tells more of them than other countries do.
"""

from __future__ import annotations

from typing import Final

from belvo_async.sandbox import data
from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import digits, is_brazilian, noise
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows import accounts


NAMES: Final = ("Ana Lucía Paredes", "Bruno Carvalho", "Carmen Ortega", "Diego Restrepo")
COMPANIES: Final = ("Padaria Boa Vista", "Oficina do Porto", "Livraria Aurora")

DOCUMENTS: Final = {"BR": "CPF", "MX": "CURP", "CO": "CC"}
PREFIXES: Final = {"BR": "55", "MX": "52", "CO": "57"}
"""How numbers of telephones begin, by country."""


def name_of(access: Access) -> str:
    """
    Return the name of the person.
    """
    return NAMES[noise(access, 1, len(NAMES))]


def is_business(access: Access) -> bool:
    """
    Whether the institution is one for companies.
    """
    return access.institution.name.endswith("_business")


def document_of(access: Access) -> tuple[str, str]:
    """
    Return the kind and the number of the document that the owner is known by.
    """
    if is_brazilian(access) and is_business(access):
        return "CNPJ", cnpj(access)
    country: str = access.institution.public["country_codes"][0]
    return DOCUMENTS.get(country, "ID"), cpf(access) if country == "BR" else digits(access, 510, 10)


def cpf(access: Access) -> str:
    """
    Return the number that Brazil knows the person by, with its two check digits.
    """
    text = digits(access, 511, 9)
    for _ in range(2):
        text += _check(text, range(len(text) + 1, 1, -1))
    return text


def cnpj(access: Access) -> str:
    """
    Return the number that Brazil knows the company by, with its two check digits.
    """
    text = digits(access, 512, 8) + "0001"
    for _ in range(2):
        text += _check(text, [2 + place % 8 for place in reversed(range(len(text)))])
    return text


def _check(text: str, weights: range | list[int]) -> str:
    rest = sum(int(digit) * weight for digit, weight in zip(text, weights, strict=True)) % 11
    return "0" if rest <= 1 else str(11 - rest)


def owner_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/owners/`.
    """
    kind, document = document_of(access)
    name = name_of(access)
    company = COMPANIES[noise(access, 2, len(COMPANIES))]
    email = f"{name.split()[0].lower()}@example.com"
    telephone = f"9{digits(access, 513, 8)}"
    country: str = access.institution.public["country_codes"][0]
    row = {
        "link": access.id,
        "internal_identification": f"{noise(access, number, 1 << 32):08x}",
        "collected_at": at,
        "created_at": at,
        "display_name": name,
        "email": email,
        "phone_number": f"+{PREFIXES.get(country, '56')}-{telephone}",
        "address": "Avenida Central 12",
        "document_id": {"document_type": kind, "document_number": document},
        "business_name": company if is_business(access) else None,
        "first_name": None,
        "last_name": None,
        "second_last_name": None,
    }
    if not is_brazilian(access):
        return row
    details = _company(access, company) if is_business(access) else _person(access)
    return {**row, **_reached(email, telephone), **details, "financial_relation": _relation(access, count)}


def _reached(email: str, telephone: str) -> Json:
    return {
        "emails": [{"is_main": True, "email": email}],
        "addresses": [
            {
                "is_main": True,
                "address": "Avenida Central 12",
                "additional_info": None,
                "district_name": "Centro",
                "town": "São Paulo",
                "town_code": "3550308",
                "state": "SP",
                "postcode": "01001000",
                "country_name": "Brasil",
                "country_code": "BRA",
                "latitude": "-23.5475000",
                "longitude": "-46.6361100",
            }
        ],
        "phone_numbers": [
            {
                "is_main": True,
                "type": "MOBILE",
                "additional_info": None,
                "number": telephone,
                "country_code": PREFIXES["BR"],
                "area_code": "11",
                "extension": None,
            }
        ],
    }


def _person(access: Access) -> Json:
    born = 1960 + noise(access, 514, 40)
    document: Json = {
        "type": "DRIVERS_LICENSE",
        "type_additional_info": None,
        "number": digits(access, 515, 10),
        "issue_date": f"{born + 20}-05-04",
        "expiration_date": None,
        "country_of_issuance": "BRA",
        "additional_info": None,
    }
    return {
        "social_name": None,
        "birth_date": f"{born}-07-15",
        "marital_status": ("SINGLE", "MARRIED", "DIVORCED")[noise(access, 516, 3)],
        "marital_status_additional_info": None,
        "gender": None,
        "companies_id": [accounts.bank_id(access)],
        "is_local_resident": True,
        "additional_documents": [{**document, "check_digit": document["number"][-1]}],
        "nationalities": [{"info": "BRA", "documents": [document]}],
        "filiations": [{"type": "MOTHER", "civil_name": "Maria da Luz", "social_name": None}],
        "financial_profile": {
            "company_id": None,
            "occupation_code": "OTHER",
            "occupation_description": "Comércio",
            "informed_income": {
                "frequency": "MONTHLY",
                "amount": 4_500.0,
                "currency": "BRL",
                "date": data.shifted(access.public["created_at"], -data.YEAR),
            },
            "patrimony": {"amount": 120_000.0, "currency": "BRL", "year": born + 25},
        },
    }


def _company(access: Access, name: str) -> Json:
    founded = data.shifted(access.public["created_at"], -10 * data.YEAR)
    return {
        "company_name": f"{name} Ltda.",
        "trade_name": name,
        "incorporation_date": founded,
        "companies_id": [accounts.bank_id(access)],
        "additional_documents": [
            {
                "type": "FISCAL_ID",
                "type_additional_info": None,
                "number": digits(access, 517, 9),
                "check_digit": "",
                "issue_date": founded,
                "expiration_date": None,
                "country_of_issuance": "BRA",
                "additional_info": None,
            }
        ],
        "parties": [
            {
                "person_type": "INDIVIDUAL",
                "type": "ADMINISTRATOR",
                "display_name": name_of(access),
                "social_name": None,
                "company_name": None,
                "trade_name": None,
                "start_date": founded,
                "percentage_type": 1.0,
                "document_type": "CPF",
                "document_number": cpf(access),
                "document_issue_date": None,
                "document_expiration_date": None,
                "document_country": "BRA",
                "document_additional_info": None,
            }
        ],
        "financial_profile": {
            "economic_activities": [{"is_main": True, "code": "4721102"}],
            "informed_revenue": {
                "frequency": "ANNUALLY",
                "frequency_additional_info": None,
                "amount": 540_000.0,
                "currency": "BRL",
                "year": int(access.public["created_at"][:4]) - 1,
            },
            "patrimony": {"amount": 250_000.0, "currency": "BRL", "date": founded},
        },
    }


def _relation(access: Access, count: int) -> Json:
    start = data.shifted(access.public["created_at"], -3 * data.YEAR)
    employer = {
        "employer_name": COMPANIES[0],
        "employer_id_number": digits(access, 518, 14),
        "employer_bank_id_number": accounts.bank_id(access),
        "employer_bank_code": accounts.bank_id(access)[:8],
    }
    relation: Json = {
        "start_date": f"{start}T08:30:00Z",
        "product_services": ["CONTA_DEPOSITO_A_VISTA"],
        "product_services_additional_info": None,
        "procurators": [],
        "products": [
            {
                "type": row["category"],
                "subtype": row["subtype"],
                "agency": row["agency"],
                "clearing_code": "001",
                "number": row["number"],
                "check_digit": row["check_digit"],
            }
            for row in accounts.accounts(access, count)
            if row["balance_type"] == "ASSET"
        ],
    }
    if is_business(access):
        return relation
    return {
        **relation,
        "salary_portability_requests": [{**employer, "portability_approval_date": start}],
        "payroll_accounts": [{**employer, "account_opening_date": start}],
    }
