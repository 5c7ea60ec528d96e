"""
The rules of data: retrieving it with a link, resuming, and finding again what was stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import chain, islice
from typing import Final

from belvo_async.sandbox import data, listings
from belvo_async.sandbox.answers import Answer, Json
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.desk import Errand
from belvo_async.sandbox.ids import halves, unshuffled
from belvo_async.sandbox.links import judge, refuse_second_session, script_for
from belvo_async.sandbox.refusals import refusal
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.resources import Resource
from belvo_async.sandbox.webhooks import tell_retrieved
from belvo_async.sandbox.world import World


STATUS_CODES: Final[Mapping[str, str]] = {"invalid": "invalid_link", "unconfirmed": "unconfirmed_link"}


def retrieve(resource: Resource, world: World, call: Call) -> Answer:
    """
    `POST` on a collection.
    """
    resource.form.check(call.body)
    access = world.registry.named(call.get("link"))
    _refuse_unusable(resource, world, access)
    keys = resource.keys(world, access, call)
    errand = Errand(
        call.operation,
        resource.path,
        access.id,
        partial(_finish, resource, world, access, keys),
        partial(access.strike, world.settings.strikes),
    )
    status: str = access.public["status"]
    return world.desk.begin(errand, script_for(access.institution, access.persona, status), call)


def _refuse_unusable(resource: Resource, world: World, access: Access) -> None:
    if resource.name not in access.institution.resources:
        raise refusal("unsupported_operation")
    code = STATUS_CODES.get(access.public["status"])
    if code is not None:
        raise refusal(code)
    refuse_second_session(world, access)
    if access.outdated:
        access.strike(world.settings.strikes)
        raise refusal("login_error")
    judge(access.institution, access.persona)


def _finish(resource: Resource, world: World, access: Access, keys: tuple[int, ...], call: Call) -> Answer:
    at = world.now
    if call.timed_out:
        # What was collected before Belvo gave up is kept.
        _keep(resource, world, access, keys[: len(keys) // 2], call, at)
        raise refusal("request_timeout")

    access.confirm(at)
    saved = _keep(resource, world, access, keys, call, at)
    if resource.deferrable and call.deferred:
        request_id = world.ids.hex()
        tell_retrieved(world, access, resource, keys, call, request_id)
        return Answer(202, {"request_id": request_id})
    resumed = call.operation.startswith("PATCH")
    count = world.settings.accounts_per_link
    rows = [call.trimmed(resource.make(access, number, count, at)) for number in keys]
    single = resource.single_on_resume if resumed else resource.single
    return Answer(201 if saved else 200, rows[0] if single and rows else rows)


def _keep(
    resource: Resource, world: World, access: Access, keys: tuple[int, ...], call: Call, at: str
) -> bool:
    save: bool = call.get("save_data", True)
    if save:
        world.saved.keep(access.id, resource.path, keys, at)
    return save


def resume(resource: Resource, world: World, call: Call) -> Answer:
    """
    `PATCH` on a collection.
    """
    return world.desk.resume(call, resource.path)


def listed(resource: Resource, world: World, call: Call) -> Answer:
    """
    `GET` on a collection.
    """
    wanted = listings.filters(call.query)
    links = _links(wanted)
    if resource.needs_link and links is None:
        raise refusal("required", "link")

    count = world.settings.accounts_per_link
    kept = [
        (access, keep)
        for access in world.registry.some(links)
        if (keep := world.saved.of(access.id, resource.path)) is not None
    ]
    rows = (resource.make(access, number, count, keep.at) for access, keep in kept for number in keep.keys)
    if wanted:
        matching = listings.filtered(rows, wanted, resource.aliases)
        return listings.shown(call, matching, world.settings.page_size)

    def some(start: int, stop: int) -> Sequence[Json]:
        numbers = chain.from_iterable(
            ((access, keep, number) for number in keep.keys) for access, keep in kept
        )
        return [
            resource.make(access, number, count, keep.at)
            for access, keep, number in islice(numbers, start, stop)
        ]

    return listings.page(call, sum(len(keep.keys) for _, keep in kept), some, world.settings.page_size)


def _links(wanted: dict[str, str]) -> list[str] | None:
    """
    Take the links out of the filters *wanted*: they select before any row is made.
    """
    one, several = wanted.pop("link", None), wanted.pop("link__in", None)
    among = None if several is None else several.split(",")
    if one is None:
        return among
    return [one] if among is None or one in among else []


def found(resource: Resource, world: World, call: Call) -> tuple[Access, int, str]:
    """
    Return the row that the path of *call* names: whose it is, its number, and when it was retrieved.
    """
    numbers = halves(call.id)
    if numbers is not None:
        access = world.registry.by_bits(data.link_bits(numbers[0], resource.salt))
        number = unshuffled(numbers[1]) ^ resource.salt << data.KEY_BITS
        keep = world.saved.of(access.id, resource.path) if access is not None else None
        key = keep.key(number) if keep is not None else None
        if access is not None and keep is not None and key is not None:
            return access, key, keep.at
    raise refusal("not_found")


def get(resource: Resource, world: World, call: Call) -> Answer:
    """
    `GET` on the id of a row.
    """
    access, number, at = found(resource, world, call)
    count = world.settings.accounts_per_link
    return Answer(200, call.trimmed(resource.make(access, number, count, at)))


def delete(resource: Resource, world: World, call: Call) -> Answer:
    """
    `DELETE` on the id of a row.
    """
    access, number, _ = found(resource, world, call)
    world.saved.discard(access.id, resource.path, number)
    return Answer(204)
