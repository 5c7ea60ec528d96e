"""
Writes what type checkers have to say about every verb of every resource: `tests/typing/resources.py`.

    python tests/resources/expectations.py

The models it expects are those that the resources name at run time; the checkers compare them with the types in
the declarations.
"""

from __future__ import annotations

import inspect
import json
import sys

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from resources.recorder import ARGUMENTS

from belvo_async import BelvoClient
from belvo_async.resources.verbs import Resource


FILE: Final = Path(__file__).parents[1] / "typing" / "resources.py"

USUAL: Final = ("list", "get", "delete", "retrieve", "resume", "request")
"""The verbs that a resource has or has not."""

RESULTS: Final[Mapping[str, str]] = {
    "list": "Pages[{model}]",
    "get": "{model}",
    "retrieve": "list[{model}]",
    "resume": "list[{model}]",
    "request": "AcceptedRequest[list[{model}]]",
    "generate": "{model}",
    "verify": "list[{model}]",
    "categorize": "{model}",
    "history": "Pages[ExchangeHistory]",
    # of links
    "register": "{model}",
    "update": "{model}",
    "modify": "{model}",
    "set_access_mode": "{model}",
    "refresh": "AcceptedRequest[None]",
    "request_deletion": "AcceptedRequest[None]",
}
"""What a verb brings."""

ABSENT: Final = "  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]"

HEAD: Final = '''"""
The type of each verb of each resource. Checked by mypy and pyright, never run.

A verb that a resource has not is an error of types: the ignores below are needed, or the checkers complain.
Written by `tests/resources/expectations.py`; a test compares.
"""

from __future__ import annotations

from typing import assert_type

from belvo_async import AcceptedRequest, BelvoClient
from belvo_async.models import (
{models}
)
from belvo_async.resources.pages import Pages
'''


def content() -> str:
    """
    Return the whole file.
    """
    resources = BelvoClient("a", "b", environment="sandbox").resources.values()
    names = sorted({*(resource.model_name for resource in resources), "ExchangeHistory"})
    head = HEAD.replace("{models}", "\n".join(f"    {name}," for name in names))
    return "\n".join([head, *(line for resource in resources for line in _function(resource))])


def _function(resource: Resource[Any]) -> Iterator[str]:
    yield f"\nasync def {resource.name.replace('.', '_')}(client: BelvoClient) -> None:"
    yield '    """'
    yield f"    {resource.path}"
    yield '    """'
    yield f"    resource = client.{resource.name}"
    has = resource.verbs()
    for verb in sorted(has, key=lambda verb: USUAL.index(verb) if verb in USUAL else -1):
        call = f"resource.{verb}({', '.join(_arguments(resource, verb))})"
        if verb == "delete":
            yield f"    await {call}"
            continue
        brings = RESULTS[verb].format(model=resource.model_name)
        if resource.name == "links" and verb == "resume":
            brings = resource.model_name
        yield f"    assert_type({'' if brings.startswith('Pages') else 'await '}{call}, {brings})"
    for verb in USUAL:
        if verb not in has:
            yield f"    resource.{verb}{ABSENT}"
    yield ""


def _arguments(resource: Resource[Any], verb: str) -> Iterator[str]:
    for name, parameter in inspect.signature(getattr(resource, verb)).parameters.items():
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            value = '"a"' if isinstance(ARGUMENTS.get(name, ""), str) else json.dumps(ARGUMENTS[name])
            yield f"{name}={value}" if parameter.kind is parameter.KEYWORD_ONLY else value


if __name__ == "__main__":
    FILE.write_text(content(), encoding="utf-8")
