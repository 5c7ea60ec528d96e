"""
The commands, one line for each.

One is imported when it is called, or when the help names it: with all of them a start would take twice as long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any, Final

import typer

from typer.core import TyperGroup

from belvo_async.cli.spread import spread
from belvo_async.version import __version__


BEGIN, WORK, DATA = "Begin here", "Links and challenges", "What Belvo has"

COMMANDS: Final = {
    "demo": BEGIN,
    "sandbox": BEGIN,
    "check": BEGIN,
    "resume": WORK,
    "inbox": WORK,
    "bulk": WORK,
}
"""Each a function of the module of that name, with the panel of the help in which it stands."""

LOOK: Final[Mapping[str, Any]] = {
    "pretty_exceptions_enable": False,  # a traceback that shows variables would show passwords
    "rich_markup_mode": "markdown",
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


class _Commands(Mapping[str, Any]):
    """
    The commands by name, and a group of them for each resource that the client has.
    """

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __iter__(self) -> Iterator[str]:
        from belvo_async.cli import resources  # noqa: PLC0415 - see above

        return iter((*COMMANDS, *resources.names()))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _command(name) if name in COMMANDS else _group(name)
        return self._made[name]


def _command(name: str) -> Any:
    holder = typer.Typer(**LOOK)
    holder.command(name, rich_help_panel=COMMANDS[name])(
        spread(getattr(import_module(f"belvo_async.cli.{name}"), name))
    )
    return _held(holder, name)


def _group(name: str) -> Any:
    """
    Return the commands of a resource.

    Raises:
        KeyError: There is none of that name.
    """
    from belvo_async.cli import links, resources  # noqa: PLC0415 - see above

    group = resources.group(name)
    if name == "links":
        group.command()(spread(links.register))
        group.command()(spread(links.update))
    holder = typer.Typer(**LOOK)
    holder.add_typer(group, name=name, rich_help_panel=WORK if name == "links" else DATA)
    return _held(holder, name)


def _held(holder: typer.Typer, name: str) -> Any:
    holder.callback()(lambda: None)  # makes it a group, of which this is the only one
    return typer.main.get_command(holder).commands[name]  # type: ignore[attr-defined] # a group has them


class _Belvo(TyperGroup):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = _Commands()  # type: ignore[assignment] # nobody adds one


app = typer.Typer(name="belvo-async", cls=_Belvo, no_args_is_help=True, **LOOK)


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
