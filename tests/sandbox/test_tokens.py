"""
Tokens for the connect widget.
"""

from __future__ import annotations

import json

from base64 import urlsafe_b64decode
from typing import Any

import aiohttp
import pytest

from sandbox.api import Api, JumpingClock

from belvo_async.sandbox import Sandbox


pytestmark = pytest.mark.anyio

TOKEN = "/api/token/"
SCOPES = "read_institutions,write_links"


@pytest.fixture(name="keys")
def _keys(sandbox: Sandbox) -> dict[str, str]:
    return {"id": sandbox.secret_id, "password": sandbox.secret_password, "scopes": SCOPES}


def claims(token: str) -> Any:
    """
    Return what *token* says.
    """
    _, middle, _ = token.split(".")
    return json.loads(urlsafe_b64decode(middle + "=="))


async def test_a_token(api: Api, sandbox: Sandbox, clock: JumpingClock, keys: dict[str, str]) -> None:
    """
    There are two tokens, with the scopes that were asked for and an end; neither holds the password.
    """
    reply = await api.post(TOKEN, **keys)
    access, refresh = claims(reply.json["access"]), claims(reply.json["refresh"])

    assert reply.status == 200
    assert sorted(reply.json) == ["access", "refresh"]
    assert (access["token_type"], refresh["token_type"]) == ("access", "refresh")
    assert access["scopes"] == SCOPES.split(",")
    assert access["exp"] - access["iat"] == 1200
    assert access["iat"] == int(clock.now().timestamp())
    assert access["link_id"] is None
    assert sandbox.secret_password not in str(access)


async def test_keys_in_the_body(sandbox: Sandbox, keys: dict[str, str]) -> None:
    """
    The keys are in the body: the header is not needed, and does not make up for wrong ones.
    """
    async with aiohttp.ClientSession(sandbox.url) as session:
        async with session.post(TOKEN, json=keys) as response:
            assert response.status == 200
        async with session.post(TOKEN, json={**keys, "password": "wrong"}) as response:
            assert response.status == 401
        async with session.get(TOKEN) as response:
            assert response.status == 401
        async with session.get("/api/links/") as response:
            assert response.status == 401
        async with session.get("/api/nothing/") as response:
            assert response.status == 404


async def test_wrong_keys(api: Api, keys: dict[str, str]) -> None:
    """
    Wrong keys in the body are refused whatever the header says.
    """
    reply = await api.post(TOKEN, **{**keys, "id": "somebody"})

    assert (reply.status, reply.code) == (401, "authentication_failed")
    assert (await api.get(TOKEN)).status == 405


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"scopes": ""}, [("invalid", "scopes")]),
        ({"scopes": "read_minds"}, [("invalid", "scopes")]),
        ({"scopes": ["read_links"]}, [("invalid", "scopes")]),
        ({"id": ""}, [("blank", "id")]),
        ({"fetch_resources": "ACCOUNTS"}, [("not_a_list", "fetch_resources")]),
        ({"stale_in": "soon"}, [("invalid", "stale_in")]),
        ({"widget": []}, [("invalid", "widget")]),
        ({"link_id": "8848bd0c-9c7e-4f53-a732-ec896b11d4c4"}, [("does_not_exist", "link_id")]),
    ],
)
async def test_refused_bodies(
    api: Api, keys: dict[str, str], change: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    """
    What the body has is checked.
    """
    reply = await api.post(TOKEN, **{**keys, **change})

    assert (reply.status, reply.codes) == (400, expected)


async def test_nothing_given(api: Api) -> None:
    """
    Keys and scopes are required.
    """
    assert (await api.post(TOKEN)).codes == [
        ("required", "id"),
        ("required", "password"),
        ("required", "scopes"),
    ]


async def test_update_mode(api: Api, sandbox: Sandbox, keys: dict[str, str]) -> None:
    """
    With a link, the tokens name it.
    """
    link = sandbox.add_link()["id"]
    reply = await api.post(TOKEN, link_id=link, widget={"branding": {}}, stale_in="42d", **keys)

    assert claims(reply.json["access"])["link_id"] == link
