"""
Bytes to models and back, in two tiers. Only here are msgspec (but for `models._fields`) and cattrs imported.

The first tier is msgspec's native decoder, straight into the attrs classes. It is strict, and most answers
pass it. What it refuses goes to the second, `codec.lenient`, which lives with Belvo's variants and, where it
cannot, says what was wrong and where. Both agree on every answer that the first accepts. The second is
imported when it is first needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final, Generic, TypeVar, get_args, get_origin

import attrs
import msgspec

from belvo_async.errors import DecodeError, InvalidArgumentError
from belvo_async.messages import Answer, Body


T = TypeVar("T")

_encoder: Final = msgspec.json.Encoder(decimal_format="number")

_parser: Final = msgspec.json.Decoder(float_hook=Decimal)

UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError, InvalidOperation)
"""What msgspec raises. The last one is for a number whose exponent is beyond what `Decimal` can hold."""

UNSENDABLE: Final = (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError)
"""What msgspec raises for what it cannot write."""


def encode(body: Body) -> bytes:
    """
    Return *body* as JSON. Decimals keep their digits, dates and instants become ISO 8601.

    Raises:
        InvalidArgumentError: It holds what JSON cannot carry: half a character, an object of the caller's.
    """
    try:
        return _encoder.encode(body.reveal())
    except UNSENDABLE:
        pass  # outside of the handler: the foreign error quotes the value, which may be a password
    raise InvalidArgumentError(
        argument=_unsendable_member(body),
        expected="text and numbers that JSON can carry",
        found="another value",
    )


def as_json(value: object) -> str:
    """
    Return a model, or what is made of models, as one line of JSON. Decimals keep their digits, as numbers; instants
    become ISO 8601.
    """
    return _encoder.encode(value).decode()


def _unsendable_member(body: Body) -> str:
    for name in body:
        try:
            _encoder.encode(body[name])
        except UNSENDABLE:
            return name
    return "body"


def parse(content: bytes) -> Any:
    """
    Return the value of JSON *content* without types; `None` if it is no JSON.
    """
    try:
        return _parser.decode(content)
    except UNREADABLE:
        return None


def receipt_of(answer: Answer) -> str | None:
    """
    Return the id of a request that the body of *answer* names: an object, or a list of one.
    """
    receipt = _sole(parse(answer.body))
    told = receipt.get("request_id") if isinstance(receipt, dict) else None
    return told if isinstance(told, str) and told else None


def is_receipt(answer: Answer) -> bool:
    """
    Return whether the body of *answer* says nothing but the id of a request.
    """
    receipt = _sole(parse(answer.body))
    return isinstance(receipt, dict) and receipt.keys() == {"request_id"}


def _sole(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def decoder(type_: type[T]) -> Callable[[Answer], T]:
    """
    Return the function that reads an answer into *type_*: a model, or `list` of one.

    Where one object was announced a list of one is read as well, and the other way round.

    The function raises `DecodeError`, which tells what was wrong and where.
    """
    return _Reader(type_).read


@attrs.frozen(kw_only=True)
class Page(Generic[T]):
    """
    One page of a list.

    Attributes:
        count: How many there are on all pages.

        next: The address of the next page; `None` on the last.

        previous: The address of the page before; `None` on the first.

        results: What is on this page.
    """

    count: int | None = None
    next: str | None = None
    previous: str | None = None
    results: tuple[T, ...]


def page_decoder(model: type[T]) -> Callable[[Answer], Page[T]]:
    """
    Return the function that reads an answer into a page of *model*.
    """
    return _Reader(Page[model]).read  # type: ignore[valid-type] # a class at run time


class _Reader:
    """
    Both tiers for one type.
    """

    def __init__(self, type_: Any) -> None:
        self._type = type_
        self._native = _native(type_)
        self._first = _first_field(type_)

    def read(self, answer: Answer) -> Any:
        if answer.accepted:
            raise self._error(answer, ("expected the data, found 202 Accepted, which brings them later",))
        try:
            value = self._native.decode(answer.body)
        except UNREADABLE:
            pass  # outside of the handler, so that the first tier's error is not shown as a context
        else:
            return self._with_something(value, answer)
        return self._with_something(self._lenient(answer), answer)

    def _with_something(self, value: Any, answer: Answer) -> Any:
        """
        Return *value*, unless it is an object that has nothing of its model: then it is something else, a receipt say.
        """
        found = value.results if isinstance(value, Page) else value
        for item in found if isinstance(found, list | tuple) else (found,):
            if self._first is not None and getattr(item, self._first) is None and _is_empty(item):
                raise self._error(answer, ("expected data, found an object that has nothing of it",))
        return value

    def _lenient(self, answer: Answer) -> Any:
        value = parse(answer.body)
        if value is None:
            raise self._error(answer, (f"expected JSON, found {len(answer.body)} bytes that are none",))
        from belvo_async.codec import lenient  # noqa: PLC0415 - most programs never need it

        structured, problems = lenient.structure(_as_announced(value, self._type), self._type)
        if not problems and _lacks_data(structured):
            problems = ("expected data, found null",)
        if problems:
            raise self._error(answer, problems)
        return structured

    def _error(self, answer: Answer, problems: tuple[str, ...]) -> DecodeError:
        return DecodeError(
            expected=_name(self._type),
            problems=problems,
            status=answer.status,
            request_id=answer.request_id or receipt_of(answer),
        )


@cache
def _native(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_, float_hook=Decimal)  # also where a model does not say what is inside


def _first_field(type_: Any) -> str | None:
    """
    Return the first field of the model in *type_*: a look at it tells most objects from empty ones.
    """
    model = get_args(type_)[0] if get_args(type_) else type_
    return attrs.fields(model)[0].name if attrs.has(model) else None


def _is_empty(item: Any) -> bool:
    return all(getattr(item, field.name) is None for field in attrs.fields(type(item)))


def _name(type_: Any) -> str:
    inner = get_args(type_)
    outer = getattr(get_origin(type_) or type_, "__name__", str(type_))
    return f"{outer} of {_name(inner[0])}" if inner else outer


def _as_announced(value: Any, type_: Any) -> Any:
    """
    Turn one object into a list of one, or a list of one into its object, as *type_* wants it.
    """
    wants_list = get_origin(type_) is list
    if wants_list and isinstance(value, dict) and _resembles(value, get_args(type_)[0]):
        return [value]
    return value if wants_list else _sole(value)


def _lacks_data(structured: Any) -> bool:
    # Null is accepted for any field, but it is neither a model nor the items of a page, nor one of them.
    found = structured.results if isinstance(structured, Page) else structured
    return found is None or (isinstance(found, list | tuple) and any(item is None for item in found))


def _resembles(value: Mapping[str, Any], model: Any) -> bool:
    # An object with no key of the model is something else (an error, a receipt), not an empty model.
    return attrs.has(model) and not attrs.fields_dict(model).keys().isdisjoint(value)
