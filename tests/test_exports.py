"""
What `import belvo_async` gives, and what it does not cost.
"""

from __future__ import annotations

import subprocess
import sys
import types

from enum import StrEnum

import pytest

import belvo_async

from belvo_async import ChallengeKind, Environment, MfaState, models, testing, web, webhooks
from belvo_async.mfa.machine import MfaEvent
from belvo_async.sandbox import FaultKind


CONTRACT = {
    "BelvoClient", "Environment",
    "MfaSession", "MfaState", "MfaChallenge", "ChallengeKind", "MfaTicket", "TokenPrompt",
    "drive", "Outcome",
    "RetryPolicy", "Timeouts", "PoolLimits", "RateLimit", "Network",
    "Observer", "LoggingObserver",
    "BelvoError",
}  # fmt: skip
"""Programs outside of this repository are written against these names."""

EXTRAS = (
    "typer",
    "rich",
    "segno",
    "cattrs",
    "pyrate_limiter",
    "belvo_async.sandbox",
    "belvo_async.cli",
    "belvo_async.web",
    "belvo_async.webhooks",
    "aiohttp.web",
)
"""What is imported when it is used, and not before."""


def imported_by(program: str) -> set[str]:
    """
    Return the modules that a new interpreter has imported after *program*.
    """
    program = f"{program}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    return set(done.stdout.split())


def test_the_contract_is_kept() -> None:
    """
    Every name that was promised is there.
    """
    assert set(belvo_async.__all__) >= CONTRACT


def test_all_is_all() -> None:
    """
    `__all__` is sorted, and has every public name of the package but its modules.
    """
    public = {
        name
        for name, value in vars(belvo_async).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }

    assert sorted(belvo_async.__all__) == belvo_async.__all__
    assert public | {"__version__"} == set(belvo_async.__all__)


def test_every_name_exists() -> None:
    """
    A star import brings what it says.
    """
    namespace: dict[str, object] = {}
    exec("from belvo_async import *", namespace)  # noqa: S102 - that is what is tested

    assert set(belvo_async.__all__) <= namespace.keys()


@pytest.mark.parametrize("package", [models, testing, web, webhooks], ids=lambda package: package.__name__)
def test_packages_say_what_they_give(package: types.ModuleType) -> None:
    """
    The public packages have sorted names that exist.
    """
    assert sorted(package.__all__) == list(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


@pytest.mark.parametrize(
    "enum",
    [ChallengeKind, Environment, MfaEvent, MfaState, FaultKind, models.AccountCategory],
    ids=lambda enum: enum.__name__,
)
def test_words_are_text(enum: type[StrEnum]) -> None:
    """
    A member of a public enum equals its word, and prints as it.
    """
    assert issubclass(enum, StrEnum)
    assert [member.value for member in enum] == list(enum) == [str(member) for member in enum]


def test_the_version_is_one() -> None:
    """
    The version is three numbers.
    """
    assert 3 == len([part for part in belvo_async.__version__.split(".") if part[0].isdigit()])


def test_the_function_is_not_hidden_by_its_module() -> None:
    """
    `belvo_async.drive` is the function, also after its module was imported.
    """
    import belvo_async.drive  # noqa: PLC0415 - that is what is tested

    assert callable(belvo_async.drive)


def test_importing_is_cheap() -> None:
    """
    What only some programs need is not imported with the library.
    """
    assert set() == imported_by("import belvo_async") & set(EXTRAS)


def test_a_valid_answer_needs_no_second_tier() -> None:
    """
    The lenient tier is imported when an answer first needs it.
    """
    program = """
from belvo_async.codec import decoder
from belvo_async.messages import Answer
from belvo_async.models import Link
decoder(list[Link])(Answer(200, b'[{"id": %s}]'))
"""

    assert "cattrs" not in imported_by(program % '"x"')
    assert "cattrs" in imported_by(program % "7")
