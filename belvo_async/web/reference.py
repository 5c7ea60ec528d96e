"""
What stands in the URL of a page: a reference to a flow, sealed, that ends by itself. It shows not even the flow's key.
"""

from __future__ import annotations

import json

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import attrs

from belvo_async.errors import StoreError
from belvo_async.sealing import Sealer


LONGEST: Final = 2_048
"""Characters of a text that is looked at."""


@attrs.frozen(kw_only=True)
class Reference:
    """
    Which flow a page shows.

    Attributes:
        flow: The caller's key of it.

        ends_at: From then on it opens nothing (aware, UTC).
    """

    flow: str
    ends_at: datetime

    def seal(self, sealer: Sealer, of: str) -> str:
        """
        Return it as text for a URL, that opens for *of* only.
        """
        content = [self.flow, int(self.ends_at.timestamp())]
        return sealer.seal(_short(content), of=f"page:{of}").rstrip("=")

    @classmethod
    def open(cls, text: str, sealer: Sealer, of: str, now: datetime) -> Reference | None:
        """
        Return what was sealed; `None` if it was not by these keys, was changed, is somebody else's, or has ended.
        """
        content = opened(sealer, text + "=" * (-len(text) % 4), f"page:{of}")
        if content is None:
            return None
        flow, ends_at = json.loads(content)
        found = cls(flow=flow, ends_at=datetime.fromtimestamp(ends_at, UTC))
        return found if now < found.ends_at else None


@attrs.frozen(kw_only=True)
class Form:
    """
    Which challenge a form is the answer to. Nobody but the page can make one, so nobody else can send one.

    Attributes:
        flow: The caller's key of the flow.

        round: Of the challenge that was shown.

        session: Belvo's, of that challenge, in short; empty where none was shown. The key of a flow that was forgotten may be
            used again, and then the round does not tell.
    """

    flow: str
    round: int
    session: str = ""

    def seal(self, sealer: Sealer, of: str) -> str:
        """
        Return it as text for a hidden field, that opens for *of* only.
        """
        return sealer.seal(_short([self.flow, self.round, self.session]), of=f"form:{of}")

    @classmethod
    def open(cls, text: str, sealer: Sealer, of: str) -> Form | None:
        """
        Return what was sealed; `None` if it was not by these keys, was changed, or is somebody else's.
        """
        content = opened(sealer, text, f"form:{of}")
        if content is None:
            return None
        flow, round_, session = json.loads(content)
        return cls(flow=flow, round=round_, session=session)


def _short(content: Sequence[object]) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def opened(sealer: Sealer, text: str, of: str) -> str | None:
    """
    Return what is inside of *text*; `None` if that cannot be opened.
    """
    if len(text) > LONGEST or not _is_as_made(text):
        return None
    try:
        return sealer.unseal(text, of=of)
    except StoreError:
        return None


def _is_as_made(text: str) -> bool:
    """
    Whether *text* is the one way to write what is in it. Fernet skips what is no base64, and what stands behind its end;
    an address goes into the page and its redirects again, where such letters would lead elsewhere.
    """
    try:
        return urlsafe_b64encode(urlsafe_b64decode(text)) == text.encode()
    except ValueError:
        return False
