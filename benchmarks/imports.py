"""
What `import belvo_async` costs, against `import aiohttp`, which it needs.

CPU time in new processes, with bytecode that is compiled before: it is kept in a folder of its own here, so that
neither an editable install nor PYTHONDONTWRITEBYTECODE makes every process compile again.
"""

from __future__ import annotations

import os
import tempfile

from typing import Final

from figures import Figure, program, said
from rounds import Spread, interleaved, ratio


MODULES: Final = ("belvo_async", "aiohttp")

TIMED: Final = "import time; began = time.process_time(); import {}; print(time.process_time() - began)"


def measure(quick: bool) -> list[Figure]:
    """
    Import both, many times.
    """
    said("imports")
    commands = {name: ["-P", "-c", TIMED.format(name)] for name in MODULES}
    with tempfile.TemporaryDirectory() as folder:
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        env["PYTHONPYCACHEPREFIX"] = folder
        interleaved(commands, 1, env)  # compiles
        spent = interleaved(commands, 8 if quick else 60, env)
    ours, theirs = (spent[name] for name in MODULES)
    least = Spread.of([min(ours) / min(theirs)])
    return [
        *(
            Figure.spread(f"imports.ms.{name}", f"import {name}", Spread.of(spent[name]), "ms CPU", 1e3)
            for name in MODULES
        ),
        Figure.spread("imports.ratio", "import belvo_async / import aiohttp", ratio(ours, theirs), "x"),
        Figure.spread("imports.least", "the same, of the quickest of each", least, "x"),
    ]


if __name__ == "__main__":
    program(__doc__, measure)
