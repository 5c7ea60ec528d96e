"""
Whoever installs the library takes on no duties by it.
"""

from __future__ import annotations

import pytest

from release.dependencies import brought
from release.licences import is_allowed, licence


def test_every_licence_is_allowed() -> None:
    """
    All that comes with the library and its extras is under a licence that asks for no more than to be named.
    """
    licences = {name: licence(name, one) for name, one in brought().items()}

    assert {} == {name: words for name, words in licences.items() if not is_allowed(words)}
    assert licences["aiohttp"] == "Apache-2.0 AND MIT"


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("Apache-2.0 AND MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT OR GPL-3.0-only) AND GPL-3.0-only", False),
        ("AGPL-3.0-only", False),
        ("Custom", False),
        ("", False),
    ],
)
def test_what_is_allowed(expression: str, allowed: bool) -> None:
    """
    Of licences to choose from one has to be allowed, of those that hold together all.
    """
    assert allowed == is_allowed(expression)
