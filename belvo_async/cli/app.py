"""
The commands, one line for each.
"""

from __future__ import annotations

from typing import Annotated

import typer

from belvo_async.cli.bulk import bulk
from belvo_async.cli.check import check
from belvo_async.cli.demo import demo
from belvo_async.cli.inbox import inbox
from belvo_async.cli.links import register, update
from belvo_async.cli.resources import groups
from belvo_async.cli.resume import resume
from belvo_async.cli.sandbox import sandbox
from belvo_async.cli.spread import spread
from belvo_async.version import __version__


app = typer.Typer(
    name="belvo-async",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback that shows variables would show passwords
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

BEGIN, WORK, DATA = "Begin here", "Links and challenges", "What Belvo has"

app.command(rich_help_panel=BEGIN)(demo)
app.command(rich_help_panel=BEGIN)(sandbox)
app.command(rich_help_panel=BEGIN)(spread(check))
app.command(rich_help_panel=WORK)(spread(resume))
app.command(rich_help_panel=WORK)(inbox)
app.command(rich_help_panel=WORK)(spread(bulk))

for _name, _group in groups():
    if _name == "links":
        _group.command()(spread(register))
        _group.command()(spread(update))
    app.add_typer(_group, name=_name, rich_help_panel=WORK if _name == "links" else DATA)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"belvo-async {__version__}")
        raise typer.Exit


@app.callback()
def _belvo_async(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """
    Belvo's open-finance API, with the multi-factor flow carried to its end.

    See it work, with nothing but this machine: `belvo-async demo`

    Have a Belvo to write your own program against: `belvo-async sandbox`

    Look whether your keys work: `belvo-async check --env sandbox`

    Connect a user, and read what the bank has: `belvo-async links register INSTITUTION USERNAME`,
    `belvo-async accounts retrieve LINK`

    Every command explains itself: `belvo-async links register --help`

    Secrets come from the environment (`BELVO_SECRET_ID`, `BELVO_SECRET_PASSWORD`), a file, or are asked for unseen;
    never from arguments.

    Exit status: 0 done, 1 failed (standard error says why), 2 wrong usage, 3 an extra is not installed, 4 the bank wants a
    token and nobody was there to ask, 5 the challenge was not answered, 6 refused, 7 not reached or busy: try later,
    8 what became of it is unknown: look first, 130 interrupted.
    """
