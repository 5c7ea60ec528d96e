from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from documents import FILES, skip_without_documents
from models.rows import ROWS
from models.specification import Documented, Specification, read_specification


@pytest.fixture(name="specifications", scope="session")
def _specifications() -> Mapping[str, Specification]:
    """
    Both specifications, by version.
    """
    skip_without_documents()
    return {version: read_specification(version) for version in FILES}


@pytest.fixture(name="everything", scope="session")
def _everything(specifications: Mapping[str, Specification]) -> Sequence[Documented]:
    """
    The properties of all rows, those of the newest specification first.
    """
    return [
        property_
        for version, specification in specifications.items()
        for row in ROWS
        if row.version == version
        for property_ in specification.documented(row.model, row.pointer)
    ]
