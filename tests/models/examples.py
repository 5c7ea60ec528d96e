"""
Every example of an answer that the specifications show, and the type that it should be read as.

An answer of success is paired with its model by what its schema leads to, as the rows say it. What has no
model is in `WITHOUT_A_MODEL`, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from models.rows import APART, ROWS
from models.specification import Kind, Schema, Specification, kind_of, vocabulary_of

from belvo_async.codec import Page


PREFIXES: Final = ("/api/", "/investments/", "/receivables/")
"""Payments are another product."""

METHODS: Final = ("get", "post", "put", "patch", "delete")

WITHOUT_A_MODEL: Final[Mapping[int, str]] = {
    202: "a receipt: the data come later, so reading one as data is an error, which the codec's tests see",
    204: "no body",
}
"""By status."""


@attrs.frozen
class Response:
    """
    A successful answer of one operation, as a specification has it.

    Attributes:
        operation: Method and path.

        content: Schema and examples; empty if there is no body.
    """

    version: str
    operation: str
    status: int
    content: Schema = attrs.field(repr=False, eq=False)

    def __str__(self) -> str:
        return f"{self.version} {self.operation} {self.status}"


@attrs.frozen
class Example:
    """
    One answer that a specification shows.

    Attributes:
        name: Its own, or `parts` if it is put together from the examples of its parts.

        type: What it should be read as, by its schema.
    """

    response: Response
    name: str
    type: Any
    value: Any = attrs.field(repr=False, eq=False)

    def __str__(self) -> str:
        return f"{self.response} {self.name}"


def responses(specification: Specification) -> Iterator[Response]:
    """
    Yield every successful answer of the operations that this library is about.
    """
    for path, operations in specification.root["paths"].items():
        if not path.startswith(PREFIXES):
            continue
        for method in METHODS:
            for status, told in operations.get(method, {}).get("responses", {}).items():
                if status.startswith("2"):
                    media = specification.settle(told).get("content", {}).get("application/json", {})
                    yield Response(specification.version, f"{method.upper()} {path}", int(status), media)


def models_of(specification: Specification, response: Response) -> set[type[Any]]:
    """
    Return the models that the rows have for what the schema of *response* leads to.
    """
    ends = set(_ends(specification, response.content["schema"]))
    return {
        row.model
        for row in (*ROWS, *APART)
        if row.version == specification.version and ends & set(_ends(specification, {"$ref": row.pointer}))
    }


def _ends(specification: Specification, schema: Schema, pointer: str = "") -> Iterator[str]:
    """
    Yield the pointers to the schemas that *schema* comes down to, beneath pages, lists and alternatives.
    """
    if "$ref" in schema:
        yield from _ends(specification, specification.at(schema["$ref"]), schema["$ref"])
    elif "items" in schema:
        yield from _ends(specification, schema["items"], f"{pointer}/items")
    elif choices := [key for key in ("oneOf", "anyOf") if key in schema]:
        for index, part in enumerate(schema[choices[0]]):
            yield from _ends(specification, part, f"{pointer}/{choices[0]}/{index}")
    elif results := specification.settle(schema).get("properties", {}).get("results"):
        yield from _ends(specification, results, f"{pointer}/results")
    else:
        yield pointer


def type_of(specification: Specification, schema: Schema, model: type[Any]) -> Any:
    """
    Return the type in which *schema* wraps *model*: a page, a list, or nothing.
    """
    settled = specification.settle(schema)
    if "items" in settled:
        return list[model]  # type: ignore[valid-type]  # made at run time
    return Page[model] if "results" in settled.get("properties", {}) else model  # type: ignore[valid-type]  # same


def examples(specification: Specification) -> Iterator[Example]:
    """
    Yield each example of each successful answer that has a model: those with a name, and the one made of parts.
    """
    for response in responses(specification):
        if response.status in WITHOUT_A_MODEL:
            continue
        (model,) = models_of(specification, response)
        schema = response.content["schema"]
        type_ = type_of(specification, schema, model)
        shown = {
            name: specification.settle(one) for name, one in response.content.get("examples", {}).items()
        }
        if "example" in response.content:
            shown["example"] = {"value": response.content["example"]}
        for name, one in shown.items():
            yield Example(response, name, type_, one["value"])
        yield Example(response, "parts", type_, assembled(specification, specification.settle(schema)))


def assembled(specification: Specification, schema: Schema) -> Any:
    """
    Return the value that *schema* gives as its example, put together from those of its parts.
    """
    kind = kind_of(schema)
    if kind is Kind.OBJECT:
        properties = schema.get("properties", {}).items()
        return {name: assembled(specification, specification.settle(inner)) for name, inner in properties}
    if kind is Kind.LIST and "example" not in schema:
        return [assembled(specification, specification.settle(schema["items"]))]
    if kind is Kind.VOCABULARY and "example" not in schema:
        return min(vocabulary_of(schema))
    return schema.get("example")
