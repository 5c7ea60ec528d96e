"""
Every command against a sandbox, as scripts run it: no terminal, JSON on standard output, a status that tells.
"""

from __future__ import annotations

import json
import re
import socket

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from cli.conftest import COMMAND, Belvo, Run, belvo_process, invoked

from belvo_async import MfaTicket, TicketSealer
from belvo_async.cli.exits import Exit


BANK = "heimdall_mx_retail"

PERIOD = ("--date-from", "2026-01-01", "--date-to", "2026-01-05")

DETAILS = {
    "balances": PERIOD,
    "transactions": PERIOD,
    "receivables-transactions": PERIOD,
    "invoices": (*PERIOD, "--type", "INFLOW"),
    "tax-retentions": ("--date-from", "2025-01-01", "--date-to", "2025-12-31", "--type", "INFLOW"),
    "incomes": ("--allowed-income-types", "SALARY,RENT", "--minimum-confidence-level", "LOW"),
    "tax-returns": ("--year-from", "2025", "--year-to", "2025"),
    "tax-declarations": ("--year-from", "2024", "--year-to", "2025"),
    "chile-invoices": PERIOD,
}
"""What a retrieval wants besides the link."""


INSTITUTIONS = {
    "brazil-employments": "planet_br_employment",
    "chile-debt-reports": "tatooine_cl_fiscal",
    "chile-invoices": "tatooine_cl_fiscal",
    "chile-tax-status": "tatooine_cl_fiscal",
    "employment-metrics": "planet_mx_employment",
    "employment-records": "planet_mx_employment",
    "financial-statements": "tatooine_mx_fiscal",
    "invoices": "tatooine_mx_fiscal",
    "mexico-current-employments": "planet_mx_employment",
    "tax-compliance-status": "tatooine_mx_fiscal",
    "tax-declarations": "tatooine_co_fiscal",
    "tax-retentions": "tatooine_mx_fiscal",
    "tax-returns": "tatooine_mx_fiscal",
    "tax-status": "tatooine_mx_fiscal",
}
"""Where there is what a bank has not."""


def commands() -> Iterator[tuple[str, ...]]:
    """
    Yield every command by its words.
    """
    for name, command in COMMAND.commands.items():
        inner = getattr(command, "commands", None)
        if inner is None:
            yield (name,)
        else:
            yield from ((name, verb) for verb in inner)


COMMANDS = sorted(commands())


def with_verb(verb: str) -> list[str]:
    """
    Return the resources that have a verb.
    """
    return [command[0] for command in COMMANDS if command[1:] == (verb,)]


# --- help ---


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_teaches(command: tuple[str, ...]) -> None:
    """
    The help of each command has an example and its statuses, and no option that is cut short.
    """
    ran = invoked(*command, "--help", COLUMNS="80", TERMINAL_WIDTH="80")
    words = " ".join(ran.out.split())

    assert ran.status == Exit.DONE
    assert "Exit status: " in words
    assert command[0] in {"demo", "sandbox"} or f"belvo-async {' '.join(command)}" in words
    assert "--json" in ran.out
    assert not re.search(r"--[a-z-]*…", ran.out)


# --- links ---


def test_a_life_of_a_link(run: Run) -> None:
    """
    Register, look, give a new password, delete: each tells what it did.
    """
    made = run(
        *("links", "register", "erebor_mx_retail", "bnk100", "--external-id", "user-17", "--json"),
        BELVO_LINK_PASSWORD="full",
    )
    (link,) = made.rows()
    found = run("links", "list", "--filter", "external_id=user-17", "--json").rows()
    got = run("links", "get", link["id"], "--json").rows()
    updated = run("links", "update", link["id"], "--password-file", "-", "--json", stdin="new\n").rows()
    deleted = run("links", "delete", link["id"], "--yes", "--json").rows()
    gone = run("links", "get", link["id"])

    assert (Exit.DONE, "") == (made.status, made.errors)
    assert [link] == found == got
    assert [link["id"]] == [one["id"] for one in updated]
    assert [{"deleted": link["id"]}] == deleted
    assert (Exit.REFUSED, "") == (gone.status, gone.out)
    assert 1 == gone.errors.count("\n")


def test_people_read_what_a_link_is(run: Run, register: Callable[..., str]) -> None:
    """
    Without `--json` there is a line for each fact, and a table for a list, with ids that can be copied.
    """
    link = register()

    assert f"id                   {link}" in run("links", "get", link).out
    assert link in run("links", "list", COLUMNS="80").out
    assert "\x1b" not in run("links", "list").out


def test_a_second_password_comes_from_its_variable(run: Run) -> None:
    """
    `--password2` wants one more, which no argument has.
    """
    args = ("links", "register", "erebor_mx_retail", "bnk100", "--password2")
    missing = run(*args, BELVO_LINK_PASSWORD="full")
    given = run(*args, BELVO_LINK_PASSWORD="full", BELVO_LINK_PASSWORD2="other")

    assert Exit.USAGE == missing.status
    assert "BELVO_LINK_PASSWORD2" in missing.errors
    assert Exit.DONE == given.status


def test_deleting_wants_to_be_meant(run: Run, register: Callable[..., str]) -> None:
    """
    Where nobody can be asked, nothing is deleted without `--yes`.
    """
    link = register()
    refused = run("links", "delete", link)

    assert Exit.USAGE == refused.status
    assert "--yes" in refused.errors
    assert Exit.DONE == run("links", "get", link).status


# --- data ---


@pytest.mark.parametrize("resource", with_verb("retrieve"))
def test_what_is_retrieved_can_be_listed_and_read(
    run: Run, register: Callable[..., str], resource: str
) -> None:
    """
    `retrieve` brings rows, `list` the same ones, `get` each of them, and `delete` takes it away.
    """
    link = register(INSTITUTIONS.get(resource, "erebor_mx_retail"))
    retrieved = run(resource, "retrieve", link, *DETAILS.get(resource, ()), "--json")
    assert Exit.DONE == retrieved.status, retrieved.errors
    rows = retrieved.rows()
    listed = run(resource, "list", link, "--json").rows()
    shown = run(resource, "list", link, "--limit", "3")
    got = run(resource, "get", rows[0]["id"], "--json").rows()

    assert {row["id"] for row in rows} <= {row["id"] for row in listed}
    assert Exit.DONE == shown.status
    assert f"{min(len(listed), 3)} found" in shown.out
    assert [rows[0]["id"]] == [row["id"] for row in got]
    if (resource, "delete") in COMMANDS:
        assert Exit.DONE == run(resource, "delete", rows[0]["id"], "--yes").status
        assert Exit.REFUSED == run(resource, "get", rows[0]["id"]).status


def test_what_the_library_alone_can_be_told_is_no_option(run: Run, register: Callable[..., str]) -> None:
    """
    Whatever `list()` can be told of its requests, a command for data takes a link and filters, and says so.
    """
    listed = run("accounts", "list", register(), "--json")
    told = run("accounts", "list", "--help").out

    assert 0 == listed.status, listed.errors
    assert "--headers" not in told
    assert "--timeout" not in told


def test_institutions_are_only_read(run: Run) -> None:
    """
    A list of what needs no link, and one of it.
    """
    rows = run("institutions", "list", "--limit", "2", "--json").rows()
    people = run("institutions", "list", "--limit", "2")

    assert (Exit.DONE, "2 found") == (people.status, people.out.splitlines()[-1])
    assert rows[:1] == run("institutions", "get", str(rows[0]["id"]), "--json").rows()


def test_consents_are_found_by_a_document(run: Run, register: Callable[..., str]) -> None:
    """
    What a list needs is an option of its own.
    """
    (owner, *_) = run("owners", "retrieve", register("ofmockbank_br_retail"), "--json").rows()
    document = owner["document_id"]["document_number"]
    (consent, *_) = run("consents", "list", "--user-document", document, "--json").rows()

    assert [consent] == run("consents", "get", consent["id"], "--json").rows()
    assert Exit.USAGE == run("consents", "list").status


def test_money_keeps_its_digits(run: Run, register: Callable[..., str]) -> None:
    """
    Amounts are numbers in JSON, with the digits that Belvo sent.
    """
    ran = run("balances", "retrieve", register(), *PERIOD, "--no-save-data", "--json")
    (first, *_) = (json.loads(line, parse_float=Decimal) for line in ran.out.splitlines())

    assert isinstance(first["balance"], Decimal | int)
    assert f'"balance":{first["balance"]},' in ran.out


def test_what_is_not_to_be_stored_is_not(run: Run, register: Callable[..., str]) -> None:
    """
    `--no-save-data` reaches Belvo.
    """
    link = register()
    retrieved = run("balances", "retrieve", link, *PERIOD, "--no-save-data", "--json")
    listed = run("balances", "list", link, "--json")

    assert retrieved.rows()
    assert (Exit.DONE, []) == (listed.status, listed.rows())


def test_filters_reach_belvo(run: Run, register: Callable[..., str]) -> None:
    """
    `--filter` may be repeated; what is none is refused before anything is sent.
    """
    link = register()
    run("balances", "retrieve", link, *PERIOD)
    day = ("--filter", "value_date__range=2026-01-02,2026-01-02")
    rows = run("balances", "list", link, *day, "--filter", "page_size=1", "--json").rows()

    assert {"2026-01-02"} == {row["value_date"] for row in rows}
    assert Exit.USAGE == run("balances", "list", link, "--filter", "value_date").status
    assert Exit.USAGE == run("balances", "list", link, "--filter", "limit=1").status


# --- challenges without a terminal ---


def test_a_script_goes_on_with_the_ticket(run: Run, tmp_path: Path) -> None:
    """
    Without a terminal standard output is the ticket; a wrong token brings the next one, the right one the link.
    """
    path = tmp_path / "ticket.json"
    first = run("links", "register", BANK, "mfa_default", BELVO_LINK_PASSWORD="pass_valid")
    path.write_text(first.out)
    wrong = run("resume", str(path), "--token-file", "-", "--json", stdin="999999\n")
    again = MfaTicket.from_json(path.read_text())
    right = run("resume", str(path), "--token-file", "-", "--json", stdin="111111\n")

    assert (Exit.TOKEN_REQUIRED, 1) == (first.status, first.errors.count("\n"))
    assert (Exit.TOKEN_REQUIRED, "") == (wrong.status, wrong.out)
    assert 2 == again.round
    assert "valid" == right.rows()[0]["status"]
    assert not path.exists()


def test_the_ticket_comes_by_standard_input(run: Run, tmp_path: Path) -> None:
    """
    `resume` reads the ticket from standard input and the token from a file.
    """
    token = tmp_path / "token"
    token.write_text("111111\n")
    first = run("links", "register", BANK, "mfa_default", BELVO_LINK_PASSWORD="pass_valid")
    done = run("resume", "--token-file", str(token), "--json", stdin=first.out)

    assert "valid" == done.rows()[0]["status"]


def test_a_sealed_ticket_is_opened_with_the_keys_of_the_environment(run: Run, tmp_path: Path) -> None:
    """
    It is somebody's, and nobody else's; without the key it says which variable is missing.
    """
    key, path = TicketSealer.new_key(), tmp_path / "sealed"
    first = run("links", "register", BANK, "mfa_default", BELVO_LINK_PASSWORD="pass_valid")
    path.write_text(TicketSealer(key).seal(MfaTicket.from_json(first.out), of="user-17"))
    resume = ("resume", str(path), "--token-file", "-", "--json")
    keyless = run(*resume, stdin="111111")
    another = run(*resume, stdin="111111", BELVO_TICKET_KEYS=key)
    right = run(
        *resume, "--of", "user-17", stdin="111111", BELVO_TICKET_KEYS=f"{TicketSealer.new_key()},{key}"
    )

    assert (Exit.USAGE, True) == (keyless.status, "BELVO_TICKET_KEYS" in keyless.errors)
    assert (Exit.USAGE, True) == (another.status, "belongs to something else" in another.errors)
    assert "valid" == right.rows()[0]["status"]


def test_where_nothing_is_typed_a_script_says_that_it_is_done(run: Run, tmp_path: Path) -> None:
    """
    Without `--done` nothing is sent: the challenge stays open.
    """
    path = tmp_path / "ticket.json"
    run(
        *("links", "register", BANK, "mfa_inputless", "--ticket-file", str(path)),
        BELVO_LINK_PASSWORD="pass_valid",
    )
    before = path.read_text()
    open_ = run("resume", str(path))
    typed = run("resume", str(path), "--token-file", "-", stdin="111111")
    between = path.read_text()
    done = run("resume", str(path), "--done", "--json")

    assert (Exit.TOKEN_REQUIRED, Exit.USAGE) == (open_.status, typed.status)
    assert before == between
    assert "valid" == done.rows()[0]["status"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        pytest.param(("resume", "no-such-file"), "No such file", id="no file"),
        pytest.param(("resume", "-"), "holds nothing", id="nothing on standard input"),
        pytest.param(("resume", "-", "--token-file", "-"), "cannot both be", id="both on standard input"),
        pytest.param(("links", "list", "--filter", "x"), "NAME=VALUE", id="a filter without a value"),
        pytest.param(("check", "--env", "moon"), "sandbox or production", id="an environment that is none"),
        pytest.param(("check", "--env", "sandbox", "--api-url", "http://x"), "not both", id="two addresses"),
        pytest.param(("accounts", "retrieve", "../x"), "link", id="an id that is none"),
        pytest.param(("links", "register", BANK, "x"), "BELVO_LINK_PASSWORD", id="no password"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_sent(
    run: Run, args: tuple[str, ...], told: str
) -> None:
    """
    The status is 2, and standard error says why.
    """
    ran = run(*args)

    assert (Exit.USAGE, "") == (ran.status, ran.out)
    assert told in " ".join(ran.errors.replace("│", " ").split())
    assert "Traceback" not in ran.errors


# --- what goes wrong ---


def test_keys_that_belvo_does_not_know(run: Run) -> None:
    """
    `check` tells both, and shows no key.
    """
    good, bad = run("check", "--json"), run("check", BELVO_SECRET_PASSWORD="not-this-one")

    assert [True] == [row["ok"] for row in good.rows()]
    assert (Exit.REFUSED, "", 1) == (bad.status, bad.out, bad.errors.count("\n"))
    assert "not-this-one" not in bad.errors


def test_a_login_that_is_refused(run: Run) -> None:
    """
    The bank's refusal is told in one line, with a warning not to repeat it.
    """
    ran = run("links", "register", BANK, "user_invalid", BELVO_LINK_PASSWORD="pass_invalid")

    assert (Exit.REFUSED, "", 1) == (ran.status, ran.out, ran.errors.count("\n"))
    assert "six refusals invalidate a link" in ran.errors
    assert "pass_invalid" not in ran.errors


def test_a_belvo_that_is_not_there(run: Run) -> None:
    """
    No connection is a reason to try later.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    ran = run("check", "--no-retry", BELVO_API_URL=f"http://127.0.0.1:{free}")

    assert (Exit.TRY_LATER, "", 1) == (ran.status, ran.out, ran.errors.count("\n"))


@pytest.fixture(name="faulty")
def _faulty(tmp_path: Path) -> Callable[..., object]:
    """
    A sandbox in which something goes wrong.
    """

    def faulty(*faults: dict[str, object]) -> object:
        path = tmp_path / "faults.json"
        path.write_text(json.dumps(faults))
        return belvo_process("--faults", str(path))

    return faulty


def test_an_answer_whose_outcome_is_unknown(run: Run, faulty: Callable[..., object], tmp_path: Path) -> None:
    """
    The token is not sent again: `resume` of the marked ticket looks what became of it, and finds the link.
    """
    lost = {"kind": "close_processed", "operation": "PATCH *", "times": 1}
    blind = {"kind": "html_502", "operation": "GET *", "times": 1}
    path = tmp_path / "ticket.json"
    with faulty(lost, blind) as belvo:  # type: ignore[attr-defined] # a context manager
        assert isinstance(belvo, Belvo)
        at = {**belvo.variables, "BELVO_LINK_PASSWORD": "pass_valid"}
        run("links", "register", BANK, "mfa_default", "--ticket-file", str(path), **at)
        resume = ("resume", str(path), "--token-file", "-", "--no-retry")
        unknown = run(*resume, stdin="111111", **at)
        marked = MfaTicket.from_json(path.read_text())
        found = run(*resume, "--json", stdin="111111", **at)

    assert (Exit.UNCERTAIN, "", 1) == (unknown.status, unknown.out, unknown.errors.count("\n"))
    assert f"belvo-async resume {path}" in unknown.errors
    assert marked.answered
    assert "valid" == found.rows()[0]["status"]
    assert not path.exists()
    assert (1, 0) == (belvo.summary["challenges_answered"], belvo.summary["duplicates"])


def test_a_registration_whose_outcome_is_unknown(run: Run, faulty: Callable[..., object]) -> None:
    """
    The error names the command that shows whether there is a link.
    """
    lost = {"kind": "close_read", "operation": "POST *", "times": 1}
    with faulty(lost) as belvo:  # type: ignore[attr-defined] # a context manager
        assert isinstance(belvo, Belvo)
        args = ("links", "register", "erebor_mx_retail", "bnk100", "--external-id", "user-17", "--no-retry")
        ran = run(*args, **belvo.variables, BELVO_LINK_PASSWORD="full")
        look = ran.errors.partition("look first: belvo-async ")[2].split()
        found = run(*look, "--json", **belvo.variables)

    assert (Exit.UNCERTAIN, "", 1) == (ran.status, ran.out, ran.errors.count("\n"))
    assert ["links", "list"] == look[:2]
    assert (Exit.DONE, []) == (found.status, found.rows())
