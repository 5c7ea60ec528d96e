"""
`belvo-async demo`: what it does, says and returns.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cli.process import (
    BELVO_ASYNC,
    SMALL,
    Terminal,
    finished,
    on_terminal,
    running,
    terminal_environment,
)
from typer.testing import CliRunner, Result

from belvo_async.cli.app import app
from belvo_async.cli.exits import Exit


pytestmark = pytest.mark.once


ENDLESS = ("--links", "20000")

ESCAPE = "\x1b"


def demo(*args: str) -> Result:
    """
    Run the command in this process.
    """
    return CliRunner().invoke(app, ["demo", *SMALL, *args], catch_exceptions=False)


@pytest.fixture(name="report", scope="module")
def _report() -> Any:
    result = finished("demo", *SMALL, "--json")

    assert (result.returncode, result.stderr) == (Exit.DONE, "")
    return json.loads(result.stdout)


def test_json_is_one_line_and_all_there_is(report: Any) -> None:
    """
    With `--json` there is one object on standard output, and both sides agree in it.
    """
    assert report["agrees"] is True
    assert report["disagreements"] == []
    assert report["links"] == 30


def test_all_that_can_happen_happens(report: Any) -> None:
    """
    Flows complete, are declined and expire, tokens are wrong at first, and nothing fails.
    """
    for name in ("completed", "declined", "expired", "wrong_tokens"):
        assert report[name] > 0
        assert report["phases"]["register"][name] > 0
    assert report["failed"] == 0
    assert report["failures"] == {}


def test_every_kind_of_call_takes_part(report: Any) -> None:
    """
    Links are registered, read from and updated, and each answer is one PATCH.
    """
    sent = report["client"]["requests"]

    assert sent == report["server"]["requests"]
    assert sent["POST /api/links/"] == 30
    assert sent["POST /api/balances/"] == report["phases"]["register"]["completed"]
    assert sent["PUT /api/links/{id}/"] > 0
    assert sent["PATCH /api/links/"] + sent["PATCH /api/balances/"] == report["challenges_answered"]
    assert report["duplicates"] == 0


def test_only_what_is_to_be_stored_is_stored(report: Any) -> None:
    """
    Some of the balances are there at the end, some are not.
    """
    rows = report["phases"]["balances"]["completed"] * 7

    assert 0 < report["server"]["stored"] < rows


def test_the_flows_run_at_once(report: Any) -> None:
    """
    Many flows are under way at the same time, and so are their requests.
    """
    assert 10 < report["most_under_way"] <= 30
    assert report["server"]["peak"] > 1


def test_the_same_seed_makes_the_same_happen() -> None:
    """
    Everything but the time it takes follows from the seed.
    """
    first, second = (json.loads(demo("--json", "--seed", "7").stdout) for _ in range(2))

    for name in ("phases", "client", "completed", "expired"):
        assert first[name] == second[name]


@pytest.mark.parametrize(
    "args",
    [
        ("--links", "1"),
        ("--links", "2", "--concurrency", "1000"),
        ("--concurrency", "1", "--latency", "0", "--think", "0"),
        ("--concurrency", "3", "--latency", "0", "--think", "0", "--seed", "-5"),
    ],
    ids=" ".join,
)
def test_any_size_ends_well(args: tuple[str, ...]) -> None:
    """
    Few links, many users who never answer in few places, more places than links: all of it agrees.
    """
    result = demo("--json", *args)

    assert result.exit_code == Exit.DONE
    assert json.loads(result.stdout)["agrees"] is True


def test_people_get_lines_and_a_table() -> None:
    """
    Without a terminal there is a line for each stage, and a table at the end.
    """
    result = demo()

    assert result.exit_code == Exit.DONE
    for beginning in ("30 links", "register: 30 of 30 in ", "balances: ", "update: ", "read back: "):
        assert re.search(f"^{beginning}", result.stdout, re.MULTILINE)
    for row in ("completed", "declined", "expired", "failed", "challenges answered"):
        assert re.search(rf"^\s+{row}(\s+\d+){{4}}\s*$", result.stdout, re.MULTILINE)
    assert re.search(r"requests seen by the server\s+\d+", result.stdout)
    assert re.search(r"duplicates \(challenges answered twice\)\s+0", result.stdout)
    assert "have counted the same" in result.stdout


@pytest.mark.parametrize("variables", [{}, {"FORCE_COLOR": "1"}, {"NO_COLOR": "1"}], ids=str)
def test_pipes_get_no_control_characters(variables: dict[str, str]) -> None:
    """
    What is no terminal gets plain text, whatever the environment wishes.
    """
    result = finished("demo", *SMALL, **variables)

    assert (result.returncode, result.stderr) == (Exit.DONE, "")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", result.stdout)


@pytest.mark.parametrize("columns", [80, 60])
def test_terminals_get_bars(columns: int) -> None:
    """
    A terminal shows bars that move, and the table, all within its width.
    """
    status, written = on_terminal("demo", *SMALL, columns=columns)

    assert status == Exit.DONE
    assert f"{ESCAPE}[?25l" in written  # the cursor is hidden …
    assert written.rindex(f"{ESCAPE}[?25h") > written.rindex(f"{ESCAPE}[?25l")  # … and shown again
    assert written.count("━") > 100
    assert "30/30" in written
    assert "open" in written
    assert "completed" in written
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
    assert max(map(len, re.split(r"[\r\n]+", plain))) <= columns


def test_no_color_is_honoured_on_terminals() -> None:
    """
    With `NO_COLOR` the bars move without a colour.
    """
    status, written = on_terminal("demo", *SMALL, NO_COLOR="1")

    assert status == Exit.DONE
    assert ESCAPE in written
    assert not re.search(r"\x1b\[[0-9;]*(3|4|9)\d(;[0-9]+)*m", written)


def test_terminals_that_cannot_redraw_get_lines() -> None:
    """
    On a dumb terminal there is no control sequence.
    """
    status, written = on_terminal("demo", *SMALL, TERM="dumb")

    assert status == Exit.DONE
    assert ESCAPE not in written
    assert "register: 30 of 30" in written


def test_json_on_a_terminal_shows_bars_on_standard_error() -> None:
    """
    Who asks for JSON on a terminal sees the bars move as well, and then the object.
    """
    status, written = on_terminal("demo", *SMALL, "--json")

    assert status == Exit.DONE
    assert "━" in written
    assert '"agrees": true' in written


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interruption_ends_it_cleanly(number: signal.Signals) -> None:
    """
    Ctrl-C and SIGTERM end it with 130 and a word, without a traceback.
    """
    with running("demo", *ENDLESS) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        while not line.startswith("register: "):
            line = process.stdout.readline()
        process.send_signal(number)
        _, errors = process.communicate()

    assert (process.returncode, errors) == (Exit.INTERRUPTED, "belvo-async: interrupted\n")


def test_an_interruption_leaves_the_terminal_and_standard_output_alone() -> None:
    """
    Interrupted before it has an object to show, `--json` writes none; the cursor is shown again.
    """
    terminal = Terminal(columns=80)
    with (
        closing(terminal),
        subprocess.Popen(  # noqa: S603 - our own program
            [*BELVO_ASYNC, "demo", *ENDLESS, "--json"],
            env=terminal_environment(),
            stdout=subprocess.PIPE,
            stderr=terminal.device,
        ) as process,
    ):
        terminal.hand_over()
        terminal.read_until(" open")
        process.send_signal(signal.SIGINT)
        written = terminal.read_until(None)
        out, _ = process.communicate()

    assert (process.returncode, out) == (Exit.INTERRUPTED, b"")
    assert written.rindex(f"{ESCAPE}[?25h") > written.rindex(f"{ESCAPE}[?25l")
    assert written.endswith("belvo-async: interrupted\r\n")


@pytest.fixture(name="faults")
def _faults(tmp_path: Path) -> Path:
    path = tmp_path / "faults.json"
    path.write_text(
        json.dumps(
            [
                {"kind": "deliver_twice", "operation": "PATCH /api/balances/", "times": 1},
                {"kind": "html_502", "operation": "PUT *", "times": 1},
            ]
        )
    )
    return path


def test_disagreement_is_told_and_ends_with_1(faults: Path) -> None:
    """
    Where the counts differ, each difference is a line on standard error.
    """
    result = demo("--faults", str(faults))

    assert result.exit_code == Exit.FAILED
    assert "counts do not agree" in result.stdout
    assert "1 failed: ServerError: HTTP status 502" in result.stderr
    assert "disagreement: challenges sent more than one PATCH: expected 0, sandbox 1" in result.stderr
    assert "disagreement: update, flows failed: planned 0, client 1" in result.stderr


def test_disagreement_is_told_to_programs(faults: Path) -> None:
    """
    With `--json` the differences are in the object as well.
    """
    result = demo("--json", "--faults", str(faults))
    report = json.loads(result.stdout)

    assert result.exit_code == Exit.FAILED
    assert report["agrees"] is False
    assert {"what": "update, flows failed", "planned": 0, "client": 1} in report["disagreements"]
    assert report["duplicates"] == 1


def test_faults_that_make_no_sense_are_wrong_usage(tmp_path: Path) -> None:
    """
    A file of faults is checked before anything begins.
    """
    path = tmp_path / "faults.json"
    path.write_text('[{"kind": "earthquake"}]')
    result = demo("--faults", str(path))

    assert (result.exit_code, result.stdout) == (Exit.USAGE, "")
    assert "earthquake" in result.stderr
