"""
Tickets in files: for their owner alone, and answered by one.
"""

from __future__ import annotations

import asyncio

from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from belvo_async import MfaTicket
from belvo_async.cli.tickets import Held, Kept, write_ticket
from belvo_async.errors import StoreError


TICKET = MfaTicket(
    operation="links.register",
    path="/api/links/",
    session="f7c1bd874da5e709d4713d60c8a70639",
    link="7c65c1e8-2e2e-4662-aeb1-167b67a9c378",
    issued_at=datetime(2026, 1, 1, tzinfo=UTC),
)

MARKED = attrs.evolve(TICKET, answered=True)


def held(path: Path) -> Held:
    """
    Return the ticket of a file, as a command holds it.
    """
    text = path.read_text()
    return Held(str(path), text, MfaTicket.from_json(text))


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    """
    A file with a ticket.
    """
    return Path(write_ticket(TICKET, str(tmp_path / "ticket.json")))


def test_a_ticket_is_for_its_owner_alone(path: Path) -> None:
    """
    Nobody else can read the file, also where it replaces one that everybody could.
    """
    path.chmod(0o644)
    write_ticket(MARKED, str(path))

    assert 0o600 == path.stat().st_mode & 0o777
    assert MARKED == MfaTicket.from_json(path.read_text())
    assert [path] == list(path.parent.iterdir())


def test_a_ticket_that_cannot_be_written_leaves_nothing(path: Path) -> None:
    """
    Where there is a folder in its place, no half of a file is left.
    """
    folder = path.parent / "folder"
    folder.mkdir()
    with pytest.raises(OSError, match="folder"):
        write_ticket(TICKET, str(folder))

    assert {path, folder} == set(path.parent.iterdir())


def test_before_an_answer_leaves_its_file_says_so(path: Path) -> None:
    """
    Whoever reads the file from then on sends nothing. A second request of the same command is no second answer.
    """
    ticket = held(path)
    asyncio.run(ticket.mark())
    asyncio.run(ticket.mark())

    assert MARKED == MfaTicket.from_json(path.read_text())
    assert [path] == list(path.parent.iterdir())


def test_of_two_commands_for_one_file_one_answers(path: Path) -> None:
    """
    The second one is refused, and the file stays as the first one left it.
    """
    first, second = held(path), held(path)
    asyncio.run(first.mark())
    with pytest.raises(StoreError, match="another process answers it; nothing was sent"):
        asyncio.run(second.mark())

    assert MARKED == MfaTicket.from_json(path.read_text())
    assert [path] == list(path.parent.iterdir())


def test_who_has_not_answered_changes_nothing(path: Path) -> None:
    """
    A command that gives up leaves the mark of another one where it is.
    """
    first, second = held(path), held(path)
    asyncio.run(first.mark())
    second.keep(TICKET)
    second.drop()

    assert MARKED == MfaTicket.from_json(path.read_text())


def test_a_file_that_cannot_be_written_is_another_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The ticket is not lost: it goes to a temporary file, and the reason is told.
    """
    where = Path(Kept(str(tmp_path / "no" / "ticket.json"), json=False).keep(TICKET))
    kept = MfaTicket.from_json(where.read_text())
    where.unlink()

    assert TICKET == kept
    assert "No such file or directory" in capsys.readouterr().err


def test_a_file_that_is_gone_is_answered_by_nobody(path: Path) -> None:
    """
    When the first command has completed the call, the second one finds no file.
    """
    first, second = held(path), held(path)
    asyncio.run(first.mark())
    first.drop()
    with pytest.raises(StoreError, match="another process"):
        asyncio.run(second.mark())

    assert [] == list(path.parent.iterdir())


def test_the_next_challenge_takes_the_place_and_can_be_answered(path: Path) -> None:
    """
    What is kept after an answer is a ticket as the first one was.
    """
    ticket, following = held(path), attrs.evolve(TICKET, round=2)
    asyncio.run(ticket.mark())
    ticket.keep(following)
    asyncio.run(held(path).mark())

    assert attrs.evolve(following, answered=True) == MfaTicket.from_json(path.read_text())


def test_a_program_gets_the_ticket_by_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """
    One line of JSON, and no file.
    """
    where = Kept(None, json=False).keep(TICKET)

    assert "-" == where
    assert TICKET.to_json() + "\n" == capsys.readouterr().out
