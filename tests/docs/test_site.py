"""
The documents become pages of the site: each has its place there, and its links still lead where they led.
"""

from __future__ import annotations

import importlib.util
import re

from types import ModuleType

import pytest

from docs.pages import DOCUMENTS, ROOT

import belvo_async


SITE = ROOT / "docs" / "site"

CONFIGURATION = (SITE / "mkdocs.yml").read_text(encoding="utf-8")

NAVIGATION = CONFIGURATION.split("\nnav:\n")[1].split("\n\n")[0]


@pytest.fixture(name="hooks", scope="module")
def _hooks() -> ModuleType:
    """
    What turns documents into pages, without MkDocs.
    """
    specification = importlib.util.spec_from_file_location("site_hooks", SITE / "hooks.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_every_page_is_in_the_navigation() -> None:
    """
    Every page of `docs/` has one line in the navigation, and no line is about a page that is not there.
    """
    listed = re.findall(r"^ *- [^#\n]+: ([a-z_]+\.md)$", NAVIGATION, re.MULTILINE)
    pages = [path.name for path in (ROOT / "docs").glob("*.md")]

    assert sorted(listed) == sorted([*pages, "index.md"])


def test_every_page_is_in_the_readme() -> None:
    """
    The list at the end of the README has every page.
    """
    more = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## More\n")[1]
    pages = [f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")]

    assert [page for page in pages if f"({page})" not in more] == []


@pytest.mark.parametrize(
    ("path", "link", "leads"),
    [
        pytest.param("docs/flow.md", "errors.md#codes", "errors.md#codes", id="page to page"),
        pytest.param("docs/flow.md", "#time", "#time", id="heading"),
        pytest.param("docs/flow.md", "../README.md#settings", "index.md#settings", id="page to README"),
        pytest.param("README.md", "docs/flow.md#time", "flow.md#time", id="README to page"),
        pytest.param(
            "docs/flow.md", "../examples/many.py", "source/examples/many.py.md", id="page to source"
        ),
        pytest.param("README.md", "LICENSE", "source/LICENSE.md", id="README to file"),
        pytest.param("docs/flow.md", "make_diagram.py", "source/docs/make_diagram.py.md", id="script"),
        pytest.param("docs/flow.md", "performance.svg", "performance.svg", id="picture"),
        pytest.param("docs/flow.md", "https://belvo.com/a.md", "https://belvo.com/a.md", id="elsewhere"),
    ],
)
def test_links_are_those_of_the_site(hooks: ModuleType, path: str, link: str, leads: str) -> None:
    """
    What a link means in the repository, it means in the site.
    """
    assert f"[x]({leads})" == hooks.as_page(f"[x]({link})", path)


def test_code_stays_as_it_is(hooks: ModuleType) -> None:
    """
    What looks like a link or a comment in code is code.
    """
    code = "```text\n[x](../README.md)\n<!-- setup\n-->\n```\n\nAnd `[x](../README.md)`.\n"

    assert code == hooks.as_page(code, "docs/flow.md")


def test_hidden_code_is_not_shown(hooks: ModuleType) -> None:
    """
    Of what only the tests of the pages read, nothing gets into the site.
    """
    text = "One.\n\n<!-- setup\nx = 1\n-->\n\n<!-- continues -->\n```python\ny\n```\n\n<!-- check\nassert x\n-->\nTwo.\n"

    assert ["One.", "```python", "y", "```", "Two."] == hooks.as_page(text, "docs/flow.md").split()


def test_a_listing_shows_the_whole_file(hooks: ModuleType) -> None:
    """
    A page about a file has all of it, also if it has a fence in it.
    """
    text = '"""\n```python\nx\n```\n"""\n'

    assert f"# a/b.py\n\n````py\n{text}````\n" == hooks.as_listing(text, "a/b.py")


def test_a_folder_shows_its_files(hooks: ModuleType) -> None:
    """
    A link to a folder leads to the list of its files, and each of these to the file.
    """
    files = sorted(path.name for path in (ROOT / "examples" / "recipes").glob("*.py"))
    pages = hooks.listings("examples/recipes")
    folder, *shown = pages

    assert folder == "source/examples/recipes.md"
    assert shown == [f"source/examples/recipes/{name}.md" for name in files]
    assert [f"- [{name}](recipes/{name}.md)" for name in files] == pages[folder].splitlines()[2:]


def test_whatever_is_linked_to_is_shown(hooks: ModuleType) -> None:
    """
    A file that a document links to is a page of `docs/`, or a page is made for it.
    """
    made = hooks.pages()
    linked = {
        hooks.place(link)
        for path in DOCUMENTS
        for link in hooks.links(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
    }

    assert "source/examples/web_service.py.md" in linked
    assert [page for page in linked if page not in made and not (ROOT / "docs" / page).is_file()] == []


def test_the_reference_has_all_that_is_public(hooks: ModuleType) -> None:
    """
    Each name of each `__all__`, each error and each resource has its place in the reference.
    """
    public = hooks.public_names()
    said = {
        ".".join(path.relative_to(hooks.PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in hooks.PACKAGE.rglob("*.py")
        if "\n__all__" in path.read_text(encoding="utf-8")
    }

    assert public["belvo_async"] == belvo_async.__all__
    assert said | set(hooks.WITHOUT_ALL) <= set(public)
    assert "LoginError" in public["belvo_async.errors"]
    assert "Accounts" in public["belvo_async.resources.banking"]
    for module, names in public.items():
        page = hooks.as_reference(module, names)
        assert [name for name in names if f"::: {module}.{name}\n" not in page] == []
