"""
Identifiers in the forms that Belvo uses, all drawn from one seeded source.

A link's id has 60 random bits in its upper half; the ids of its data carry them, scrambled, together with the
number of the row. So a row is found by its id without a table of rows.
"""

from __future__ import annotations

import hashlib

from base64 import urlsafe_b64encode
from functools import lru_cache
from random import Random
from typing import Final


BITS: Final = 60
MASK: Final = (1 << BITS) - 1

# Any odd number has an inverse modulo a power of two, so multiplying by it only shuffles the numbers.
STRIDE: Final = 0x9E3779B97F4A7C5
BACK: Final = pow(STRIDE, -1, 1 << BITS)


def upper_half(bits: int) -> str:
    """
    Return the first half of the UUID that carries *bits* there.
    """
    return f"{bits >> 28:08x}-{(bits >> 12) & 0xFFFF:04x}-4{bits & 0xFFF:03x}"


def lower_half(bits: int) -> str:
    """
    Return the second half of the UUID that carries *bits* there.
    """
    return f"a{bits >> 48:03x}-{bits & 0xFFFF_FFFF_FFFF:012x}"


def shuffled(number: int) -> int:
    """
    Return *number* in disguise; `unshuffled()` takes it off.
    """
    return (_folded((number * STRIDE) & MASK) * STRIDE) & MASK


def unshuffled(bits: int) -> int:
    """
    Return the number that `shuffled()` got.
    """
    return (_folded((bits * BACK) & MASK) * BACK) & MASK


def _folded(bits: int) -> int:
    # Brings the upper bits down, which multiplying cannot do. Folding twice gives the same number again.
    return bits ^ bits >> BITS // 2


def halves(uuid: str) -> tuple[int, int] | None:
    """
    Return the bits that *uuid* carries in its halves; `None` if it is none of ours.
    """
    text = uuid.replace("-", "")
    try:
        upper, lower = int(text[:12] + text[13:16], 16), int(text[17:], 16)
    except ValueError:
        return None
    return upper, lower


class Ids:
    """
    Draws identifiers. The same *seed* draws the same ones in the same order.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  # repeatable on purpose; nothing here is secret

    def uuid(self) -> str:
        """
        Return a dashed UUID: links, keys.
        """
        draw = self._random.getrandbits
        return f"{upper_half(draw(BITS))}-{lower_half(draw(BITS))}"

    def hex(self) -> str:
        """
        Return 32 hexadecimal digits: requests, sessions.
        """
        return f"{self._random.getrandbits(128):032x}"

    def below(self, limit: int) -> int:
        """
        Return a number from 0 up to, not including, *limit*.
        """
        return self._random.randrange(limit)


@lru_cache(maxsize=4096)
def user_id(institution: str, username: str) -> str:
    """
    Return the 44 characters by which Belvo knows a user of an institution in all their links.
    """
    digest = hashlib.sha256(f"{institution}\0{username}".encode()).digest()
    return urlsafe_b64encode(digest).decode()
