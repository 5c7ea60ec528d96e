"""
Belvo's specifications as JSON Schema: what an answer has to look like, and where one does not.

Every property that is documented has to be there, whether or not it is called required.
"""

from __future__ import annotations

import re

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from documents import FILES, read_document
from jsonschema import Draft202012Validator, FormatChecker, ValidationError


KEPT: Final = frozenset(
    {
        "type",
        "enum",
        "pattern",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "format",
        "$ref",
    }
)
"""What means the same in both languages."""

QUOTES: Final = str.maketrans("", "", "\u2018\u2019")
"""Some patterns stand in typographic quotes, which nothing could match."""

checker: Final = FormatChecker(formats=())


@checker.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


@checker.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@checker.checks("uuid", raises=ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or str(UUID(value)) == value


@checker.checks("email")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[^@ ]+@[^@ ]+", value) is not None


def translated(schema: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return *schema* of OpenAPI 3.0 as one of JSON Schema.
    """
    plain = {key: value for key, value in schema.items() if key in KEPT}
    if "pattern" in plain:
        plain["pattern"] = plain["pattern"].translate(QUOTES)
    if "items" in schema:
        plain["items"] = translated(schema["items"])
    if "properties" in schema:
        plain["properties"] = {name: translated(part) for name, part in schema["properties"].items()}
    if "properties" in schema or "required" in schema:
        plain["required"] = sorted({*schema.get("properties", ()), *schema.get("required", ())})
    if "allOf" in schema:
        plain["allOf"] = [translated(part) for part in schema["allOf"]]
    for choice in ("oneOf", "anyOf"):
        # The alternatives overlap: whoever has what one of them names may have more.
        if choice in schema:
            plain["anyOf"] = [translated(part) for part in schema[choice]]
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") else plain


@cache
def _components(version: str) -> Mapping[str, Any]:
    schemas = read_document(version)["components"]["schemas"]
    return {"schemas": {name: translated(schema) for name, schema in schemas.items()}}


def members(version: str, path: str) -> dict[str, bool]:
    """
    Return the members that the body of a `POST` may have, and whether each is ever required.
    """
    document = read_document(version)
    operation = document["paths"].get(path, {}).get("post")
    if operation is None:
        return {}
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    found: dict[str, bool] = {}
    for choice in schema.get("oneOf", [schema]):
        one = document["components"]["schemas"][choice["$ref"].split("/")[-1]] if "$ref" in choice else choice
        for name in one["properties"]:
            found[name] = found.get(name, False) or name in one.get("required", ())
    return found


def named(version: str, name: str) -> Mapping[str, Any]:
    """
    Return the schema *name* of *version*.
    """
    return {"$ref": f"#/components/schemas/{name}", "components": _components(version)}


def faults(schema: Mapping[str, Any], answer: object) -> Iterator[tuple[str, str]]:
    """
    Yield where *answer* is not as *schema* says: the place, and the rule that is broken.
    """
    for error in Draft202012Validator(schema, format_checker=checker).iter_errors(answer):
        for cause in _causes(error):
            yield _place(cause), _rule(cause)


def documented(version: str, path: str, method: str, status: int) -> Mapping[str, Any] | None:
    """
    Return the schema of an answer, `None` if *version* does not know the operation.
    """
    responses = read_document(version)["paths"].get(path, {}).get(method, {}).get("responses", {})
    content = responses.get(str(status), {}).get("content", {}).get("application/json")
    return None if content is None else {**translated(content["schema"]), "components": _components(version)}


def differences(path: str, method: str, status: int, answer: object) -> Iterator[tuple[str, ...]]:
    """
    Yield where *answer* is not as a version says: the version, the operation, the place, the rule that is broken.
    """
    for version in FILES:
        schema = documented(version, path, method, status)
        if schema is not None:
            for place, rule in faults(schema, answer):
                yield (version, f"{method.upper()} {path}", place, rule)


def _causes(error: ValidationError) -> list[ValidationError]:
    """
    Return the errors behind *error*, if it is about what may be null.
    """
    behind: dict[Any, list[ValidationError]] = {}
    for cause in error.context or ():
        behind.setdefault(cause.relative_schema_path[0], []).append(cause)
    real = [causes for causes in behind.values() if [one.validator_value for one in causes] != ["null"]]
    return [error] if len(real) != 1 else [one for cause in real[0] for one in _causes(cause)]


def _place(error: ValidationError) -> str:
    return ".".join("[]" if isinstance(step, int) else str(step) for step in error.absolute_path)


def _rule(error: ValidationError) -> str:
    if error.validator == "required":
        return f"required {error.message.split(chr(39))[1]}"
    return (
        f"{error.validator} {error.validator_value if error.validator in {'type', 'format'} else ''}".strip()
    )
