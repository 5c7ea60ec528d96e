"""
Ids of Belvo's, which come dashed in one place and bare in another.

The 202 of an asynchronous request names its id as 32 hexadecimal digits, the webhook that follows names the same
id with dashes.
"""

from __future__ import annotations


def bare_id(id_: str) -> str:
    """
    Return *id_* without dashes and in small letters, so that two spellings of one id are one text.
    """
    return id_.replace("-", "").lower()


def same_id(one: str | None, other: str | None) -> bool:
    """
    Tell whether two ids are the same, however they are spelt. A missing id is the same as none, itself included.
    """
    return bool(one and other) and bare_id(one or "") == bare_id(other or "")
