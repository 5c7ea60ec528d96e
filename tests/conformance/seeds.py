"""
What there has to be before an operation can succeed: links, data, open challenges; and calls that make them.

Everything is asked for over HTTP, as a user would, except that links are put there.
"""

from __future__ import annotations

import json

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import requests

from models.examples import PREFIXES, assembled
from models.specification import Schema, Specification


LINKS: Final = "/api/links/"
OWNERS: Final = "/api/owners/"
CONSENTS: Final = "/api/consents/"
TOKENS: Final = "/api/token/"
CHALLENGED: Final = 428
TOKEN: Final = "111111"
TODAY: Final = datetime.now(UTC).date()

VALUES: Final[Mapping[str, Any]] = {
    "date_from": str(TODAY - timedelta(days=60)),
    "date_to": str(TODAY - timedelta(days=1)),
    "reference_date": str(TODAY - timedelta(days=1)),
    "year_from": str(TODAY.year - 2),
    "year_to": str(TODAY.year - 1),
}
"""Members of bodies whose examples are of another time."""

CREDENTIALS: Final = {"username": "bnk100", "password": "full"}
GUARDED: Final = {"institution": "heimdall_mx_retail", "username": "mfa_default"}
"""Credentials, and those of somebody who is asked for a token."""

BODIES: Final[Mapping[str, Mapping[str, Any]]] = {
    f"POST {LINKS}": {"institution": "erebor_mx_retail", **CREDENTIALS},
    f"PUT {LINKS}{{id}}/": CREDENTIALS,
    f"PATCH {LINKS}{{id}}/": {"access_mode": "recurrent"},
    f"POST {TOKENS}": {"scopes": "read_institutions,write_links"},
    "POST /api/tax-returns/": {"type": "yearly", **{name: VALUES[name] for name in ("year_from", "year_to")}},
}
"""Of the operations whose schema is a choice or whose examples name what the sandbox does not have."""


@attrs.frozen
class Api:
    """
    Calls the sandbox.
    """

    url: str
    keys: tuple[str, str]
    session: requests.Session = attrs.field(factory=requests.Session)

    def call(self, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
        """
        Return the answer to one call.
        """
        return self.session.request(
            method, f"{self.url}{path}", json=body, params=query, auth=self.keys, timeout=30
        )


@attrs.frozen(kw_only=True)
class Seeds:
    """
    What was put into the sandbox.

    Attributes:
        links: Those to retrieve with, by the country of their institution.

        spare: A link that may be changed.

        guarded: A link that asks for a token.

        link_of: By the path of a collection, the link that it was retrieved with.

        query_of: By the same, what a list of it has to be filtered by.

        id_of: By the same, the id of a row.
    """

    specification: Specification
    api: Api
    links: tuple[tuple[str, str], ...]
    spare: str
    guarded: str
    link_of: dict[str, str] = attrs.field(factory=dict)
    query_of: dict[str, dict[str, str]] = attrs.field(factory=dict)
    id_of: dict[str, str] = attrs.field(factory=dict)

    def plant(self) -> None:
        """
        Retrieve each resource with the first link that can have it, and find a row of each collection.
        """
        paths = self.specification.root["paths"]
        for path, item in paths.items():
            if "link" in self._members(item.get("post", {})) and path.startswith(PREFIXES):
                self._retrieve(path)
        for document in self._documents():
            self.query_of.setdefault(CONSENTS, {"user_document": document})
        for path in paths:
            if path.startswith(PREFIXES) and "get" in paths[path] and "{" not in path:
                self._find(path)
        self.id_of[LINKS] = self.spare

    def _retrieve(self, path: str) -> None:
        # What is for one country is asked for there.
        for _, link in sorted(self.links, key=lambda pair: f"/{pair[0]}/" not in path):
            if self.api.call("POST", path, self.body(f"POST {path}", link)).ok:
                self.link_of[path] = link
                self.query_of[path] = {"link": link}
                return

    def _documents(self) -> Iterator[str]:
        for country, link in self.links:
            if country == "br" and self.api.call("POST", OWNERS, {"link": link}).ok:
                for owner in self.api.call("GET", OWNERS, link=link).json()["results"]:
                    yield owner["document_id"]["document_number"]

    def _find(self, path: str) -> None:
        answer = self.api.call("GET", path, **self.query_of.get(path, {}))
        rows = answer.json().get("results") if answer.ok else None
        if rows:
            self.id_of[path] = str(rows[0]["id"])

    def _members(self, operation: Schema) -> Mapping[str, Any]:
        members: Mapping[str, Any] = self._schema(operation).get("properties", {})
        return members

    def _schema(self, operation: Schema) -> Schema:
        media = self.specification.settle(operation.get("requestBody", {})).get("content", {})
        return self.specification.settle(media.get("application/json", {}).get("schema", {}))

    def body(self, label: str, link: str | None = None) -> dict[str, Any] | None:
        """
        Return a body for the operation *label* that is all right, with what it requires; `None` if it takes none.
        """
        method, path = label.split()
        schema = self._schema(self.specification.root["paths"][path][method.lower()])
        members = schema.get("properties", {})
        if not members:
            return None
        example = json.loads(json.dumps(assembled(self.specification, schema), default=float))
        made = {name: example[name] for name in schema.get("required", ()) if name in example}
        made |= {name: value for name, value in VALUES.items() if name in made}
        made = dict(BODIES.get(label, made))
        if link is not None and "link" in members:
            made["link"] = link
        if path == TOKENS:
            made |= zip(("id", "password"), self.api.keys, strict=True)
        return made

    def challenge(self, path: str) -> dict[str, str] | None:
        """
        Return the answer to a challenge that waits at *path*; `None` if nothing asks for one there.
        """
        label = f"POST {path}"
        answer = self.api.call("POST", path, self.body(label, self.link_of.get(path)))
        if answer.status_code != CHALLENGED:
            return None
        (entry,) = answer.json()
        return {"session": entry["session"], "link": entry["link"], "token": TOKEN}
