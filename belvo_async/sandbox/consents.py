"""
The rules of consents: finding those of a user by the number of a document.
"""

from __future__ import annotations

from typing import Final

from belvo_async.sandbox import data, forms, listings
from belvo_async.sandbox.answers import Answer
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.forms import Field, form
from belvo_async.sandbox.ids import halves
from belvo_async.sandbox.refusals import refusal
from belvo_async.sandbox.rows.consents import SALT, consent_row, has_consent
from belvo_async.sandbox.rows.owners import document_of
from belvo_async.sandbox.world import World


PATH: Final = "/api/consents/"

QUERY: Final = form(Field("user_document", forms.matching(r"[0-9]{11,14}")))


def listed(world: World, call: Call) -> Answer:
    """
    `GET /api/consents/`.
    """
    QUERY.check(dict(call.query))
    wanted = call.query["user_document"]
    found = [
        consent_row(access, world.today)
        for access in world.registry.some(None)
        if has_consent(access) and document_of(access)[1] == wanted
    ]
    return listings.shown(call, found, world.settings.page_size)


def get(world: World, call: Call) -> Answer:
    """
    `GET /api/consents/{id}/`.
    """
    numbers = halves(call.id)
    access = world.registry.by_bits(data.link_bits(numbers[0], SALT)) if numbers else None
    if access is None or not has_consent(access) or data.row_id(access, SALT, 0) != call.id:
        raise refusal("not_found")
    return Answer(200, call.trimmed(consent_row(access, world.today)))
