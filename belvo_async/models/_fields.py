"""
The building blocks of models: open enums, instants, and ids that `omit` can remove.

The one module besides the codec that imports msgspec: the native decoder
takes the rule "an instant has a zone" from an annotation and from nowhere else.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self, TypeAlias

import attrs

from msgspec import Meta


Instant: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""An aware `datetime`. What Belvo sends without a zone is read as UTC."""


class OpenEnum(StrEnum):
    """
    A vocabulary of Belvo's that may grow: an unknown value is kept, never an error.

    Members compare equal to their text. A value that has no member becomes one of
    its own, which is not listed; compare it by `==`, not by `is`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """
        Whether this library knows the value.
        """
        return self._value_ in type(self)._value2member_map_


def always() -> Any:
    """
    A field that Belvo always sends; `None` only where `fields` or `omit` left it out.
    """
    return attrs.field(default=None)
