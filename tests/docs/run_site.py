"""
The built site is whole. For `nox -s docs`, which builds it first; the page about belvo-python is compared with that here.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import attrs
import pytest

from docs.pages import ROOT, rows

from belvo_async import BelvoClient


SITE = ROOT / "build" / "site"

MIGRATION = ROOT / "docs" / "migration.md"


@attrs.define
class Reader(HTMLParser):
    """
    Reads a page of the site.

    Attributes:
        ids: Where a link can lead to.

        links: Where its links lead.

        loads: What a browser fetches to show it.
    """

    ids: set[str] = attrs.field(factory=set)
    links: list[str] = attrs.field(factory=list)
    loads: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        self.loads += [given[name] for name in ("src", "srcset", "data") if name in given]
        if tag == "link" and given.get("rel") not in {"prev", "next", "canonical"}:
            self.loads.append(given["href"])


def read(page: Path) -> Reader:
    """
    Return what *page* has.
    """
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader


@pytest.fixture(name="pages", scope="module")
def _pages() -> dict[Path, Reader]:
    return {page: read(page) for page in sorted(SITE.rglob("*.html"))}


def test_every_document_is_there(pages: dict[Path, Reader]) -> None:
    """
    Each page of the repository is one of the site, and none of it is empty.
    """
    documents = {SITE / f"{path.stem}.html" for path in (ROOT / "docs").glob("*.md")}

    assert documents | {SITE / "index.html"} <= set(pages)


def test_every_link_leads_somewhere(pages: dict[Path, Reader]) -> None:
    """
    Whatever a page of the site links to within it is there, also the heading.
    """
    broken = [
        (page.name, link)
        for page, reader in pages.items()
        if page.name != "404.html"
        for link in reader.links
        if not urlsplit(link).scheme and not _leads_somewhere(page, link, pages)
    ]

    assert broken == []


def _leads_somewhere(page: Path, link: str, pages: dict[Path, Reader]) -> bool:
    parts = urlsplit(link)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if target not in pages:
        return target.is_file()
    return not parts.fragment or unquote(parts.fragment) in pages[target].ids


def test_nothing_comes_from_elsewhere(pages: dict[Path, Reader]) -> None:
    """
    A page loads what it needs from the site itself, and all of it is there.
    """
    loads = {
        (page, load) for page, reader in pages.items() for load in reader.loads if page.name != "404.html"
    }
    styles = "".join(path.read_text(encoding="utf-8") for path in SITE.rglob("*.css"))

    assert {load for _, load in loads if urlsplit(load).netloc} == set()
    assert {load for page, load in loads if not (page.parent / urlsplit(load).path).is_file()} == set()
    assert re.findall(r"@import|url\(['\"]?https?:", styles) == []


def test_the_diagram_is_drawn_by_the_site() -> None:
    """
    The page with the state diagram has it, and brings the program that draws it; no other page does.
    """
    with_program = [page.name for page in SITE.glob("*.html") if "mermaid.js" in page.read_text("utf-8")]

    assert "READY --&gt; REQUESTING : requested" in (SITE / "flow.html").read_text("utf-8")
    assert "flow.html" in with_program
    assert "errors.html" not in with_program
    assert (SITE / "assets" / "mermaid.js").stat().st_size > 1_000_000


def test_hidden_code_is_not_shown() -> None:
    """
    Of what only the tests of the pages read, nothing is in the site, not even as a comment.
    """
    shown = [
        page.name for page in SITE.glob("*.html") if re.search("<!-- (setup|check)", page.read_text("utf-8"))
    ]

    assert shown == []
    assert "assert sandbox.duplicates == 0" not in (SITE / "index.html").read_text("utf-8")


def test_the_search_finds_words_of_every_page() -> None:
    """
    The index of the search has every page of the repository, in the form that needs no server, too.
    """
    index = json.loads((SITE / "search" / "search_index.json").read_text("utf-8"))
    found = {entry["location"].partition("#")[0] for entry in index["docs"]}

    assert {f"{path.stem}.html" for path in (ROOT / "docs").glob("*.md")} <= found
    assert (SITE / "search" / "search_index.js").is_file()


def public_names() -> Iterator[tuple[str, str]]:
    """
    Yield each module with an `__all__`, with each of its names.
    """
    for file in sorted((ROOT / "belvo_async").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        said = re.search(r"^__all__ = \[(.*?)\]", text, re.MULTILINE | re.DOTALL)
        for name in re.findall(r'"(\w+)"', said[1] if said else ""):
            yield module, name


def test_every_public_name_is_in_the_reference(pages: dict[Path, Reader]) -> None:
    """
    Each name of each `__all__` has an entry of its own on the page of its module.
    """
    names = list(public_names())
    missing = [
        f"{module}.{name}" for module, name in names if f"{module}.{name}" not in pages[_page(module)].ids
    ]

    assert len(names) > 300
    assert missing == []


def _page(module: str) -> Path:
    return SITE / "api" / f"{module}.html"


def names(cell: str) -> list[str]:
    """
    Return what stands in backticks.
    """
    return re.findall(r"`([^`]+)`", cell)


def calls_of_belvo_python() -> Iterator[tuple[str, inspect.Signature]]:
    """
    Yield every public method of every resource of belvo-python's client.
    """
    client = importlib.import_module("belvo.client").Client
    resources = importlib.import_module("belvo.resources")
    for resource, value in vars(client).items():
        if isinstance(value, property):
            for method, function in inspect.getmembers(getattr(resources, resource), inspect.isfunction):
                if not method.startswith("_"):
                    yield f"client.{resource}.{method}", inspect.signature(function)


def ours(path: str) -> inspect.Signature:
    """
    Return the signature of the method of our client at *path*: `client.links.get`.
    """
    thing: object = BelvoClient("id", "password", environment="sandbox")
    for name in path.split(".")[1:]:
        thing = getattr(thing, name)
    assert callable(thing)
    return inspect.signature(thing)


def test_every_call_of_belvo_python_has_its_row() -> None:
    """
    The table of calls has every public method of belvo-python once, and what stands beside it exists.
    """
    table = [row for row in rows(MIGRATION, "belvo-python") if names(row[0])[0].startswith("client.")]

    assert sorted(names(row[0])[0] for row in table) == sorted(name for name, _ in calls_of_belvo_python())
    for row in table:
        for call in names(row[1]):
            ours(call)
        for call in names(row[2]):
            if call.startswith("client."):
                ours(call)


def test_every_argument_of_belvo_python_goes_somewhere() -> None:
    """
    An argument of belvo-python's has the same name here, or its row has a word about it.
    """
    theirs = dict(calls_of_belvo_python())
    everywhere = {"self", "raise_exception", "kwargs", "save_data", "_"}
    lost = []
    for left, right, remark in (row[:3] for row in rows(MIGRATION, "belvo-python") if len(row) == 3):
        call = names(left)[0]
        if call in theirs and names(right):
            taken = set(ours(names(right)[0]).parameters) | set(names(remark)) | everywhere
            lost += [(call, name) for name in theirs[call].parameters if name not in taken]

    assert lost == []


def test_every_other_name_of_belvo_python_has_its_row() -> None:
    """
    The enums and exceptions of belvo-python are in a table, too.
    """
    modules = [importlib.import_module(f"belvo.{name}") for name in ("enums", "exceptions")]
    public = {
        name
        for module in modules
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__
    }
    told = {names(row[0])[0] for row in rows(MIGRATION, "belvo-python") if len(row) == 2}

    assert told == public
