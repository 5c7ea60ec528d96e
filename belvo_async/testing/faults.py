"""
What goes wrong most often, by name: for `belvo_sandbox.script(faults=[…])` and `@pytest.mark.belvo(faults=[…])`.

Each happens once. For everything else make a `Fault`.
"""

from __future__ import annotations

from typing import Final

from belvo_async.sandbox import Fault


LOST_ANSWER: Final = Fault(kind="close_processed", operation="PATCH *", times=1)
"""The user's answer arrives, Belvo acts, and its own answer is lost."""

LOST_TOKEN: Final = Fault(kind="close_read", operation="PATCH *", times=1)
"""The user's answer is lost on its way: it has left, and Belvo never acts."""

LOST_LOGIN: Final = Fault(kind="close_processed", operation="POST *", times=1)
"""A login is carried out, or challenged, and the answer is lost."""

RATE_LIMITED: Final = Fault(kind="answer", code="too_many_requests", retry_after=2, times=1)
"""The next request is turned away: too many came."""

FIREWALL: Final = Fault(kind="html_403", times=1)
"""The firewall turns the next request away, with its HTML page."""

BANK_DOWN: Final = Fault(kind="answer", code="institution_down", operation="POST *", times=1)
"""The bank cannot be reached when somebody logs in."""

BELVO_DOWN: Final = Fault(kind="html_502", times=1)
"""A proxy of Belvo's answers the next request."""
