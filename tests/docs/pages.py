"""
The documents, and the stories their Python blocks tell.

A story is one or more blocks that run one after the other, in a namespace that has `client` and `sandbox` (open, and
talking to each other) and `ask` (a prompt that knows the tokens). Comments that a reader of the page does not see say
more about the block next to them:

    <!-- setup … -->     Python that runs before the block below.
    <!-- check … -->     Python that runs after the block above, to assert what the text claims.
    <!-- continues -->   The block below goes on where the block before it ended.

A ```text block right below is what the block prints; `…` stands for anything. A block that calls `asyncio.run()`, or
another that makes an event loop, is a program, and runs as one. A block that cannot run says so in the page, in a line above it: *Not run: the reason.*
"""

from __future__ import annotations

import re

from collections.abc import Iterator
from pathlib import Path

import attrs


ROOT = Path(__file__).parents[2]

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
"""What has to run. The other documents show no Python."""

DOCUMENTS = (*PAGES, *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")))

PART = re.compile(
    r"^<!-- (?P<word>setup|check)\n(?P<hidden>.*?)^-->$"
    r"|^<!-- (?P<continues>continues) -->$"
    r"|^```(?P<language>\w*)\n(?P<shown>.*?)^```$"
    r"|^\*Not run: (?P<reason>[^\n]+)\*$"
    r"|^(?P<prose>(?!<!--|```)[^\n]*\S[^\n]*)$",
    re.MULTILINE | re.DOTALL,
)
"""Whatever may stand in a page, one match for each; `prose` is every other line with something in it."""

TABLE = re.compile(r"(?:^\|.*\|\n)+", re.MULTILINE)

RUNNERS = ("asyncio.run(", "uvloop.run(", "anyio.run(")
"""What makes a block a program."""

RUNNABLE = {"python", "py", "python3", "pycon"}


@attrs.define
class Block:
    """
    One Python block, with what belongs to it.

    Attributes:
        line: Of the page, where the code begins.

        setup: Hidden code and its line.

        checks: Hidden code and its line.

        prints: What it prints; `None` if the page does not say.
    """

    line: int
    code: str
    setup: tuple[int, str] | None = None
    checks: list[tuple[int, str]] = attrs.field(factory=list)
    prints: str | None = None

    @property
    def is_program(self) -> bool:
        """
        Whether it runs on its own.
        """
        return any(runner in self.code for runner in RUNNERS)

    def sources(self) -> Iterator[tuple[int, str]]:
        """
        Return all its code with the lines where it begins, in order.
        """
        if self.setup is not None:
            yield self.setup
        yield self.line, self.code
        yield from self.checks


@attrs.define
class Story:
    """
    Blocks that run one after the other.

    Attributes:
        reason: Why it is not run, if it is not.
    """

    page: Path
    blocks: list[Block]
    reason: str | None = None

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.blocks[0].line}"


def stories(page: Path) -> list[Story]:
    """
    Return the stories of *page*.

    Raises:
        ValueError: A comment belongs to nothing.
    """
    text = page.read_text(encoding="utf-8")
    reader = _Reader(page)
    for match in PART.finditer(text):
        reader.line = text.count("\n", 0, match.start()) + 1
        getattr(reader, f"read_{match.lastgroup}")(match)
    return reader.stories


@attrs.define
class _Reader:
    """
    Reads a page part by part; each method is named for the last group of the part.

    Attributes:
        setup, reason, continues: What was said about the block to come.

        below: The block right above, if nothing but comments came since.
    """

    page: Path
    line: int = 0
    stories: list[Story] = attrs.field(factory=list)
    setup: tuple[int, str] | None = None
    reason: str | None = None
    continues: bool = False
    below: Block | None = None

    def read_prose(self, _: re.Match[str]) -> None:
        if self.setup or self.reason or self.continues:
            raise self._misplaced("expected a block below a comment of its own")
        self.below = None

    def read_reason(self, match: re.Match[str]) -> None:
        self.read_prose(match)
        self.reason = match["reason"]

    def read_continues(self, _: re.Match[str]) -> None:
        self.continues = True

    def read_hidden(self, match: re.Match[str]) -> None:
        part = (self.line + 1, match["hidden"])
        if match["word"] == "setup":
            self.setup = part
        elif self.below is not None:
            self.below.checks.append(part)
        else:
            raise self._misplaced("expected a block above the check")

    def read_shown(self, match: re.Match[str]) -> None:
        if match["language"] in RUNNABLE:
            self._add(Block(self.line + 1, match["shown"], self.setup))
        elif match["language"] == "text" and self.below is not None:
            self.below.prints = match["shown"]

    def _add(self, block: Block) -> None:
        if self.continues:
            self.stories[-1].blocks.append(block)
        else:
            self.stories.append(Story(self.page, [block], self.reason))
        self.setup, self.reason, self.continues, self.below = None, None, False, block

    def _misplaced(self, problem: str) -> ValueError:
        return ValueError(f"{self.page.name}:{self.line}: {problem}")


def slug(heading: str) -> str:
    """
    Return the anchor that hosts of repositories give to *heading*.
    """
    words = re.sub(r"[`*]", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def rows(page: Path, head: str) -> Iterator[list[str]]:
    """
    Return the rows of the tables of *page* whose first column is called *head*, as cells.
    """
    for table in TABLE.findall(page.read_text(encoding="utf-8")):
        top, _, *body = ([cell.strip() for cell in line[1:-1].split(" | ")] for line in table.splitlines())
        if top[0] == head:
            yield from body
