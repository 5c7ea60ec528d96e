"""
What bodies have to look like: forms as data, and the one function that checks a body against one.
"""

from __future__ import annotations

import re

from collections.abc import Callable
from datetime import date
from typing import Final, TypeAlias

import attrs

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.refusals import Problem, Refusal


Check: TypeAlias = Callable[[object], str | None]
"""Looks at a value that was given; returns the code of what is wrong with it, or `None`."""


def text(value: object) -> str | None:
    """
    Any text but the empty one.
    """
    if not isinstance(value, str):
        return "invalid"
    return None if value.strip() else "blank"


def flag(value: object) -> str | None:
    """
    A boolean.
    """
    return None if isinstance(value, bool) else "invalid"


def year(value: object) -> str | None:
    """
    A year of this century or the last, as a number or as four digits.
    """
    return None if re.fullmatch(r"(19|20)[0-9]{2}", str(value)) else "invalid"


def day(value: object) -> str | None:
    """
    A date like `2026-01-31`, and no other way to write one.
    """
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return "invalid"
    try:
        date.fromisoformat(value)
    except ValueError:
        return "invalid"
    return None


def ordinal(body: Json, name: str, otherwise: int) -> int:
    """
    Return the day that member *name* of *body* is, as an ordinal; *otherwise* if it is not there.
    """
    return date.fromisoformat(body[name]).toordinal() if name in body else otherwise


def listing(value: object) -> str | None:
    """
    A list.
    """
    return None if isinstance(value, list) else "not_a_list"


def mapping(value: object) -> str | None:
    """
    An object.
    """
    return None if isinstance(value, dict) else "invalid"


def choice(*choices: str) -> Check:
    """
    One of *choices*.
    """

    def check(value: object) -> str | None:
        return None if value in choices else "invalid_choice"

    return check


def choices(*choices: str) -> Check:
    """
    A list of some of *choices*.
    """

    def check(value: object) -> str | None:
        if not isinstance(value, list):
            return "not_a_list"
        return None if all(one in choices for one in value) else "invalid_choice"

    return check


def number(value: object) -> str | None:
    """
    A number that is not negative.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "invalid"
    return None if value >= 0 else "invalid"


def sized(shortest: int, longest: int) -> Check:
    """
    A text of *shortest* to *longest* characters.
    """

    def check(value: object) -> str | None:
        if isinstance(value, str) and value and not shortest <= len(value) <= longest:
            return "invalid"
        return text(value)

    return check


def matching(pattern: str, code: str = "invalid") -> Check:
    """
    A text that matches *pattern* as a whole; else *code*.
    """

    def check(value: object) -> str | None:
        return None if isinstance(value, str) and re.fullmatch(pattern, value) else code

    return check


@attrs.frozen
class Field:
    """
    One member of a body.

    Attributes:
        nullable: Whether it may be null, which is as good as any value.
    """

    name: str
    check: Check
    required: bool = False
    nullable: bool = False


@attrs.frozen
class Form:
    """
    The members that a body may have. Others are ignored, as Belvo does.
    """

    fields: tuple[Field, ...]

    def check(self, body: Json) -> None:
        """
        Refuse *body* with one problem for each field that is wrong.
        """
        problems = self.problems(body)
        if problems:
            raise Refusal(*problems)

    def problems(self, body: Json, within: str = "") -> list[Problem]:
        """
        Return one problem for each field of *body* that is wrong.

        Args:
            within: What stands before the names of the fields.
        """
        return [
            Problem(code, f"{within}{field.name}")
            for field in self.fields
            if (code := _fault(field, body)) is not None
        ]


def _fault(field: Field, body: Json) -> str | None:
    if field.name not in body:
        return "required" if field.required else None
    value = body[field.name]
    if value is None:
        return None if field.nullable else "null"
    return field.check(value)


def form(*required: Field, optional: tuple[Field, ...] = ()) -> Form:
    """
    Return the form with these *required* and *optional* fields.
    """
    return Form((*(attrs.evolve(field, required=True) for field in required), *optional))


LINK: Final = Field("link", text)
TOKEN: Final = Field("token", text)
SAVE_DATA: Final = Field("save_data", flag)
DATE_FROM: Final = Field("date_from", day)
DATE_TO: Final = Field("date_to", day)

STORAGE: Final = r"store|nostore|([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-5])d"

UPKEEP: Final = (
    Field("fetch_resources", listing),
    Field("stale_in", matching(r"[1-9][0-9]{0,2}d")),
)
DOCUMENTS: Final = tuple(
    Field(name, text)
    for name in ("password2", "username_type", "encryption_key", "certificate", "private_key", "token")
)

REGISTRATION: Final = form(
    Field("institution", text),
    Field("username", text),
    Field("password", text),
    optional=(
        *DOCUMENTS,
        *UPKEEP,
        Field("username2", text),
        Field("username3", text),
        Field("external_id", sized(3, 256)),
        Field("access_mode", choice("single", "recurrent")),
        Field("credentials_storage", matching(STORAGE, "invalid_credentials_storage")),
        Field("fetch_historical", flag),
        SAVE_DATA,
    ),
)
UPDATE: Final = form(Field("password", text), optional=DOCUMENTS)
ACCESS_MODE: Final = form(Field("access_mode", choice("single", "recurrent")), optional=UPKEEP)
REFRESH: Final = form(optional=UPKEEP)
RESUME: Final = form(Field("session", text), LINK, optional=(TOKEN, SAVE_DATA))
