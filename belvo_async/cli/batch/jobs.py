"""
What a row asks for: a link to register, or data to retrieve.

The columns are the arguments of the method; what they may hold, the method itself says. So a resource or an argument that
the library learns can be used in a file at once.
"""

from __future__ import annotations

import difflib
import inspect
import json
import re

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import attrs

from belvo_async.cli.batch.rows import NAME, Problem, Row, RowError
from belvo_async.client import BelvoClient
from belvo_async.errors import InvalidArgumentError
from belvo_async.session import MfaSession


REGISTER: Final = "links.register"

SECRETS: Final = frozenset({"password", "password2", "certificate", "private_key", "encryption_key"})
"""Columns that are never written down."""

LOGIN: Final = ("institution", "username", "username2", "username3", "username_type")
"""What says whose login it is."""

DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

RENEWED: Final = frozenset(
    {"password", "password2", "encryption_key", "username_type", "certificate", "private_key"}
)
"""What a link that is there already can be given anew."""

NOT_FOR_FILES: Final = frozenset({"self", "token", "prompt", "options"})
"""A token in a file would be too old."""

OPTIONS: Final = {"save_data": "bool", "max_rounds": "int"}
"""The options of every call that a file can give, with their types."""

LONGEST_NAME: Final = 150
"""Characters of a row's own id, with which its flow is found again."""

AGAIN: Final = " / attempt "
"""What stands between the name of a row and the number of its attempt, in the keys of flows; so no name has it."""

YES: Final = frozenset({"true", "yes", "1"})

NO: Final = frozenset({"false", "no", "0"})


@attrs.frozen(kw_only=True)
class Job:
    """
    A row as a call.

    Attributes:
        operation: The call: `links.register`, `balances.retrieve`.

        name: The caller's own id of it, if there is one: `id` or `external_id`.

        identity: What tells it from all other rows, whatever else is changed in it.

        content: All that it says but what is secret.

        link: The link it is about; a registration has none yet.

        arguments: Of the call.
    """

    operation: str
    name: str | None
    identity: str
    content: str
    link: str | None
    arguments: Mapping[str, Any] = attrs.field(repr=False)

    def session(self, client: BelvoClient, link: str | None) -> MfaSession[Any]:
        """
        Return the call, not begun. A registration that has come to a *link* before gives that its credentials anew, so
        that there is never a second one.
        """
        if self.operation != REGISTER:
            resource = client.resources[self.operation.removesuffix(".retrieve")]
            session: MfaSession[Any] = resource.retrieve(self.link, **self.arguments)  # type: ignore[attr-defined] # it has it
            return session
        if link is None:
            return client.links.register(**self.arguments)
        renewed = {name: value for name, value in self.arguments.items() if name in RENEWED}
        return client.links.update(link, **renewed)


class Jobs:
    """
    Makes jobs of rows, and refuses those that cannot be meant.
    """

    def __init__(self, client: BelvoClient) -> None:
        self._client = client
        self._columns: dict[str, Mapping[str, str]] = {}
        self._retrievable = sorted(
            name for name, resource in client.resources.items() if "retrieve" in resource.verbs()
        )

    def read(self, row: Row) -> Job:
        """
        Return what *row* asks for. Nothing is sent.

        Raises:
            RowError: It cannot be meant; it tells everything that is wrong.
        """
        values = dict(row.values)
        operation = self._operation(row.line, values)
        own = values.pop("id", None)
        problems: list[Problem] = []
        columns = self._columns_of(operation)
        arguments = {}
        misspelt: set[str] = set()
        for name, value in values.items():
            if name not in columns:
                near = difflib.get_close_matches(name, columns, n=1)
                meant = [one for one in near if one not in {*values, *misspelt}]
                misspelt.update(meant)
                problems.append(_unknown(row.line, name, operation, meant or sorted(columns)))
                continue
            try:
                arguments[name] = _converted(name, value, columns[name])
            except InvalidArgumentError as error:
                problems.append(_told(row, error))
        job = _job(operation, own, arguments)
        problems += [problem for problem in self._wrong(job, row) if problem.member not in misspelt]
        if problems:
            raise RowError(*problems)
        return job

    def _operation(self, line: int, values: dict[str, Any]) -> str:
        resource = values.pop("resource", None)
        if resource is None:
            if "institution" in values:
                return REGISTER
            expected = "an `institution` (to register a link) or a `resource` (to retrieve data)"
            raise RowError(Problem(line, "", expected, "neither"))
        if resource in self._retrievable:
            return f"{resource}.retrieve"
        found = resource if isinstance(resource, str) and NAME.fullmatch(resource) else "another text"
        raise RowError(Problem(line, "resource", f"one of {', '.join(self._retrievable)}", found))

    def _columns_of(self, operation: str) -> Mapping[str, str]:
        """
        Return the names of the arguments that a file can give, with their types as they are written.
        """
        if operation not in self._columns:
            resource, _, verb = operation.rpartition(".")
            method: Callable[..., Any] = getattr(self._client.resources[resource], verb)
            taken = {
                name: str(parameter.annotation)
                for name, parameter in inspect.signature(method).parameters.items()
            }
            self._columns[operation] = {
                name: type_ for name, type_ in {**OPTIONS, **taken}.items() if name not in NOT_FOR_FILES
            }
        return self._columns[operation]

    def _wrong(self, job: Job, row: Row) -> list[Problem]:
        """
        Return what the call itself has against its arguments.
        """
        found = []
        if job.name is not None and not (
            isinstance(job.name, str)
            and job.name.isprintable()
            and len(job.name) <= LONGEST_NAME
            and AGAIN not in job.name
        ):
            expected = f"at most {LONGEST_NAME} printable characters, without `{AGAIN}`"
            found.append(Problem(row.line, "id or external_id", expected, "another text"))
        try:
            session = job.session(self._client, None)
        except TypeError:  # an argument that must be there is not
            missing = self._missing(job)
            found += [Problem(row.line, name, "a value", "nothing") for name in missing]
            return found
        try:
            session._check_arguments()  # noqa: SLF001 - of this package
        except InvalidArgumentError as error:
            found.append(_told(row, error))
        session.cancel()
        return found

    def _missing(self, job: Job) -> list[str]:
        resource, _, verb = job.operation.rpartition(".")
        method: Callable[..., Any] = getattr(self._client.resources[resource], verb)
        given = {*job.arguments, *({"link"} if job.link is not None else ())}
        return [
            name
            for name, parameter in inspect.signature(method).parameters.items()
            if parameter.default is parameter.empty
            and parameter.kind is not parameter.VAR_KEYWORD
            and name not in given
        ]


def _job(operation: str, own: Any, arguments: dict[str, Any]) -> Job:
    name = own if own is not None else arguments.get("external_id")
    told = {key: value for key, value in sorted(arguments.items()) if key not in SECRETS}
    login = [told.get(key) for key in LOGIN]
    if name is not None:
        identity: Any = {"id": name}
    elif operation == REGISTER:
        identity = {"login": login}
    else:
        identity = {"call": [operation, told]}
    link = None if operation == REGISTER else arguments.pop("link", None)
    return Job(
        operation=operation,
        name=name,
        identity=json.dumps(identity, default=str),
        content=json.dumps([operation, told], default=str),
        link=link,
        arguments=arguments,
    )


def _converted(name: str, value: Any, type_: str) -> Any:
    """
    Return what a cell of CSV means where text is not what the method takes.
    """
    if not isinstance(value, str):
        return value
    if type_.startswith("bool"):
        if value.lower() in YES | NO:
            return value.lower() in YES
        raise InvalidArgumentError(argument=name, expected="true or false", found="another text")
    if type_.startswith("int"):
        if value.isascii() and value.isdigit():
            return int(value)
        raise InvalidArgumentError(argument=name, expected="a whole number", found="another text")
    if "Sequence[" in type_:
        return value.replace(",", " ").split()
    return value


def _unknown(line: int, name: str, operation: str, columns: Iterable[str]) -> Problem:
    member = name if NAME.fullmatch(name) else "a column"
    return Problem(line, member, f"a column of {operation} ({', '.join(columns)})", "another")


def _told(row: Row, error: InvalidArgumentError) -> Problem:
    # Where cells are shifted, any of them may be a password; a day is none.
    is_shown = any(
        isinstance(value, str) and value in error.found and not DAY.fullmatch(value)
        for value in row.values.values()
    )
    return Problem(row.line, error.argument, error.expected, "another text" if is_shown else error.found)
