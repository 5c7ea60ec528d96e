"""
Where secrets come from: a file, a variable of the environment, or a person who types them unseen. Never an argument,
since arguments are seen by everybody on the machine.
"""

from __future__ import annotations

import getpass
import os
import sys

import typer

from belvo_async.cli.exits import Exit
from belvo_async.cli.terminal import complain


STDIN = "-"
"""The name of a file that stands for standard input."""


def person_is_there() -> bool:
    """
    Whether somebody can be asked: standard error is a terminal, and so is what they type on.
    """
    if not sys.stderr.isatty():
        return False
    if sys.stdin.isatty():
        return True
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True


def read_file(path: str, option: str) -> str:
    """
    Return the text of a file, or of standard input where *path* is `-`.

    Raises:
        BadParameter: It cannot be read, or holds nothing.
    """
    try:
        if path == STDIN:
            text = sys.stdin.read()
        else:
            with open(path, encoding="utf-8") as file:  # noqa: PTH123 - so named by the user
                text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "expected UTF-8"
        raise typer.BadParameter(f"{path}: {told}", param_hint=option) from None
    if not text.strip():
        where = "standard input" if path == STDIN else path
        raise typer.BadParameter(f"{where} holds nothing (any more)", param_hint=option)
    return text


def secret(what: str, *, option: str, file: str | None, variable: str, ask: bool) -> str:
    """
    Return a secret: from *file* if there is one, else from *variable*, else from a person, if *ask* and one is there.

    Raises:
        BadParameter: It is nowhere.
    """
    if file is not None:
        return read_file(file, option).rstrip("\r\n")
    value = os.environ.get(variable)
    if value:
        return value
    if ask and person_is_there():
        return typed_unseen(f"{what}: ", option)
    raise typer.BadParameter(
        f"{what} is missing: give it in {variable} or by {option}, or be at a terminal",
        param_hint=option,
    )


def typed_unseen(prompt: str, option: str) -> str:
    """
    Return what a person types, which is not shown.

    Raises:
        BadParameter: Nothing was typed.

        Exit: Ctrl-C.
    """
    try:
        typed = getpass.getpass(prompt)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        complain("interrupted")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except EOFError:
        typed = ""
    if not typed:
        raise typer.BadParameter("nothing was typed", param_hint=option)
    return typed
