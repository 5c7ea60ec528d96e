"""
What `docs/cli.md` says is so: the commands, the statuses, the variables, and the script.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess

from pathlib import Path

from cli.conftest import Belvo, invoked
from cli.process import BELVO_ASYNC, environment, finished
from cli.test_commands import COMMANDS
from docs.pages import ROOT, rows

from belvo_async.cli import links, options, storing, tickets
from belvo_async.cli.exits import Exit


PAGE = ROOT / "docs" / "cli.md"


def words(text: str) -> list[str]:
    """
    Return what stands in backticks.
    """
    return re.findall(r"`([^`]+)`", text)


def test_every_status_has_its_row() -> None:
    """
    The table of statuses has them all, by number and name, and `--help` has their numbers.
    """
    told = {int(number): name.strip("`") for number, name, _ in rows(PAGE, "Status")}
    shown = " ".join(invoked("--help").out.split()).partition("Exit status: ")[2]

    assert told == {int(status): status.name for status in Exit}
    for status in Exit:
        assert re.search(rf"\b{int(status)} ", shown)


def test_every_command_has_its_row() -> None:
    """
    The table of commands names them all, those of the other resources by an example.
    """
    told = set()
    for first, *_ in rows(PAGE, "Command"):
        command, *verbs = words(first)
        _, group, *verb = command.split()
        told |= {(group, *verb)} | {(group, one) for one in verbs}
    groups = {group for group, *_ in told}

    assert {command for command in COMMANDS if command[0] in groups} == told
    assert {"demo", "sandbox", "check", "resume", "inbox"} <= groups
    assert all(len(command) == 2 for command in COMMANDS if command[0] not in groups)


def test_every_option_that_is_named_exists() -> None:
    """
    No option on the page is one that no command has.
    """
    help_ = "".join(invoked(*command, "--help").out for command in (*COMMANDS, ()))

    for option in set(re.findall(r"--[a-z][a-z0-9-]+", PAGE.read_text(encoding="utf-8"))):
        assert option in help_, option


def test_every_variable_has_its_row() -> None:
    """
    The table of secrets has the variables that the code reads.
    """
    told = {word for row in rows(PAGE, "Secret") for word in words(row[1])}

    assert told == {
        options.SECRET_ID,
        options.SECRET_PASSWORD,
        links.PASSWORD,
        links.PASSWORD2,
        tickets.KEYS,
        storing.URL,
        storing.KEYS,
    }


def test_the_script_runs(belvo: Belvo, tmp_path: Path) -> None:
    """
    The script of the page ends with the link on standard output.
    """
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (script,) = [block for block in blocks if "set -u" in block]
    command = tmp_path / "bin" / "belvo-async"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.join(BELVO_ASYNC)} "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(  # noqa: S603 - our own page
        ["/bin/sh", "-c", script],
        env=environment(**belvo.variables, PATH=path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert Exit.DONE == ran.returncode, ran.stderr
    assert "valid" == json.loads(ran.stdout)["status"]
    assert not (tmp_path / "ticket.json").exists()


def test_completion_can_be_shown() -> None:
    """
    `--show-completion` prints a script for the shell.
    """
    ran = finished("--show-completion", "bash")

    assert ran.returncode == Exit.DONE
    assert "COMPLETE" in ran.stdout
