"""
What a command has brought: JSON, an object a line, for programs; tables for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from rich import box
from rich.table import Table

from belvo_async.cli.terminal import console, harmless
from belvo_async.codec import as_json


COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "Link": ("id", "institution", "status", "created_at"),
    "Account": ("id", "name", "category", "currency", "balance.current"),
    "Balance": ("value_date", "account.name", "balance", "account.currency"),
    "Transaction": ("value_date", "description", "type", "amount", "currency", "status"),
    "Institution": ("name", "display_name", "type", "country_codes", "status"),
    "Owner": ("display_name", "email", "phone_number", "id"),
}
"""What people see of a row, by its model. Of others they see the first few fields that hold something."""

FEW: Final = 6


def show(value: Any, *, json: bool) -> None:
    """
    Show one thing whole.
    """
    if json:
        print(as_json(value), flush=True)
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _leaves(value):
        table.add_row(name, harmless(text))
    console().print(table)


def show_rows(rows: Sequence[Any], *, json: bool) -> None:
    """
    Show what is alike: all of it to programs, the columns that matter to people.
    """
    if json:
        for row in rows:
            print(as_json(row))
        return
    out = console()
    if rows:
        names = COLUMNS.get(type(rows[0]).__name__) or _first_few(rows)
        table = Table(box=box.SIMPLE_HEAD)
        for name in names:
            figures = all(_is_number(_at(row, name)) for row in rows)
            table.add_column(
                name.replace("_", " "),
                justify="right" if figures else "left",
                overflow="fold",
                no_wrap=name == "id",  # to be copied
            )
        for row in rows:
            table.add_row(*(harmless(_text(_at(row, name))) for name in names))
        out.print(table)
    out.print(f"{len(rows):,} found" if rows else "Nothing found.")


def _leaves(value: Any, above: str = "") -> Iterator[tuple[str, str]]:
    for name, inner in _members(value):
        path = f"{above}{name}"
        if inner is None or inner == ():
            continue
        if attrs.has(type(inner)) or isinstance(inner, Mapping):
            yield from _leaves(inner, f"{path}.")
        else:
            yield path, _text(inner)


def _members(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return ((field.name, getattr(value, field.name)) for field in attrs.fields(type(value)))


def _at(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = getattr(row, name, None)
    return row


def _first_few(rows: Sequence[Any]) -> Sequence[str]:
    held = [
        name
        for name, _ in _members(rows[0])
        if any(_text(_at(row, name)) and not attrs.has(type(_at(row, name))) for row in rows)
    ]
    return held[:FEW]


def _is_number(value: Any) -> bool:
    return type(value).__name__ in {"int", "Decimal", "NoneType"}


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case tuple() | list():
            return ", ".join(map(_text, value))
        case _ if attrs.has(type(value)):
            return as_json(value)
        case _:
            return str(value)
