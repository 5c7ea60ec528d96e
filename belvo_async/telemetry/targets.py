"""
Where requests go, as attributes: without ids where they would be too many, and without what a query asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from belvo_async.messages import Query
from belvo_async.telemetry.names import SERVER_ADDRESS, SERVER_PORT, URL_SCHEME


NAMESPACES: Final = frozenset({"br", "cl", "mx", "enrich"})
"""The first part of a path below `/api/`, where it is not that of a collection itself."""

ID: Final = "{id}"

PORTS: Final = {"http": 80, "https": 443}


def server_of(base_url: str) -> Mapping[str, str | int]:
    """
    Return the attributes that say where the requests of a client go.
    """
    parts = urlsplit(base_url)
    port = parts.port or PORTS.get(parts.scheme, 0)
    return {SERVER_ADDRESS: parts.hostname or "", SERVER_PORT: port, URL_SCHEME: parts.scheme}


@lru_cache(maxsize=1_024)
def template_of(path: str) -> str:
    """
    Return *path* with a placeholder for the id in it: `/api/links/{id}/refresh/`.
    """
    parts = path.split("/")  # an empty one before the first slash, and one after the last
    place = 4 if parts[2:3] and parts[2] in NAMESPACES else 3
    if len(parts) > place + 1:
        parts[place] = ID
    return "/".join(parts)


def url_of(base_url: str, path: str, query: Query) -> str:
    """
    Return the whole address, with the names of its parameters and none of their values.
    """
    names = "&".join(f"{name}=REDACTED" for name, _ in query)
    return f"{base_url}{path}?{names}" if names else f"{base_url}{path}"
