"""
A request as the rules of Belvo see it: no sockets, no headers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.challenges import ChallengeShape


@attrs.define(eq=False)
class Call:
    """
    One request.

    Attributes:
        operation: Method and path, with `{id}` in the place of an id.

        path: As sent, without the query.

        id: What stands in the place of `{id}`; empty if nothing does.

        query: Names and values.

        body: The JSON object; empty if there was none.

        origin: Scheme and host, for the links between pages.

        deferred: Whether the caller asked to be answered at once and informed by webhook.

        arrived: When it arrived, in monotonic seconds. What takes long is judged by that.

        timed_out: Whether the work took longer than Belvo waits.

        shape: How to write challenges, if not as the settings say.

        ask: A kind of challenge to put before all others, once.
    """

    operation: str
    path: str
    id: str = ""
    query: Mapping[str, str] = attrs.field(factory=dict)
    body: Json = attrs.field(factory=dict)
    origin: str = ""
    deferred: bool = False
    arrived: float = 0.0
    timed_out: bool = False
    shape: ChallengeShape | None = None
    ask: str | None = None

    def get(self, name: str, default: Any = None) -> Any:
        """
        Return the member *name* of the body.
        """
        return self.body.get(name, default)

    def trimmed(self, row: Json) -> Json:
        """
        Return *row* with what `fields` and `omit` of the query leave of it.
        """
        keep, drop = self.query.get("fields"), self.query.get("omit")
        if keep:
            names = keep.split(",")
            row = {name: row[name] for name in names if name in row}
        if drop:
            names = drop.split(",")
            row = {name: value for name, value in row.items() if name not in names}
        return row
