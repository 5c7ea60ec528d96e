"""
An answer before it is put on the wire, and the only place where JSON is written or read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import attrs
import msgspec


Json: TypeAlias = dict[str, Any]

JSON: Final = "application/json"
HTML: Final = "text/html"

NO_HEADERS: Final[Mapping[str, str]] = {}

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder().decode


@attrs.frozen
class Answer:
    """
    What the sandbox answers.

    Attributes:
        status: The HTTP status.

        content: What the body says, not yet encoded. Bytes are sent as they are; `None` is no body.

        content_type: Without parameters.

        headers: Further headers.
    """

    status: int
    content: object = None
    content_type: str = JSON
    headers: Mapping[str, str] = NO_HEADERS

    @property
    def body(self) -> bytes:
        """
        The body as it goes over the wire.
        """
        if isinstance(self.content, bytes):
            return self.content
        return b"" if self.content is None else encode(self.content)
