from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from models.rows import ROWS
from models.specification import FILES, FOLDER, Documented, Specification, read_specification


@pytest.fixture(name="specifications", scope="session")
def _specifications() -> Mapping[str, Specification]:
    """
    Both specifications, by version.
    """
    absent = [name for name in FILES.values() if not (FOLDER / name).is_file()]
    if absent:
        pytest.skip(f"Belvo's specifications are no part of this repository; ../shared/belvo lacks {absent}")
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
