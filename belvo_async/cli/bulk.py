"""
`belvo-async bulk`: a file of links to register or of data to retrieve, row by row, to its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Final

import attrs
import typer

from belvo_async.cli.asking import Asker
from belvo_async.cli.batch.jobs import SECRETS, Jobs
from belvo_async.cli.batch.journal import Entry, Journal, JournalError, Reading
from belvo_async.cli.batch.progress import Shown
from belvo_async.cli.batch.report import Report, make_report
from belvo_async.cli.batch.results import Results
from belvo_async.cli.batch.rows import Problem, RowError, Source
from belvo_async.cli.batch.work import FAILED, REFUSED, Ask, Work
from belvo_async.cli.exits import Exit
from belvo_async.cli.options import CHALLENGES, Access
from belvo_async.cli.running import run
from belvo_async.cli.secrets import person_is_there
from belvo_async.cli.storing import KEYS
from belvo_async.cli.terminal import complain, console, harmless, write_json
from belvo_async.client import BelvoClient
from belvo_async.errors import BelvoError
from belvo_async.mfa.challenge import MfaChallenge
from belvo_async.stores import SQLiteStore
from belvo_async.workers import Leases


TOLD: Final = 50
"""How many of the problems of a file are told, at most."""

KEPT: Final = 10 * 365 * 86_400.0
"""Seconds for which the store keeps what has ended: longer than anybody needs the journal."""

LEASE: Final = 10.0
"""Seconds after which what a killed process was at is taken over."""

LOOK: Final = 15.0
"""Seconds between two looks for what became of a request."""

ENDINGS: Final = ("expired", "declined", FAILED, REFUSED)


@attrs.frozen(kw_only=True)
class Options:
    """
    What the command was told.
    """

    concurrency: int
    ask: bool
    patience: float

    @property
    def leases(self) -> Leases:
        """
        How long a process that says nothing is believed to be at work.
        """
        return Leases(
            lease=min(LEASE, self.patience), patience=self.patience, interval=min(LOOK, self.patience / 4)
        )


def bulk(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV or JSONL; `-` for standard input."),
    ],
    access: Access,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where results go, a line of JSON for each row; in the journal by default."
        ),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the journal is; FILE.bulk by default.", file_okay=False),
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, max=500, metavar="N", help="How many rows at a time.")
    ] = 20,
    ask: Annotated[
        bool | None,
        typer.Option(
            "--ask/--park",
            show_default="--ask at a terminal",
            rich_help_panel=CHALLENGES,
            help="Ask for tokens here, one after the other, or leave challenges in the journal.",
        ),
    ] = None,
    again: Annotated[
        list[str] | None,
        typer.Option(metavar="ENDING", help=f"Begin the rows again that ended so: {', '.join(ENDINGS)}."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Look for mistakes in the file, and do nothing else.")
    ] = False,
    patience: Annotated[
        float,
        typer.Option(
            min=1,
            max=3600,
            metavar="SECONDS",
            help="How long Belvo may still be at work on what a killed process has sent.",
        ),
    ] = 330,
) -> None:
    """
    Register many links, or retrieve much data, from a file.

    A row with an `institution` registers a link: institution, username, password, external_id …; a row with a `resource`
    retrieves data: resource, link, date_from, date_to …. Columns are named as the arguments of the library. Wrong rows are
    told all at once, before anything is sent.

    The journal, a folder beside the file, remembers how far each row is. Interrupt or kill this at any moment and start it again: it
    goes on, registers no row twice and answers no challenge twice. Ctrl-C lets what is under way end; a second one does not.

    Challenges are asked for at the terminal, or left in the journal, where `belvo-async inbox` or the next run
    answers them. Two files there are made for you: `results.jsonl` and `left.jsonl`.

    Exit status: 0 all rows have completed; 2 wrong rows or wrong usage, nothing was sent; 7 something is left to do, start it
    again; 4 nothing but challenges that wait for their users; 1 nothing but rows that failed; 130 interrupted.
    """
    endings = _endings(again or [])
    if str(file) != "-" and not file.is_file():
        raise typer.BadParameter(f"{file}: there is no such file", param_hint="FILE")
    if str(file) == "-" and journal is None and not check:
        raise typer.BadParameter("standard input needs a place for it", param_hint="--journal")
    _check_output(output)
    options = Options(
        concurrency=concurrency,
        ask=(_can_ask(file) if ask is None else ask) and not access.no_prompt,
        patience=patience,
    )
    shown = Shown(console(errors=True), quiet=access.json)
    # To look at the file no keys are needed.
    client = BelvoClient("-", "-", environment="sandbox") if check else access.open(observers=[shown])
    with ExitStack() as stack:
        try:
            folder = (
                Path(stack.enter_context(tempfile.TemporaryDirectory())) if check else _folder(file, journal)
            )
            source = stack.enter_context(Source(None if str(file) == "-" else file))
            notes = stack.enter_context(Journal(folder / "rows.db"))
            rows = read(source, notes, client)
            if check:
                console().print(f"{rows:,} rows, nothing wrong")
                return
            results = stack.enter_context(Results(output or folder / "results.jsonl", notes))
        except JournalError as error:
            complain(str(error))
            raise typer.Exit(Exit.USAGE) from None
        if endings:
            notes.restart(endings)
        ended = run(_driven(client, source, notes, results, folder, options, shown))
    _tell(ended, folder, json=access.json)


def _endings(again: Sequence[str]) -> frozenset[str]:
    for ending in again:
        if ending not in ENDINGS:
            raise typer.BadParameter(
                f"expected one of {', '.join(ENDINGS)}, found {ending}", param_hint="--again"
            )
    return frozenset(again)


def _can_ask(file: Path) -> bool:
    return str(file) != "-" and person_is_there()


def _folder(file: Path, journal: Path | None) -> Path:
    folder = journal or file.with_name(f"{file.name}.bulk")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        raise typer.BadParameter(
            f"{folder.parent}: there is no such folder", param_hint="--journal"
        ) from None
    return folder


def _check_output(output: Path | None) -> None:
    """
    Refuse what is no place for results: they are read again when it goes on.
    """
    if output is None or output.is_file():
        return
    if output.exists():
        raise typer.BadParameter(f"{output}: expected a file", param_hint="--output")
    if not output.parent.is_dir():
        raise typer.BadParameter(f"{output.parent}: there is no such folder", param_hint="--output")


# --- before anything is sent ---


def read(source: Source, journal: Journal, client: BelvoClient) -> int:
    """
    Take note of all rows, and return how many there are.

    Raises:
        Exit: Some cannot be meant. They were told, and nothing was noted.

        JournalError: The journal belongs to something else.
    """
    jobs, problems, secret = Jobs(client), _Problems(source.name), False
    with journal.reading() as reading:
        for row in source.rows():
            if isinstance(row, Problem):
                problems.add(row)
                continue
            secret = secret or not SECRETS.isdisjoint(row.values)
            try:
                problems.add(*reading.take(row, jobs.read(row)))
            except RowError as error:
                problems.add(*error.problems)
        if not reading.rows and not problems.count:
            problems.add(Problem(1, "", "rows", "none"))
        problems.tell()
        _check_belongs(journal, client, reading, source.name)
    if secret and source.is_open_to_others:
        complain(
            f"{source.name} holds passwords, and other users of this machine can read it: chmod 600 {source.name}"
        )
    return reading.rows


def _check_belongs(journal: Journal, client: BelvoClient, reading: Reading, name: str) -> None:
    belvo = journal.fact("belvo")
    if not reading.before:
        journal.note("belvo", client.base_url)
    elif belvo != client.base_url:
        raise JournalError(
            f"the journal was begun at {belvo}, and this is {client.base_url}; name another --journal"
        )
    elif not reading.known:
        raise JournalError(
            f"the journal is of another file: it knows no row of {name}; name another --journal"
        )


class _Problems:
    """
    What is wrong with a file, told at the end.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._first: list[Problem] = []
        self.count = 0

    def add(self, *problems: Problem) -> None:
        """
        Keep them, if they are among the first.
        """
        self.count += len(problems)
        self._first += problems[: max(TOLD - len(self._first), 0)]

    def tell(self) -> None:
        """
        Tell them, and end the command, if there are any.
        """
        if not self.count:
            return
        for problem in self._first:
            complain(f"{self._name}, line {problem.line}: {problem}")
        if self.count > len(self._first):
            complain(f"and {self.count - len(self._first):,} more like these")
        complain("nothing was sent")
        raise typer.Exit(Exit.USAGE)


# --- the run ---


@attrs.frozen
class Ended:
    """
    How a run has ended.

    Attributes:
        report: What came of the rows.

        worked: How many rows have ended in it.

        missing: How many rows that were begun earlier are not in the file any more.

        interrupted: Whether somebody has stopped it.

        problem: What stopped it, if it did not come to its end.
    """

    report: Report
    worked: int
    missing: int
    interrupted: bool
    problem: str | None


async def _driven(
    client: BelvoClient,
    source: Source,
    journal: Journal,
    results: Results,
    folder: Path,
    options: Options,
    shown: Shown,
) -> Ended:
    keys = [key.strip() for key in os.environ.get(KEYS, "").split(",") if key.strip()]
    async with client, SQLiteStore(folder / "flows.db", keys=keys, keep=KEPT) as store:
        work = Work(
            client=client,
            source=source,
            journal=journal,
            results=results,
            store=store,
            concurrency=options.concurrency,
            ask=make_ask(shown) if options.ask else None,
            leases=options.leases,
        )
        working = asyncio.create_task(work.run())
        with _interruptible(work, working):
            async with shown.showing(source.name, work.progress):
                await asyncio.wait({working})
        problem = work.problem
        if not working.cancelled() and (error := working.exception()) is not None:
            if not isinstance(error, BelvoError):
                raise error
            problem = str(error)
        interrupted = work.stopping.is_set() and work.problem is None
        report = await make_report(journal, store, folder / "left.jsonl")
        return Ended(report, work.progress.worked, journal.missing(), interrupted, problem)


def make_ask(shown: Shown) -> Ask:
    """
    Return what asks the person at the terminal, and says whom it is about.
    """
    asker = Asker(leave="leaves it for later")

    async def ask(entry: Entry, challenge: MfaChallenge) -> str | None:
        with shown.silenced():
            screen = console(errors=True)
            screen.print()
            screen.print(harmless(f"{entry.name} (line {entry.line})"), soft_wrap=True)
            return await asker(challenge)

    return ask


@contextmanager
def _interruptible(work: Work, working: asyncio.Task[None]) -> Generator[None]:
    """
    Let the first Ctrl-C (or SIGTERM) begin nothing more, and the second one break off what is under way.
    """

    def interrupt() -> None:
        if work.stopping.is_set():
            working.cancel()
            return
        under_way = work.progress.under_way
        complain(f"stopping; {under_way} rows are under way (Ctrl-C again leaves them to the next run)")
        work.stop()

    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows, where Ctrl-C breaks off at once
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, interrupt)
    yield


# --- what came of it ---


def _tell(ended: Ended, folder: Path, *, json: bool) -> None:
    status = _status(ended)
    report = ended.report
    if json:
        summary = {name: report.counts.get(name, 0) for name in COUNTED}
        write_json(
            {
                "rows": report.total,
                **summary,
                "ended_in_this_run": ended.worked,
                "not_in_the_file_any_more": ended.missing,
                "interrupted": ended.interrupted,
                "journal": str(folder),
                "status": int(status),
            }
        )
    else:
        told = ", ".join(
            f"{report.counts[name]:,} {COUNTED[name]}" for name in COUNTED if report.counts.get(name)
        )
        console().print(f"{report.total:,} rows: {told}", soft_wrap=True)
    if ended.problem is not None:
        complain(ended.problem)
    for line in report.first:
        complain(line)
    if ended.missing:
        complain(
            f"{ended.missing:,} rows that were begun are not in the file any more; what they began stays as it is"
        )
    if not report.is_done:
        complain(f"{folder / 'left.jsonl'} lists what did not complete{_next(report, folder)}")
    if status is not Exit.DONE:
        raise typer.Exit(status)


COUNTED: Final = {
    "completed": "completed",
    "waiting": "wait for their users",
    "left": "begun and not ended",
    "new": "not begun",
    FAILED: "failed",
    REFUSED: "refused",
    "expired": "expired",
    "declined": "declined",
}
"""Every state of a row, in words."""


def _next(report: Report, folder: Path) -> str:
    """
    Return how to go on.
    """
    ways = []
    if report.counts.get("waiting"):
        ways.append(
            f"start it again at a terminal to answer, or use `belvo-async inbox {folder / 'flows.db'}`"
        )
    elif report.counts.get("left") or report.counts.get("new"):
        ways.append("start it again to go on")
    ended = [name for name in ENDINGS if report.counts.get(name)]
    if ended:
        ways.append(f"`--again {ended[0]}` begins those again")
    return f"; {'; '.join(ways)}" if ways else ""


def _status(ended: Ended) -> Exit:
    counts = ended.report.counts
    if ended.report.is_done:
        return Exit.DONE
    if ended.interrupted:
        return Exit.INTERRUPTED
    if ended.problem is not None or counts.get("left") or counts.get("new"):
        return Exit.TRY_LATER
    return Exit.TOKEN_REQUIRED if counts.get("waiting") else Exit.FAILED
