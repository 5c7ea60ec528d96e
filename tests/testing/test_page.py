"""
The tests that `docs/testing.md` shows pass, as a reader would run them.
"""

from __future__ import annotations

import re

import pytest

from docs.pages import ROOT, Story, rows, stories

from belvo_async import testing
from belvo_async.sandbox import Fault
from belvo_async.testing import BackgroundSandbox, ScriptedUser


pytestmark = pytest.mark.once


pytest_plugins = ["pytester"]

PAGE = ROOT / "docs" / "testing.md"


def code(story: Story) -> str:
    """
    Return what a reader would put into one file.
    """
    return "\n\n".join(block.code for block in story.blocks)


def test_what_the_page_shows_passes(pytester: pytest.Pytester) -> None:
    """
    All tests of the page pass, with warnings as errors.
    """
    conftest, *others = [code(story) for story in stories(PAGE)]
    modules = [one for one in others if "def test_" in one]
    pytester.makeconftest(conftest)
    pytester.makepyfile(**{f"test_{number}": one for number, one in enumerate(modules)})
    shown = sum(len(re.findall(r"^(?:async )?def test_", one, re.MULTILINE)) for one in modules)

    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", "-p", "no:asyncio")

    result.assert_outcomes(passed=shown)
    assert 20 < shown


def test_every_fixture_is_told_of() -> None:
    """
    The table of fixtures has those of the plugin.
    """
    plugin = (ROOT / "pytest_belvo_async.py").read_text(encoding="utf-8")
    has = re.findall(r"^@pytest\.fixture\ndef (belvo_\w+)\(", plugin, re.MULTILINE)

    assert set(has) == {row[0].strip("`") for row in rows(PAGE, "Fixture")}


def test_every_fault_with_a_name_is_told_of() -> None:
    """
    The table of mishaps has those that the package gives a name.
    """
    has = {name for name in testing.__all__ if isinstance(getattr(testing, name), Fault)}

    assert has == {row[0].strip("`") for row in rows(PAGE, "Name")}


@pytest.mark.parametrize(
    ("head", "class_", "ancestor"),
    [
        pytest.param("Of `belvo_user`", ScriptedUser, object, id="user"),
        pytest.param("Of `belvo_sandbox`", BackgroundSandbox, BackgroundSandbox.__base__, id="sandbox"),
    ],
)
def test_every_member_is_told_of(head: str, class_: type, ancestor: type) -> None:
    """
    The tables of members have those that a class adds, and its ancestor does not have.
    """
    told = {re.split(r"[(`]", row[0].strip("`"))[0] for row in rows(PAGE, head)}
    adds = {name for name in vars(class_) if not name.startswith("_") and not hasattr(ancestor, name)}

    assert adds - {"run", "script"} == told
