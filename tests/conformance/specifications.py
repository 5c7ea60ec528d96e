"""
Belvo's specifications as schemathesis takes them: only what the sandbox is there for, and mended where they err.

A mend is made in memory only, and says what is wrong.
"""

from __future__ import annotations

import json

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any, Final

import attrs

from models.examples import METHODS, PREFIXES
from models.specification import NEW, OLD, Specification, answer


Document = dict[str, Any]


@attrs.frozen
class Mend:
    """
    What is wrong in a specification, and what it should say.

    Attributes:
        reason: Why no answer can be meant to be as the specification has it.

        pointer: Where the mistake is, as a JSON pointer.

        mended: Takes what is there and returns what should be.
    """

    version: str
    reason: str
    pointer: str
    mended: Callable[[Any], Any]


def _nullable(schema: Any) -> Any:
    # What stands beside a `$ref` counts for nothing.
    return {"nullable": True, "allOf": [schema]}


def _of_any(schema: Any) -> Any:
    return {"anyOf" if key == "oneOf" else key: value for key, value in schema.items()}


def _unquoted(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: value.strip("\u2018\u2019")
            if key == "pattern" and isinstance(value, str)
            else _unquoted(value)
            for key, value in node.items()
        }
    return [_unquoted(entry) for entry in node] if isinstance(node, list) else node


def _one(schema: Any) -> Any:
    return schema["items"]


def _listed(schema: Any) -> Any:
    return {"type": "array", "items": schema}


ONE_OF_THEM: Final = "an id is of one row; of an income, the newer version says so"
EACH_OF_THEM: Final = "the alternatives require so little that an answer is more than one of them"

SCHEMAS: Final = "#/components/schemas"


MENDS: Final = (
    Mend(
        NEW,
        "curly quotes around a pattern belong to the text, and no value has them",
        "#/components",
        _unquoted,
    ),
    Mend(
        NEW,
        "a link without an `external_id` has null, as 1.35.0 says; the schema is that of requests",
        f"{SCHEMAS}/Link/properties/external_id",
        _nullable,
    ),
    Mend(
        NEW,
        "`num_accounts` is required and not described; `num_assets_accounts` is described",
        f"{SCHEMAS}/RiskInsightsAssetMetrics/required",
        lambda names: [name.replace("num_accounts", "num_assets_accounts") for name in names],
    ),
    Mend(NEW, ONE_OF_THEM, answer("/api/recurring-expenses/{id}/"), _one),
    Mend(NEW, ONE_OF_THEM, answer("/api/risk-insights/{id}/"), _one),
    Mend(OLD, ONE_OF_THEM, answer("/api/incomes/{id}/"), _one),
    Mend(OLD, ONE_OF_THEM, answer("/api/recurring-expenses/{id}/"), _one),
    Mend(OLD, ONE_OF_THEM, answer("/api/risk-insights/{id}/"), _one),
    Mend(
        OLD,
        "a job that goes on has no end: null, as in 1.223.0",
        f"{SCHEMAS}/EmploymentRecordDetail/properties/end_date",
        _nullable,
    ),
    *(
        Mend(OLD, "errors come in lists, here as everywhere", pointer, _listed)
        for pointer in (
            answer("/receivables/transactions/{id}/", status=401),
            answer("/api/tax-returns/", method="post", status=408),
            answer("/api/tax-declarations/", method="post", status=408),
        )
    ),
    *(
        Mend(OLD, EACH_OF_THEM, pointer, _of_any)
        for pointer in (
            answer("/api/tax-returns/"),
            answer("/api/tax-declarations/"),
            answer("/api/tax-status/", method="post", status=201),
            answer("/api/tax-status/", method="post"),
            answer("/api/tax-status/{id}/"),
            f"{SCHEMAS}/TaxStatusPaginatedResponse/properties/results/items",
        )
    ),
    *(
        Mend(
            NEW,
            "the owner of a link at a bank elsewhere is none of Brazil's two kinds, as POST says",
            answer("/api/owners/", method="patch", status=status),
            lambda owners: {
                **owners,
                "items": {"anyOf": [*owners["items"]["oneOf"], {"$ref": f"{SCHEMAS}/Owner"}]},
            },
        )
        for status in (200, 201)
    ),
    *(
        Mend(NEW, EACH_OF_THEM, pointer, _of_any)
        for pointer in (
            f"{answer('/api/owners/', method='post', status=201)}/items",
            f"{answer('/api/owners/', method='post')}/items",
            answer("/api/owners/{id}/"),
            f"{answer('/api/owners/')}/allOf/1/properties/results/items",
        )
    ),
)
"""A mend that changes nothing is an error."""


def prepared(specification: Specification, mends: tuple[Mend, ...] = MENDS) -> Document:
    """
    Return the document of *specification* with the operations under test only, mended.

    Raises:
        ValueError: A mend has nothing to do any more.
    """
    document: Document = json.loads(json.dumps(specification.root, default=float))
    for mend in mends:
        if mend.version == specification.version:
            _mend(document, mend)
    document["paths"] = {
        path: {key: part for key, part in item.items() if key in {*METHODS, "parameters"}}
        for path, item in document["paths"].items()
        if path.startswith(PREFIXES)
    }
    document["servers"] = []
    # The keys are sent by whoever calls; otherwise they were left out of requests that are bad on purpose.
    document.pop("security", None)
    for operation in _operations(document):
        operation.pop("security", None)
    return document


def _mend(document: Document, mend: Mend) -> None:
    _, *steps, last = (step.replace("~1", "/").replace("~0", "~") for step in mend.pointer.split("/"))
    holder: Any = reduce(
        lambda node, step: node[int(step) if isinstance(node, list) else step], steps, document
    )
    before = holder[last]
    holder[last] = mend.mended(before)
    if holder[last] == before:
        raise ValueError(f"needless: {mend.reason} ({mend.version}, {mend.pointer})")


def _operations(document: Document) -> Iterator[Document]:
    for item in document["paths"].values():
        yield from (item[method] for method in METHODS if method in item)
