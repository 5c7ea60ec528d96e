"""
The file of what type checkers have to say is complete.
"""

from __future__ import annotations

import re

from resources.expectations import FILE, content


def test_expectations_are_up_to_date() -> None:
    """
    Every verb of every resource is there, and every usual one that it has not; run the script if this fails.
    """
    assert _words(content()) == _words(FILE.read_text(encoding="utf-8"))


def _words(text: str) -> str:
    return re.sub(r",(?=[)\]])", "", re.sub(r"\s+", "", text))  # however it was formatted
