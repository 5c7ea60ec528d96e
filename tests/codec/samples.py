"""
Models with a field of every type that a model may have, and answers to read into them.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import attrs

from belvo_async.messages import Answer
from belvo_async.models._fields import Instant, OpenEnum


class Colour(OpenEnum):
    """
    A vocabulary that may grow.
    """

    RED = "RED"
    GREEN = "green"


@attrs.frozen(kw_only=True)
class Inner:
    """
    What lies inside of a sample.
    """

    name: str | None = None
    amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class Sample:
    """
    Every type of field there is.
    """

    id: str = attrs.field(default=None)
    text: str | None = None
    count: int | None = None
    flag: bool | None = None
    amount: Decimal | None = None
    day: date | None = None
    instant: Instant | None = None
    colour: Colour | None = None
    inner: Inner | None = None
    inners: tuple[Inner | None, ...] | None = None
    texts: tuple[str, ...] | None = None
    days: tuple[date | None, ...] | None = None
    colours: tuple[Colour, ...] | None = None
    section: dict[str, Any] | None = None


def answer(body: bytes | str, status: int = 200, request_id: str | None = None) -> Answer:
    """
    Return an answer with *body*.
    """
    content = body.encode() if isinstance(body, str) else body
    return Answer(status, content, request_id=request_id)
