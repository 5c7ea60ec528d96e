"""
What the documents show runs, and does what they say.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import doctest
import inspect
import io
import sys

from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import anyio
import pytest

from docs.pages import PAGES, Block, Story, stories

from belvo_async import BelvoClient, MfaChallenge
from belvo_async.sandbox import Sandbox


STORIES = [story for page in PAGES for story in stories(page)]


async def ask(challenge: MfaChallenge) -> str | None:
    """
    Give the right token.
    """
    return "111111" if challenge.expects_user_input else None


@pytest.mark.anyio
@pytest.mark.parametrize("story", STORIES, ids=str)
async def test_runs(
    story: Story, client: BelvoClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A block of Python in a document runs as it stands.
    """
    if story.reason is not None:
        pytest.skip(story.reason)
    module = ModuleType("snippet")
    monkeypatch.setitem(sys.modules, "snippet", module)  # frameworks look there for the names in annotations
    namespace: dict[str, Any] = vars(module)
    namespace |= {
        "client": client,
        "sandbox": sandbox,
        "ask": ask,
        "__builtins__": builtins,  # as every module has it; from 3.13 on subscripting a generic class looks there
    }
    for block in story.blocks:
        if block.is_program:
            printed = await _printed_by_program(block)
        else:
            with contextlib.redirect_stdout(io.StringIO()) as output:
                for line, code in block.sources():
                    await _run(code, story.page, line, namespace)
            printed = output.getvalue()

        assert block.prints is None or _agree(block.prints, printed), printed


async def _run(code: str, page: Path, line: int, namespace: dict[str, Any]) -> None:
    """
    Run *code*, in which `await` may stand anywhere, so that tracebacks show the line of the page.
    """
    placed = "\n" * (line - 1) + code
    compiled = compile(placed, str(page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = FunctionType(compiled, namespace)()
    if inspect.iscoroutine(result):
        await result


async def _printed_by_program(block: Block) -> str:
    done = await anyio.run_process([sys.executable, "-W", "error", "-c", block.code], check=False)

    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout.decode()


def _agree(told: str, printed: str) -> bool:
    return doctest.OutputChecker().check_output(told.replace("…", "..."), printed, doctest.ELLIPSIS)


def test_every_page_runs() -> None:
    """
    The pages that show the library in use have stories: none was lost by a change of the markup.
    """
    shown = {page.name: page.read_text(encoding="utf-8").count("```python\n") for page in PAGES}
    run = dict.fromkeys(shown, 0)
    for story in STORIES:
        run[story.page.name] += len(story.blocks)

    assert run == shown
    assert run["README.md"] > 0
    assert run["flow.md"] > 0
    assert run["sandbox.md"] > 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("<!-- setup\nx = 1\n-->\n\nWords.\n", "expected a block below", id="setup"),
        pytest.param("<!-- continues -->\nWords.\n", "expected a block below", id="continues"),
        pytest.param("Words.\n\n<!-- check\nassert x\n-->\n", "expected a block above", id="check"),
    ],
)
def test_stray_comment(tmp_path: Path, text: str, problem: str) -> None:
    """
    A comment that belongs to no block is a mistake, not a comment.
    """
    page = tmp_path / "page.md"
    page.write_text(text)

    with pytest.raises(ValueError, match=problem):
        stories(page)
