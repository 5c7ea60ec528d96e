"""
`belvo-async demo`: the main job, to be watched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from belvo_async.cli.demonstration.play import Options, Result, perform, workload
from belvo_async.cli.demonstration.report import as_json, told
from belvo_async.cli.demonstration.scenario import Scenario, make_scenario
from belvo_async.cli.display import Display, Quiet, make_display
from belvo_async.cli.exits import Exit
from belvo_async.cli.faults import FaultsFile, read_faults
from belvo_async.cli.running import run
from belvo_async.cli.terminal import can_redraw, complain, console, write_json


def demo(
    links: Annotated[
        int, typer.Option(min=1, max=100_000, metavar="N", help="How many links to register.")
    ] = 300,
    concurrency: Annotated[
        int, typer.Option(min=1, max=1000, metavar="N", help="How many flows to drive at once.")
    ] = 50,
    seed: Annotated[
        int, typer.Option(metavar="N", help="The same seed makes the same users do the same.")
    ] = 0,
    latency: Annotated[
        float, typer.Option(min=0, max=10, metavar="SECONDS", help="How long the bank takes for a login.")
    ] = 0.02,
    think: Annotated[
        float, typer.Option(min=0, max=10, metavar="SECONDS", help="How long a user takes at most.")
    ] = 0.05,
    faults: FaultsFile = None,
    json: Annotated[
        bool, typer.Option("--json", help="Write one JSON object to standard output, nothing else.")
    ] = False,
) -> None:
    """
    Carry many multi-factor flows to their end, all at once, and check the books.

    A sandbox of Belvo's runs inside of this process; the client talks to it over HTTP on the loopback. No keys
    and no network are needed.

    First it registers links, each of which brings a challenge: a code, a number, a QR code, a tap in an app, or
    two in a row. Most users answer; some give a wrong token first, some decline, and some never answer, so that
    the challenge expires.

    Then it retrieves the balances of every confirmed link, which takes another token; half of them are stored. A
    third of the links gets new credentials, which takes a token, too.

    In the end it reads back what is stored, and compares what the client and the sandbox have counted.

    A challenge waits for ten minutes, as Belvo's do; the clock that client and sandbox share skips most of them.

    With `--faults`, which `belvo-async sandbox --help` explains, the books will not balance, and you see how.

    Exit status: 0 both have counted the same, and what was planned; 1 they have not (standard error lists what
    differs); 2 wrong usage; 130 interrupted by Ctrl-C or SIGTERM.
    """
    scenario = make_scenario(links, seed)
    options = Options(
        concurrency=concurrency, seed=seed, latency=latency, think=think, faults=read_faults(faults, seed)
    )
    if not json:
        console().print(f"{links:,} links, {concurrency:,} flows at once", soft_wrap=True)
    result = run(perform(scenario, options, _display(scenario, json=json)))
    _tell(result, {"links": links, **_settings(options)} if json else None)


def _display(scenario: Scenario, *, json: bool) -> Display:
    if not json:
        return make_display(console(), workload(scenario))
    # Standard output is for the program that reads it. A person may watch on standard error.
    errors = console(errors=True)
    return make_display(errors, workload(scenario)) if can_redraw(errors) else Quiet()


def _tell(result: Result, settings: Mapping[str, Any] | None) -> None:
    """
    Tell *result*: to programs together with the *settings*, or to people; and end with what it means.
    """
    if settings is None:
        console().print(told(result))
    else:
        write_json({**settings, **as_json(result)})
    for failure, count in result.client.failures.most_common(5):
        complain(f"{count:,} failed: {failure}")
    for disagreement in result.disagreements:
        complain(f"disagreement: {disagreement}")
    if result.disagreements:
        raise typer.Exit(Exit.FAILED)


def _settings(options: Options) -> Mapping[str, Any]:
    return {
        "concurrency": options.concurrency,
        "seed": options.seed,
        "latency": options.latency,
        "think": options.think,
    }
