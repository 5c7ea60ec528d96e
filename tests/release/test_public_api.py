"""
Nothing public changes unannounced.
"""

from __future__ import annotations

import difflib

from release.public_api import FILE, content


def test_the_public_names_are_those_that_are_written_down() -> None:
    """
    The list of what is public is current, so that each change of it is seen by whoever reads the change.
    """
    written = FILE.read_text(encoding="utf-8").splitlines()
    changes = "\n".join(
        difflib.unified_diff(written, content().splitlines(), "written", "the code", n=0, lineterm="")
    )

    assert changes == "", (
        "What is public has changed. If it should: tell users in CHANGELOG.md (a name that goes was deprecated first, see "
        f"docs/releasing.md), then run `python tests/release/public_api.py`.\n{changes}"
    )
