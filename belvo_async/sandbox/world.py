"""
Everything that the sandbox's Belvo consists of, in one place.
"""

from __future__ import annotations

from datetime import UTC

import attrs

from belvo_async.sandbox.clock import Clock, stamp
from belvo_async.sandbox.desk import Desk
from belvo_async.sandbox.ids import Ids
from belvo_async.sandbox.keys import PUBLIC_KEYS, Keys
from belvo_async.sandbox.outbox import Outbox
from belvo_async.sandbox.registry import Registry
from belvo_async.sandbox.saved import Saved
from belvo_async.sandbox.settings import Settings


@attrs.frozen(eq=False)
class World:
    """
    The state of one sandbox.

    Attributes:
        outbox: Where webhooks go.

        key: Id of the secret keys, shown as `created_by` in links.

        keys: The keys that are accepted.

        busy: Ids of the links that work is under way for.
    """

    settings: Settings
    clock: Clock
    ids: Ids
    registry: Registry
    desk: Desk
    saved: Saved
    outbox: Outbox
    key: str
    keys: Keys
    busy: set[str] = attrs.field(factory=set)

    @property
    def today(self) -> int:
        """
        The day in UTC, as an ordinal.
        """
        return self.clock.now().astimezone(UTC).date().toordinal()

    @property
    def now(self) -> str:
        """
        The time as Belvo writes it.
        """
        return stamp(self.clock)


def make_world(
    settings: Settings,
    clock: Clock,
    seed: int,
    remember: int,
    keys: Keys = PUBLIC_KEYS,
    outbox: Outbox | None = None,
) -> World:
    """
    Return a world without links. The same *seed* draws the same ids.
    """
    ids = Ids(seed)
    desk = Desk(settings, clock, ids, remember)
    outbox = outbox or Outbox(clock, None, None, remember)
    return World(settings, clock, ids, Registry(), desk, Saved(), outbox, ids.uuid(), keys)
