"""
The test users of Belvo's sandbox: what logging in as one of them leads to.

The user name decides, except for the passwords that stand for something themselves. Nobody is unknown: whoever
is not in the tables is a user without a story, with full data.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Final

import attrs


class Dataset(Enum):
    """
    What a user has at the bank.
    """

    FULL = "full"
    NONE = "nodata"
    LOW = "low"
    NEGATIVE = "negative"


@attrs.frozen
class Persona:
    """
    How a login goes.

    Attributes:
        script: The kinds of the challenges, in order, if the institution challenges at all.

        verdict: The code of the error that it ends with at once; `None` if it goes well.

        dataset: What there is to retrieve.
    """

    script: tuple[str, ...] = ("text",)
    verdict: str | None = None
    dataset: Dataset = Dataset.FULL


USERS: Final[Mapping[str, Persona]] = {
    "user_invalid": Persona(verdict="login_error"),
    "adv_invalid": Persona(verdict="login_error"),
    "1234567890abcdefg": Persona(verdict="validation_error"),
    "mfa_default": Persona(("text",)),
    "mfa_qr": Persona(("qr",)),
    "mfa_numeric": Persona(("numeric",)),
    "mfa_inputless": Persona(("inputless",)),
    "mfa_qr_scan": Persona(("qr_scan",)),
    "mfa_twice": Persona(("text", "numeric")),
    "mfa_unknown": Persona(("unknown",)),
    "mfa_activation": Persona(verdict="activation_required"),
}
"""By user name. `mfa_inputless` and what follows are ours; Belvo documents the others."""

BAD_PASSWORDS: Final = frozenset({"pass_invalid"})

DATASETS: Final[Mapping[str, Dataset]] = {dataset.value: dataset for dataset in Dataset}
"""By password: `bnk101`/`nodata`, `bnk102`/`low` …"""

NOBODY: Final = Persona()


@lru_cache(maxsize=4096)
def persona(username: str, password: str) -> Persona:
    """
    Return how a login with these credentials goes.
    """
    if password in BAD_PASSWORDS:
        return USERS["user_invalid"]
    story = USERS.get(username, NOBODY)
    dataset = DATASETS.get(password)
    return story if dataset is None else attrs.evolve(story, dataset=dataset)
