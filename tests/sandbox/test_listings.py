"""
Lists: pages and filters.
"""

from __future__ import annotations

import pytest

from sandbox.api import Api, JumpingClock

from belvo_async.sandbox import Sandbox


pytestmark = pytest.mark.anyio

LINKS = "/api/links/"


async def test_pages(api: Api, sandbox: Sandbox) -> None:
    """
    Ten rows make a page; `next` and `previous` are whole URLs that keep the query.
    """
    ids = [sandbox.add_link()["id"] for _ in range(25)]

    first = (await api.get(LINKS, access_mode="recurrent")).json
    second = (await api.call("GET", first["next"])).json
    third = (await api.call("GET", second["next"])).json

    assert first["count"] == 25
    assert first["next"] == f"{sandbox.url}/api/links/?access_mode=recurrent&page=2"
    assert first["previous"] is None
    assert third["next"] is None
    assert third["previous"] == second["next"].replace("page=3", "page=2")
    assert [row["id"] for page in (first, second, third) for row in page["results"]] == ids


async def test_pages_without_filter(api: Api, sandbox: Sandbox) -> None:
    """
    Without filters nothing is filtered, and pages are the same.
    """
    ids = [sandbox.add_link()["id"] for _ in range(12)]

    assert [row["id"] for row in (await api.get(LINKS, page=2)).json["results"]] == ids[10:]


@pytest.mark.parametrize(
    ("size", "expected"), [("5", 5), ("0", 10), ("-1", 10), ("many", 10), ("1000", 1000), ("1001", 1000)]
)
async def test_page_size(api: Api, sandbox: Sandbox, size: str, expected: int) -> None:
    """
    A page holds what is asked for, up to a thousand rows.
    """
    for _ in range(1001):
        sandbox.add_link()

    assert len((await api.get(LINKS, page_size=size)).json["results"]) == expected


@pytest.mark.parametrize("page", ["0", "-1", "2", "first", "²"])
async def test_pages_that_do_not_exist(api: Api, sandbox: Sandbox, page: str) -> None:
    """
    There is no page before the first or behind the last.
    """
    sandbox.add_link()

    reply = await api.get(LINKS, page=page)

    assert (reply.status, reply.code) == (404, "not_found")


async def test_an_empty_list_has_a_page(api: Api) -> None:
    """
    The first page always exists.
    """
    assert (await api.get(LINKS, page=1)).json == {"count": 0, "next": None, "previous": None, "results": []}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"id__in": "0,1"}, "01"),
        ({"institution": "erebor_mx_retail"}, "01"),
        ({"institution__in": "erebor_mx_retail,erebor_br_retail"}, "012"),
        ({"institution__icontains": "EREBOR_B"}, "2"),
        ({"access_mode": "single"}, "1"),
        ({"status": "token_required"}, "3"),
        ({"status__in": "token_required,invalid"}, "23"),
        ({"status__not_in": "token_required,invalid"}, "01"),
        ({"external_id": "customer-1"}, "1"),
        ({"external_id__in": "customer-1,customer-3"}, "13"),
        ({"external_id__gt": "customer-1"}, "3"),
        ({"created_at__gte": "2026-03-15T12:01:00Z"}, "123"),
        ({"created_at__gt": "2026-03-15T12:01:00Z"}, "23"),
        ({"created_at__lt": "2026-03-15T09:02:00-03:00"}, "01"),
        ({"created_at__lte": "2026-03-15T12:02:00"}, "012"),
        ({"created_at__range": "2026-03-15T12:01:00Z,2026-03-15T12:02:00Z"}, "12"),
        ({"created_at__gte": "2026-03-16"}, ""),
        ({"created_at__lt": "2026-03-16", "access_mode": "recurrent"}, "023"),
        ({"created_at": "2026-03-15T12:02:00Z"}, "2"),
        ({"last_accessed_at__gte": "2020-01-01"}, ""),
        ({"last_accessed_at__range": "2020-01-01,2030-01-01"}, ""),
        ({"nonsense": "1", "fields": "id"}, "0123"),
    ],
)
async def test_filters_of_links(
    api: Api, sandbox: Sandbox, clock: JumpingClock, query: dict[str, str], expected: str
) -> None:
    """
    Links are filtered by what they show, alone or together.
    """
    ids = []
    for body in (
        {},
        {"access_mode": "single", "external_id": "customer-1"},
        {"institution": "erebor_br_retail"},
        {"institution": "gringotts_mx_retail", "external_id": "customer-3"},
    ):
        ids.append(sandbox.add_link(**body)["id"])
        clock.advance(60)
    sandbox.links[ids[2]]["status"] = "invalid"
    sandbox.links[ids[3]]["status"] = "token_required"
    if "id__in" in query:
        query = {"id__in": f"{ids[0]},{ids[1]}"}

    listed = (await api.get(LINKS, **query)).json

    assert [row["id"] for row in listed["results"]] == [ids[int(number)] for number in expected]
    assert listed["count"] == len(expected)


async def test_filter_that_cannot_be_read(api: Api, sandbox: Sandbox) -> None:
    """
    A value of the wrong form is refused.
    """
    sandbox.add_link()

    assert (await api.get(LINKS, created_at__gt="yesterday")).codes == [("invalid", "created_at__gt")]


async def test_filters_of_rows(api: Api, sandbox: Sandbox) -> None:
    """
    Rows are filtered by what they show, by their link, and by what their account shows.
    """
    one, two = sandbox.add_link()["id"], sandbox.add_link("gringotts_br_retail")["id"]
    period: dict[str, object] = {"date_from": "2026-01-01", "date_to": "2026-01-05"}
    rows = (await api.post("/api/balances/", link=one, **period)).json
    await api.post("/api/balances/", link=two, **period)

    async def count(**query: object) -> int:
        number: int = (await api.get("/api/balances/", **query)).json["count"]
        return number

    assert await count() == 10
    assert await count(link=one) == 5
    assert await count(link="nobody") == 0
    assert await count(link__in=f"{one},{two}") == 10
    assert await count(link__in=f"{one},nobody", value_date__gte="2026-01-04") == 2
    assert await count(account=rows[0]["account"]["id"]) == 5
    assert await count(institution="gringotts_br_retail") == 5
    assert await count(currency="MXN") == 5
    assert await count(balance=rows[0]["balance"], link=one) == 1
    assert await count(balance__gte=0, balance__lt=10**9) == 10
    assert await count(balance__range="-1,-0.5") == 0
    assert await count(statement__gt="1") == 0
    assert (await api.get("/api/balances/", balance__gt="much")).codes == [("invalid", "balance__gt")]
    assert [row["id"] for row in (await api.get("/api/balances/", page_size=3, page=2)).json["results"]][
        :2
    ] == [row["id"] for row in rows[3:]]


async def test_some_lists_need_a_link(api: Api) -> None:
    """
    Transactions are only listed for a link.
    """
    assert (await api.get("/api/transactions/")).codes == [("required", "link")]
    assert (await api.get("/api/transactions/", link="nobody")).json["count"] == 0


async def test_institutions(api: Api, sandbox: Sandbox) -> None:
    """
    The sandbox's institutions can be listed, filtered and read.
    """
    every = (await api.get("/api/institutions/", page_size=100)).json["results"]
    names = {institution["name"] for institution in every}

    async def some(**query: object) -> set[str]:
        rows = (await api.get("/api/institutions/", page_size=100, **query)).json["results"]
        return {row["name"] for row in rows}

    assert {
        "erebor_mx_retail",
        "gringotts_co_retail",
        "heimdall_br_retail",
        "gotham_co_business",
        "ironbank_br_business",
        "tatooine_mx_fiscal",
        "planet_mx_employment",
        "ofmockbank_br_retail",
    } <= names
    assert await some(type="fiscal") == {name for name in names if name.endswith("_fiscal")}
    assert await some(country_code="CO") == {name for name in names if "_co_" in name}
    assert await some(country_code__in="CO,BR") == {
        name for name in names if "_co_" in name or "_br_" in name
    }
    assert await some(resources__allin="ACCOUNTS,OWNERS") == {
        name for name in names if name[-6:] in "retail business"
    }
    assert (await api.get(f"/api/institutions/{every[0]['id']}/", fields="name")).json == {
        "name": every[0]["name"]
    }
    assert (await api.get("/api/institutions/7/")).code == "not_found"
    assert sandbox.institution(every[0]["name"]) == every[0]


async def test_who_asks_for_a_token(api: Api) -> None:
    """
    Institutions that may ask for a token say so.
    """
    every = (await api.get("/api/institutions/", page_size=100)).json["results"]

    asking = {row["name"].partition("_")[0] for row in every if row["features"]}

    assert asking == {"heimdall", "gotham"}
    [token] = [field for field in every[6]["form_fields"] if field["name"] == "token"]
    assert (token["optional"], token["length"]) == (True, "6")
