"""
What comes with the library and its extras: every distribution that pip brings, found where they are installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement


def brought() -> Mapping[str, Distribution]:
    """
    Return the distributions that the library or one of its extras needs, by name, and theirs.

    Raises:
        PackageNotFoundError: One is not installed: not all extras are.
    """
    ours = distribution("belvo-async")
    ahead = [(ours.name, extra) for extra in ("", *(ours.metadata.get_all("Provides-Extra") or ()))]
    seen, found = set[tuple[str, str]](), dict[str, Distribution]()
    while ahead:
        name, extra = ahead.pop()
        if (name, extra) not in seen:
            seen.add((name, extra))
            one = found[name.lower().replace("_", "-")] = distribution(name)
            for requirement in map(Requirement, one.requires or ()):
                if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                    ahead += [(requirement.name, more) for more in ("", *requirement.extras)]
    del found["belvo-async"]
    return dict(sorted(found.items()))
