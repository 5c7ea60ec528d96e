"""
Whether the client and the sandbox counted the same, and whether that is what the scenario asks for. No I/O.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self

import attrs

from belvo_async.cli.demonstration.tally import Ending, Phase, PhaseTally, Tally
from belvo_async.sandbox import Sandbox


@attrs.frozen(kw_only=True)
class ServerCounts:
    """
    What the sandbox has counted.

    Attributes:
        requests: How many requests of each operation arrived.

        issued: How many challenges it sent.

        answered: How many of them got the right token, or were confirmed.

        rejected: How many got the wrong token.

        refused: How many got a token that ended the flow.

        expired: How many got nothing in time.

        open: How many wait still.

        duplicates: How many were sent more than one `PATCH`.

        blocked: How many requests met the firewall.

        links: How many links there are in each status.

        stored: How many rows it keeps.

        peak: The most requests under way at once.
    """

    requests: Mapping[str, int]
    issued: int = 0
    answered: int = 0
    rejected: int = 0
    refused: int = 0
    expired: int = 0
    open: int = 0
    duplicates: int = 0
    blocked: int = 0
    links: Mapping[str, int]
    stored: int = 0
    peak: int = 0

    @classmethod
    def from_sandbox(cls, sandbox: Sandbox, links: Mapping[str, int], stored: int) -> Self:
        """
        Read what *sandbox* has counted.

        Args:
            links: How many links its lists show in each status.

            stored: How many rows its lists show.
        """
        summary = sandbox.summary()
        return cls(
            requests=dict(sandbox.counts),
            issued=summary["challenges_issued"],
            answered=summary["challenges_answered"],
            rejected=summary["challenges_rejected"],
            refused=summary["challenges_refused"],
            expired=summary["challenges_expired"],
            open=summary["challenges_open"],
            duplicates=sandbox.duplicates,
            blocked=summary["blocked"],
            links=dict(links),
            stored=stored,
            peak=summary["peak"],
        )

    @property
    def total(self) -> int:
        """
        How many requests arrived.
        """
        return sum(self.requests.values())

    @property
    def patches(self) -> int:
        """
        How many answers to challenges arrived.
        """
        return sum(count for operation, count in self.requests.items() if operation.startswith("PATCH "))


@attrs.frozen
class Disagreement:
    """
    Something that two sides count differently.

    Attributes:
        what: What was counted.

        one: Who counted it, and what that one found.

        other: The same for the other.
    """

    what: str
    one: tuple[str, int]
    other: tuple[str, int]

    def __str__(self) -> str:
        (one, found), (other, otherwise) = self.one, self.other
        return f"{self.what}: {one} {found:,}, {other} {otherwise:,}"


def disagreements(
    expected: Mapping[Phase, PhaseTally], client: Tally, server: ServerCounts
) -> list[Disagreement]:
    """
    Return all that does not agree; nothing, if all is well.

    Args:
        expected: What the scenario asks for.

        client: What the client saw.

        server: What the sandbox saw.
    """
    return [*_not_as_planned(expected, client), *_not_the_same(client, server), *_not_once(server)]


def _not_as_planned(expected: Mapping[Phase, PhaseTally], client: Tally) -> Iterator[Disagreement]:
    for phase, plan in expected.items():
        found = client.phases[phase]
        for ending in Ending:
            what = f"{phase.value}, flows {ending.value}"
            yield from _differing(what, "planned", plan.endings[ending], "client", found.endings[ending])
        for name in ("challenges", "answers", "wrong"):
            what = f"{phase.value}, {NAMES[name]}"
            yield from _differing(what, "planned", getattr(plan, name), "client", getattr(found, name))


NAMES: Mapping[str, str] = {
    "challenges": "challenges issued",
    "answers": "challenges answered",
    "wrong": "wrong tokens",
}


def _not_the_same(client: Tally, server: ServerCounts) -> Iterator[Disagreement]:
    total = client.total
    for operation in sorted({*client.requests, *server.requests}):
        sent, arrived = client.requests[operation], server.requests.get(operation, 0)
        yield from _differing(f"requests {operation}", "client", sent, "sandbox", arrived)
    for what, seen, counted in (
        ("challenges issued", total.challenges, server.issued),
        (
            "challenges answered",
            total.answers,
            server.answered + server.rejected + server.refused,
        ),
        ("wrong tokens", total.wrong, server.rejected),
        ("challenges unanswered", total.unanswered, server.expired + server.open),
        ("balances stored", client.stored, server.stored),
    ):
        yield from _differing(what, "client", seen, "sandbox", counted)
    for status in sorted({*client.links, *server.links}):
        known, listed = client.links.get(status, 0), server.links.get(status, 0)
        yield from _differing(f"links {status}", "client", known, "sandbox", listed)


def _not_once(server: ServerCounts) -> Iterator[Disagreement]:
    answered = server.answered + server.rejected + server.refused
    yield from _differing(
        "exactly one PATCH for each answered challenge", "answered", answered, "PATCHes", server.patches
    )
    for what, count in (
        ("challenges sent more than one PATCH", server.duplicates),
        ("challenges still open at the end", server.open),
        ("requests blocked by the firewall", server.blocked),
    ):
        yield from _differing(what, "expected", 0, "sandbox", count)


def _differing(what: str, one: str, found: int, other: str, otherwise: int) -> Iterator[Disagreement]:
    if found != otherwise:
        yield Disagreement(what, (one, found), (other, otherwise))
