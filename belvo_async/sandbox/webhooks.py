"""
What Belvo tells by webhook, and when: data that were fetched, links that need their user, links that are gone.

A webhook writes the id of the request that it answers with dashes; the 202 before it had none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any, Final

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.challenges import dashed
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.resources import RESOURCES, Resource
from belvo_async.sandbox.world import World


HISTORICAL: Final = "historical_update"
RECURRENT: Final = "recurrent_update"

HISTORY: Final = timedelta(days=365)
"""What is fetched unasked."""

LINK_PROBLEMS: Final[Mapping[str, tuple[str, Json]]] = {
    "token_required": (
        "token_required",
        {"error_code": "token_required", "error_message": "A one-time token is needed.", "status": 428},
    ),
    "invalid_credentials": (
        "invalid",
        {"error_code": "login_error", "error_message": "The login was refused.", "status": 400},
    ),
}
"""The status that a link gets, and what is told of it."""


def tell(
    world: World,
    link: Json,
    type_: str,
    code: str,
    data: Json,
    *,
    request_id: str,
    process: str = HISTORICAL,
) -> None:
    """
    Send a webhook about *link*, if there is somebody to send to.
    """
    if not world.outbox.is_addressed:
        return
    world.outbox.send(
        {
            "webhook_id": world.ids.hex(),
            "webhook_type": type_,
            "process_type": process,
            "webhook_code": code,
            "link_id": link["id"],
            "request_id": dashed(request_id),
            "external_id": link["external_id"],
            "data": {**data},
        }
    )


def tell_retrieved(
    world: World, access: Access, resource: Resource, keys: tuple[int, ...], call: Call, request_id: str
) -> None:
    """
    Tell that the rows *keys*, for which *call* asked, can be read.
    """
    if not world.outbox.is_addressed:
        return
    count, at = world.settings.accounts_per_link, world.now
    rows = [resource.make(access, number, count, at) for number in keys]
    summary = SUMMARIES.get(resource.name, _total(resource.name))
    for code in _codes(resource.name, call.get("type")):
        tell(world, access.public, resource.name, code, summary(rows), request_id=request_id)


def fetch(world: World, access: Access, names: Sequence[str], request_id: str) -> None:
    """
    Do what Belvo does by itself: store what there is of the resources *names*, and tell of each.

    Where the login does not work the link gets the status that says so, and that is told instead.
    """
    problem = _problem(access)
    if problem is not None:
        tell_problem(world, access, problem, request_id)
        return
    today = world.clock.now().astimezone(UTC).date()
    period = {"date_from": str(today - HISTORY), "date_to": str(today)}
    told: set[str] = set()
    for resource in RESOURCES:
        if resource.name not in names or resource.name not in access.institution.resources:
            continue
        call = Call(f"POST {resource.path}", resource.path, body={"link": access.id, **period})
        keys = resource.keys(world, access, call)
        world.saved.keep(access.id, resource.path, keys, world.now)
        if resource.name not in told:  # some have two paths
            told.add(resource.name)
            tell_retrieved(world, access, resource, keys, call, request_id)


def fetch_ordered(world: World, access: Access) -> None:
    """
    Fetch what the link itself has ordered, as Belvo does after a login.
    """
    names = access.public["fetch_resources"]
    if names:
        fetch(world, access, names, world.ids.hex())


def tell_problem(world: World, access: Access, code: str, request_id: str) -> None:
    """
    Give the link the status that *code* of `LINK_PROBLEMS` means, and tell of it.
    """
    status, data = LINK_PROBLEMS[code]
    access.public["status"] = status
    tell(world, access.public, "LINK", code, data, request_id=request_id, process=RECURRENT)


def _problem(access: Access) -> str | None:
    if access.outdated:
        return "invalid_credentials"
    return "token_required" if access.public["status"] == "token_required" else None


def _codes(name: str, direction: object) -> tuple[str, ...]:
    if name != "INVOICES":
        return (HISTORICAL,)
    # Those that came and those that went are told of separately.
    directions = ("INFLOW", "OUTFLOW") if direction is None else (str(direction),)
    return tuple(f"historical_{one.lower()}_update" for one in directions)


Summary = Callable[[Sequence[Json]], Json]


def _total(name: str) -> Summary:
    return lambda rows: {f"total_{name.lower()}": len(rows)}


def _transactions(rows: Sequence[Json]) -> Json:
    days: list[Any] = [row["value_date"] for row in rows if row["value_date"]]
    inflows = sum(row["type"] == "INFLOW" for row in rows)
    return {
        "total_transactions": len(rows),
        "total_inflow_transactions": inflows,
        "total_outflow_transactions": len(rows) - inflows,
        "first_transaction_date": min(days, default=None),
        "last_transaction_date": max(days, default=None),
    }


SUMMARIES: Final[Mapping[str, Summary]] = {
    "TRANSACTIONS": _transactions,
    "RECEIVABLES_TRANSACTIONS": lambda rows: {"total_transactions": len(rows)},
    "EMPLOYMENT_RECORDS": lambda rows: {"total_employment_record_profiles": len(rows)},
    "TAX_DECLARATIONS": lambda rows: {"total_tax_returns": len(rows)},
}
"""What is told of the rows of a resource; of the others, how many there are."""
