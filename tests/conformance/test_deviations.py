"""
What is known about the sandbox's deviations covers that and nothing else. The search for them is `run.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from conformance.deviations import COLLECTION, DEVIATIONS, Deviation, Finding
from conformance.specifications import MENDS, Mend, prepared
from models.conftest import _specifications  # noqa: F401 - a fixture
from models.specification import FILES, NEW, OLD, Specification


KNOWN = Deviation(NEW, COLLECTION, "status 404", "no such page")


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (Finding(NEW, "GET /api/links/", "status 404"), True),
        (Finding(NEW, "GET /api/br/exchanges/{id}/history/", "status 404"), True),
        (Finding(NEW, "GET /api/links/{id}/", "status 404"), False),
        (Finding(NEW, "POST /api/links/", "status 404"), False),
        (Finding(NEW, "GET /api/links/", "status 40"), False),
        (Finding(OLD, "GET /api/links/", "status 404"), False),
    ],
    ids=str,
)
def test_a_deviation_covers_what_it_names(finding: Finding, expected: bool) -> None:
    """
    Version, kind and operation have to agree; a pattern of a collection is none of its rows.
    """
    assert expected == KNOWN.covers(finding)


def test_everything_has_a_reason() -> None:
    """
    Each deviation and each mend says why.
    """
    assert [] == [known for known in (*DEVIATIONS, *MENDS) if len(known.reason) < 10]


@pytest.mark.parametrize("version", FILES)
def test_every_mend_mends(version: str, specifications: Mapping[str, Specification]) -> None:
    """
    The specification under test has the operations in question, and each mend changes it.
    """
    document = prepared(specifications[version])

    assert "/api/links/" in document["paths"]
    assert [] == [path for path in document["paths"] if path.startswith("/payments/")]


def test_a_mend_that_changes_nothing_is_an_error(specifications: Mapping[str, Specification]) -> None:
    """
    A mistake that a new version of the specification has corrected is no longer listed.
    """
    idle = Mend(NEW, "nothing is wrong", "#/info", lambda info: info)

    with pytest.raises(ValueError, match="needless: nothing is wrong"):
        prepared(specifications[NEW], (idle,))
