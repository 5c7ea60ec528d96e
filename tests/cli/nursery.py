"""
A process from which others are made in no time: it has imported the command line, and forks.

A program of its own, since a process with threads must not fork. A line on standard input holds the arguments of a command, its
environment and where it writes to, as JSON; the answer is a line with the number of the process that carries it out, and later one with
its exit status.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

from collections.abc import Mapping, Sequence

from belvo_async.cli import main
from belvo_async.cli.app import app


def carry_out(arguments: Sequence[str], variables: Mapping[str, str], out: str, errors: str) -> int:
    """
    Be the command and return its exit status.
    """
    os.environ.update(variables)
    for number, path in ((1, out), (2, errors)):
        os.dup2(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["belvo-async", *arguments]
    try:
        main()
    except SystemExit as told:
        return told.code if isinstance(told.code, int) else 0
    except Exception:  # noqa: BLE001 - to be seen in what it wrote
        traceback.print_exc()
        return 99
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def nurse() -> None:
    """
    Carry out one command after the other, each in a process of its own.
    """
    assert app.info.name == "belvo-async"
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(carry_out(**json.loads(line)))
        answers.write(f"{child}\n")
        answers.flush()
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


if __name__ == "__main__":
    nurse()
