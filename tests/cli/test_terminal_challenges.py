"""
Challenges at a terminal: the real program, a real pseudo-terminal, a person who types.
"""

from __future__ import annotations

import json
import re
import signal

from collections.abc import Callable
from pathlib import Path

import pytest
import segno

from cli.conftest import Belvo, Run, belvo_process
from cli.screen import BACKSPACE, CTRL_C, CTRL_U, ENTER, ESCAPE, Person, at_a_terminal, in_a_shell

from belvo_async.cli.exits import Exit


pytestmark = pytest.mark.once


BANK = "heimdall_mx_retail"


@pytest.fixture(name="parked")
def _parked(run: Run, tmp_path: Path) -> Callable[[str, str], Path]:
    """
    Leave a challenge of a user, and return the file of its ticket.
    """

    def parked(username: str, password: str = "pass_valid") -> Path:  # noqa: S107 - of a test user
        path = tmp_path / f"{username}.json"
        ran = run(
            *("links", "register", BANK, username, "--ticket-file", str(path)), BELVO_LINK_PASSWORD=password
        )
        assert ran.status == Exit.TOKEN_REQUIRED
        return path

    return parked


def test_a_password_is_typed_unseen(belvo: Belvo) -> None:
    """
    The password is asked for and does not show; a wrong token brings a new challenge, the right one the link.
    """
    with at_a_terminal("links", "register", BANK, "mfa_default", **belvo.variables) as person:
        person.sees("password of the user:")
        person.types("pass_valid" + ENTER)
        person.sees("Enter the code that the bank has sent you.")
        person.sees("Token:")
        person.types("999999" + ENTER)
        person.sees("The bank asks again (links.register, challenge 2)")
        person.types("111111" + ENTER)
        person.sees("status valid")

        assert Exit.DONE == person.ends()
        assert b"pass_valid" not in person.written


def test_the_keys_of_belvo_are_typed_unseen(belvo: Belvo) -> None:
    """
    Keys that are nowhere else are asked for, and do not show.
    """
    with at_a_terminal("check", "--api-url", belvo.variables["BELVO_API_URL"]) as person:
        person.sees("secret id:")
        person.types(belvo.variables["BELVO_SECRET_ID"] + ENTER)
        person.sees("secret password:")
        person.types(belvo.variables["BELVO_SECRET_PASSWORD"] + ENTER)
        person.sees("knows the keys")

        assert Exit.DONE == person.ends()
        assert belvo.variables["BELVO_SECRET_PASSWORD"].encode() not in person.written


def test_a_hidden_prompt_can_be_left(belvo: Belvo) -> None:
    """
    Ctrl-C where the password is asked for exits with 130, quietly.
    """
    with at_a_terminal("links", "register", BANK, "mfa_default", **belvo.variables) as person:
        person.sees("password of the user:")
        person.types(CTRL_C)

        assert Exit.INTERRUPTED == person.ends()
        assert "belvo-async: interrupted" in person.shown
        assert "Traceback" not in person.shown


def drawn_modules(person: Person, size: int) -> list[list[bool]]:
    """
    Return the dark modules of the code on the screen, read as a camera would: by what is black.
    """
    width = size + 4  # with its quiet zone
    rows: list[list[bool]] = []
    for line in range(40):
        cells = person.cells(line)
        ground = [number for number, (_, _, bg) in enumerate(cells) if bg == "ffffff"]
        if len(ground) == width:
            letters = [cells[number][0] for number in ground]
            rows.append([letter in "█▀" for letter in letters])
            rows.append([letter in "█▄" for letter in letters])
    return [row[2:-2] for row in rows[2 : 2 + size]]


def test_a_qr_code_is_drawn_so_that_it_can_be_scanned(
    belvo: Belvo, parked: Callable[[str, str], Path]
) -> None:
    """
    What is black on white is the code of what the bank sent, module by module.
    """
    path = parked("mfa_qr", "qr_code")
    code = segno.make_qr(json.loads(path.read_text())["value"])
    expected = [[bool(module) for module in row] for row in code.matrix]
    with at_a_terminal("resume", str(path), **belvo.variables, COLORTERM="truecolor") as person:
        person.sees("Token:")

        assert expected == drawn_modules(person, len(expected))

        person.types("111111" + ENTER)
        assert Exit.DONE == person.ends()


def test_a_qr_code_that_does_not_fit_is_told(belvo: Belvo, parked: Callable[[str, str], Path]) -> None:
    """
    On a terminal that is too narrow there is no half of a code, but what it says.
    """
    with at_a_terminal("resume", str(parked("mfa_qr", "qr_code")), columns=30, **belvo.variables) as person:
        person.sees("make the terminal wider")
        person.sees("Token:")
        person.types(ESCAPE)

        assert Exit.NOT_ANSWERED == person.ends()


def test_a_number_is_shown_large(belvo: Belvo, parked: Callable[[str, str], Path]) -> None:
    """
    A number is drawn five lines high, and stands below in letters that can be copied.
    """
    path = parked("mfa_numeric", "numeric_code")
    number = json.loads(path.read_text())["value"]
    with at_a_terminal("resume", str(path), **belvo.variables) as person:
        person.sees("Token:")
        large = [line for line in person.shown.splitlines() if "██" in line]

        assert 5 == len(large)
        assert re.search(rf"^\s*{number}$", person.shown, re.MULTILINE)

        person.types("12" + BACKSPACE + "3" + CTRL_U + "111111" + ENTER)
        assert Exit.DONE == person.ends()


@pytest.mark.parametrize("username", ["mfa_inputless", "mfa_qr_scan"])
def test_where_nothing_is_typed_enter_says_that_the_user_is_done(
    belvo: Belvo, parked: Callable[[str], Path], username: str
) -> None:
    """
    Letters change nothing; Enter goes on.
    """
    with at_a_terminal("resume", str(parked(username)), **belvo.variables) as person:
        person.sees("Press Enter when you are done.")
        person.types("yes" + ENTER)

        assert Exit.DONE == person.ends()
        assert "Token" not in person.shown


def test_the_time_that_is_left_counts_down(belvo: Belvo, parked: Callable[[str], Path]) -> None:
    """
    The line with the time changes by itself.
    """
    with at_a_terminal("resume", str(parked("mfa_default")), **belvo.variables) as person:
        person.sees(" left")
        first = re.findall(r"\d:\d\d left", person.shown)
        person.waits_until(lambda shown: re.findall(r"\d:\d\d left", shown) not in ([], first))
        later = re.findall(r"\d:\d\d left", person.shown)
        person.types(ESCAPE)
        person.ends()

    assert later < first


def test_a_challenge_that_expires_ends_the_command(tmp_path: Path) -> None:
    """
    When the bank waits no longer, the command says so by itself, and leaves no ticket.
    """
    path = tmp_path / "ticket.json"
    with (
        belvo_process("--expiry", "3") as belvo,
        at_a_terminal(
            *("links", "register", BANK, "mfa_default", "--ticket-file", str(path)),
            **belvo.variables,
            BELVO_LINK_PASSWORD="pass_valid",
        ) as person,
    ):
        assert Exit.NOT_ANSWERED == person.ends()
        assert "the challenge has expired" in person.shown
        assert not path.exists()


def test_an_empty_token_is_not_sent(belvo: Belvo, parked: Callable[[str], Path]) -> None:
    """
    Enter alone says what to do; Esc gives up, and the ticket can still be answered.
    """
    path = parked("mfa_default")
    with at_a_terminal("resume", str(path), **belvo.variables) as person:
        person.sees("Token:")
        person.types(ENTER)
        person.sees("Type what the bank gave you")
        person.types(ESCAPE)

        assert Exit.NOT_ANSWERED == person.ends()
        assert "the user declined" in person.shown
        assert path.exists()


@pytest.mark.parametrize("how", [CTRL_C, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interruption_leaves_the_ticket(
    belvo: Belvo, run: Run, tmp_path: Path, how: str | signal.Signals
) -> None:
    """
    An interrupted command exits with 130; with the ticket that it leaves the call is completed.
    """
    path = tmp_path / "ticket.json"
    with at_a_terminal(
        *("links", "register", BANK, "mfa_default", "--ticket-file", str(path)),
        **belvo.variables,
        BELVO_LINK_PASSWORD="pass_valid",
    ) as person:
        person.sees("Token:")
        person.types(how) if isinstance(how, str) else person.kills(how)

        assert Exit.INTERRUPTED == person.ends()
        assert f"belvo-asyncresume{path}" in "".join(person.shown.split())

    assert 0o600 == path.stat().st_mode & 0o777
    assert Exit.DONE == run("resume", str(path), "--token-file", "-", stdin="111111\n").status


def test_without_a_file_the_ticket_is_where_the_last_line_says(
    belvo: Belvo, run: Run, tmp_path: Path
) -> None:
    """
    At a terminal the ticket goes to a temporary file, which the error names.
    """
    with at_a_terminal(
        *("links", "register", BANK, "mfa_default"),
        **belvo.variables,
        BELVO_LINK_PASSWORD="pass_valid",
        TMPDIR=str(tmp_path),
    ) as person:
        person.sees("Token:")
        person.types(CTRL_C)
        person.ends()
    (path,) = tmp_path.glob("belvo-ticket-*.json")

    assert path.name in person.shown.replace("\n", "")
    assert 0o600 == path.stat().st_mode & 0o777
    assert Exit.DONE == run("resume", str(path), "--token-file", "-", stdin="111111\n").status


def test_json_is_alone_on_standard_output(belvo: Belvo, tmp_path: Path) -> None:
    """
    With `--json` a person is asked all the same, on standard error; standard output parses.
    """
    out = tmp_path / "out"
    with in_a_shell(
        f"$BELVO links register {BANK} mfa_default --json >{out}",
        **belvo.variables,
        BELVO_LINK_PASSWORD="pass_valid",
    ) as person:
        person.sees("Token:")
        person.types("111111" + ENTER)

        assert Exit.DONE == person.ends()
    assert "valid" == json.loads(out.read_text())["status"]


def test_a_password_by_standard_input_leaves_the_terminal_for_the_token(belvo: Belvo) -> None:
    """
    Where standard input is a pipe, keys are heard on the terminal itself.
    """
    with in_a_shell(
        f"echo pass_valid | $BELVO links register {BANK} mfa_default --password-file -", **belvo.variables
    ) as person:
        person.sees("Token:")
        person.types("111111" + ENTER)
        person.sees("status valid")

        assert Exit.DONE == person.ends()


@pytest.mark.parametrize("how", [ENTER, CTRL_C, ESCAPE], ids=["answered", "Ctrl-C", "Esc"])
def test_the_terminal_is_as_it_was(belvo: Belvo, parked: Callable[[str], Path], how: str) -> None:
    """
    Afterwards the terminal echoes what is typed, and has its cursor.
    """
    path = parked("mfa_inputless")
    with in_a_shell(f"trap : INT; $BELVO resume {path}; stty -a; echo the end", **belvo.variables) as person:
        person.sees("Press Enter")
        person.types(how)
        person.sees("the end")
        person.ends()
        settings = person.shown.partition("speed")[2].split()

    assert {"echo", "icanon", "isig"} <= set(settings)
    assert person.written.rfind(b"\x1b[?25h") > person.written.rfind(b"\x1b[?25l")


def test_of_two_who_answer_one_ticket_one_sends(
    belvo: Belvo, run: Run, parked: Callable[[str], Path]
) -> None:
    """
    Whoever comes second is told so, and nothing is sent; the sandbox has seen one answer.
    """
    path = parked("mfa_default")
    with at_a_terminal("resume", str(path), **belvo.variables) as person:
        person.sees("Token:")
        first = run("resume", str(path), "--token-file", "-", stdin="111111\n")
        person.types("111111" + ENTER)

        assert (Exit.DONE, Exit.FAILED) == (first.status, person.ends())
        assert "another process answers it; nothing was sent" in " ".join(person.shown.split())
    assert not path.exists()


def test_a_command_that_was_stopped_hears_its_keys_again(belvo: Belvo, parked: Callable[[str], Path]) -> None:
    """
    After Ctrl-Z and `fg` what is typed shows as before.
    """
    with at_a_terminal("resume", str(parked("mfa_default")), **belvo.variables) as person:
        person.sees("Token:")
        person.comes_back()
        person.types("12")
        person.sees("Token: 12")
        person.types(ESCAPE)

        assert Exit.NOT_ANSWERED == person.ends()


def test_a_dumb_terminal_is_asked_in_plain_lines(belvo: Belvo, parked: Callable[[str], Path]) -> None:
    """
    Where nothing can be drawn over, the challenge is asked for line by line.
    """
    with at_a_terminal("resume", str(parked("mfa_default")), **belvo.variables, TERM="dumb") as person:
        person.sees("Token (empty to give up):")
        person.types("111111" + ENTER)

        assert Exit.DONE == person.ends()
        assert b"\x1b" not in person.written


def test_no_prompt_asks_nobody_although_somebody_is_there(belvo: Belvo, tmp_path: Path) -> None:
    """
    With `--no-prompt` the ticket is left at once.
    """
    path = tmp_path / "ticket.json"
    with at_a_terminal(
        *("links", "register", BANK, "mfa_default", "--no-prompt", "--ticket-file", str(path)),
        **belvo.variables,
        BELVO_LINK_PASSWORD="pass_valid",
    ) as person:
        assert Exit.TOKEN_REQUIRED == person.ends()
    assert path.exists()
