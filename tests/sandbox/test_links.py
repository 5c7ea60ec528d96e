"""
Registering, updating, changing and deleting links.
"""

from __future__ import annotations

import pytest

from sandbox.api import Api, JumpingClock

from belvo_async.sandbox import Sandbox


pytestmark = pytest.mark.anyio


async def test_register(api: Api, sandbox: Sandbox) -> None:
    """
    Without a challenge a registration answers 201 and the link, which is valid.
    """
    reply = await api.register(institution="erebor_mx_retail", external_id="customer-1")

    assert reply.status == 201
    link = reply.json
    assert link == sandbox.links[link["id"]]
    assert link["created_at"] == "2026-03-15T12:00:00.000000Z"
    assert {
        "institution": "erebor_mx_retail",
        "access_mode": "recurrent",
        "external_id": "customer-1",
        "status": "valid",
        "refresh_rate": "7d",
        "credentials_storage": "store",
        "stale_in": "365d",
    }.items() <= link.items()
    assert len(link["institution_user_id"]) == 44


async def test_register_single(api: Api) -> None:
    """
    What the body says is what the link shows.
    """
    reply = await api.register(
        institution="erebor_mx_retail", access_mode="single", stale_in="30d", fetch_resources=["ACCOUNTS"]
    )

    assert {
        "access_mode": "single",
        "refresh_rate": None,
        "credentials_storage": "365d",
        "stale_in": "30d",
        "fetch_resources": ["ACCOUNTS"],
    }.items() <= reply.json.items()


async def test_same_user_same_user_id(api: Api) -> None:
    """
    Belvo recognises a user of an institution in all their links.
    """
    first = await api.register(institution="erebor_mx_retail")
    second = await api.register(institution="erebor_mx_retail")
    other = await api.register(institution="erebor_co_retail")

    assert first.json["id"] != second.json["id"]
    assert first.json["institution_user_id"] == second.json["institution_user_id"]
    assert first.json["institution_user_id"] != other.json["institution_user_id"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("required", "institution"), ("required", "username"), ("required", "password")]),
        ({"username": ""}, [("blank", "username")]),
        ({"username": "  "}, [("blank", "username")]),
        ({"password": None}, [("null", "password")]),
        ({"password": 1}, [("invalid", "password")]),
        ({"institution": "mordor_mx_retail"}, [("does_not_exist", "institution")]),
        ({"access_mode": "sometimes"}, [("invalid_choice", "access_mode")]),
        ({"external_id": "ab"}, [("invalid", "external_id")]),
        ({"external_id": "a" * 257}, [("invalid", "external_id")]),
        ({"external_id": ""}, [("blank", "external_id")]),
        ({"external_id": 7}, [("invalid", "external_id")]),
        ({"credentials_storage": "366d"}, [("invalid_credentials_storage", "credentials_storage")]),
        ({"credentials_storage": "0d"}, [("invalid_credentials_storage", "credentials_storage")]),
        ({"fetch_resources": "ACCOUNTS"}, [("not_a_list", "fetch_resources")]),
        ({"save_data": "no"}, [("invalid", "save_data")]),
        (
            {"institution": "ironbank_br_retail"},
            [
                ("validation_error", "username_type"),
                ("validation_error", "username2"),
                ("validation_error", "password2"),
            ],
        ),
        ({"username": "user_invalid"}, [("login_error", None)]),
        ({"password": "pass_invalid"}, [("login_error", None)]),
        ({"username": "1234567890abcdefg"}, [("validation_error", None)]),
    ],
)
async def test_refused(
    api: Api, sandbox: Sandbox, body: dict[str, object], expected: list[tuple[str, str | None]]
) -> None:
    """
    A registration that breaks a rule answers 400 with an error for each field, and leaves no link.
    """
    good = {"institution": "erebor_mx_retail", "username": "bnk100", "password": "full"}

    reply = await api.post("/api/links/", **(good | body if body else {}))

    assert reply.status == 400
    assert reply.codes == expected
    assert {len(entry["request_id"]) for entry in reply.json} == {32}
    assert not sandbox.links


@pytest.mark.parametrize("storage", ["store", "nostore", "1d", "30d", "99d", "100d", "299d", "365d"])
async def test_credentials_storage(api: Api, storage: str) -> None:
    """
    Credentials are stored for ever, not at all, or for 1 to 365 days.
    """
    reply = await api.register(institution="erebor_mx_retail", credentials_storage=storage)

    assert reply.json["credentials_storage"] == storage


async def test_second_document(api: Api) -> None:
    """
    Institutions with a longer form want all of it.
    """
    reply = await api.register(
        institution="ironbank_br_retail", username_type="003", username2="valid", password2="valid"
    )

    assert reply.status == 201


async def test_duplicated() -> None:
    """
    If asked to, the sandbox refuses a second link for the same user, and names the user.
    """
    async with Sandbox(refuse_duplicates=True) as sandbox:
        api = Api(sandbox)
        async with api.session:
            first = await api.register(institution="erebor_mx_retail")
            second = await api.register(institution="erebor_mx_retail")
            other = await api.register(institution="erebor_mx_retail", username="bnk101")

    assert second.code == "duplicated"
    assert second.json[0]["institution_user_id"] == first.json["institution_user_id"]
    assert other.status == 201


async def test_get_and_delete(api: Api) -> None:
    """
    A link can be read until it is deleted.
    """
    link = (await api.register(institution="erebor_mx_retail")).json
    path = f"/api/links/{link['id']}/"

    assert (await api.get(path)).json == link

    deleted = await api.delete(path)

    assert (deleted.status, deleted.text) == (204, "")
    assert (await api.get(path)).code == "not_found"
    assert (await api.delete(path)).code == "not_found"
    assert (await api.put(path, password="new")).code == "not_found"


async def test_delete_deferred(api: Api, sandbox: Sandbox) -> None:
    """
    A deletion may be asked for asynchronously.
    """
    link = sandbox.add_link()["id"]

    reply = await api.call("DELETE", f"/api/links/{link}/", headers={"X-Belvo-Request-Mode": "async"})

    assert reply.status == 202
    assert list(reply.json) == ["request_id"]
    assert not sandbox.links


async def test_delete_takes_the_data_along(api: Api, sandbox: Sandbox) -> None:
    """
    With a link go its data and its challenge.
    """
    link = await api.link()
    [challenge] = (await api.post("/api/owners/", link=link)).json
    await api.answer(challenge, path="/api/owners/")
    [challenge] = (await api.post("/api/accounts/", link=link)).json

    await api.delete(f"/api/links/{link}/")

    assert (await api.get("/api/owners/")).json["count"] == 0
    assert (await api.answer(challenge, path="/api/accounts/")).code == "session_expired"
    assert sandbox.summary()["challenges_dropped"] == 1
    assert (await api.post("/api/owners/", link=link)).codes == [("does_not_exist", "link")]


async def test_delete_drops_every_challenge(api: Api, sandbox: Sandbox) -> None:
    """
    Also several challenges of one link are over when it is deleted.
    """
    sandbox.settings.one_session_per_link = False
    link = await api.link()
    [first] = (await api.post("/api/owners/", link=link)).json
    await api.post("/api/accounts/", link=link)

    await api.delete(f"/api/links/{link}/")

    assert (await api.answer(first, path="/api/owners/")).code == "session_expired"
    assert sandbox.summary()["challenges_dropped"] == 2


async def test_update_without_challenge(api: Api, sandbox: Sandbox) -> None:
    """
    A new password makes an invalid link valid again, under the same id.
    """
    link = sandbox.add_link()
    link["status"] = "invalid"

    reply = await api.put(f"/api/links/{link['id']}/", password="new")

    assert reply.status == 200
    assert reply.json["status"] == "valid"
    assert reply.json["id"] == link["id"]


async def test_update_refused(api: Api, sandbox: Sandbox) -> None:
    """
    An update wants a password, and one that works.
    """
    path = f"/api/links/{sandbox.add_link()['id']}/"

    assert (await api.put(path)).codes == [("required", "password")]
    assert (await api.put(path, password="pass_invalid")).code == "login_error"
    assert sandbox.summary()["links_valid"] == 1


async def test_update_with_challenge(api: Api) -> None:
    """
    An update may be challenged; its `PATCH` goes to the collection of links.
    """
    link = await api.link()

    reply = await api.put(f"/api/links/{link}/", password="new")
    done = await api.answer(reply.json[0])

    assert reply.status == 428
    assert reply.json[0]["link"] == link
    assert (done.status, done.json["status"]) == (200, "valid")


async def test_update_with_token(api: Api) -> None:
    """
    A token that comes with the update answers the challenge in advance.
    """
    path = f"/api/links/{await api.link()}/"

    assert (await api.put(path, password="new", token="111111")).status == 200
    assert (await api.put(path, password="new", token="123456")).code == "login_error"
    assert (await api.put(path, password="new", token="999999")).status == 428


async def test_changed_password(api: Api, sandbox: Sandbox) -> None:
    """
    After the user changed the password, retrieving fails until the link is updated.
    """
    link = sandbox.add_link()["id"]
    sandbox.change_password(link)

    refused = await api.post("/api/owners/", link=link)
    await api.put(f"/api/links/{link}/", password="new")
    done = await api.post("/api/owners/", link=link)

    assert refused.code == "login_error"
    assert done.status == 201


async def test_access_mode(api: Api, sandbox: Sandbox) -> None:
    """
    The access mode changes at once, without a login.
    """
    link = sandbox.add_link()["id"]

    reply = await api.patch(f"/api/links/{link}/", access_mode="single", stale_in="5d")

    assert (reply.status, reply.json["access_mode"], reply.json["stale_in"]) == (200, "single", "5d")
    assert reply.json["refresh_rate"] is None
    assert (await api.patch(f"/api/links/{link}/")).codes == [("required", "access_mode")]


async def test_refresh(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    A link can be refreshed every ten minutes.
    """
    path = f"/api/links/{sandbox.add_link()['id']}/refresh/"

    first = await api.post(path)
    soon = await api.post(path)
    clock.advance(600)
    later = await api.post(path)

    assert (first.status, list(first.json)) == (202, ["request_id"])
    assert (soon.status, soon.code) == (409, "link_refreshed")
    assert later.status == 202


async def test_fields_and_omit(api: Api, sandbox: Sandbox) -> None:
    """
    `fields` and `omit` work on every answer, also that of a `PATCH`.
    """
    challenge = await api.challenge()

    reply = await api.call(
        "PATCH",
        "/api/links/",
        params={"fields": "id,status,nothing", "omit": "id"},
        json={"session": challenge["session"], "link": challenge["link"], "token": "111111"},
    )

    assert reply.json == {"status": "valid"}
    assert (await api.get(f"/api/links/{challenge['link']}/", fields="status")).json == {"status": "valid"}
    assert sandbox.links[challenge["link"]]["id"] == challenge["link"]
