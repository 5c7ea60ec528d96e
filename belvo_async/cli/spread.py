"""
Options that many commands have are fields of a class: a command takes one value of it, the command line each field.

    @attrs.frozen
    class Access:
        env: EnvironmentName = None

    def check(access: Access) -> None: ...

    app.command()(spread(check))
"""

from __future__ import annotations

import inspect

from collections.abc import Callable, Sequence
from typing import Any

import attrs


def spread(function: Callable[..., None], more: Sequence[inspect.Parameter] = ()) -> Callable[..., None]:
    """
    Return *function* with the fields of its attrs classes as arguments of their own.

    Args:
        more: Arguments in the place of its `**given`.
    """
    signature = inspect.signature(function, eval_str=True)
    classes = {
        name: attrs.resolve_types(parameter.annotation, include_extras=True)
        for name, parameter in signature.parameters.items()
        if attrs.has(parameter.annotation)
    }
    parameters = [
        parameter.replace(kind=parameter.KEYWORD_ONLY)
        for name, parameter in signature.parameters.items()
        if name not in classes and parameter.kind is not parameter.VAR_KEYWORD
    ]
    parameters += more
    for class_ in classes.values():
        parameters += [
            inspect.Parameter(
                field.name, inspect.Parameter.KEYWORD_ONLY, annotation=field.type, default=field.default
            )
            for field in attrs.fields(class_)
        ]

    def called(**given: Any) -> None:
        values = {
            name: class_(**{field.name: given.pop(field.name) for field in attrs.fields(class_)})
            for name, class_ in classes.items()
        }
        function(**given, **values)

    called.__doc__, called.__name__ = function.__doc__, function.__name__
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what typer reads
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called
