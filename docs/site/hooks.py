"""
What turns the documents of the repository into pages of the site, as hooks of MkDocs.

The documents are written to be read where they are, so they link to each other and to any other file of the repository
by its path. Here those paths become addresses of the site: the README is its front page, and whatever else of the
repository a page links to gets a page that shows it. The reference gets a page for each public module.

The first half decides and knows nothing of MkDocs; the second half tells MkDocs.
"""

# ruff: noqa: INP001 - loaded by MkDocs, in no package

from __future__ import annotations

import ast
import json
import posixpath
import re

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import belvo_async


if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page


ROOT: Final = Path(__file__).parents[2]

PACKAGE: Final = Path(belvo_async.__file__).parent
"""Of the library as it is installed."""

TOP: Final = {
    "README.md": "index.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "SECURITY.md": "SECURITY.md",
}
"""The documents outside of `docs/`, with their places in the site."""

WITHOUT_ALL: Final = {
    "belvo_async.clock": ["Clock", "Timer"],
    "belvo_async.messages": ["Request", "Answer", "Effect"],
    "belvo_async.mfa.flow": ["Step"],
    "belvo_async.mfa.machine": ["MfaEvent"],
    "belvo_async.resources.arguments": ["Names", "Day", "Filter"],
    "belvo_async.resources.flows": ["SessionOptions", "RetrieveOptions"],
    "belvo_async.resources.pages": ["Pages"],
    "belvo_async.settings": ["Limiter"],
    "belvo_async.testing.stores": ["CHECKS"],
    "belvo_async.webhooks.aiohttp": ["webhook_handler"],
    "belvo_async.webhooks.starlette": ["webhook_endpoint"],
}
"""What else users meet, of modules that have more for the library itself."""

CLASSES: Final = re.compile(r"belvo_async\.(errors|resources\..+)")
"""Modules of which every class is public, if they are not named above. Of resources: if one has a path."""

RESOURCE: Final = {
    "inherited_members": True,
    "filters": ["!^_", "!^(brings_list|found_by|model|verbs)$"],
    "merge_init_into_class": False,
}
"""How the reference shows a resource: with the verbs of which it is put together. Only the client makes one."""

SCRIPTS: Final = {
    "assets/mermaid.js": ROOT / "build" / "mermaid" / "package" / "dist" / "mermaid.min.js",
    "assets/iframe-worker.js": ROOT / "build" / "iframe-worker" / "package" / "shim" / "index.js",
}
"""Programs that draw diagrams and let a page on a disk be searched; `nox -s docs` fetches them."""

PART: Final = re.compile(
    r"^(?P<fence>```+).*?^(?P=fence)$"
    r"|`[^`\n]+`"
    r"|^(?P<hidden><!--.*?-->\n?)"
    r"|(?<=\]\()(?P<path>[^)\s#:]+)(?P<anchor>#[^)\s]*)?(?=\))",
    re.MULTILINE | re.DOTALL,
)
"""What a document is searched for: code, which stays as it is; comments that only tests read; links to files."""


def place(path: str) -> str:
    """
    Return where the site has the file of the repository at *path*.
    """
    if path in TOP:
        return TOP[path]
    if path.startswith("docs/") and path.endswith((".md", ".svg", ".png")):
        return path.removeprefix("docs/")
    return f"source/{path}.md"


def links(text: str, path: str) -> Iterator[str]:
    """
    Yield the files of the repository to which the document at *path* links.
    """
    return (_meant(part["path"], path) for part in PART.finditer(text) if part["path"])


def as_page(text: str, path: str) -> str:
    """
    Return the document at *path* as a page: without comments, its links those of the site.
    """
    here = posixpath.dirname(place(path))

    def replaced(part: re.Match[str]) -> str:
        if part["hidden"]:
            return ""
        if part["path"]:
            return posixpath.relpath(place(_meant(part["path"], path)), here or ".") + (part["anchor"] or "")
        return part[0]

    return PART.sub(replaced, text)


def _meant(link: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link))


def as_listing(text: str, path: str) -> str:
    """
    Return a page that shows the file at *path*.
    """
    language = PurePosixPath(path).suffix.removeprefix(".") or "text"
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"# {path}\n\n{fence}{language}\n{text.rstrip()}\n{fence}\n"


def public_names() -> dict[str, list[str]]:
    """
    Return the public modules of the library, each with its public names, as its source has them.
    """
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        names = _names_of(module, file.read_text(encoding="utf-8"))
        if names:
            found[module] = names
    return found


def _names_of(module: str, text: str) -> list[str]:
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    if module in WITHOUT_ALL:
        return WITHOUT_ALL[module]
    if CLASSES.fullmatch(module) and (module == "belvo_async.errors" or "    path = " in text):
        return [node.name for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]
    return []


def as_reference(module: str, names: list[str]) -> str:
    """
    Return the page of the reference for *module*: what it is, then each of its *names*.
    """
    options = RESOURCE if module.startswith("belvo_async.resources.") else {}
    parts = [_directive(module, {"members": False, "heading_level": 1, "show_root_full_path": True})]
    parts += (_directive(f"{module}.{name}", options) for name in names)
    return "\n".join(parts)


def _directive(name: str, options: Mapping[str, object]) -> str:
    return f"::: {name}\n    options: {json.dumps(options)}\n"


def pages() -> dict[str, str]:
    """
    Return the pages that have no file in `docs/`: their places in the site, and their text.
    """
    documents = [*TOP, *(f"docs/{file.name}" for file in sorted((ROOT / "docs").glob("*.md")))]
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in documents}
    linked = {link for path in documents for link in links(texts[path], path)}
    made = {place(path): as_page(texts[path], path) for path in TOP}
    for path in sorted(linked):
        if place(path).startswith("source/"):
            made |= listings(path)
    for module, names in public_names().items():
        made[f"api/{module}.md"] = as_reference(module, names)
    return made


def listings(path: str) -> dict[str, str]:
    """
    Return the page that shows the file at *path*, or those that show the files of that folder.
    """
    if (ROOT / path).is_file():
        return {place(path): as_listing((ROOT / path).read_text(encoding="utf-8"), path)}
    files = sorted(file.name for file in (ROOT / path).iterdir() if file.suffix)
    inside = "".join(f"- [{name}]({posixpath.basename(path)}/{name}.md)\n" for name in files)
    pages = {place(path): f"# {path}\n\n{inside}"}
    for name in files:
        pages |= listings(f"{path}/{name}")
    return pages


def on_config(config: MkDocsConfig) -> None:
    """
    Add the reference to the navigation.
    """
    reference = [{module.removeprefix("belvo_async."): f"api/{module}.md"} for module in public_names()]
    config.nav.append({"API reference": reference})


def on_files(files: Files, config: MkDocsConfig) -> None:
    """
    Add the pages that have no file in `docs/`.
    """
    from mkdocs.structure.files import File  # noqa: PLC0415 - tests of the first half do without MkDocs

    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    for path, file in SCRIPTS.items():
        files.append(File.generated(config, path, abs_src_path=str(file)))


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str | None:
    """
    Turn a document into a page.
    """
    return None if page.file.generated_by else as_page(markdown, f"docs/{page.file.src_uri}")


def on_page_content(html: str, **_: Any) -> str:
    """
    Let a diagram that is wider than the screen be scrolled; end a field of the reference that has no words after its type.
    """
    html = re.sub(
        r'<pre class="mermaid">.*?</pre>', r'<div class="diagram">\g<0></div>', html, flags=re.DOTALL
    )
    return re.sub(r'\u2013\s*<div class="doc-md-description">\s*</div>', "", html)


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """
    Give the program that draws diagrams to a page that has one; the theme would take it from another host.
    """
    if 'class="mermaid"' not in output:
        return output
    script = posixpath.relpath("assets/mermaid.js", posixpath.dirname(page.file.dest_uri) or ".")
    return output.replace("</head>", f'<script src="{script}"></script></head>', 1)
