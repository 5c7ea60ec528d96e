"""
Lists: filters by query, pages, and the links between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import ge, gt, le, lt
from typing import Any, Final
from urllib.parse import urlencode

from belvo_async.sandbox.answers import Answer, Json
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.refusals import refusal


LARGEST_PAGE: Final = 1000

NOT_FILTERS: Final = frozenset({"page", "page_size", "fields", "omit"})

ALIASES: Final[Mapping[str, str]] = {"country_code": "country_codes"}


def _listed(wanted: str) -> list[str]:
    return wanted.split(",")


def _equal(value: Any, wanted: str) -> bool:
    return wanted in value if isinstance(value, list) else value == _like(value, wanted)


def _among(value: Any, wanted: str) -> bool:
    return any(_equal(value, one) for one in _listed(wanted))


def _range(value: Any, wanted: str) -> bool:
    low, _, high = wanted.partition(",")
    return value is not None and bool(_like(value, low) <= value <= _like(value, high))


def _contains(value: Any, wanted: str) -> bool:
    return wanted.lower() in str(value).lower()


def _all_in(value: Any, wanted: str) -> bool:
    return set(_listed(wanted)) <= set(value)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, str], bool]:
    def holds(value: Any, wanted: str) -> bool:
        return value is not None and compare(value, _like(value, wanted))

    return holds


LOOKUPS: Final[Mapping[str, Callable[[Any, str], bool]]] = {
    "in": _among,
    "not_in": lambda value, wanted: not _among(value, wanted),
    "allin": _all_in,
    "gt": _ordered(gt),
    "gte": _ordered(ge),
    "lt": _ordered(lt),
    "lte": _ordered(le),
    "range": _range,
    "icontains": _contains,
}
"""What may stand behind the last `__` of a filter."""


def _instant(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _like(value: Any, wanted: str) -> Any:
    """
    Return *wanted* as the type that *value* has.
    """
    if isinstance(value, (int, float)):
        return float(wanted)
    return _instant(wanted) if isinstance(value, datetime) else wanted


def _member(row: Json, name: str) -> Any:
    # Rows that belong to an account are filtered by its link and institution, too.
    value = row[name] if name in row else (row.get("account") or {}).get(name)
    if isinstance(value, dict):
        return value.get("id", value.get("name"))
    if name.endswith("_at") and value is not None:
        return _instant(value)
    return value


def _known(row: Json, name: str) -> bool:
    return name in row or name in (row.get("account") or ())


def _split(name: str) -> tuple[str, Callable[[Any, str], bool]]:
    field, _, lookup = name.rpartition("__")
    if field and lookup in LOOKUPS:
        return ALIASES.get(field, field), LOOKUPS[lookup]
    return ALIASES.get(name, name), _equal


def filtered(rows: Iterable[Json], query: Mapping[str, str]) -> list[Json]:
    """
    Return the *rows* that *query* lets through. Names that no row has are ignored, as Belvo does.
    """
    tests = [(*_split(name), wanted, name) for name, wanted in query.items()]
    return [row for row in rows if all(_passes(row, *test) for test in tests)]


def _passes(row: Json, field: str, holds: Callable[[Any, str], bool], wanted: str, name: str) -> bool:
    if not _known(row, field):
        return True
    try:
        return holds(_member(row, field), wanted)
    except (ValueError, TypeError):
        raise refusal("invalid", name) from None


def filters(query: Mapping[str, str]) -> dict[str, str]:
    """
    Return what of *query* filters.
    """
    return {name: value for name, value in query.items() if name not in NOT_FILTERS}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0


def page(call: Call, count: int, rows: Callable[[int, int], Sequence[Json]], page_size: int) -> Answer:
    """
    Return one page of a list of *count* rows.

    Args:
        rows: Returns the rows from one position up to, not including, another.

        page_size: What a page holds unless the query says otherwise.
    """
    size = min(_number(call.query.get("page_size", "")) or page_size, LARGEST_PAGE)
    number = _number(call.query.get("page", "1"))
    last = max(1, -(-count // size))
    if not 1 <= number <= last:
        raise refusal("not_found")

    start = (number - 1) * size
    return Answer(
        200,
        {
            "count": count,
            "next": _address(call, number + 1) if number < last else None,
            "previous": _address(call, number - 1) if number > 1 else None,
            "results": [call.trimmed(row) for row in rows(start, min(start + size, count))],
        },
    )


def _address(call: Call, number: int) -> str:
    return f"{call.origin}{call.path}?{urlencode({**call.query, 'page': number})}"
