"""
The second tier of the codec: a cattrs converter for answers that are not quite as announced.

It reads numbers that come as text and text that comes as a number, flags as 0 or 1, instants without a zone (as
UTC), days as `DD-MM-YYYY` or as an instant, and `null` where none was announced. It never guesses beyond that: what
it cannot read it names, by place and never by value.
"""

from __future__ import annotations

import re

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import attrs
import msgspec

from cattrs import Converter, transform_error
from cattrs.cols import list_structure_factory
from cattrs.gen import make_dict_structure_fn

from belvo_async.models._fields import OpenEnum


MOST_DIGITS: Final = 400
"""Of a number in text; a longer one is an attack, not an amount."""


class _WrongError(Exception):
    """
    A value cannot be read; says what was expected and what kind of thing was found.
    """

    def __init__(self, expected: str, found: object) -> None:
        super().__init__(f"expected {expected}, found {_kind_of(found)}")


def structure(value: Any, type_: Any) -> tuple[Any, tuple[str, ...]]:
    """
    Return *value* as *type_* and no problems, or nothing and what is wrong, where.
    """
    try:
        return _converter().structure(value, type_), ()
    except Exception as error:  # noqa: BLE001 - cattrs raises groups of whatever its hooks raise
        return None, tuple(transform_error(error, format_exception=lambda inner, _: _told(inner)))


def _told(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return "missing"
    # Words of foreign exceptions may quote the value and are not repeated.
    return str(error) if isinstance(error, _WrongError) else f"cannot be read ({type(error).__name__})"


def _kind_of(value: object) -> str:
    match value:
        case str():
            return "text"
        case bool():
            return "true or false"
        case int() | Decimal() | float():
            return "a number"
        case list():
            return "a list"
        case _:  # null is accepted before it comes here
            return "an object"


@cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=True)
    # By class: for text, numbers, flags and enums cattrs has hooks of its own, which a factory does not replace.
    for type_, reader in PLAIN.items():
        converter.register_structure_hook(type_, _nullable(reader))
    converter.register_structure_hook(OpenEnum, _enum_hook)
    converter.register_structure_hook_factory(_has_fields, lambda type_: _model_hook(type_, converter))
    converter.register_structure_hook_factory(_is_sequence, lambda type_: _sequence_hook(type_, converter))
    converter.register_structure_hook_factory(_is_object, _object_hook)
    converter.register_structure_hook_factory(_is_wrapped, lambda type_: _wrapped_hook(type_, converter))
    return converter


Hook = Callable[[Any, Any], Any]


def _nullable(reader: Callable[[Any], Any]) -> Hook:
    return lambda value, _: None if value is None else reader(value)


# --- shapes ---


def _enum_hook(value: Any, type_: type[OpenEnum]) -> OpenEnum | None:
    return None if value is None else type_(_read_str(value))


def _has_fields(type_: Any) -> bool:
    return attrs.has(get_origin(type_) or type_)


def _model_hook(type_: Any, converter: Converter) -> Hook:
    read = make_dict_structure_fn(type_, converter)

    def hook(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise _WrongError("an object", value)
        return read(value, type_)

    return _nullable(hook)


def _is_sequence(type_: Any) -> bool:
    return get_origin(type_) in {list, tuple}


def _sequence_hook(type_: Any, converter: Converter) -> Hook:
    announced: Any = get_origin(type_)
    as_list: Any = GenericAlias(list, get_args(type_)[:1])
    read = list_structure_factory(as_list, converter)

    def hook(value: Any) -> Any:
        if not isinstance(value, list):
            raise _WrongError("a list", value)
        return announced(read(value, as_list))

    return _nullable(hook)


def _is_object(type_: Any) -> bool:
    return get_origin(type_) is dict


def _object_hook(_: Any) -> Hook:
    return _nullable(_read_object)


def _read_object(value: Any) -> Any:
    # What is inside has no types: it stays as it was parsed.
    if not isinstance(value, dict):
        raise _WrongError("an object", value)
    return value


def _is_wrapped(type_: Any) -> bool:
    return get_origin(type_) in {Annotated, Union, UnionType}


def _wrapped_hook(type_: Any, converter: Converter) -> Hook:
    # `X | None` and `Annotated[X, …]` are X here: null is accepted everywhere.
    inner = next(arg for arg in get_args(type_) if arg is not NoneType)
    return lambda value, _: converter.structure(value, inner)


# --- values ---


def _read_str(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise _WrongError("text", value)
    return str(value)


def _read_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if isinstance(value, int | Decimal) and value in {0, 1}:
        return value == 1
    raise _WrongError("true or false", value)


def _read_decimal(value: Any) -> Decimal:
    if not isinstance(value, bool) and isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, str) and len(value) <= MOST_DIGITS:
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise _WrongError("a number", value) from None
        if number.is_finite():
            return number
    raise _WrongError("a number", value)


def _read_int(value: Any) -> int:
    number = _read_decimal(value)
    # The exponent is looked at first: 1e999999999 must not be written out.
    if number.adjusted() > MOST_DIGITS or number != number.to_integral_value():
        raise _WrongError("a whole number", value)
    return int(number)


def _read_date(value: Any) -> date:
    if isinstance(value, str):
        if match := re.fullmatch(r"(\d\d)-(\d\d)-(\d{4})", value):
            value = "-".join(reversed(match.groups()))
        try:
            return datetime.fromisoformat(value).date()
        except ValueError:
            raise _WrongError("a date", value) from None
    raise _WrongError("a date", value)


def _read_instant(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            instant = _as_native(value) or datetime.fromisoformat(value)
        except ValueError:
            raise _WrongError("an instant", value) from None
        # Some of Belvo's instants name no zone; its servers live in UTC.
        return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
    raise _WrongError("an instant", value)


def _as_native(value: str) -> datetime | None:
    """
    Return the instant as the first tier reads it, which rounds digits beyond microseconds; `None` if it cannot.
    """
    try:
        return msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return None


PLAIN: Final[Mapping[type, Callable[[Any], Any]]] = {
    str: _read_str,
    bool: _read_bool,
    int: _read_int,
    Decimal: _read_decimal,
    date: _read_date,
    datetime: _read_instant,
}
"""How each plain type of a model is read. A test proves that no model has another."""
