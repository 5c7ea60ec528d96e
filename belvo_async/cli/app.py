"""
The commands, one line for each.
"""

from __future__ import annotations

from typing import Annotated

import typer

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

app.command()(demo)
app.command()(sandbox)
app.command()(spread(check))
app.command()(spread(resume))
app.command()(inbox)

for _name, _group in groups():
    if _name == "links":
        _group.command()(spread(register))
        _group.command()(spread(update))
    app.add_typer(_group, name=_name, rich_help_panel="What Belvo has")


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

    Every command explains itself: `belvo-async demo --help`

    Secrets come from the environment (`BELVO_SECRET_ID`, `BELVO_SECRET_PASSWORD`), never from arguments.

    Exit status: 0 done, 1 failed (standard error says why), 2 wrong usage, 3 the extra `cli` is not installed,
    130 interrupted.
    """
