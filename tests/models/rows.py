"""
Which model holds what: one row for each model and specification. A new family adds its rows here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from models.rows_banking import BANKING, BANKING_APART, BANKING_VOCABULARIES
from models.rows_fiscal import FISCAL, FISCAL_APART, FISCAL_SHOWN, FISCAL_VOCABULARIES
from models.specification import NEW, OLD, answer

from belvo_async import models
from belvo_async.models._fields import OpenEnum


@attrs.frozen
class Row:
    """
    A model, and where a specification describes what it holds.

    Attributes:
        pointer: To a schema, or to the answer of an operation.
    """

    model: type[Any]
    version: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.model.__name__}-{self.version}-{self.pointer.split('/')[2].replace('~1', '/')}" + (
            f"-{self.pointer.split('/')[3]}" if self.pointer.startswith("#/components") else ""
        )


ROWS: Final = (
    Row(models.Institution, NEW, "#/components/schemas/InstitutionPublicApi"),
    Row(models.Institution, NEW, answer("/api/institutions/")),
    Row(models.Institution, OLD, "#/components/schemas/Institution"),
    Row(models.Link, NEW, "#/components/schemas/Link"),
    Row(models.Link, NEW, answer("/api/links/")),
    Row(models.Link, OLD, "#/components/schemas/Link"),
    Row(models.Account, NEW, "#/components/schemas/AccountOpenFinanceBrazil"),
    Row(models.Account, NEW, answer("/api/accounts/")),
    Row(models.Account, OLD, "#/components/schemas/Account"),
    Row(models.BrazilBalance, NEW, "#/components/schemas/BalanceOFDA"),
    Row(models.BrazilBalance, NEW, answer("/api/br/balances/")),
    Row(models.Balance, OLD, "#/components/schemas/Balance"),
    *(Row(*row) for row in (*BANKING, *FISCAL)),
)

APART: Final = tuple(Row(*row) for row in (*BANKING_APART, *FISCAL_APART))
"""Where a specification contradicts itself or is silent; each of these has tests of its own."""

SHOWN: Final[Mapping[type[Any], tuple[str, ...]]] = FISCAL_SHOWN
"""Attributes for what no schema has and all examples show."""


@attrs.frozen
class Vocabulary:
    """
    An enum, and a place besides its rows where a specification lists values of it, such as a request.
    """

    enum: type[OpenEnum]
    version: str
    pointer: str


VOCABULARIES: Final = (
    *(
        Vocabulary(models.InstitutionResource, NEW, f"#/components/schemas/fetch_resources_{line}")
        for line in ("employment_brazil", "employment_mexico", "fiscal_mexico", "ofda_brazil")
    ),
    *(Vocabulary(*vocabulary) for vocabulary in (*BANKING_VOCABULARIES, *FISCAL_VOCABULARIES)),
)
