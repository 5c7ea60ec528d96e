"""
Ready-made ways to ask the user: `terminal` asks at this process's terminal, a `TokenInbox` through a store, in any process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from belvo_async.prompts.terminal import terminal


if TYPE_CHECKING:
    from belvo_async.prompts.inbox import TokenInbox


__all__ = ["TokenInbox", "terminal"]


def __getattr__(name: str) -> Any:
    if name != "TokenInbox":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from belvo_async.prompts.inbox import TokenInbox  # noqa: PLC0415 - brings the stores

    return TokenInbox
