"""
The store that a command is told of by an address: a file, PostgreSQL, Redis.
"""

from __future__ import annotations

import os

from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import typer

from belvo_async.cli.running import ended_by
from belvo_async.errors import BelvoError
from belvo_async.stores import Store


URL: Final = "BELVO_STORE_URL"
"""The variable with the address. One with a password in it can stand nowhere else."""

KEYS: Final = "BELVO_STORE_KEYS"
"""The variable with the keys of a sealed store, with commas between them."""

PASSWORDS: Final = frozenset({"password", "sslpassword"})
"""The parameters of an address that hold one."""


def open_store(given: str | None, table: str | None) -> Store:
    """
    Return the store at the address that was *given*, or that the environment has. Nothing is read yet.

    Args:
        table: The table in PostgreSQL, or the prefix in Redis, if it is not the usual one.

    Raises:
        BadParameter: There is no address, or none that makes sense.

        Exit: What the store needs is not installed, or a key is none. It has been told.
    """
    if given is not None and "://" in given and _has_password(given):
        raise typer.BadParameter(
            f"arguments are seen by everybody on the machine: give an address with a password in {URL}",
            param_hint="STORE",
        )
    address = given or os.environ.get(URL)
    if not address:
        raise typer.BadParameter(f"which store? Name it, or set {URL}", param_hint="STORE")
    keys = [key.strip() for key in os.environ.get(KEYS, "").split(",") if key.strip()]
    try:
        return _store(address, keys, table)
    except BelvoError as error:
        raise ended_by(error) from None


def _has_password(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False  # the store refuses it
    return bool(parts.password) or not PASSWORDS.isdisjoint(parse_qs(parts.query))


def _store(address: str, keys: list[str], table: str | None) -> Store:
    from belvo_async import stores  # noqa: PLC0415 - each of them imports what it needs

    scheme, is_url, rest = address.partition("://")
    match scheme if is_url else "sqlite":
        case "postgresql" | "postgres":
            return stores.PostgresStore(address, keys=keys, table=table or "belvo_flows")
        case "redis" | "rediss" | "unix":
            return stores.RedisStore(address, keys=keys, prefix=table or "belvo:")
        case "sqlite":
            path = Path(rest.removeprefix("/") if is_url else address)
            if not path.is_file():
                raise typer.BadParameter(f"{path}: there is no such file", param_hint="STORE")
            return stores.SQLiteStore(path, keys=keys)
        case _:
            raise typer.BadParameter(
                "expected a file of SQLite, or postgresql://…, or redis://…", param_hint="STORE"
            )
