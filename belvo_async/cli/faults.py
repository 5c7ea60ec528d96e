"""
The option `--faults`, the same wherever a sandbox is started.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from belvo_async.sandbox import FaultError, Faults


FaultsFile = Annotated[
    Path | None,
    typer.Option(
        "--faults",
        exists=True,
        dir_okay=False,
        metavar="FILE",
        help="A JSON file that lists what is to go wrong.",
    ),
]


def read_faults(path: Path | None, seed: int) -> Faults | None:
    """
    Return the faults that the file lists; `None` if there is none.

    Raises:
        BadParameter: It lists none that make sense.
    """
    if path is None:
        return None
    try:
        return Faults.from_json(path.read_bytes(), seed)
    except (FaultError, OSError) as error:
        raise typer.BadParameter(f"{path}: {error}", param_hint="--faults") from error
