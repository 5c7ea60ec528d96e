"""
Belvo's two specifications: where they are, and reading them. They are no part of this repository.
"""

from __future__ import annotations

import json

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped, unused-ignore]  # its stubs are a package of their own


FOLDER: Final = next(
    (
        folder / "shared" / "belvo"
        for folder in Path(__file__).parents
        if (folder / "shared" / "belvo").is_dir()
    ),
    Path(__file__).parents[2] / "shared" / "belvo",
)
"""Beside the repository, from which the tests may have been unpacked into a folder below it."""
NEW: Final = "1.223.0"
OLD: Final = "1.35.0"
FILES: Final[Mapping[str, str]] = {NEW: "openapi-1.223.0.json", OLD: "openapi-1.35.0.yaml"}
"""By version, the newest first."""


@cache
def read_document(version: str) -> Mapping[str, Any]:
    """
    Read the document of *version* from `FOLDER`.
    """
    text = (FOLDER / FILES[version]).read_text("utf-8")
    document: Mapping[str, Any] = (
        json.loads(text, parse_float=Decimal)
        if FILES[version].endswith(".json")
        else yaml.load(text, Loader=_Loader)  # noqa: S506 - made of a safe one
    )
    return document


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc, unused-ignore]  # same as above
    """
    Reads YAML as the JSON that it stands for: numbers keep their digits, and days are text.
    """


_Loader.add_constructor("tag:yaml.org,2002:float", lambda _, node: Decimal(node.value))
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)


def absent() -> list[str]:
    """
    Return the names of the documents that are not there.
    """
    return [name for name in FILES.values() if not (FOLDER / name).is_file()]


def skip_without_documents() -> None:
    """
    Skip the test that calls this where the documents are not.
    """
    if absent():
        pytest.skip(
            f"Belvo's specifications are no part of this repository; ../shared/belvo lacks {absent()}"
        )
