"""
Who the users are: people and companies, with the numbers that their countries know them by.

All numbers have the check digits of real ones.
"""

from __future__ import annotations

import re

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

import attrs

from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows.draws import Draws


GIVEN: Final = (("ANA", "M"), ("LUCIA", "M"), ("CARMEN", "M"), ("BRUNO", "H"), ("DIEGO", "H"), ("JULIO", "H"))
"""First names, each with the letter that a CURP has for the sex."""

SURNAMES: Final = ("PAREDES", "CARVALHO", "ORTEGA", "RESTREPO", "SALINAS", "MOREIRA", "QUIROGA", "VIDAL")
TRADES: Final = ("ACEROS", "CAFETALES", "DISEÑOS", "IMPRENTAS", "LABORATORIOS", "SERVICIOS", "TEXTILES")
PLACES: Final = ("DEL NORTE", "DEL SUR", "ANDINOS", "DEL VALLE", "DE LA COSTA", "CENTRALES")
STATES: Final = (
    ("DF", "CIUDAD DE MEXICO"),
    ("JC", "JALISCO"),
    ("NL", "NUEVO LEON"),
    ("PL", "PUEBLA"),
    ("YN", "YUCATAN"),
)
"""States of Mexico, each with the letters that a CURP has for it."""

VOWELS: Final = "AEIOU"

CURP_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
RFC_ALPHABET: Final = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ"

RFC: Final = re.compile(r"[A-ZÑ&]{3,4}[0-9]{6}[A-Z0-9]{3}")

COMPANIES: Final[Mapping[str, re.Pattern[str]]] = {
    "MX": re.compile(r"[A-ZÑ&]{3}[0-9]{6}[A-Z0-9]{3}"),
    "CO": re.compile(r"[89][0-9]{8}(-?[0-9])?"),
    "CL": re.compile(r"[5-9][0-9]{7}-?[0-9K]"),
}
"""By country: how the number of a company looks. Who logs in with one is a company, all others are people."""


@attrs.frozen
class Person:
    """
    Somebody.

    Attributes:
        sex: `H` or `M`, as a CURP has it.

        state: Where they were born: letters and name.
    """

    first_name: str
    last_name: str
    second_last_name: str
    birth_date: date
    sex: str
    state: tuple[str, str]

    @property
    def surnames(self) -> str:
        """
        Both last names.
        """
        return f"{self.last_name} {self.second_last_name}"

    @property
    def name(self) -> str:
        """
        All names.
        """
        return f"{self.first_name} {self.surnames}"

    @property
    def email(self) -> str:
        """
        An address that reaches nobody.
        """
        return f"{self.first_name}.{self.last_name}@example.com".lower()

    @property
    def initials(self) -> str:
        """
        What an RFC and a CURP begin with: letters of the names, and the birthday.
        """
        vowel = next(letter for letter in self.last_name[1:] if letter in VOWELS)
        letters = f"{self.last_name[0]}{vowel}{self.second_last_name[0]}{self.first_name[0]}"
        return f"{letters}{self.birth_date:%y%m%d}"


@attrs.frozen
class Company:
    """
    An employer, a customer, a supplier.

    Attributes:
        name: With its legal form.

        founded: When.
    """

    name: str
    founded: date


@attrs.frozen
class Taxpayer:
    """
    Whom a fiscal link is of.

    Attributes:
        id: What the tax office knows them by: RFC, NIT, RUT.

        company: `None` if it is a person.

        person: The taxpayer, or who signs for the company.
    """

    id: str
    person: Person
    company: Company | None

    @property
    def name(self) -> str:
        """
        The official name.
        """
        return self.person.name if self.company is None else self.company.name


def person(access: Access) -> Person:
    """
    Return the user of a link.
    """
    return some_person(Draws(access, "person"))


def some_person(draws: Draws) -> Person:
    """
    Draw somebody.
    """
    first_name, sex = draws.pick(GIVEN)
    birth_date = date(1960, 1, 1) + timedelta(draws.below(36 * 365))
    return Person(first_name, draws.pick(SURNAMES), draws.pick(SURNAMES), birth_date, sex, draws.pick(STATES))


def some_company(draws: Draws, form: str = "SA DE CV") -> Company:
    """
    Draw a company of a legal *form*.
    """
    name = f"{draws.pick(TRADES)} {draws.pick(PLACES)} {form}"
    return Company(name, date(1985, 1, 1) + timedelta(draws.below(25 * 365)))


def taxpayer(access: Access) -> Taxpayer:
    """
    Return whom a fiscal link is of. A user name that is an RFC is theirs.
    """
    country = access.institution.public["country_codes"][0]
    draws, user = Draws(access, "taxpayer"), access.username.upper()
    human = person(access)
    is_company = country in COMPANIES and COMPANIES[country].fullmatch(user) is not None
    company = some_company(draws, LEGAL_FORMS.get(country, "SA")) if is_company else None
    if is_company or (country == "MX" and RFC.fullmatch(user)):
        return Taxpayer(user, human, company)
    return Taxpayer(NUMBERS.get(country, rfc)(draws, human), human, None)


LEGAL_FORMS: Final[Mapping[str, str]] = {"MX": "SA DE CV", "CO": "SAS", "CL": "SPA"}


def rfc(draws: Draws, whose: Person | Company) -> str:
    """
    Return the number of a taxpayer in Mexico: 13 characters of a person, 12 of a company.
    """
    if isinstance(whose, Person):
        start = whose.initials
    else:
        start = f"{whose.name[:2]}{whose.name.split()[1][0]}{whose.founded:%y%m%d}"
    start += draws.letters(1) + draws.digits(1)
    total = sum(RFC_ALPHABET.index(letter) * (13 - place) for place, letter in enumerate(start.rjust(12)))
    return start + "0123456789A"[(11 - total % 11) % 11]


def curp(draws: Draws, whose: Person) -> str:
    """
    Return the number of a person in Mexico.
    """
    names = (whose.last_name, whose.second_last_name, whose.first_name)
    consonants = "".join(next(letter for letter in name[1:] if letter not in VOWELS) for name in names)
    start = f"{whose.initials}{whose.sex}{whose.state[0]}{consonants}{draws.digits(1)}"
    total = sum(CURP_ALPHABET.index(letter) * (18 - place) for place, letter in enumerate(start))
    return f"{start}{-total % 10}"


def nss(draws: Draws) -> str:
    """
    Return a number of Mexico's social security.
    """
    start = draws.digits(10)
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(start)]
    return f"{start}{-sum(digit // 10 + digit % 10 for digit in doubled) % 10}"


def rut(body: int) -> str:
    """
    Return a number of a taxpayer in Chile.
    """
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(str(body))))
    return f"{body}-{'0123456789K'[-total % 11]}"


def some_rut(draws: Draws, whose: Person | Company) -> str:
    """
    Draw a number of a taxpayer in Chile.
    """
    return rut(
        draws.between(*((5_000_000, 24_999_999) if isinstance(whose, Person) else (76_000_000, 77_999_999)))
    )


def cnpj(draws: Draws) -> str:
    """
    Return the number of a company in Brazil.
    """
    digits = f"{draws.digits(8)}0001"
    for _ in range(2):
        total = sum(int(digit) * (2 + place % 8) for place, digit in enumerate(reversed(digits)))
        digits += str(-total % 11 % 10)
    return digits


def nit(draws: Draws, _whose: Person | Company) -> str:
    """
    Return the number of a person in Colombia.
    """
    return f"1{draws.digits(9)}"


NUMBERS: Final[Mapping[str, Callable[[Draws, Person], str]]] = {"MX": rfc, "CL": some_rut, "CO": nit}
