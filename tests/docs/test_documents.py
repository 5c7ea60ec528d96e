"""
The documents agree with the repository, and with each other.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from docs.pages import DOCUMENTS, ROOT, rows, slug

import belvo_async


PACKAGE = Path(belvo_async.__file__).parent
"""The code, which is not below `ROOT` where an installed wheel is tested."""

COMMANDS = (
    '    pip install ".[cli]" && belvo-async demo   # the main job\n'
    "    pip install nox && nox -s tests            # the tests\n"
)
"""What a user types first, to the letter."""

LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")

HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

PROOF = re.compile(r"^(async )?def test_|\bTARGETS\b", re.MULTILINE)
"""What is in a file that proves something."""

FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def text_of(path: Path) -> str:
    """
    Return the words of a document, without its code.
    """
    return FENCED.sub("", path.read_text(encoding="utf-8"))


def test_the_two_commands() -> None:
    """
    The README shows the two commands, and what they name exists.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")

    assert COMMANDS in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "cli" in project["optional-dependencies"]
    assert "belvo-async" in project["scripts"]
    assert "def tests(" in noxfile


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """
    A relative link has a file, and an anchor a heading.
    """
    broken = [link for link in LINK.findall(text_of(path)) if not _leads_somewhere(link, path)]

    assert broken == []


def _leads_somewhere(link: str, path: Path) -> bool:
    name, _, anchor = unquote(link).partition("#")
    target = path.parent / name if name else path
    return target.exists() and (
        not anchor or anchor in {slug(heading) for heading in HEADING.findall(text_of(target))}
    )


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_paths_exist(path: Path) -> None:
    """
    A path of this repository that a document names is there.
    """
    named = re.findall(r"`((?:belvo_async|tests|docs|examples|benchmarks)/[\w./-]+)`", text_of(path))

    assert [
        name for name in named if not (ROOT / name).exists() and not (PACKAGE.parent / name).exists()
    ] == []


@pytest.mark.parametrize("row", [*rows(ROOT / "README.md", "What you get")], ids=lambda row: row[0])
def test_every_feature_is_shown_and_tested(row: list[str]) -> None:
    """
    A row of the table of features leads to a page that shows it, and to files of tests, or of measurements.
    """
    _, shown, tested = row
    pages = {
        (ROOT / link.partition("#")[0]).resolve() if link[0] != "#" else ROOT / "README.md"
        for link in LINK.findall(shown)
    }
    proofs = [ROOT / link for link in LINK.findall(tested)]

    assert pages
    assert pages <= {path.resolve() for path in (*DOCUMENTS, *(ROOT / "examples").rglob("*.py"))}
    assert proofs
    assert [path for path in proofs if not re.search(PROOF, path.read_text(encoding="utf-8"))] == []


def test_every_document_can_be_found() -> None:
    """
    The README leads to every other document.
    """
    linked = {unquote(link).partition("#")[0] for link in LINK.findall(text_of(ROOT / "README.md"))}

    assert {str(path.relative_to(ROOT)) for path in DOCUMENTS} - {"README.md"} <= linked


def test_the_changelog_is_open() -> None:
    """
    The newest entry of the changelog is the unreleased one, and tells users what was added.
    """
    changelog = text_of(ROOT / "CHANGELOG.md")
    versions = re.findall(r"^## (.+)$", changelog, re.MULTILINE)
    changes = re.findall(r"^### (.+)$", changelog, re.MULTILINE)

    assert versions[0] == "[Unreleased]"
    assert changes[0] == "Added"
    assert set(changes) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.parametrize("script", sorted((ROOT / "docs").glob("make_*.py")), ids=lambda path: path.name)
def test_what_is_drawn_is_current(script: Path) -> None:
    """
    The diagram of states and the table of resources are those that the code makes.
    """
    done = subprocess.run(  # noqa: S603 - our own file
        [sys.executable, str(script), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def layers() -> dict[str, int]:
    """
    Return the modules and packages in the picture of the layers, each with the number of its line.
    """
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    picture = page.split("## Layers")[1].split("```text\n")[1].split("```")[0]
    lines = [line for line in picture.splitlines() if not line.startswith(" ")]
    return {unit: number for number, line in enumerate(lines) for unit in line[:32].replace("/", "").split()}


def imported(path: Path) -> Iterator[str]:
    """
    Yield the modules and packages of ours that a file imports, whoever follows the import.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("belvo_async."):
            yield str(node.module).split(".")[1]


def test_the_layers_are_those_of_the_code() -> None:
    """
    The picture of the layers has every module and package, and each imports from its line or above.
    """
    package, rank = PACKAGE, layers()
    files = {path: path.relative_to(package).parts[0].removesuffix(".py") for path in package.rglob("*.py")}
    upward = [
        f"{unit} -> {other}"
        for path, unit in files.items()
        if unit not in {"__init__", "errors"}  # which hands all out; which imports for type checkers only
        for other in imported(path)
        if rank[other] > rank[unit]
    ]

    assert set(files.values()) - {"__init__"} == set(rank)
    assert upward == []


def test_the_checks_are_listed() -> None:
    """
    The table of checks has every session of nox.
    """
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    sessions = re.findall(r"^@nox\.session.*\ndef (\w+)\(", noxfile, re.MULTILINE)

    assert [row[0].strip("`") for row in rows(ROOT / "CONTRIBUTING.md", "Session")] == sessions


def test_the_licence() -> None:
    """
    The licence is the one that the package names, given by its authors.
    """
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")

    assert licence.startswith("MIT License\n")
    assert "the belvo_async authors" in licence
