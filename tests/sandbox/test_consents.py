"""
Consents of Brazil's network.
"""

from __future__ import annotations

import pytest

from sandbox.api import Api, JumpingClock

from belvo_async.sandbox import Sandbox


pytestmark = pytest.mark.anyio

CONSENTS = "/api/consents/"


async def document(api: Api, link: str) -> str:
    """
    Return the number that the owner of *link* is known by.
    """
    [owner] = (await api.post("/api/owners/", link=link)).json
    number: str = owner["document_id"]["document_number"]
    return number


async def test_consents_of_a_user(api: Api, sandbox: Sandbox) -> None:
    """
    A user is found by a document; links outside of Brazil have no consent.
    """
    one, two = sandbox.add_link("ofmockbank_br_retail"), sandbox.add_link("ironbank_br_business")
    mexican = sandbox.add_link()["id"]
    found = (await api.get(CONSENTS, user_document=await document(api, one["id"]))).json
    company = (await api.get(CONSENTS, user_document=await document(api, two["id"]))).json
    nobody = (await api.get(CONSENTS, user_document="00000000000")).json
    [consent] = found["results"]

    assert [found["count"], company["count"], nobody["count"]] == [1, 1, 0]
    assert (consent["link_id"], consent["status"]) == (one["id"], "AUTHORISED")
    assert consent["belvo_institution_name"] == "ofmockbank_br_retail"
    assert consent["created_at"] < consent["expired_at"]
    assert (await api.get(f"{CONSENTS}{consent['id']}/")).json == consent
    assert (await api.get(f"{CONSENTS}{consent['id']}/", fields="status")).json == {"status": "AUTHORISED"}
    for id_ in (mexican, one["id"], "no-id"):
        assert (await api.get(f"{CONSENTS}{id_}/")).code == "not_found"


async def test_a_document_is_required(api: Api) -> None:
    """
    Nobody can list the consents of everybody.
    """
    assert (await api.get(CONSENTS)).codes == [("required", "user_document")]
    assert (await api.get(CONSENTS, user_document="123")).codes == [("invalid", "user_document")]


async def test_consents_expire(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    After a year a consent is over; one that the user has still to give waits.
    """
    link = sandbox.add_link("erebor_br_retail")
    number = await document(api, link["id"])

    async def status() -> str:
        [consent] = (await api.get(CONSENTS, user_document=number)).json["results"]
        word: str = consent["status"]
        return word

    link["status"] = "unconfirmed"
    assert await status() == "AWAITING_AUTHORISATION"
    link["status"] = "valid"
    clock.advance(366 * 86_400)
    assert await status() == "EXPIRED"


async def test_documents_are_plausible(api: Api, sandbox: Sandbox) -> None:
    """
    The numbers of Brazilian documents end with their check digits.
    """
    for institution, weights in (
        ("erebor_br_retail", range(11, 1, -1)),
        ("ironbank_br_business", [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]),
    ):
        number = await document(api, sandbox.add_link(institution)["id"])
        rest = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11

        assert number[-1] == str(11 - rest if rest > 1 else 0)
        assert len(number) == len(weights) + 1
