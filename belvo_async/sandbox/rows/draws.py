"""
Figures that look random and are not: the same link, subject and number draw the same ones in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

from belvo_async.sandbox.ids import shuffled
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.users import Dataset


T = TypeVar("T")


class Draws:
    """
    A source of figures of its own for one subject of one link.

    Args:
        about: The subject. Two subjects draw different figures.

        number: Which of several.
    """

    def __init__(self, access: Access, about: str, number: int = 0) -> None:
        self._state = shuffled(shuffled(access.bits ^ crc32(about.encode()) << 20) ^ number)
        self._poor = access.persona.dataset is Dataset.LOW

    def below(self, limit: int) -> int:
        """
        Return a number from 0 up to, not including, *limit*.
        """
        self._state = shuffled(self._state + 1)
        return (self._state >> 16) % limit

    def between(self, lowest: int, highest: int) -> int:
        """
        Return a number from *lowest* to *highest*, both included.
        """
        return lowest + self.below(highest - lowest + 1)

    def pick(self, choices: Sequence[T]) -> T:
        """
        Return one of *choices*.
        """
        return choices[self.below(len(choices))]

    def digits(self, count: int) -> str:
        """
        Return *count* digits, the first of them no zero.
        """
        return f"{self.between(10 ** (count - 1), 10**count - 1)}"

    def letters(self, count: int) -> str:
        """
        Return *count* capital letters.
        """
        return "".join(self.pick("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(count))

    def hex(self, count: int) -> str:
        """
        Return *count* hexadecimal digits.
        """
        return "".join(self.pick("0123456789abcdef") for _ in range(count))

    def uuid(self) -> str:
        """
        Return a dashed UUID.
        """
        return f"{self.hex(8)}-{self.hex(4)}-4{self.hex(3)}-a{self.hex(3)}-{self.hex(12)}"

    def amount(self, lowest: int, highest: int) -> int:
        """
        Return an amount from *lowest* to *highest*; of users who have little, a hundredth of it.
        """
        return self.between(lowest, highest) // (100 if self._poor else 1)


def money(cents: int) -> float:
    """
    Return an amount of *cents* as Belvo writes it.
    """
    return cents / 100


def share(amount: int, per_mille: int) -> int:
    """
    Return so many thousandths of *amount*, rounded half up.
    """
    return (amount * per_mille + 500) // 1000
