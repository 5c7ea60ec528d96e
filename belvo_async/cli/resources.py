"""
The commands for data at Belvo: a group for each resource, a command for each of its verbs, made from the resource itself.
"""

from __future__ import annotations

import inspect
import re

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final

import typer

from belvo_async.cli.flows import carry, do
from belvo_async.cli.options import Access, FlowAccess
from belvo_async.cli.secrets import person_is_there
from belvo_async.cli.showing import show, show_rows
from belvo_async.cli.spread import spread
from belvo_async.cli.terminal import console, write_json
from belvo_async.client import BelvoClient
from belvo_async.resources.verbs import Resource


MENTIONED: Final = re.compile(r"`client\.([a-z_.]+)`")
"""Another resource, in the words of the library."""

HELP: Final = {
    "account": ("ID", "Id of the one account to look at."),
    "allowed_income_types": ("TYPES", "Which kinds of income count: `SALARY,RENT`."),
    "attach_pdf": (None, "Bring the document as well."),
    "attach_xml": (None, "Bring the document as well."),
    "date_from": ("DAY", "The first day, as 2026-01-01."),
    "date_to": ("DAY", "The last day, as 2026-01-31; not in the future."),
    "minimum_confidence_level": ("LEVEL", "`LOW`, `MEDIUM` or `HIGH`."),
    "reference_date": ("DAY", "The day to look at it from."),
    "type": ("TYPE", "Which of them, in Belvo's word."),
    "user_document": ("NUMBER", "The document of the user: CPF or CNPJ."),
    "year_from": ("YEAR", "The first year."),
    "year_to": ("YEAR", "The last year."),
}
"""How the arguments of a retrieval are called and explained."""

GIVEN_ELSEWHERE: Final = frozenset(
    {"link", "options", "token", "page_size", "limit", "fields", "omit", "filters", "timeout", "headers"}
)
"""The arguments that are no options of their own."""

NO_FILTERS: Final = frozenset({"link", "limit", "timeout", "headers"})

PAGES: Final = frozenset({"page", "page_size"})
"""What is a number among filters."""

Link = Annotated[str, typer.Argument(metavar="LINK", help="Id of the link.")]

AnyLink = Annotated[
    str | None, typer.Argument(metavar="[LINK]", help="Id of the link; else of all.", show_default=False)
]

Id = Annotated[str, typer.Argument(metavar="ID", help="Its id at Belvo.")]

Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        metavar="NAME=VALUE",
        help="A filter as Belvo names it: `status__in=valid,invalid`. Repeat it.",
    ),
]

Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop after so many.")]

NoSaveData = Annotated[
    bool,
    typer.Option(
        "--no-save-data", help="Keep Belvo from storing what it finds; it is shown and nowhere else."
    ),
]

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask back.")]


def names() -> Iterator[str]:
    """
    Yield what the command line calls each resource that the client has.
    """
    for name, resource in _resources().items():
        if not VERBS.keys().isdisjoint(resource.verbs()):
            yield command_name(name)


def group(name: str) -> typer.Typer:
    """
    Return the commands of the resource that the command line calls *name*.

    Raises:
        KeyError: There is none.
    """
    of, resource = {command_name(one): (one, resource) for one, resource in _resources().items()}[name]
    made = typer.Typer(no_args_is_help=True, help=_told(resource))
    for verb, make in VERBS.items():
        if verb in resource.verbs():
            made.command(verb)(make(of, resource))
    return made


def _resources() -> Mapping[str, Resource[Any]]:
    return BelvoClient("none", "none", environment="sandbox").resources  # does no I/O


def command_name(resource: str) -> str:
    """
    Return what the command line calls a resource: `brazil-balances`.
    """
    return resource.replace(".", "-").replace("_", "-")


def _told(resource: Resource[Any]) -> str:
    told = inspect.getdoc(type(resource)) or ""
    return MENTIONED.sub(lambda match: f"`belvo-async {command_name(match[1])}`", told)


def _retrieve(name: str, resource: Any) -> Callable[..., None]:
    asked = _asked(resource.retrieve)

    def retrieve(link: Link, access: FlowAccess, no_save_data: NoSaveData = False, **given: Any) -> None:
        options = {
            key: value.split(",") if str(asked[key].annotation).startswith("Sequence") else value
            for key, value in given.items()
            if value is not None
        }
        rows = carry(
            access,
            "Belvo fetches it from the bank …",
            lambda client: client.resources[name].retrieve(link, save_data=not no_save_data, **options),  # type: ignore[attr-defined] # it has the verb
            remedy=lambda _: f"belvo-async {command_name(name)} list {link}",
        )
        show_rows(rows, json=access.json)

    command = command_name(name)
    dates = " --date-from 2026-01-01 --date-to 2026-01-31" if "date_from" in asked else ""
    retrieve.__doc__ = f"""
    Make Belvo log in at the bank and fetch this: {_told(resource)[:1].lower()}{_told(resource)[1:]}

    If the bank wants a one-time token, you are asked for it here, or its ticket is written: see `belvo-async resume --help`.

    Example: `belvo-async {command} retrieve LINK{dates} --json`

    Exit status: 0 done, 2 wrong usage, 4 a token is required, 5 not answered, 6 refused, 7 try later, 8 uncertain,
    130 interrupted.
    """
    return spread(retrieve, [_option(parameter) for parameter in asked.values()])


def _asked(verb: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """
    Return the arguments of a verb that are to be options.
    """
    parameters = inspect.signature(verb).parameters
    return {name: parameter for name, parameter in parameters.items() if name not in GIVEN_ELSEWHERE}


def _option(parameter: inspect.Parameter) -> inspect.Parameter:
    """
    Return an argument of a verb as an option. What its text has to be is checked by the verb.
    """
    metavar, help_ = HELP.get(parameter.name, ("TEXT", ""))
    type_: Any = bool if str(parameter.annotation).startswith("bool") else str
    required = parameter.default is parameter.empty
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=... if required else None,
        annotation=Annotated[type_ if required else type_ | None, typer.Option(metavar=metavar, help=help_)],
    )


def _list(name: str, resource: Any) -> Callable[..., None]:
    def listed(
        access: Access, limit: int | None, filters: list[str] | None, wanted: Mapping[str, Any]
    ) -> None:
        given = {key: value for key, value in wanted.items() if value is not None}
        given |= dict(_filter(text) for text in filters or ())
        rows = do(
            access,
            "Reading what Belvo stores …",
            lambda client: client.resources[name].list(limit=limit, **given).to_list(),  # type: ignore[attr-defined] # it has the verb
        )
        show_rows(rows, json=access.json)

    def by_link(link: Link, access: Access, limit: Limit = None, filters: Filters = None) -> None:
        listed(access, limit, filters, {"link": link})

    def by_any_link(
        access: Access, link: AnyLink = None, limit: Limit = None, filters: Filters = None
    ) -> None:
        listed(access, limit, filters, {"link": link})

    def without_link(access: Access, limit: Limit = None, filters: Filters = None, **given: Any) -> None:
        listed(access, limit, filters, given)

    asked, example = _asked(resource.list), f"belvo-async {command_name(name)} list"
    if "link" in inspect.signature(resource.list).parameters:
        function: Callable[..., None] = by_link
        example += " LINK"
    else:
        function = by_any_link if hasattr(resource, "retrieve") else without_link
        example += "".join(f" --{command_name(needed)} …" for needed in asked)
    function.__doc__ = f"""
    Read what Belvo stores; the bank is not asked.

    Examples:

    `{example} --json`

    `{example} --limit 10 --filter created_at__gte=2026-01-01`

    Exit status: 0 done, also if nothing was found; 2 wrong usage, 6 refused, 7 try later, 130 interrupted.
    """
    return spread(function, [_option(parameter) for parameter in asked.values()])


def _filter(text: str) -> tuple[str, str | int]:
    name, is_one, value = text.partition("=")
    if not is_one:
        raise typer.BadParameter(f"expected NAME=VALUE, found {text}", param_hint="--filter")
    if name in NO_FILTERS:
        raise typer.BadParameter(f"{name} is no filter; see --help", param_hint="--filter")
    return name, int(value) if name in PAGES and value.isdecimal() else value


def _get(name: str, resource: Any) -> Callable[..., None]:  # noqa: ARG001 - as the others
    def get(id: Id, access: Access) -> None:  # noqa: A002 - Belvo's word
        found = do(
            access,
            "Reading what Belvo stores …",
            lambda client: client.resources[name].get(id),  # type: ignore[attr-defined] # it has the verb
        )
        show(found, json=access.json)

    get.__doc__ = f"""
    Read one of them by its id.

    Example: `belvo-async {command_name(name)} get ID --json`

    Exit status: 0 done, 2 wrong usage, 6 there is none, or refused; 7 try later, 130 interrupted.
    """
    return spread(get)


def _delete(name: str, resource: Any) -> Callable[..., None]:  # noqa: ARG001 - as the others
    def delete(id: Id, access: Access, yes: Yes = False) -> None:  # noqa: A002 - Belvo's word
        if not yes:
            _ask_back(id, ask=not access.no_prompt)
        do(
            access,
            "Deleting …",
            lambda client: client.resources[name].delete(id),  # type: ignore[attr-defined] # it has the verb
        )
        if access.json:
            write_json({"deleted": id})
        else:
            console().print(f"Deleted: {id}", soft_wrap=True, markup=False)

    delete.__doc__ = f"""
    Delete one of them at Belvo, with all that hangs on it: a link takes its data along. This cannot be undone.

    Example: `belvo-async {command_name(name)} delete ID --yes`

    Exit status: 0 done, 1 you said no, 2 wrong usage, 6 there is none, or refused; 7 try later, 8 uncertain,
    130 interrupted.
    """
    return spread(delete)


def _ask_back(id_: str, *, ask: bool) -> None:
    if not ask or not person_is_there():
        raise typer.BadParameter(
            "nobody is here to be asked whether you mean it; say --yes", param_hint="--yes"
        )
    if not typer.confirm(f"Delete {id_} and all that hangs on it?", err=True):
        raise typer.Exit(1)


VERBS: Final[dict[str, Callable[[str, Any], Callable[..., None]]]] = {
    "retrieve": _retrieve,
    "list": _list,
    "get": _get,
    "delete": _delete,
}
"""What makes the command of a verb."""
