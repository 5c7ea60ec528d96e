"""
The rules of links: registering, updating, refreshing, deleting.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import Final

from belvo_async.sandbox import forms, listings
from belvo_async.sandbox.answers import Answer, Json
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.desk import Errand, Script
from belvo_async.sandbox.ids import user_id
from belvo_async.sandbox.institutions import INSTITUTIONS, Institution
from belvo_async.sandbox.refusals import Problem, Refusal, refusal
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.users import Persona, persona
from belvo_async.sandbox.webhooks import fetch, fetch_ordered, tell
from belvo_async.sandbox.world import World


PATH: Final = "/api/links/"

COOLDOWN: Final = 600.0
"""Seconds between two refreshes of a link."""

REFRESH_RATES: Final = {"single": None, "recurrent": "7d"}
STORAGES: Final = {"single": "365d", "recurrent": "store"}

STORED: Final = "365d"
"""How long Belvo keeps what it retrieved, unless the registration says otherwise."""


def script_for(institution: Institution, story: Persona, status: str = "") -> Script:
    """
    Return the challenges of a login. A link that is known to need a token is asked for one everywhere.
    """
    if institution.mfa:
        return story.script
    return ("text",) if status == "token_required" else ()


def judge(institution: Institution, story: Persona) -> None:
    """
    Refuse the login if *story* ends at once.
    """
    verdict = story.verdict
    if verdict is not None and (institution.mfa or verdict != "activation_required"):
        raise refusal(verdict)


def register(world: World, call: Call) -> Answer:
    """
    `POST /api/links/`.
    """
    forms.REGISTRATION.check(call.body)
    institution = _institution(call)
    story = persona(call.get("username"), call.get("password"))
    judge(institution, story)
    if world.settings.refuse_duplicates:
        _refuse_duplicate(world, institution, call.get("username"))

    access = add(world, institution, call.body)
    access.public["status"] = "unconfirmed"
    errand = _errand(world, call, access, partial(_registered, world, access))
    try:
        return world.desk.begin(errand, script_for(institution, story), call)
    except Refusal:
        # A login that fails at once leaves no link; one that fails after a challenge leaves it unconfirmed.
        world.registry.remove(access)
        raise


def add(world: World, institution: Institution, body: Json) -> Access:
    """
    File a valid link with the members of *body*.
    """
    mode = body.get("access_mode", "recurrent")
    username = body["username"]
    public: Json = {
        "id": world.ids.uuid(),
        "institution": institution.name,
        "access_mode": mode,
        "last_accessed_at": None,
        "created_at": world.now,
        "external_id": body.get("external_id"),
        "institution_user_id": user_id(institution.name, username),
        "status": "valid",
        "created_by": world.key,
        "refresh_rate": REFRESH_RATES[mode],
        "credentials_storage": body.get("credentials_storage", STORAGES[mode]),
        "fetch_resources": body.get("fetch_resources", []),
        "stale_in": body.get("stale_in", STORED),
    }
    return world.registry.file(public, institution, username, body["password"])


def update(world: World, call: Call) -> Answer:
    """
    `PUT /api/links/{id}/`.
    """
    forms.UPDATE.check(call.body)
    access = world.registry.at(call.id)
    refuse_second_session(world, access)
    password: str = call.get("password")
    story = persona(access.username, password)
    judge(access.institution, story)
    errand = _errand(world, call, access, partial(_updated, world, access, password))
    return world.desk.begin(errand, script_for(access.institution, story), call)


def refuse_second_session(world: World, access: Access) -> None:
    """
    Refuse work for a link that waits for a token.
    """
    if world.settings.one_session_per_link and world.desk.is_asking(access.id):
        raise refusal("too_many_sessions")


def resume(world: World, call: Call) -> Answer:
    """
    `PATCH /api/links/`.
    """
    return world.desk.resume(call, PATH)


def set_access_mode(world: World, call: Call) -> Answer:
    """
    `PATCH /api/links/{id}/`.
    """
    forms.ACCESS_MODE.check(call.body)
    access = world.registry.at(call.id)
    mode = call.get("access_mode")
    access.public["access_mode"] = mode
    access.public["refresh_rate"] = REFRESH_RATES[mode]
    for name in ("fetch_resources", "stale_in"):
        if name in call.body:
            access.public[name] = call.body[name]
    return Answer(200, call.trimmed(access.public))


def refresh(world: World, call: Call) -> Answer:
    """
    `POST /api/links/{id}/refresh/`.
    """
    forms.REFRESH.check(call.body)
    access = world.registry.at(call.id)
    now = world.clock.monotonic()
    if access.refreshed_at is not None and now - access.refreshed_at < COOLDOWN:
        raise refusal("link_refreshed")
    access.refreshed_at = now
    request_id = world.ids.hex()
    fetch(world, access, call.get("fetch_resources") or access.public["fetch_resources"], request_id)
    return Answer(202, {"request_id": request_id})


def delete(world: World, call: Call) -> Answer:
    """
    `DELETE /api/links/{id}/`: with it goes all that was retrieved with it.
    """
    access = world.registry.at(call.id)
    world.desk.drop(access.id)
    world.saved.drop(access.id)
    world.registry.remove(access)
    if not call.deferred:
        return Answer(204)
    request_id = world.ids.hex()
    tell(world, access.public, "LINK", "link_deleted", {}, request_id=request_id)
    return Answer(202, {"request_id": request_id})


def get(world: World, call: Call) -> Answer:
    """
    `GET /api/links/{id}/`.
    """
    return Answer(200, call.trimmed(world.registry.at(call.id).public))


def listed(world: World, call: Call) -> Answer:
    """
    `GET /api/links/`.
    """
    wanted = listings.filters(call.query)
    public = world.registry.public
    size = world.settings.page_size
    if wanted:
        rows = listings.filtered(public.values(), wanted)
        return listings.page(call, len(rows), lambda start, stop: rows[start:stop], size)

    def some(start: int, stop: int) -> Sequence[Json]:
        return list(islice(public.values(), start, stop))

    return listings.page(call, len(public), some, size)


def _institution(call: Call) -> Institution:
    institution = INSTITUTIONS.get(call.get("institution"))
    if institution is None:
        raise refusal("does_not_exist", "institution")
    missing = [Problem("validation_error", name) for name in institution.needs if name not in call.body]
    if missing:
        raise Refusal(*missing)
    return institution


def _refuse_duplicate(world: World, institution: Institution, username: str) -> None:
    user = user_id(institution.name, username)
    if world.registry.user_is_known(user):
        raise refusal("duplicated", institution_user_id=user)


def _errand(world: World, call: Call, access: Access, finish: partial[Answer]) -> Errand:
    strike = partial(access.strike, world.settings.strikes)
    return Errand(call.operation, PATH, access.id, finish, strike)


def _confirmed(world: World, access: Access, call: Call) -> Answer:
    if call.timed_out:
        raise refusal("request_timeout")
    access.confirm(world.now)
    return Answer(200, call.trimmed(access.public))


def _registered(world: World, access: Access, call: Call) -> Answer:
    answer = _confirmed(world, access, call)
    fetch_ordered(world, access)
    # A registration that needed no PATCH answers 201; the last PATCH of one that did, 200.
    return Answer(201, answer.content) if call.operation == f"POST {PATH}" else answer


def _updated(world: World, access: Access, password: str, call: Call) -> Answer:
    answer = _confirmed(world, access, call)
    access.password = password
    access.outdated = False
    if access.public["access_mode"] == "recurrent":
        fetch_ordered(world, access)
    return answer
