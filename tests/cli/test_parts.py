"""
The parts of the command line that decide: statuses of errors, keys, pictures, files of credentials.
"""

from __future__ import annotations

import asyncio
import inspect

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import attrs
import pytest
import typer

from rich.console import Console

from belvo_async import ChallengeKind, MfaChallenge, errors
from belvo_async.cli.challenges import DIGITS, clock_face, countdown, pictured
from belvo_async.cli.exits import Exit
from belvo_async.cli.keyboard import BACKSPACE, CLEAR, DOWN, END, ENTER, ESCAPE, UP, Keyboard
from belvo_async.cli.options import open_client
from belvo_async.cli.spread import spread
from belvo_async.cli.storing import open_store
from belvo_async.cli.terminal import harmless
from belvo_async.cli.verdicts import STATUSES, status_of, told
from belvo_async.cli.waiting import Waiting
from belvo_async.errors import (
    ApiError,
    BelvoError,
    ConnectError,
    LoginError,
    MfaRejectedError,
    UncertainOutcomeError,
    UnconfirmedLinkError,
)
from belvo_async.messages import Effect, Request
from belvo_async.testing import ManualClock


# --- statuses ---


def test_every_error_leads_to_a_status() -> None:
    """
    Each class of the library is one of those in the table; the closest one counts.
    """
    classes = [
        class_ for _, class_ in inspect.getmembers(errors, inspect.isclass) if issubclass(class_, BelvoError)
    ]
    order = list(STATUSES)

    assert all(issubclass(class_, tuple(STATUSES)) for class_ in classes)
    for position, class_ in enumerate(order):
        assert not [above for above in order[:position] if issubclass(class_, above)], class_


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConnectError(request="GET /", reason="refused"), Exit.TRY_LATER),
        (UncertainOutcomeError(request="POST /", reason="it broke", sent=True), Exit.UNCERTAIN),
        (errors.TicketError(problem="expected JSON"), Exit.USAGE),
        (LoginError(status=400), Exit.REFUSED),
        (UnconfirmedLinkError(status=400), Exit.REFUSED),
        (MfaRejectedError(status=400), Exit.REFUSED),
        (ApiError(status=418), Exit.REFUSED),
        (errors.ServerError(status=502), Exit.TRY_LATER),
        (errors.RateLimitedError(status=429), Exit.TRY_LATER),
        (errors.StoreError(problem="no answer"), Exit.FAILED),
        (errors.MissingExtraError(module="asyncpg", extra="postgres"), Exit.NO_EXTRA),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_status_says_what_a_script_can_do(error: BelvoError, status: Exit) -> None:
    """
    Later, never, or after a look: the status tells.
    """
    assert status == status_of(error)
    assert "\n" not in told(error)


def test_what_others_say_moves_no_cursor() -> None:
    """
    Control characters in the words of a bank are spaces.
    """
    assert " [31mred  two lines" == harmless("\x1b[31mred\r\ntwo lines").plain


# --- keys ---


def pressed(*octets: bytes) -> list[str | None]:
    """
    Return the keys that the terminal has sent.
    """

    async def read() -> list[str | None]:
        keyboard = Keyboard()
        for some in octets:
            keyboard.feed(some)
        keys = []
        while (key := await keyboard.key(0.001)) is not None:
            keys.append(key)
        return keys

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("octets", "keys"),
    [
        pytest.param([b"12\r"], ["1", "2", ENTER], id="digits"),
        pytest.param([b"12\n"], ["1", "2", ENTER], id="a pasted line"),
        pytest.param([b"\x1b"], [ESCAPE], id="escape"),
        pytest.param([b"\x1b[A\x1b[B\x1bOA"], [UP, DOWN, UP], id="arrows"),
        pytest.param([b"\x1b[3~\x1b[1;5C1"], ["1"], id="keys that mean nothing here"),
        pytest.param([b"\x7f\x15\x04"], [BACKSPACE, CLEAR, END], id="editing"),
        pytest.param([b"\xc3", b"\xa9"], ["é"], id="a letter in two parts"),
        pytest.param([b"\x00\x07a"], ["a"], id="control characters"),
        pytest.param([b""], [END], id="the terminal is gone"),
    ],
)
def test_keys_have_names(octets: list[bytes], keys: list[str]) -> None:
    """
    What the terminal sends is read key by key.
    """
    assert keys == pressed(*octets)


# --- pictures ---


def challenge(**facts: object) -> MfaChallenge:
    """
    Return a challenge of a bank.
    """
    usual = attrs.asdict(
        MfaChallenge(
            kind=ChallengeKind.TEXT, session="s", link="l", issued_at=datetime(2026, 1, 1, tzinfo=UTC)
        ),
        filter=lambda field, _: field.init and not field.name.startswith("_"),
    )
    return MfaChallenge(**{**usual, **facts})


def drawn(challenge: MfaChallenge, *, width: int = 80, color_system: str | None = None) -> str:
    """
    Return what a terminal shows of it.
    """
    out = StringIO()
    Console(file=out, width=width, force_terminal=True, color_system=color_system).print(pictured(challenge))  # type: ignore[arg-type] # its own names
    return out.getvalue()


def test_digits_have_five_rows() -> None:
    """
    Each picture of a digit is complete.
    """
    assert {19} == {len(picture) for picture in DIGITS.values()}
    assert set("0123456789") < set(DIGITS)
    assert len(set(DIGITS.values())) == len(DIGITS)


def test_a_number_that_does_not_fit_is_only_text() -> None:
    """
    Nothing large is cut in two.
    """
    shown = drawn(challenge(kind=ChallengeKind.NUMERIC, value="1234567890123456"), width=60)

    assert "1234567890123456" in shown
    assert "█" not in shown


def test_without_colours_blocks_are_what_is_light() -> None:
    """
    On a terminal without colours the code is drawn for dark ground: its quiet zone is of blocks.
    """
    shown = drawn(challenge(kind=ChallengeKind.QR, value="0002010102"), width=60)
    first = next(line.strip() for line in shown.splitlines() if line.strip())

    assert {"█"} == set(first)


def test_what_no_qr_code_can_hold_is_told() -> None:
    """
    A picture instead of a text is no reason to fail.
    """
    assert "a picture perhaps" in drawn(challenge(kind=ChallengeKind.QR, value="x" * 5000))


def test_what_is_waited_for_is_text_and_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A user may be called by what colours are written with.
    """
    screen = Console(file=StringIO(), force_terminal=True, width=60)
    monkeypatch.setattr("belvo_async.cli.waiting.console", lambda **_: screen)
    monkeypatch.setattr("belvo_async.cli.waiting.can_redraw", lambda _: True)
    with Waiting("ana[/b] logs in") as waiting:
        waiting.retry_scheduled(Request("GET", "/", Effect.READ), 1.0, "busy")

    assert isinstance(screen.file, StringIO)
    assert "ana[/b] logs in" in screen.file.getvalue()


def test_the_words_of_the_bank_are_harmless() -> None:
    """
    Instructions and values cannot move the cursor.
    """
    shown = drawn(challenge(instructions="a\x1b[2Jb", value="\x1b]0;title\x07"))

    assert "\x1b[2J" not in shown
    assert "\x07" not in shown


@pytest.mark.parametrize(
    ("seconds", "face"), [(0, "0:00"), (59.9, "0:59"), (600, "10:00"), (3600, "1:00:00"), (5025, "1:23:45")]
)
def test_the_time_is_written_as_on_a_clock(seconds: float, face: str) -> None:
    """
    Minutes and seconds, and hours if there are any.
    """
    assert face == clock_face(seconds)


def test_a_challenge_without_a_deadline_says_so() -> None:
    """
    With less than a minute left it is a warning; without a deadline there is none.
    """
    clock = ManualClock()
    soon = challenge(expires_at=clock.now() + timedelta(seconds=59), clock=clock)

    assert "no deadline" == countdown(challenge()).plain
    assert ("0:59 left", "bold red") == (countdown(soon).plain, countdown(soon).style)


# --- where keys and stores are ---


@pytest.fixture(name="credentials")
def _credentials(tmp_path: Path) -> Path:
    """
    A file as `belvo-async sandbox` shows it.
    """
    path = tmp_path / "keys.env"
    path.write_text(
        "# of the sandbox\n\n  export BELVO_API_URL=http://127.0.0.1:8428\n"
        "export BELVO_SECRET_ID='sandbox-id'\nBELVO_SECRET_PASSWORD=\"a password\"  # no secret\n"
    )
    return path


def test_a_file_of_credentials_is_read_as_shells_read_it(credentials: Path) -> None:
    """
    With `export` and quotes or without; an option goes before the file, the file before the environment.
    """
    assert "http://127.0.0.1:8428" == open_client(str(credentials)).base_url
    assert "https://sandbox.belvo.com" == open_client(str(credentials), env="sandbox").base_url


@pytest.mark.parametrize(
    ("line", "password"),
    [
        ("BELVO_SECRET_PASSWORD=ab#cd", "ab#cd"),
        ("BELVO_SECRET_PASSWORD='#cd' # don't", "#cd"),
        ("export BELVO_SECRET_PASSWORD=ab\\#cd #", "ab#cd"),
    ],
)
def test_a_password_may_have_what_begins_comments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, password: str
) -> None:
    """
    Within a word it is a letter like any other.
    """
    given = []
    monkeypatch.setattr("belvo_async.cli.options.BelvoClient", lambda *keys, **_: given.extend(keys))
    path = tmp_path / "keys.env"
    path.write_text(f"BELVO_SECRET_ID=id\nBELVO_ENV=sandbox\n{line}\n")
    open_client(str(path))

    assert ["id", password] == given


def test_the_environment_comes_last(credentials: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What a file does not say, a variable may.
    """
    monkeypatch.setenv("BELVO_ENV", "production")
    monkeypatch.setenv("BELVO_SECRET_ID", "id")
    monkeypatch.setenv("BELVO_SECRET_PASSWORD", "password")

    assert "http://127.0.0.1:8428" == open_client(str(credentials)).base_url
    assert "https://api.belvo.com" == open_client().base_url


@pytest.mark.parametrize(
    "content", ["BELVO_SECRET_PASSWORD 'hunter2", "hunter2", "A=1\nBELVO_SECRET_ID=x hunter2", "PATH=hunter2"]
)
def test_a_file_that_is_none_is_told_without_its_content(tmp_path: Path, content: str) -> None:
    """
    The error names the line, and never what stands there.
    """
    path = tmp_path / "keys.env"
    path.write_text(content)
    with pytest.raises(typer.BadParameter) as caught:
        open_client(str(path))

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("redis://:hunter2@localhost/0", "seen by everybody"),
        ("postgresql://belvo:hunter2@localhost/flows", "seen by everybody"),
        ("redis://localhost/0?password=hunter2", "seen by everybody"),
        ("postgresql://localhost/flows?user=belvo&password=hunter2", "seen by everybody"),
        ("mysql://localhost", "expected a file of SQLite"),
        ("no-such-file.db", "no such file"),
        ("sqlite:///no-such-file.db", "no such file"),
        (None, "which store"),
    ],
)
def test_an_address_that_cannot_be_one(address: str | None, problem: str) -> None:
    """
    It is refused, and a password in it is not shown once more.
    """
    with pytest.raises(typer.BadParameter, match=problem) as caught:
        open_store(address, None)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("redis://:secret@localhost:1/0", "<RedisStore>"),
        ("postgres://u:secret@localhost:1/flows", "<PostgresStore>"),
    ],
)
def test_a_password_may_stand_in_the_variable(monkeypatch: pytest.MonkeyPatch, url: str, kind: str) -> None:
    """
    What the environment has is taken, with its password.
    """
    monkeypatch.setenv("BELVO_STORE_URL", url)

    assert kind == repr(open_store(None, None))


@pytest.mark.parametrize(
    "address", ["redis://:hunter2/x@localhost/0", "redis://[::1", "redis://:hunter2@[::1"]
)
def test_an_address_that_no_server_can_have(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    """
    A password that was not escaped is taken for a port, and not shown as one.
    """
    monkeypatch.setenv("BELVO_STORE_URL", address)
    with pytest.raises(typer.Exit) as caught:
        open_store(None, None)

    told = capsys.readouterr().err
    assert Exit.USAGE == caught.value.exit_code
    assert "%2F" in told
    assert "hunter2" not in told


# --- options in classes ---


@attrs.frozen
class Group:
    """
    Two options.
    """

    first: int = 1
    second: str = "two"


def test_options_of_a_class_are_arguments() -> None:
    """
    A command takes the value of a class, its caller each field.
    """
    seen = []

    def command(name: str, group: Group, third: bool = False) -> None:
        """
        Say it.
        """
        seen.append((name, group, third))

    spreaded = spread(command)
    spreaded(name="x", first=5, second="six", third=True)

    assert [("x", Group(5, "six"), True)] == seen
    assert ["name", "third", "first", "second"] == list(inspect.signature(spreaded).parameters)
    assert command.__doc__ == spreaded.__doc__
