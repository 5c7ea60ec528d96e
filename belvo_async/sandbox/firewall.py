"""
The wall in front of Belvo that blocks addresses which ask too often.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import attrs

from belvo_async.sandbox.answers import HTML, Answer


PAGE: Final = (
    b"<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n"
    b"<center><h1>403 Forbidden</h1></center>\r\n<hr><center>openresty</center>\r\n</body>\r\n</html>\r\n"
)

FORBIDDEN: Final = Answer(403, PAGE, HTML, {"Server": "openresty"})


@attrs.define
class Firewall:
    """
    Lets through *limit* requests of one address in any *window* seconds.

    Blocked requests count, too: who keeps hammering stays out.

    Attributes:
        blocked: How many requests it has blocked.
    """

    limit: int = 80
    window: float = 30.0
    blocked: int = 0
    _seen: dict[str, deque[float]] = attrs.field(factory=dict, init=False, repr=False)

    def blocks(self, address: str, now: float) -> bool:
        """
        Count a request of *address* at *now* (monotonic seconds), and tell whether it is blocked.
        """
        seen = self._seen.get(address)
        if seen is None:
            seen = self._seen[address] = deque(maxlen=self.limit)
        full = len(seen) == self.limit and now - seen[0] < self.window
        seen.append(now)
        self.blocked += full
        return full
