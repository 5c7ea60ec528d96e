"""
How addresses are told: with few templates, and nothing of a query but its names.
"""

from __future__ import annotations

import pytest

from belvo_async import BelvoClient
from belvo_async.messages import Query
from belvo_async.telemetry.targets import server_of, template_of, url_of


LINK = "30cb4806-6e00-48a4-91c9-ca55968576c8"

PATHS = [
    resource.path
    for resource in BelvoClient("id", "password", base_url="https://belvo.example").resources.values()
]


@pytest.mark.parametrize("path", ["/api/", *PATHS])
def test_templates(path: str) -> None:
    """
    Every path of the library is its own template, and an id below it has a placeholder.
    """
    assert path == template_of(path)
    assert path == "/api/" or f"{path}{{id}}/" == template_of(f"{path}{LINK}/") == template_of(f"{path}17/")
    assert path == "/api/" or f"{path}{{id}}/refresh/" == template_of(f"{path}{LINK}/refresh/")


@pytest.mark.parametrize("path", ["", "/", "/api", "x", "//", "/api//"])
def test_other_paths_break_nothing(path: str) -> None:
    """
    A path that the library does not have is told as it is.
    """
    assert path == template_of(path)


@pytest.mark.parametrize(
    ("base_url", "address", "port", "scheme"),
    [
        ("https://sandbox.belvo.com", "sandbox.belvo.com", 443, "https"),
        ("http://127.0.0.1:8080/belvo", "127.0.0.1", 8080, "http"),
        ("http://[::1]:80", "::1", 80, "http"),
    ],
)
def test_servers(base_url: str, address: str, port: int, scheme: str) -> None:
    """
    The port is told also where the address does not say it.
    """
    assert {
        "server.address": address,
        "server.port": port,
        "url.scheme": scheme,
    } == server_of(base_url)


def test_a_query_has_no_values() -> None:
    """
    The names of parameters are told, and none of the values.
    """
    query = Query((("user_document", "canary"), ("page", "2")))

    assert "https://x/api/?user_document=REDACTED&page=REDACTED" == url_of("https://x", "/api/", query)
    assert "https://x/api/" == url_of("https://x", "/api/", Query())
