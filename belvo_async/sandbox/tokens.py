"""
Tokens for the connect widget: the one call that brings its keys in the body.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Final

from belvo_async.sandbox import forms
from belvo_async.sandbox.answers import Answer, Json, encode
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.forms import STORAGE, UPKEEP, Field, form
from belvo_async.sandbox.keys import basic
from belvo_async.sandbox.refusals import refusal
from belvo_async.sandbox.world import World


PATH: Final = "/api/token/"

SCOPE: Final = r"(read|write|delete)_(institutions|links|consents|consent_callback)"

REQUEST: Final = form(
    Field("id", forms.text),
    Field("password", forms.text),
    Field("scopes", forms.matching(rf"{SCOPE}(,{SCOPE})*")),
    optional=(
        Field("link_id", forms.text),
        Field("credentials_storage", forms.matching(STORAGE, "invalid_credentials_storage")),
        Field("widget", forms.mapping),
        *UPKEEP,
    ),
)

LIFETIMES: Final = {"access": 1_200, "refresh": 86_400}
"""Seconds that each token is good for."""

ALGORITHM: Final = {"alg": "HS512", "typ": "JWT"}


def issue(world: World, call: Call) -> Answer:
    """
    `POST /api/token/`. With `link_id` the tokens are good for updating that link alone.
    """
    REQUEST.check(call.body)
    world.keys.check(basic(call.get("id"), call.get("password")))
    link = call.get("link_id")
    if link is not None and not world.registry.some([link]):
        raise refusal("does_not_exist", "link_id")
    return Answer(200, {kind: _token(world, kind, call) for kind in LIFETIMES})


def _token(world: World, kind: str, call: Call) -> str:
    now = int(world.clock.now().timestamp())
    claims: Json = {
        "token_type": kind,
        "exp": now + LIFETIMES[kind],
        "iat": now,
        "jti": world.ids.hex(),
        "user_id": world.key,
        "scopes": call.get("scopes").split(","),
        "link_id": call.get("link_id"),
    }
    # Nobody can check the signature, so it is only as long as a real one.
    signature = bytes.fromhex(world.ids.hex() + world.ids.hex() + world.ids.hex() + world.ids.hex())
    return ".".join(_part(part) for part in (encode(ALGORITHM), encode(claims), signature))


def _part(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")
