"""
Which path and method stands for what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import attrs

from belvo_async.sandbox import consents, enrichment, exchanges, links, listings, retrieving, tokens
from belvo_async.sandbox.answers import Answer
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.institutions import INSTITUTIONS
from belvo_async.sandbox.refusals import refusal
from belvo_async.sandbox.resources import RESOURCES
from belvo_async.sandbox.world import World


Rule = Callable[[World, Call], Answer]

BANKS: Final = "/api/institutions/"
LINK: Final = f"{links.PATH}{{id}}/"
NOWHERE: Final = "(unknown path)"


@attrs.frozen(eq=False)
class Operation:
    """
    What a method does on a path.

    Attributes:
        name: `PUT /api/links/{id}/`.

        rule: Does it.

        at_institution: Whether it takes a login, and so time.

        link_in: Where the id of the link stands that is worked on: in the `path`, in the `body`,
            or nowhere.

        keys_in_body: Whether the body brings the keys, so that the header need not.
    """

    name: str
    rule: Rule
    at_institution: bool = False
    link_in: str = ""
    keys_in_body: bool = False

    def link(self, call: Call) -> str | None:
        """
        Return the id of the link that *call* has Belvo work on.
        """
        if self.link_in == "path":
            return call.id
        link = call.get("link") if self.link_in == "body" else None
        return link if isinstance(link, str) else None


def _root(world: World, call: Call) -> Answer:  # noqa: ARG001  # all rules look alike
    return Answer(200, {"links": f"{call.origin}{links.PATH}", "institutions": f"{call.origin}{BANKS}"})


def _banks(world: World, call: Call) -> Answer:
    every = (institution.public for institution in INSTITUTIONS.values())
    rows = listings.filtered(every, listings.filters(call.query), listings.BANKS)
    return listings.shown(call, rows, world.settings.page_size)


def _bank(world: World, call: Call) -> Answer:  # noqa: ARG001  # all rules look alike
    for institution in INSTITUTIONS.values():
        if str(institution.public["id"]) == call.id:
            return Answer(200, call.trimmed(institution.public))
    raise refusal("not_found")


Table = Mapping[str, Mapping[str, Operation]]


def _table() -> Table:
    table: dict[str, dict[str, Operation]] = {}

    def add(method: str, path: str, rule: Rule, *, link_in: str = "", slow: bool = False) -> None:
        name = f"{method} {path}"
        table.setdefault(path, {})[method] = Operation(name, rule, slow or bool(link_in), link_in)

    add("GET", "/api/", _root)
    add("GET", BANKS, _banks)
    add("GET", f"{BANKS}{{id}}/", _bank)
    add("GET", links.PATH, links.listed)
    add("POST", links.PATH, links.register, slow=True)
    add("PATCH", links.PATH, links.resume, link_in="body")
    add("GET", LINK, links.get)
    add("PUT", LINK, links.update, link_in="path")
    add("PATCH", LINK, links.set_access_mode)
    add("DELETE", LINK, links.delete)
    add("POST", f"{LINK}refresh/", links.refresh)
    for resource in RESOURCES:
        one = f"{resource.path}{{id}}/"
        add("GET", resource.path, partial(retrieving.listed, resource))
        add("POST", resource.path, partial(retrieving.retrieve, resource), link_in="body")
        add("GET", one, partial(retrieving.get, resource))
        if resource.resumable:
            add("PATCH", resource.path, partial(retrieving.resume, resource), link_in="body")
        if resource.deletable:
            add("DELETE", one, partial(retrieving.delete, resource))
    add("GET", exchanges.HISTORY, exchanges.history)
    add("GET", consents.PATH, consents.listed)
    add("GET", f"{consents.PATH}{{id}}/", consents.get)
    add("POST", enrichment.INCOMES, enrichment.incomes)
    add("POST", enrichment.CATEGORIZATION, enrichment.categorization)
    token = f"POST {tokens.PATH}"
    table[tokens.PATH] = {"POST": Operation(token, tokens.issue, keys_in_body=True)}
    return table


TABLE: Final = _table()
"""By path, with `{id}` in the place of an id, and by method."""


@attrs.frozen
class Route:
    """
    What a path stands for.

    Attributes:
        template: The path with `{id}` in the place of an id; `NOWHERE` if it is unknown.

        id: What stood there.
    """

    template: str
    id: str = ""

    @property
    def is_known(self) -> bool:
        """
        Whether there is anything.
        """
        return self.template in TABLE

    def is_open(self, method: str) -> bool:
        """
        Whether *method* needs no keys in the header here.
        """
        operation = TABLE.get(self.template, {}).get(method)
        return operation.keys_in_body if operation is not None else not self.is_known

    def operation(self, method: str) -> Operation:
        """
        Return what *method* does here.
        """
        methods = TABLE.get(self.template)
        if methods is None:
            raise refusal("not_found")
        operation = methods.get(method)
        if operation is None:
            raise refusal("method_not_allowed")
        return operation


def route(path: str) -> Route:
    """
    Find what *path* stands for.
    """
    if path in TABLE:
        return Route(path)
    head, _, last = path.removesuffix("/").rpartition("/")
    if f"{head}/{{id}}/" in TABLE and path.endswith("/"):
        return Route(f"{head}/{{id}}/", last)
    head, _, id_ = head.rpartition("/")
    below = f"{head}/{{id}}/{last}/"
    return Route(below, id_) if below in TABLE and path.endswith("/") else Route(NOWHERE)
