"""
The tables of the documents list what the code has: all of it, and nothing else.
"""

from __future__ import annotations

import inspect
import re
import runpy

from pathlib import Path

import attrs
import pytest

from docs.pages import ROOT, rows

from belvo_async import (
    ChallengeKind,
    MfaState,
    Observer,
    PoolLimits,
    RateLimit,
    RetryPolicy,
    Timeouts,
    errors,
)
from belvo_async.errors import ERRORS_BY_CODE, ERRORS_BY_STATUS, BelvoError, RateLimitedError
from belvo_async.messages import Effect
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.sandbox.users import USERS
from belvo_async.transport.retry import SCHEDULES, Fate
from belvo_async.webhooks.event import KINDS


README = ROOT / "README.md"

DESIGN, ERRORS, FLOW, SANDBOX, RELIABILITY, WEBHOOKS = (
    ROOT / "docs" / f"{name}.md"
    for name in ("design", "errors", "flow", "sandbox", "reliability", "webhooks")
)

CLASSES = {
    name for name, thing in vars(errors).items() if inspect.isclass(thing) and issubclass(thing, BelvoError)
}

ROOTS = {"BelvoError", "TransportError", "ApiError", "MfaError", "WebhookError"}
"""Told of in words; nothing is raised of them but an `ApiError` of an unknown code."""


def names(cell: str) -> list[str]:
    """
    Return what stands in backticks.
    """
    return re.findall(r"`([^`]+)`", cell)


def test_every_error_has_its_row() -> None:
    """
    The tables of errors name every public class once, and the words around them the roots.
    """
    heads = ("Error", "Below `ApiError`")
    listed = [name for head in heads for row in rows(ERRORS, head) for name in names(row[0])]

    assert sorted(listed) == sorted(CLASSES - ROOTS)
    assert {root for root in ROOTS if f"`{root}`" in ERRORS.read_text(encoding="utf-8")} == ROOTS


def test_every_code_stands_by_its_error() -> None:
    """
    The codes and statuses in the table are those that lead to the class.
    """
    told = {row[0].strip("`"): row[1] for row in rows(ERRORS, "Below `ApiError`")}
    for class_ in {*ERRORS_BY_CODE.values(), RateLimitedError}:
        codes = {code for code, of in ERRORS_BY_CODE.items() if of is class_}

        assert set(names(told[class_.__name__])) == codes
    for status, class_ in ERRORS_BY_STATUS.items():
        assert f"status {status}" in told[class_.__name__]


def test_the_readme_names_errors_that_exist() -> None:
    """
    The short table has no name that the library lacks.
    """
    listed = {name for row in rows(README, "What happened") for name in names(row[1])}

    assert listed <= CLASSES
    assert len(listed) > len(ROOTS)


def _written(value: object) -> str:
    match value:
        case None:
            return "all"
        case tuple():
            return ", ".join(f"{item:g}" for item in value)
        case _:
            return str(value).removesuffix(".0")


@pytest.mark.parametrize("class_", [Timeouts, RetryPolicy, PoolLimits, RateLimit])
def test_every_setting_has_its_default(class_: type[attrs.AttrsInstance]) -> None:
    """
    The table of settings has the fields of each class, with their defaults.
    """
    told = {row[0].strip("`"): row[1] for row in rows(README, "Setting")}
    has = {f"{class_.__name__}.{field.name}": _written(field.default) for field in attrs.fields(class_)}

    assert {name: told[name] for name in told if name.startswith(f"{class_.__name__}.")} == has


def test_every_method_of_an_observer() -> None:
    """
    The table of methods has them all, with their arguments.
    """
    has = [
        f"{name}({', '.join(list(inspect.signature(method).parameters)[1:])})"
        for name, method in vars(Observer).items()
        if inspect.isfunction(method)
    ]

    assert [names(row[0])[0] for row in rows(README, "Method")] == has


def test_every_state() -> None:
    """
    The table of states has them all, in the order of the machine.
    """
    assert [row[0] for row in rows(FLOW, "State")] == [f"`{state.name}`" for state in MfaState]


@pytest.mark.parametrize("page", [DESIGN, RELIABILITY], ids=lambda page: page.name)
def test_every_repetition(page: Path) -> None:
    """
    The tables of repetitions are the one that decides.
    """
    told = {
        (Fate[names(row[0])[0]], effect): cell
        for row in rows(page, "Fate")
        for effect, cell in zip(Effect, row[1:], strict=True)
    }
    decides = {pair: schedule.__name__.strip("_") for pair, schedule in SCHEDULES.items()}

    assert told == {
        (fate, effect): decides.get((fate, effect), "never") for fate in Fate for effect in Effect
    }


def test_every_kind_of_challenge() -> None:
    """
    The table of challenges has every kind.
    """
    told = {name for row in rows(FLOW, "`kind`") for name in names(row[0])}

    assert told == {kind.name for kind in ChallengeKind}


def test_every_kind_of_webhook() -> None:
    """
    The table of webhooks has every type and code, with the class of its data.
    """
    told = {
        (type_, code): names(data)
        for types, codes, data in rows(WEBHOOKS, "`webhook_type`")
        for type_ in names(types)
        for code in names(codes)
    }

    assert told == {kind: [class_.__name__] for kind, class_ in KINDS.items()}


def test_every_user_of_the_sandbox() -> None:
    """
    The table of users has everyone with a story.
    """
    assert {name for row in rows(SANDBOX, "User name") for name in names(row[0])} == set(USERS)


def test_every_fault_of_the_sandbox() -> None:
    """
    The table of faults has every kind, and says truly whether Belvo acts.
    """
    told = {row[0].strip("`"): row[2].partition(",")[0] for row in rows(SANDBOX, "Kind")}

    assert told == {kind.value: "yes" if Fault(kind=kind).processed else "no" for kind in FaultKind}


def test_every_argument_of_the_sandbox() -> None:
    """
    The table of arguments has all, and the defaults that are plain values.
    """
    parameters = inspect.signature(Sandbox).parameters
    told = {name: row[1] for row in rows(SANDBOX, "Argument") for name in names(row[0])}

    assert set(told) == set(parameters)
    for name, parameter in parameters.items():
        if name != "port" and type(parameter.default) in {int, float, str, bool}:
            default = parameter.default

            assert (str(default).lower() if isinstance(default, bool) else _written(default)) in told[name]


def test_every_status_of_the_web_service() -> None:
    """
    The table of statuses is that of the example, in its order.
    """
    page, example = ROOT / "docs" / "web_service.md", ROOT / "examples" / "web_service.py"
    statuses = runpy.run_path(str(example))["STATUSES"]

    assert [(names(row[0])[0], int(row[1])) for row in rows(page, "Error")] == [
        (class_.__name__, status) for class_, status in statuses
    ]
