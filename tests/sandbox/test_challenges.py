"""
The multi-factor flow: what is asked, and what each answer leads to.
"""

from __future__ import annotations

import re

import pytest

from sandbox.api import Api, JumpingClock

from belvo_async.sandbox import ChallengeShape, Sandbox


pytestmark = pytest.mark.anyio

INPUT = "expects_user_input"


@pytest.mark.parametrize(
    ("username", "password", "word", "value", "expects_input"),
    [
        ("mfa_default", "pass_valid", "text", "", True),
        ("mfa_qr", "qr_code", "qr", r"belvo-sandbox:confirm\?code=[0-9a-f]{32}", True),
        ("mfa_qr_scan", "qr_code", "qr", r"belvo-sandbox:confirm\?code=[0-9a-f]{32}", False),
        ("mfa_numeric", "numeric_code", "numeric", r"\d{4}", True),
        ("mfa_inputless", "pass_valid", "inputless", "", False),
        ("mfa_unknown", "pass_valid", "palm_reading", r"\d{4}", True),
        ("somebody", "else", "text", "", True),
    ],
)
async def test_kinds(
    api: Api, username: str, password: str, word: str, value: str, expects_input: bool
) -> None:
    """
    The user decides the kind of the challenge, and the right answer to it finishes the registration.
    """
    challenge = await api.challenge(username, password)
    data = challenge["token_generation_data"]

    assert data["type"] == word
    assert re.fullmatch(value, data["value"])
    assert data["instructions"]
    assert data[INPUT] is expects_input

    reply = await api.answer(challenge, "111111" if expects_input else None)

    assert (reply.status, reply.json["status"]) == (200, "valid")
    assert reply.json["id"] == challenge["link"]


@pytest.mark.parametrize("institution", ["heimdall_co_retail", "heimdall_br_retail", "gotham_mx_business"])
async def test_institutions_that_ask(api: Api, institution: str) -> None:
    """
    All of heimdall and gotham ask for a token.
    """
    assert (await api.register("mfa_default", "pass_valid", institution)).status == 428


async def test_institutions_that_do_not(api: Api) -> None:
    """
    Elsewhere the users of the multi-factor tests are users like all others.
    """
    assert (await api.register("mfa_default", "pass_valid", "erebor_mx_retail")).status == 201
    assert (await api.register("mfa_activation", "pass_valid", "erebor_mx_retail")).status == 201


async def test_canonical_body(api: Api) -> None:
    """
    Unless told otherwise a challenge is a list of one, with 32 hexadecimal digits and a number of seconds.
    """
    challenge = await api.challenge()

    assert set(challenge) == {
        "code",
        "message",
        "request_id",
        "session",
        "expiry",
        "link",
        "token_generation_data",
    }
    assert challenge["code"] == "token_required"
    assert challenge["expiry"] == 600
    assert re.fullmatch("[0-9a-f]{32}", challenge["session"])


async def test_shapes(api: Api, sandbox: Sandbox) -> None:
    """
    Every variant of the body can be had, and changed while the sandbox runs.
    """
    sandbox.shape = ChallengeShape("object", "str", "dashed", "expect_user_input")
    bare = (await api.register("mfa_default")).json
    sandbox.shape = ChallengeShape(expiry="missing", flag="missing")
    [short] = (await api.register("mfa_default")).json
    sandbox.shape = ChallengeShape(data="partial")
    [partial] = (await api.register("mfa_default")).json
    sandbox.shape = ChallengeShape(data="missing")
    [missing] = (await api.register("mfa_default")).json
    sandbox.shape = ChallengeShape(data="null")
    [null] = (await api.register("mfa_default")).json

    assert bare["expiry"] == "600"
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bare["session"])
    assert bare["token_generation_data"]["expect_user_input"] is True
    assert INPUT not in bare["token_generation_data"]
    assert "expiry" not in short
    assert set(short["token_generation_data"]) == {"instructions", "type", "value"}
    assert set(partial["token_generation_data"]) == {"instructions"}
    assert "token_generation_data" not in missing
    assert null["token_generation_data"] is None
    assert sandbox.shape.data == "null"
    for challenge in (bare, short, partial, missing, null):
        assert (await api.answer(challenge)).status == 200


def test_shape_is_checked() -> None:
    """
    A shape that does not exist is refused at once.
    """
    with pytest.raises(ValueError, match="container"):
        ChallengeShape(container="tuple")  # type: ignore[arg-type] # the mistake under test


async def test_dashes_do_not_matter(api: Api) -> None:
    """
    A session comes back with dashes or without.
    """
    challenge = await api.challenge()
    digits = challenge["session"]
    dashed = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    assert (await api.answer({**challenge, "session": dashed})).status == 200


async def test_wrong_token(api: Api, sandbox: Sandbox) -> None:
    """
    A wrong token brings a fresh challenge with a session of its own; the old session is over.
    """
    first = await api.challenge()
    reply = await api.answer(first, "999999")
    [second] = reply.json

    assert reply.status == 428
    assert second["session"] != first["session"]
    assert second["link"] == first["link"]
    assert (await api.answer(second)).status == 200
    assert [(record.round, record.outcome) for record in sandbox.challenges.values()] == [
        (1, "rejected"),
        (2, "answered"),
    ]


async def test_bad_token(api: Api, sandbox: Sandbox) -> None:
    """
    Any other token is a login error. It ends the session and leaves the link unconfirmed.
    """
    challenge = await api.challenge()

    assert (await api.answer(challenge, "123456")).code == "login_error"
    assert (await api.answer(challenge)).code == "session_expired"
    assert sandbox.links[challenge["link"]]["status"] == "unconfirmed"
    assert sandbox.summary()["challenges_refused"] == 1


async def test_two_challenges(api: Api, sandbox: Sandbox) -> None:
    """
    An institution may ask twice, for different things.
    """
    first = await api.challenge("mfa_twice")
    reply = await api.answer(first)
    [second] = reply.json

    assert reply.status == 428
    assert first["token_generation_data"]["type"] == "text"
    assert second["token_generation_data"]["type"] == "numeric"
    assert sandbox.links[first["link"]]["status"] == "unconfirmed"
    assert (await api.answer(second)).json["status"] == "valid"
    assert [record.operation for record in sandbox.challenges.values()] == ["POST /api/links/"] * 2


async def test_activation_required(api: Api, sandbox: Sandbox) -> None:
    """
    A user without access by web is told so with a 428 that has no session.
    """
    reply = await api.register("mfa_activation")

    assert (reply.status, reply.code) == (428, "activation_required")
    assert not {"session", "link"} & set(reply.json[0])
    assert not sandbox.links


async def test_resume_refused(api: Api) -> None:
    """
    A `PATCH` that is not complete is refused, and the challenge goes on waiting.
    """
    challenge = await api.challenge()
    other = await api.challenge()
    session, link = challenge["session"], challenge["link"]
    path = "/api/links/"

    assert (await api.patch(path)).codes == [("required", "session"), ("required", "link")]
    assert (await api.patch(path, session=session, link=link)).codes == [("required", "token")]
    assert (await api.patch(path, session=session, link=link, token=None)).codes == [("null", "token")]
    assert (await api.patch(path, session=session, link=link, token="")).codes == [("blank", "token")]
    assert (await api.patch(path, session=session, link=link, token=111111)).codes == [("invalid", "token")]
    assert (await api.answer({**challenge, "link": other["link"]})).codes == [("does_not_exist", "link")]
    assert (await api.answer(challenge, path="/api/owners/")).code == "session_expired"
    assert (await api.answer(challenge)).status == 200


@pytest.mark.parametrize("session", ["0" * 32, "no session", "é"])
async def test_unknown_session(api: Api, session: str) -> None:
    """
    A session that never was is one that is over.
    """
    assert (
        await api.patch("/api/links/", session=session, link="l", token="111111")
    ).code == "session_expired"


async def test_expiry(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    A challenge waits so many seconds and not one more.
    """
    challenge = await api.challenge()
    clock.advance(599.9)
    assert len(sandbox.open_challenges) == 1
    clock.advance(0.1)

    assert (await api.answer(challenge)).code == "session_expired"
    assert sandbox.open_challenges == []
    assert sandbox.summary()["challenges_expired"] == 1
    assert sandbox.links[challenge["link"]]["status"] == "unconfirmed"


async def test_expiry_that_nobody_notices(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    A challenge that was forgotten counts as expired.
    """
    await api.challenge()
    sandbox.settings.expiry = 5
    await api.challenge()
    clock.advance(10)

    summary = sandbox.summary()

    assert (summary["challenges_open"], summary["challenges_expired"]) == (1, 1)


async def test_second_patch_is_a_duplicate(api: Api, sandbox: Sandbox) -> None:
    """
    A session is good for one answer; the second is refused and counted.
    """
    challenge = await api.challenge()
    await api.answer(challenge)
    assert sandbox.duplicates == 0

    for _ in range(3):
        assert (await api.answer(challenge)).code == "session_expired"

    assert sandbox.duplicates == 1
    [record] = sandbox.challenges.values()
    assert (record.patches, record.outcome) == (4, "answered")


async def test_unconfirmed_link(api: Api) -> None:
    """
    A link whose registration was not finished is of no use until it is updated.
    """
    challenge = await api.challenge()
    link = challenge["link"]
    await api.answer(challenge, "123456")

    refused = await api.post("/api/owners/", link=link)
    [challenge] = (await api.put(f"/api/links/{link}/", password="new")).json
    done = await api.answer(challenge)

    assert refused.code == "unconfirmed_link"
    assert done.json["status"] == "valid"


async def test_one_session_per_link(api: Api, clock: JumpingClock) -> None:
    """
    A link that waits for a token refuses other work until the challenge is over.
    """
    link = await api.link()
    challenged = await api.post("/api/owners/", link=link)

    assert (await api.post("/api/accounts/", link=link)).code == "too_many_sessions"
    assert (await api.put(f"/api/links/{link}/", password="new")).code == "too_many_sessions"

    await api.answer(challenged.json[0], path="/api/owners/")
    assert (await api.post("/api/accounts/", link=link)).status == 428

    clock.advance(600)
    assert (await api.post("/api/accounts/", link=link)).status == 428


async def test_many_sessions_per_link(api: Api, sandbox: Sandbox) -> None:
    """
    If told to, the sandbox lets a link wait for several tokens.
    """
    sandbox.settings.one_session_per_link = False
    link = await api.link()
    [first] = (await api.post("/api/owners/", link=link)).json
    [second] = (await api.post("/api/accounts/", link=link)).json

    assert (await api.answer(first, path="/api/owners/")).status == 201
    assert (await api.answer(second, path="/api/accounts/")).status == 201


async def test_six_strikes(api: Api, sandbox: Sandbox) -> None:
    """
    The sixth failed login makes a link invalid; a good one before that starts the count again.
    """
    link = await api.link()

    async def fail(count: int) -> None:
        for _ in range(count):
            [challenge] = (await api.post("/api/owners/", link=link)).json
            assert (await api.answer(challenge, "0", path="/api/owners/")).code == "login_error"

    await fail(5)
    assert (await api.post("/api/owners/", link=link, token="111111")).status == 201
    await fail(5)
    assert sandbox.links[link]["status"] == "valid"
    await fail(1)

    assert sandbox.links[link]["status"] == "invalid"
    assert (await api.post("/api/owners/", link=link)).code == "invalid_link"


async def test_token_in_advance(api: Api, sandbox: Sandbox) -> None:
    """
    A token may come with the first call. A wrong one leaves no link behind.
    """
    assert (await api.register("mfa_default", token="111111")).status == 201
    assert (await api.register("mfa_default", token="0")).code == "login_error"
    assert (await api.register("mfa_twice", token="111111")).status == 428
    assert (await api.register("mfa_inputless", token="111111")).status == 428
    assert sandbox.summary()["links"] == 3


async def test_link_that_needs_a_token(api: Api, sandbox: Sandbox) -> None:
    """
    A link that is known to need a token is asked for one, whatever the institution.
    """
    link = sandbox.add_link()
    link["status"] = "token_required"

    reply = await api.post("/api/owners/", link=link["id"])
    assert reply.status == 428
    done = await api.answer(reply.json[0], path="/api/owners/")

    assert (done.status, link["status"]) == (201, "valid")


async def test_tokens_can_be_set() -> None:
    """
    Which tokens are right and wrong is a setting.
    """
    async with Sandbox(mfa_token="0042ab", wrong_token="0") as sandbox:
        api = Api(sandbox)
        async with api.session:
            again = await api.answer(await api.challenge(), "0")
            done = await api.answer(again.json[0], "0042ab")

    assert (again.status, done.status) == (428, 200)
