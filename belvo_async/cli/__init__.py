"""
The command line, `belvo-async`.

A command is a module of its own: a function with typed options, registered by one line in `app`. This file imports
nothing that the extra `cli` brings, so that it can say what to do where the extra is missing.
"""

from __future__ import annotations

import os
import sys

from typing import Final

from belvo_async.cli.exits import Exit


__all__ = ["Exit", "main"]

EXTRA: Final = frozenset({"rich", "segno", "typer"})
"""The packages that it brings."""


def main() -> None:
    """
    Run the command that the arguments of this process name, and exit. See `Exit` for the statuses.
    """
    try:
        from belvo_async.cli.app import app  # noqa: PLC0415 - needs the extra

        app(prog_name="belvo-async")  # also for `python -m belvo_async.cli`
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRA:
            raise
        print(
            f'belvo-async needs {error.name}, which is not installed: pip install "belvo-async[cli]"',
            file=sys.stderr,
        )
        sys.exit(Exit.NO_EXTRA)
    except OSError as error:
        print(f"belvo-async: {error}", file=sys.stderr)
        _give_up_output()
        sys.exit(Exit.FAILED)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)


def _give_up_output() -> None:
    # What could not be written is still in the buffer; Python would fail with it again at the very end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
