"""
`belvo-async bulk`: what it makes of a file, what it keeps, and what it refuses.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from cli.bulky import (  # noqa: F401 - a fixture among them
    BANK,
    YEARS,
    Nursery,
    answering,
    keys,
    lines,
    nursery_,
    registrations,
    written,
)
from cli.process import BELVO_ASYNC
from cli.screen import ENTER, ESCAPE, at_a_terminal
from people import careful

from belvo_async import BelvoClient, TicketSealer
from belvo_async.cli.exits import Exit
from belvo_async.cli.users import RIGHT_TOKEN
from belvo_async.sandbox import Fault, Sandbox
from belvo_async.stores import FlowStatus, SQLiteStore


pytestmark = [pytest.mark.anyio, pytest.mark.once]

PARK: Final = ("--park", "--json")

POST: Final = "POST /api/links/"


@pytest.fixture(name="sandbox")
async def _sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


def easy(count: int) -> list[dict[str, object]]:
    """
    Return rows of people who are asked for nothing.
    """
    return [
        {
            "institution": "erebor_mx_retail",
            "username": f"bnk{number}",
            "password": "full",
            "id": f"user-{number}",
        }
        for number in range(100, 100 + count)
    ]


def counted(summary: Mapping[str, object]) -> Mapping[str, object]:
    """
    Return how many rows are how, without those states that none is in.
    """
    states = ("completed", "waiting", "left", "new", "failed", "refused", "expired", "declined")
    return {name: summary[name] for name in states if summary[name]}


# --- the file ---


async def test_wrong_rows_are_told_all_at_once(nursery: Nursery, sandbox: Sandbox, tmp_path: Path) -> None:
    """
    Each wrong row is told with its line, what was found and what would be right; no secret shows and nothing is sent.
    """
    file = tmp_path / "rows.csv"
    file.write_text(
        "institution,username,password,external_id,fetch_historical,resource,link,date_from,date_to\n"
        "erebor_mx_retail,bnk100,hunter2secret,order-1,true,,,,\n"
        "erebor_mx_retail,bnk101,hunter2secret,order-2,maybe,,,,\n"
        "erebor_mx_retail,,hunter2secret,order-3,,,,,\n"
        ",,,,,balances,0a5d2f36-baa9-4455-af72-8b4f42485e3a,2026-13-01,2026-01-01\n"
        ",,,,,weather,0a5d2f36-baa9-4455-af72-8b4f42485e3a,2026-01-01,2026-01-01\n"
        ",,hunter2secret,,,,,,\n"
        "erebor_mx_retail,bnk102,hunter2secret,order-1,,,,,\n"
        "one,two\n"
    )
    ended = await nursery.finished(sandbox, "bulk", str(file), *PARK)

    told = ended.errors.splitlines()
    assert (Exit.USAGE, "") == (ended.status, ended.out)
    assert [
        "line 3: fetch_historical: expected true or false, found another text",
        "line 4: username: expected a value, found nothing",
        "line 5: date_from: expected a date, or text as 2026-01-31, found '2026-13-01'",
    ] == [line.partition(", ")[2] for line in told[:3]]
    assert "line 6: resource: expected one of accounts, balances" in told[3]
    assert told[3].endswith("found weather")
    assert "line 7: expected an `institution`" in told[4]
    assert "line 8: expected another row than any before" in told[5]
    assert "found the one of line 2" in told[5]
    assert "line 9: expected 9 cells, as the header has, found 2" in told[6]
    assert ["belvo-async: nothing was sent"] == told[7:]
    assert "hunter2secret" not in ended.errors
    assert 0 == sum(sandbox.counts.values())


async def test_a_file_can_be_checked_without_keys(nursery: Nursery, sandbox: Sandbox, tmp_path: Path) -> None:
    """
    `--check` needs no keys, sends nothing and leaves nothing behind.
    """
    file = written(tmp_path / "links.csv", registrations(3))
    ended = await nursery.finished(
        sandbox, "bulk", str(file), "--check", BELVO_SECRET_ID="", BELVO_API_URL=""
    )

    assert (Exit.DONE, "3 rows, nothing wrong\n", "") == (ended.status, ended.out, ended.errors)
    assert [file] == list(tmp_path.iterdir())  # noqa: ASYNC240 - done at once
    assert 0 == sum(sandbox.counts.values())


async def test_who_else_can_read_passwords_is_told(
    nursery: Nursery, sandbox: Sandbox, tmp_path: Path
) -> None:
    """
    A file with passwords that other users of the machine can read is used, and the way to mend that is told.
    """
    file = written(tmp_path / "links.csv", easy(1))
    file.chmod(0o644)
    ended = await nursery.finished(sandbox, "bulk", str(file), *PARK)

    assert Exit.DONE == ended.status
    assert "chmod 600 links.csv" in ended.errors


async def test_standard_input_needs_a_journal(sandbox: Sandbox, tmp_path: Path) -> None:
    """
    Rows may come from standard input, if it is said where the journal is; without that nothing is sent.
    """
    row = json.dumps({"institution": "erebor_mx_retail", "username": "bnk100", "password": "full"}).encode()
    statuses = []
    for more in ([], ["--journal", str(tmp_path / "journal")]):
        process = await asyncio.create_subprocess_exec(
            *BELVO_ASYNC,
            *("bulk", "-", *PARK, *more),
            env={**os.environ, **keys(sandbox)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        await process.communicate(row)
        statuses.append(process.returncode)

    assert [Exit.USAGE, Exit.DONE] == statuses
    assert 1 == sandbox.counts[POST]
    assert 1 == len(lines(tmp_path / "journal" / "results.jsonl"))


# --- challenges ---


async def test_challenges_wait_in_the_journal(nursery: Nursery, sandbox: Sandbox, tmp_path: Path) -> None:
    """
    Parked challenges are told, listed, answered by another process, and completed by the next run; the one after it does nothing.
    """
    file = written(tmp_path / "links.csv", [*registrations(2), *easy(1)])
    folder = tmp_path / "links.csv.bulk"
    first = await nursery.finished(sandbox, "bulk", str(file), *PARK)
    left = lines(folder / "left.jsonl")
    async with SQLiteStore(folder / "flows.db", keep=YEARS) as store:
        for line in left:
            await store.deliver(line["flow"], 1, RIGHT_TOKEN)
    second = await nursery.finished(sandbox, "bulk", str(file), *PARK)
    before = sum(sandbox.counts.values())
    third = await nursery.finished(sandbox, "bulk", str(file), *PARK)

    assert Exit.TOKEN_REQUIRED == first.status
    assert {"completed": 1, "waiting": 2} == counted(first.summary)
    assert "belvo-async inbox" in first.errors
    assert ["order-0", "order-1"] == [line["id"] for line in left]
    assert {"Enter the code that the bank has sent you."} <= {line["instructions"] for line in left}
    assert (Exit.DONE, {"completed": 3}) == (second.status, counted(second.summary))
    assert 2 == second.summary["ended_in_this_run"]
    assert (Exit.DONE, 0) == (third.status, third.summary["ended_in_this_run"])
    assert before == sum(sandbox.counts.values())
    assert [1, 2, 3] == sorted(line["row"] for line in lines(folder / "results.jsonl"))
    assert (3, 0) == (sandbox.counts[POST], sandbox.duplicates)


async def test_answers_from_elsewhere_are_taken_up_at_once(
    nursery: Nursery, sandbox: Sandbox, tmp_path: Path
) -> None:
    """
    A run that is not over goes on with what is answered meanwhile, also where a wrong token brings a second challenge.
    """
    file = written(tmp_path / "links.csv", registrations(12))
    folder = tmp_path / "links.csv.bulk"
    sandbox.settings.latency = 0.2
    async with answering(folder, wrong=["order-3", "order-5"]):
        ended = await nursery.finished(sandbox, "bulk", str(file), *PARK, "--concurrency", "2")
        while ended.status != Exit.DONE:
            ended = await nursery.finished(sandbox, "bulk", str(file), *PARK)

    assert {"completed": 12} == counted(ended.summary)
    assert (12, 0) == (sandbox.counts[POST], sandbox.duplicates)


async def test_a_person_is_asked_one_thing_at_a_time(sandbox: Sandbox, tmp_path: Path) -> None:
    """
    At a terminal tokens are asked for one after the other, each with the row it is for; Esc leaves a challenge for later.
    """
    file = written(tmp_path / "links.csv", registrations(2))

    def person(first: str, second: str) -> tuple[int, str]:
        with at_a_terminal("bulk", str(file), **keys(sandbox)) as person:
            person.sees("Token:")
            person.types(first)
            person.waits_until(lambda shown: shown.count("(line ") == 2, "the second challenge")
            person.sees("Token:")
            person.types(second)
            person.sees("2 rows:")
            return person.ends(), person.shown

    status, screen = await asyncio.to_thread(person, ESCAPE, RIGHT_TOKEN + ENTER)
    left = lines(tmp_path / "links.csv.bulk" / "left.jsonl")

    assert Exit.TOKEN_REQUIRED == status
    assert 1 == screen.count("order-0 (line 2)")
    assert 1 == screen.count("order-1 (line 3)")
    assert "2 rows: 1 completed, 1 wait for their users" in screen
    assert 1 == len(left)
    assert (2, 1, 0) == (sandbox.counts[POST], sandbox.counts["PATCH /api/links/"], sandbox.duplicates)


async def test_an_expired_challenge_is_begun_again_when_told_to(nursery: Nursery, tmp_path: Path) -> None:
    """
    A challenge that nobody answered ends its row; `--again expired` sends a new one, for the same link.
    """
    async with Sandbox(expiry=1) as sandbox:
        file = written(tmp_path / "links.csv", registrations(1))
        await nursery.finished(sandbox, "bulk", str(file), *PARK)
        await asyncio.sleep(1.1)
        second = await nursery.finished(sandbox, "bulk", str(file), *PARK)
        third = await nursery.finished(sandbox, "bulk", str(file), *PARK)
        issued = len(sandbox.challenges)
        sandbox.settings.expiry = 600
        async with answering(tmp_path / "links.csv.bulk"):
            ended = await nursery.finished(sandbox, "bulk", str(file), *PARK, "--again", "expired")
            while ended.status != Exit.DONE:
                ended = await nursery.finished(sandbox, "bulk", str(file), *PARK)

    assert [(Exit.FAILED, {"expired": 1})] * 2 == [
        (one.status, counted(one.summary)) for one in (second, third)
    ]
    assert 1 == issued
    assert (1, 2) == (len(sandbox.links), len(sandbox.challenges))
    assert {"completed": 1} == counted(ended.summary)


# --- what ends otherwise ---


async def test_a_refused_login_is_not_repeated(nursery: Nursery, sandbox: Sandbox, tmp_path: Path) -> None:
    """
    A login that the bank refused ends its row with the reason; only `--again refused` tries it again, with a password that was mended.
    """
    row = {
        "institution": "erebor_mx_retail",
        "username": "user_invalid",
        "password": "wrong",
        "external_id": "one-1",
    }
    file = written(tmp_path / "links.csv", [row])
    first = await nursery.finished(sandbox, "bulk", str(file), *PARK)
    second = await nursery.finished(sandbox, "bulk", str(file), *PARK)
    posts = sandbox.counts[POST]
    written(file, [{**row, "username": "bnk100", "password": "full"}])
    changed = await nursery.finished(sandbox, "bulk", str(file), *PARK, "--again", "refused")
    written(file, [row])
    again = await nursery.finished(sandbox, "bulk", str(file), *PARK, "--again", "refused")

    assert [(Exit.FAILED, {"refused": 1})] * 2 == [
        (one.status, counted(one.summary)) for one in (first, second)
    ]
    assert "line 2, one-1: refused LoginError login_error" in first.errors
    assert 1 == posts
    assert Exit.USAGE == changed.status
    assert "found one that was changed since" in changed.errors
    assert (Exit.FAILED, 2) == (again.status, sandbox.counts[POST])


async def test_a_belvo_that_is_down_leaves_the_rest(nursery: Nursery, tmp_path: Path) -> None:
    """
    Where Belvo cannot be reached the run ends by itself, and the next one does all rows.
    """
    file = written(tmp_path / "links.csv", easy(30))
    sandbox = Sandbox()
    await sandbox.start()
    await sandbox.aclose()
    down = await nursery.finished(sandbox, "bulk", str(file), *PARK, "--concurrency", "30")
    async with sandbox:
        up = await nursery.finished(sandbox, "bulk", str(file), *PARK)

    assert Exit.TRY_LATER == down.status
    assert {"left", "new"} >= set(counted(down.summary))
    assert (Exit.DONE, {"completed": 30}) == (up.status, counted(up.summary))


async def test_wrong_keys_stop_the_run(nursery: Nursery, sandbox: Sandbox, tmp_path: Path) -> None:
    """
    Keys that Belvo does not know end the run at once, and the rows are as before.
    """
    file = written(tmp_path / "links.csv", easy(50))
    wrong = await nursery.finished(
        sandbox, "bulk", str(file), *PARK, "--concurrency", "2", BELVO_SECRET_PASSWORD="another-one"
    )
    refused = sum(sandbox.counts.values())
    right = await nursery.finished(sandbox, "bulk", str(file), *PARK)

    assert Exit.TRY_LATER == wrong.status
    assert 2 >= refused
    assert "another-one" not in wrong.errors
    assert (Exit.DONE, {"completed": 50}) == (right.status, counted(right.summary))
    assert 50 == len(sandbox.links)


async def test_a_file_that_changes_under_way_is_left(
    nursery: Nursery, sandbox: Sandbox, tmp_path: Path
) -> None:
    """
    If the file is changed while it is worked on, no wrong row is sent: the run ends, and the next one reads it anew.
    """
    file = written(tmp_path / "links.csv", easy(400))
    sandbox.settings.latency = 0.02
    process = await nursery.begin(sandbox, "bulk", str(file), *PARK, "--concurrency", "2")
    while not sandbox.counts[POST]:
        await asyncio.sleep(0.01)
    written(file, [{**row, "access_mode": "single"} for row in reversed(easy(400))])
    ended = await nursery.ended()
    sandbox.settings.latency = 0.0

    assert process
    assert Exit.TRY_LATER == ended.status
    assert "links.csv was changed meanwhile" in ended.errors
    assert {link["access_mode"] for link in sandbox.links.values()} == {"recurrent"}


async def test_rows_for_one_link_take_their_turn(nursery: Nursery, sandbox: Sandbox, tmp_path: Path) -> None:
    """
    Retrievals for one link run one after the other; while a challenge waits for its user those behind it are left alone.
    """
    async with BelvoClient(
        sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, prompt=careful
    ) as client:
        asked = await client.links.register(BANK, "mfa_default", "pass_valid")
        free = await client.links.register("erebor_mx_retail", "bnk100", "full")
    rows = [
        {"resource": "accounts", "link": link.id, "id": f"{name}-{number}"}
        for number in range(3)
        for name, link in (("asked", asked), ("free", free))
    ]
    file = written(tmp_path / "rows.csv", rows)
    first = await nursery.finished(sandbox, "bulk", str(file), *PARK)
    async with answering(tmp_path / "rows.csv.bulk"):
        ended = await nursery.finished(sandbox, "bulk", str(file), *PARK)
        while ended.status != Exit.DONE:
            ended = await nursery.finished(sandbox, "bulk", str(file), *PARK)

    assert Exit.TRY_LATER == first.status
    assert {"completed": 3, "waiting": 1, "new": 2} == counted(first.summary)
    assert (6, 0) == (sandbox.counts["POST /api/accounts/"], sandbox.duplicates)
    assert {2} == {len(line["result"]) for line in lines(tmp_path / "rows.csv.bulk" / "results.jsonl")}


# --- the journal ---


async def test_the_journal_holds_no_secret(nursery: Nursery, sandbox: Sandbox, tmp_path: Path) -> None:
    """
    In the journal's folder lie no password and no user's name, sealed not even a link, and nobody else may read it.
    """
    rows = [{**registrations(1)[0], "external_id": "order-0"}, *easy(1)]
    file = written(tmp_path / "links.csv", rows)
    key = TicketSealer.new_key()
    sealed = key if isinstance(key, str) else key.decode()
    await nursery.finished(sandbox, "bulk", str(file), *PARK, BELVO_STORE_KEYS=sealed)
    folder = tmp_path / "links.csv.bulk"
    files = {path.name: path for path in folder.iterdir()}
    octets = b"".join(path.read_bytes() for path in files.values())
    unconfirmed = next(link["id"] for link in sandbox.links.values() if link["status"] == "unconfirmed")

    assert {"rows.db", "flows.db", "results.jsonl", "left.jsonl"} <= files.keys()
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in files.values()}
    for secret in ("pass_valid", "mfa_default", "bnk100", sandbox.secret_password, sealed):
        assert secret.encode() not in octets
    assert unconfirmed.encode() not in files["flows.db"].read_bytes()


async def test_a_journal_is_used_for_its_file_only(
    nursery: Nursery, sandbox: Sandbox, tmp_path: Path
) -> None:
    """
    A journal of other rows, or of another Belvo, is refused before anything is sent.
    """
    journal = ("--journal", str(tmp_path / "journal"))
    file = written(tmp_path / "one.csv", easy(2))
    other = written(tmp_path / "other.csv", registrations(2))
    await nursery.finished(sandbox, "bulk", str(file), *PARK, *journal)
    before = sum(sandbox.counts.values())
    refused = await nursery.finished(sandbox, "bulk", str(other), *PARK, *journal)
    async with Sandbox() as another:
        elsewhere = await nursery.finished(another, "bulk", str(file), *PARK, *journal)

    assert [Exit.USAGE] * 2 == [refused.status, elsewhere.status]
    assert "it knows no row of other.csv" in refused.errors
    assert f"was begun at {sandbox.url}" in elsewhere.errors
    assert (before, 0) == (sum(sandbox.counts.values()), sum(another.counts.values()))


@pytest.mark.parametrize(
    "option",
    [("--journal", "no/such/journal"), ("--output", "no/such/file"), ("--output", os.devnull)],
    ids=" ".join,
)
async def test_a_place_that_cannot_be_is_wrong_usage(
    nursery: Nursery, sandbox: Sandbox, tmp_path: Path, option: tuple[str, str]
) -> None:
    """
    Where results or the journal cannot be kept, nothing is sent.
    """
    ran = await nursery.finished(sandbox, "bulk", str(written(tmp_path / "one.csv", easy(2))), *PARK, *option)

    assert Exit.USAGE == ran.status
    assert option[0] in ran.errors
    assert 0 == sum(sandbox.counts.values())


async def test_a_journal_is_used_by_one_process(nursery: Nursery, sandbox: Sandbox, tmp_path: Path) -> None:
    """
    While one run has the journal another one is refused.
    """
    file = written(tmp_path / "links.csv", easy(1))
    sandbox.faults.add(Fault(kind="late_answer", operation=POST, seconds=60, times=1))
    process = await asyncio.create_subprocess_exec(
        *BELVO_ASYNC, "bulk", str(file), *PARK, env={**os.environ, **keys(sandbox)}
    )
    try:
        while not sandbox.counts[POST]:
            await asyncio.sleep(0.01)
        ended = await nursery.finished(sandbox, "bulk", str(file), *PARK)
    finally:
        process.kill()
        await process.wait()

    assert Exit.USAGE == ended.status
    assert "another `belvo-async bulk` is at work with it" in ended.errors
    assert 1 == sandbox.counts[POST]


async def test_rows_may_come_and_go(nursery: Nursery, sandbox: Sandbox, tmp_path: Path) -> None:
    """
    Rows may be moved, added and taken away between runs: only new ones are done, and one that waits and is gone is told.
    """
    one, two, three = [*registrations(1), *easy(2)]
    file = written(tmp_path / "links.csv", [one, two])
    await nursery.finished(sandbox, "bulk", str(file), *PARK)
    written(file, [three, two])
    ended = await nursery.finished(sandbox, "bulk", str(file), *PARK)

    assert (Exit.DONE, {"completed": 2}) == (ended.status, counted(ended.summary))
    assert (1, 1) == (ended.summary["ended_in_this_run"], ended.summary["not_in_the_file_any_more"])
    assert 3 == sandbox.counts[POST]


@pytest.mark.parametrize(
    ("cut", "status", "written_again"), [(0, Exit.DONE, 0), (9, Exit.USAGE, 0)], ids=["longer", "shorter"]
)
async def test_results_are_kept_together_with_the_journal(
    nursery: Nursery, sandbox: Sandbox, tmp_path: Path, cut: int, status: Exit, written_again: int
) -> None:
    """
    Half a line behind the results is cut off; results that are missing are told, and nothing is sent.
    """
    file = written(tmp_path / "links.csv", easy(3))
    results = tmp_path / "out.jsonl"
    await nursery.finished(sandbox, "bulk", str(file), *PARK, "--output", str(results))
    whole = results.read_bytes()
    results.write_bytes(whole[:-cut] if cut else whole + b'{"row": 4, "li')
    before = sum(sandbox.counts.values())
    ended = await nursery.finished(sandbox, "bulk", str(file), *PARK, "--output", str(results))

    assert status == ended.status
    assert cut or whole == results.read_bytes()
    assert written_again == sum(sandbox.counts.values()) - before


async def test_a_result_that_was_written_counts(nursery: Nursery, sandbox: Sandbox, tmp_path: Path) -> None:
    """
    A whole line that the journal does not know of, from a process that was killed after writing it, is a row that is done.
    """
    file = written(tmp_path / "links.csv", [*easy(1), *registrations(1)])
    folder = tmp_path / "links.csv.bulk"
    await nursery.finished(sandbox, "bulk", str(file), *PARK)
    with (folder / "results.jsonl").open("a") as results:
        results.write(json.dumps({"row": 2, "line": 3, "id": "order-0", "link": "l", "result": {}}) + "\n")
    ended = await nursery.finished(sandbox, "bulk", str(file), *PARK)

    assert (Exit.DONE, {"completed": 2}) == (ended.status, counted(ended.summary))
    assert 0 == sandbox.counts["PATCH /api/links/"]


async def test_declined_elsewhere_ends_the_row(nursery: Nursery, sandbox: Sandbox, tmp_path: Path) -> None:
    """
    Who declines in the inbox ends the row.
    """
    file = written(tmp_path / "links.csv", registrations(1))
    folder = tmp_path / "links.csv.bulk"
    await nursery.finished(sandbox, "bulk", str(file), *PARK)
    await nursery.finished(sandbox, "inbox", str(folder / "flows.db"), "--decline", "order-0")
    ended = await nursery.finished(sandbox, "bulk", str(file), *PARK)
    async with SQLiteStore(folder / "flows.db", keep=YEARS) as store:
        record = await store.look("order-0")

    assert (Exit.FAILED, {"declined": 1}) == (ended.status, counted(ended.summary))
    assert record is not None
    assert FlowStatus.DECLINED == record.status


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_challenge_that_belvo_does_not_know_makes_no_second_link(
    nursery: Nursery, sandbox: Sandbox, tmp_path: Path, deleted: bool
) -> None:
    """
    "Not found" after an answer is begun again with the link, unless that is gone.
    """
    sandbox.settings.one_session_per_link = False  # else it is busy with that challenge
    file = written(tmp_path / "links.csv", registrations(1))
    await nursery.finished(sandbox, "bulk", str(file), *PARK)
    async with SQLiteStore(tmp_path / "links.csv.bulk" / "flows.db", keep=YEARS) as store:
        await store.deliver("order-0", 1, RIGHT_TOKEN)
    if deleted:
        async with BelvoClient(sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url) as client:
            await client.links.delete(next(iter(sandbox.links)))
    sandbox.faults.add(Fault(kind="answer", operation="PATCH *", status=404, code="not_found", times=1))
    ended = await nursery.finished(sandbox, "bulk", str(file), *PARK)

    assert (Exit.TOKEN_REQUIRED, {"waiting": 1}) == (ended.status, counted(ended.summary))
    assert 1 + deleted == sandbox.counts[POST]
    assert 1 == len(sandbox.links)
