"""
The rule of what an exchange has gone through; exchanges themselves are retrieved as everything is.
"""

from __future__ import annotations

from typing import Final

from belvo_async.sandbox import listings, retrieving
from belvo_async.sandbox.answers import Answer
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.resources import RESOURCES
from belvo_async.sandbox.rows import exchanges
from belvo_async.sandbox.world import World


HISTORY: Final = f"{exchanges.PATH}{{id}}/history/"

[EXCHANGES] = [resource for resource in RESOURCES if resource.path == exchanges.PATH]


def history(world: World, call: Call) -> Answer:
    """
    `GET /api/br/exchanges/{id}/history/`.
    """
    access, number, at = retrieving.found(EXCHANGES, world, call)
    rows = [exchanges.event_row(access, number, kind, at) for kind in exchanges.events(number, at)]
    return listings.shown(call, rows, world.settings.page_size)
