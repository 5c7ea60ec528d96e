"""
Data that was retrieved with `save_data`.

Rows follow from their numbers, so only the numbers are kept: a hundred thousand flows fit in little memory.
"""

from __future__ import annotations

import attrs

from belvo_async.sandbox.data import identity


@attrs.frozen
class Keep:
    """
    What is kept of one resource of one link.

    Attributes:
        keys: Numbers of the rows, in order.

        at: When the rows were last retrieved.
    """

    keys: tuple[int, ...]
    at: str

    def key(self, which: int) -> int | None:
        """
        Return the number of the row with the identity *which*, as it was last asked for.
        """
        return next((key for key in self.keys if identity(key) == which), None)


class Saved:
    """
    The numbers of the rows that are kept, by link and path of the resource.
    """

    def __init__(self) -> None:
        self._keeps: dict[str, dict[str, Keep]] = {}

    def keep(self, link: str, path: str, keys: tuple[int, ...], at: str) -> None:
        """
        Add rows; those that are there already are replaced, with or without their documents as last asked for.
        """
        of_link = self._keeps.setdefault(link, {})
        old = of_link.get(path)
        if old is not None and old.keys != keys:
            merged = {identity(key): key for key in (*old.keys, *keys)}
            keys = tuple(merged[which] for which in sorted(merged))
        of_link[path] = Keep(keys, at)

    def of(self, link: str, path: str) -> Keep | None:
        """
        Return what is kept of one resource of one link.
        """
        return self._keeps.get(link, {}).get(path)

    def discard(self, link: str, path: str, key: int) -> None:
        """
        Remove one row.
        """
        keep = self._keeps[link][path]
        self._keeps[link][path] = Keep(tuple(one for one in keep.keys if one != key), keep.at)

    def drop(self, link: str) -> None:
        """
        Remove all rows of *link*.
        """
        self._keeps.pop(link, None)
