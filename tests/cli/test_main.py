"""
The program as a whole: what it says about itself, and what it needs.
"""

from __future__ import annotations

import subprocess
import sys

from pathlib import Path

import pytest

from cli.process import BELVO_ASYNC, SMALL, finished, ran
from typer.testing import CliRunner

from belvo_async import __version__
from belvo_async.cli.app import app
from belvo_async.cli.exits import Exit


IMPORTING = """
import sys
class Hook:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise {error}
sys.meta_path.insert(0, Hook())
from belvo_async.cli import main
main()
"""
"""A program in which importing a module raises."""


def without(module: str) -> subprocess.CompletedProcess[str]:
    """
    Run the program where *module* is missing.
    """
    error = f"ModuleNotFoundError('No module named {module}', name={module!r})"
    return ran(sys.executable, "-c", IMPORTING.format(module=module, error=error))


def test_the_version_is_the_librarys() -> None:
    """
    `--version` tells the version and nothing else.
    """
    result = finished("--version")

    assert (0, f"belvo-async {__version__}\n", "") == (result.returncode, result.stdout, result.stderr)


def test_the_help_names_the_commands_and_the_statuses() -> None:
    """
    `--help` says what there is and what the exit statuses mean.
    """
    result = CliRunner().invoke(app, ["--help"])

    assert result.exit_code == Exit.DONE
    for word in ("demo", "sandbox", "BELVO_SECRET_PASSWORD", "130 interrupted"):
        assert word in " ".join(result.output.split())


@pytest.mark.parametrize("command", ["demo", "sandbox"])
def test_every_command_tells_its_exit_statuses(command: str) -> None:
    """
    The help of each command says what its exit statuses mean.
    """
    result = CliRunner().invoke(app, [command, "--help"])

    assert result.exit_code == Exit.DONE
    assert "Exit status: 0 " in " ".join(result.output.split())


@pytest.mark.parametrize("command", ["demo", "sandbox"])
def test_the_names_of_the_options_fit_on_a_terminal(command: str) -> None:
    """
    No name of an option is cut short in 80 columns.
    """
    result = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})

    assert "--json" in result.output
    assert "…" not in result.output


@pytest.mark.parametrize(
    "args",
    [
        ["fly"],
        ["demo", "--links", "0"],
        ["demo", "--links", "many"],
        ["demo", "--concurrency", "0"],
        ["demo", "--faults", "no-such-file"],
        ["demo", "surplus"],
        ["sandbox", "--port", "70000"],
        ["sandbox", "--password", "secret"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_and_nothing_is_tried(args: list[str]) -> None:
    """
    A command line that makes no sense exits with 2 and a word about what is wrong.
    """
    result = CliRunner().invoke(app, args)

    assert result.exit_code == Exit.USAGE
    assert result.stdout == ""
    assert result.stderr != ""


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_a_missing_extra_is_told_in_one_line(missing: str) -> None:
    """
    Without a package of the extra there is one line that says how to get it.
    """
    result = without(missing)

    assert (result.returncode, result.stdout) == (Exit.NO_EXTRA, "")
    assert result.stderr.count("\n") == 1
    assert 'pip install "belvo-async[cli]"' in result.stderr


def test_any_other_missing_module_is_not_taken_for_the_extra() -> None:
    """
    A module that is missing for another reason shows itself.
    """
    result = without("belvo_async.cli.faults")

    assert result.returncode == Exit.FAILED
    assert "belvo-async[cli]" not in result.stderr
    assert "No module named belvo_async.cli.faults" in result.stderr


def test_an_interruption_while_it_starts_is_one_as_well() -> None:
    """
    Ctrl-C before there is anything to end is quiet, and exits with 130.
    """
    result = ran(
        sys.executable, "-c", IMPORTING.format(module="belvo_async.cli.spread", error="KeyboardInterrupt")
    )

    assert (result.returncode, result.stdout, result.stderr) == (Exit.INTERRUPTED, "", "")


@pytest.mark.parametrize("args", [["--version"], ["check", "--help"]], ids=" ".join)
def test_a_command_imports_no_other(args: list[str]) -> None:
    """
    Whoever asks one thing does not wait for the sandbox, which `demo` and `sandbox` alone need.
    """
    show = f"import sys; sys.argv[1:] = {args}; from belvo_async.cli import main\ntry: main()\nfinally: print(*sys.modules)"
    result = ran(sys.executable, "-c", show)

    assert result.returncode == Exit.DONE
    assert "belvo_async.client" in result.stdout.split()
    assert "belvo_async.sandbox" not in result.stdout.split()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("option", [[], ["--json"]], ids=["text", "json"])
def test_output_that_cannot_be_written_is_told_without_a_traceback(option: list[str]) -> None:
    """
    A full disk is one line on standard error.
    """
    command = " ".join([*BELVO_ASYNC, "demo", "--links", "1", *option])
    result = ran("sh", "-c", f"{command} >/dev/full")

    assert result.returncode == Exit.FAILED
    assert result.stderr.startswith("belvo-async: ")
    assert result.stderr.count("\n") == 1


def test_a_reader_that_leaves_is_no_reason_for_a_traceback() -> None:
    """
    `belvo-async demo | head -1` is quiet on standard error.
    """
    command = " ".join([*BELVO_ASYNC, "demo", *SMALL])
    result = ran("sh", "-c", f"{command} | head -1")

    assert "30 links" in result.stdout
    assert "Traceback" not in result.stderr
