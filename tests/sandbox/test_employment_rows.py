"""
Rows of employment institutions: that they tell of one career, and that metrics follow from it.
"""

from __future__ import annotations

import re

from base64 import b64decode
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from sandbox.api import Api, JumpingClock

from belvo_async.sandbox import Sandbox


pytestmark = pytest.mark.anyio

MEXICO = "planet_mx_employment"
BRAZIL = "planet_br_employment"

RECORDS = "/api/employment-records/"
CURRENT = "/api/mx/current-employments/"
EMPLOYMENTS = "/api/br/employments/"
METRICS = "/api/employment-metrics/"

TODAY = date(2026, 3, 15)

LINKS = range(8)
"""Careers differ; rules are tried with some."""


async def only(api: Api, path: str, **body: object) -> Any:
    """
    Return the only row.
    """
    [row] = (await api.post(path, **body)).json
    return row


@pytest.mark.parametrize("password", ["full", "low", "negative"])
async def test_records_are_in_order(api: Api, sandbox: Sandbox, password: str) -> None:
    """
    Employments begin before they end, the latest first, and changes are dated within them.
    """
    for _ in LINKS:
        row = await only(api, RECORDS, link=sandbox.add_link(MEXICO, password=password)["id"])
        jobs = row["employment_records"]
        starts = [job["start_date"] for job in jobs]
        status = "UNEMPLOYED" if password == "negative" else "EMPLOYED"

        assert starts == sorted(starts, reverse=True)
        assert row["personal_data"]["entitlements"]["status"] == status
        assert [job["end_date"] for job in jobs].count(None) >= (status == "EMPLOYED")
        assert row["report_date"] == str(TODAY)
        for job in jobs:
            end = job["end_date"] or str(TODAY)
            updates = job["employment_status_updates"]
            days = [update["update_date"] for update in updates]
            assert row["personal_data"]["birth_date"] < job["start_date"] < end <= str(TODAY)
            assert days == sorted(days, reverse=True)
            assert (days[-1], updates[-1]["event"]) == (job["start_date"], "HIRED")
            assert (updates[0]["event"] == "DISMISSED_RESIGNED") == (job["end_date"] is not None)
            assert days[0] <= end
            assert updates[0]["base_salary"] == job["most_recent_base_salary"]
            assert job["monthly_salary"] == pytest.approx(job["most_recent_base_salary"] * 365 / 12, abs=0.01)
            lasted = date.fromisoformat(end) - date.fromisoformat(job["start_date"])
            assert job["weeks_employed"] == lasted.days // 7


async def test_numbers_of_people(api: Api, sandbox: Sandbox) -> None:
    """
    CURP and social security number have the form of real ones, and the CURP tells the birthday.
    """
    for _ in LINKS:
        row = await only(api, RECORDS, link=sandbox.add_link(MEXICO)["id"])
        person = row["personal_data"]
        numbers = {one["document_type"]: one["document_number"] for one in person["document_ids"]}

        assert re.fullmatch(r"[A-Z]{4}[0-9]{6}[HM][A-Z]{5}[0-9A-Z][0-9]", numbers["CURP"])
        assert re.fullmatch(r"[0-9]{11}", numbers["NSS"])
        assert row["internal_identification"] == numbers["CURP"]
        assert numbers["CURP"][4:10] == person["birth_date"][2:].replace("-", "")
        assert person["official_name"] == f"{person['first_name']} {person['last_name']}"


@pytest.mark.parametrize("password", ["full", "negative", "nodata"])
async def test_current_employments(api: Api, sandbox: Sandbox, password: str) -> None:
    """
    Current employments are those that have no end; who has none is told to have none.
    """
    for _ in LINKS:
        link = sandbox.add_link(MEXICO, password=password)["id"]
        record, current = await only(api, RECORDS, link=link), await only(api, CURRENT, link=link)
        lasting = [job for job in record["employment_records"] if job["end_date"] is None]
        listed = current["current_employment_records"]

        assert current["status"] == record["personal_data"]["entitlements"]["status"]
        assert (current["month"], listed is None) == (
            ("2026-03", False) if password == "full" else (None, True)
        )
        assert {(job["employer"], job["employer_id"], job["base_salary"]) for job in listed or ()} == {
            (job["employer"], job["employer_id"], job["most_recent_base_salary"]) for job in lasting
        }
        for job in listed or ():
            assert re.fullmatch(r"[A-ZÑ&]{3}[0-9]{6}[0-9A-Z]{3}", job["employer_rfc"])


@pytest.mark.parametrize("password", ["full", "low", "negative"])
async def test_metrics_follow_from_records(api: Api, sandbox: Sandbox, password: str) -> None:
    """
    Metrics count what the records tell.
    """
    for _ in LINKS:
        link = sandbox.add_link(MEXICO, password=password)["id"]
        record = await only(api, RECORDS, link=link)
        jobs = record["employment_records"]
        metrics = (await api.post(METRICS, link=link)).json
        ends = [job["end_date"] or str(TODAY) for job in jobs]
        first = date.fromisoformat(jobs[-1]["start_date"])
        salaries = [
            update["base_salary"]
            for job in reversed(jobs)
            for update in reversed(job["employment_status_updates"])
            if update["event"] != "DISMISSED_RESIGNED"
        ]

        assert metrics["current_status"] == record["personal_data"]["entitlements"]["status"]
        assert metrics["current_employer_count"] == [job["end_date"] for job in jobs].count(None)
        assert metrics["employer_count"] == len(jobs)
        assert metrics["unique_employer_count"] == len({job["employer_id"] for job in jobs})
        assert metrics["base_salary_last"] == jobs[0]["most_recent_base_salary"]
        assert metrics["increases_overall"] == sum(later > earlier for earlier, later in pairwise(salaries))
        assert metrics["decreases_overall"] == sum(later < earlier for earlier, later in pairwise(salaries))
        assert metrics["increases_last_job"] <= metrics["increases_overall"]
        assert int(metrics["weeks_employed_total"]) == record["social_security_summary"]["weeks_contributed"]
        assert metrics["weeks_employed_total"] + metrics["weeks_between_jobs"] == pytest.approx(
            (TODAY - first).days / 7, abs=0.001
        )
        assert metrics["max_weeks_between_jobs"] <= metrics["weeks_between_jobs"]
        gone = (TODAY - date.fromisoformat(max(ends))).days / 7
        assert metrics["weeks_since_last_job"] == pytest.approx(gone, abs=0.001)
        assert metrics["reference_date"] is None
        for years in (1, 3, 5):
            figures = [metrics[f"{name}_monthly_salary_{years}y"] for name in ("min", "average", "max")]
            if (TODAY - first).days < 365 * years:
                assert figures == [None, None, None]
            else:
                assert figures == sorted(figures)


async def test_metrics_of_the_past(api: Api, sandbox: Sandbox) -> None:
    """
    Metrics up to a day know nothing of what came later; each day makes a row of its own.
    """
    link = sandbox.add_link(MEXICO)["id"]
    jobs = (await only(api, RECORDS, link=link))["employment_records"]
    first = jobs[-1]["start_date"]

    then = (await api.post(METRICS, link=link, reference_date=first)).json
    before = (await api.post(METRICS, link=link, reference_date="1999-12-31")).json
    now = (await api.post(METRICS, link=link)).json

    assert then["reference_date"] == first
    assert (then["employer_count"], then["weeks_employed_total"], then["current_status"]) == (
        1,
        0,
        "EMPLOYED",
    )
    assert then["base_salary_last"] == jobs[-1]["employment_status_updates"][-1]["base_salary"]
    assert (before["employer_count"], before["base_salary_last"]) == (0, None)
    assert now["employer_count"] == len(jobs)
    assert (await api.get(METRICS, link=link)).json["count"] == 3
    assert (await api.get(f"{METRICS}{then['id']}/")).json == then


async def test_brazilian_employments(api: Api, sandbox: Sandbox) -> None:
    """
    Occupations last as long as the employment; each month is paid once, and in December a thirteenth time.
    """
    for _ in LINKS:
        for row in (await api.post(EMPLOYMENTS, link=sandbox.add_link(BRAZIL)["id"])).json:
            [occupation] = row["occupations"]
            months = [pay["month"] for pay in row["salaries"] if pay["type"] == "REGULAR"]
            extra = [pay["month"] for pay in row["salaries"] if pay["type"] == "THIRTEENTH"]

            assert (occupation["start_date"], occupation["end_date"]) == (row["start_date"], row["end_date"])
            assert months == sorted(set(months))
            assert months[0] == row["start_date"][:7]
            assert months[-1] == (row["end_date"] or "2026-02")[:7]
            assert extra == [month for month in months if month.endswith("-12")]
            for pay in row["salaries"]:
                assert 0 < pay["retained_amount"] < pay["base_amount"]


async def test_periods_of_employments(api: Api, sandbox: Sandbox) -> None:
    """
    A period brings the employments of which some day is in it.
    """
    for _ in LINKS:
        link = sandbox.add_link(BRAZIL)["id"]
        every = (await api.post(EMPLOYMENTS, link=link)).json
        start = every[-1]["start_date"]
        for body, expected in (
            ({"date_from": "2000-01-01"}, every),
            ({"date_from": "2000-01-01", "date_to": "2001-01-01"}, []),
            ({"date_to": every[0]["start_date"]}, every[:1]),
            ({"date_from": start}, [row for row in every if (row["end_date"] or str(TODAY)) >= start]),
            ({"date_from": "2026-03-15"}, [row for row in every if row["end_date"] is None]),
        ):
            assert (await api.post(EMPLOYMENTS, link=link, **body)).json == expected


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (EMPLOYMENTS, {"date_to": "2026-03-16"}, [("invalid", "date_to")]),
        (EMPLOYMENTS, {"date_from": "2026-03-16"}, [("invalid", "date_from")]),
        (EMPLOYMENTS, {"date_from": "2026-02-02", "date_to": "2026-02-01"}, [("invalid", "date_from")]),
        (METRICS, {"reference_date": "yesterday"}, [("invalid", "reference_date")]),
        (METRICS, {"save_data": "no"}, [("invalid", "save_data")]),
        (RECORDS, {"attach_pdf": 1}, [("invalid", "attach_pdf")]),
    ],
)
async def test_refused_bodies(
    api: Api, sandbox: Sandbox, path: str, body: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    """
    What is wrong with a body is said by code and field.
    """
    link = sandbox.add_link(BRAZIL if path == EMPLOYMENTS else MEXICO)["id"]

    reply = await api.post(path, link=link, **body)

    assert (reply.status, reply.codes) == (400, expected)


async def test_nobody_works_without_data(api: Api, sandbox: Sandbox) -> None:
    """
    Who has no data has never worked.
    """
    link = sandbox.add_link(MEXICO, password="nodata")["id"]
    record = await only(api, RECORDS, link=link)
    metrics = (await api.post(METRICS, link=link)).json

    assert record["employment_records"] == []
    assert (metrics["current_status"], metrics["employer_count"]) == ("UNEMPLOYED", 0)
    assert metrics["weeks_employed_last_job"] is None
    brazilian = sandbox.add_link(BRAZIL, password="nodata")["id"]
    assert (await api.post(EMPLOYMENTS, link=brazilian)).json == []


async def test_attached_files(api: Api, sandbox: Sandbox) -> None:
    """
    The report comes as a PDF if it is asked for.
    """
    link = sandbox.add_link(MEXICO)["id"]

    bare = await only(api, RECORDS, link=link)
    full = await only(api, RECORDS, link=link, attach_pdf=True)

    assert bare["files"] == []
    assert {**full, "files": []} == bare
    assert full["files"][0]["type"] == "ReporteSemanasCotizadas_150326"
    assert b64decode(full["files"][0]["value"]).startswith(b"%PDF-")
    assert (await api.get(RECORDS, link=link)).json["results"] == [full]


async def test_a_career_goes_on(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    What was is still so a year later, and the current employment is a year longer.
    """
    link = sandbox.add_link(MEXICO)["id"]
    now = (await only(api, RECORDS, link=link))["employment_records"]
    clock.advance(365 * 86_400)
    later = (await only(api, RECORDS, link=link))["employment_records"]

    def told(jobs: Any) -> list[tuple[str, str, str | None]]:
        return [(job["employer"], job["start_date"], job["end_date"]) for job in jobs]

    assert told(later) == told(now)
    assert later[0]["weeks_employed"] - now[0]["weeks_employed"] in {52, 53}
    older = now[0]["employment_status_updates"]
    assert later[0]["employment_status_updates"][-len(older) :] == older


@pytest.mark.parametrize(
    ("path", "status"), [(RECORDS, 202), (EMPLOYMENTS, 202), (CURRENT, 201), (METRICS, 201)]
)
async def test_asynchronously(api: Api, sandbox: Sandbox, path: str, status: int) -> None:
    """
    Records and employments can be asked for asynchronously and are found in the list then.
    """
    link = sandbox.add_link(BRAZIL if path == EMPLOYMENTS else MEXICO)["id"]

    reply = await api.call("POST", path, json={"link": link}, headers={"X-Belvo-Request-Mode": "async"})

    assert reply.status == status
    assert (await api.get(path, link=link)).json["count"] > 0


async def test_filters(api: Api, sandbox: Sandbox) -> None:
    """
    Lists are filtered by what Belvo documents; Brazil's must be filtered by link.
    """
    link, other = (sandbox.add_link(institution)["id"] for institution in (BRAZIL, MEXICO))
    rows = (await api.post(EMPLOYMENTS, link=link)).json
    record = await only(api, RECORDS, link=other)
    await api.post(CURRENT, link=other)

    async def count(path: str, **query: object) -> int:
        number: int = (await api.get(path, **query)).json["count"]
        return number

    first = rows[0]["start_date"]
    assert (await api.get(EMPLOYMENTS)).codes == [("required", "link")]
    assert await count(EMPLOYMENTS, link=link, start_date=first) == 1
    assert await count(EMPLOYMENTS, link=link, start_date__gt=first) == len(rows) - 1
    assert await count(EMPLOYMENTS, link=link, start_date__range=f"{first},2026-03-15") == len(rows)
    assert await count(EMPLOYMENTS, link=link, end_date__lte="2026-03-15") == len(
        [row for row in rows if row["end_date"] is not None]
    )
    assert await count(RECORDS, internal_identification=record["internal_identification"]) == 1
    assert await count(RECORDS, internal_identification__in="XXXX,YYYY") == 0
    assert await count(RECORDS, collected_at__lt="2026-03-16T00:00:00Z") == 1
    assert await count(CURRENT, collected_at__gt="2026-03-16") == 0


async def test_repeatable() -> None:
    """
    Two sandboxes with the same seed have the same rows.
    """
    answers = []
    for _ in range(2):
        async with Sandbox(clock=JumpingClock()) as sandbox:
            api = Api(sandbox)
            async with api.session:
                link = sandbox.add_link(MEXICO)["id"]
                answers.append(
                    [(await api.post(path, link=link)).json for path in (RECORDS, METRICS, CURRENT)]
                )

    assert answers[0] == answers[1]
