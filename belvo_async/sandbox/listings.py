"""
Lists: filters by query, pages, and the links between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from operator import eq, ge, gt, le, lt
from typing import Any, Final
from urllib.parse import urlencode

from belvo_async.sandbox.answers import Answer, Json
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.refusals import refusal


LARGEST_PAGE: Final = 1000

NOT_FILTERS: Final = frozenset({"page", "page_size", "fields", "omit"})

NO_ALIASES: Final[Mapping[str, str]] = {}

BANKS: Final[Mapping[str, str]] = {"country_code": "country_codes"}
"""The names that filters of institutions have for members of the rows."""

Holds = Callable[[Any, str], bool]
"""Whether a value is what a filter wants."""


def _listed(wanted: str) -> list[str]:
    return wanted.split(",")


def _pair(value: Any, wanted: str) -> tuple[Any, Any]:
    """
    Return both as what can be compared: an instant is compared with a date by its day.
    """
    if isinstance(value, (int, float)):
        return value, float(wanted)
    if isinstance(value, datetime):
        return (value.date(), date.fromisoformat(wanted)) if len(wanted) == DAY else (value, _instant(wanted))
    return value, date.fromisoformat(wanted) if isinstance(value, date) else wanted


def _compared(compare: Callable[[Any, Any], bool]) -> Holds:
    def holds(value: Any, wanted: str) -> bool:
        return value is not None and compare(*_pair(value, wanted))

    return holds


def _equal(value: Any, wanted: str) -> bool:
    return wanted in value if isinstance(value, list) else eq(*_pair(value, wanted))


def _among(value: Any, wanted: str) -> bool:
    return any(_equal(value, one) for one in _listed(wanted))


def _range(value: Any, wanted: str) -> bool:
    low, _, high = wanted.partition(",")
    return LOOKUPS["gte"](value, low) and LOOKUPS["lte"](value, high)


def _contains(value: Any, wanted: str) -> bool:
    return wanted.lower() in str(value).lower()


def _all_in(value: Any, wanted: str) -> bool:
    return set(_listed(wanted)) <= set(value)


LOOKUPS: Final[Mapping[str, Holds]] = {
    "in": _among,
    "not_in": lambda value, wanted: not _among(value, wanted),
    "allin": _all_in,
    "gt": _compared(gt),
    "gte": _compared(ge),
    "lt": _compared(lt),
    "lte": _compared(le),
    "range": _range,
    "icontains": _contains,
}
"""What may stand behind the last `__` of a filter."""

DAY: Final = len("2026-01-31")


def _instant(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _time(text: str) -> date | str:
    try:
        return date.fromisoformat(text) if len(text) == DAY else _instant(text)
    except ValueError:
        return text  # Some institutions write dates in their own way.


TIMES: Final = ("_at", "_date")
"""How the names of members end that hold an instant or a date."""

MISSING: Final = object()


def _inside(value: Any, names: Sequence[str]) -> Any:
    """
    Return what *names* lead to; of a list, what they lead to in each of its entries.
    """
    if not names:
        return value.get("id", value.get("name")) if isinstance(value, dict) else value
    if isinstance(value, list):
        return [_inside(one, names) for one in value]
    if value is None:
        return None
    return _inside(value[names[0]], names[1:]) if _has(value, names[0]) else MISSING


def _has(value: Any, name: str) -> bool:
    return isinstance(value, dict) and name in value


def _member(row: Json, path: str) -> Any:
    names = path.split("__")
    # Rows that belong to an account are filtered by its link and institution, too.
    within = row if names[0] in row else row.get("account")
    value = _inside(within, names) if _has(within, names[0]) else MISSING
    return _time(value) if isinstance(value, str) and path.endswith(TIMES) else value


def _split(name: str, aliases: Mapping[str, str]) -> tuple[str, Holds]:
    name = aliases.get(name, name)
    field, _, lookup = name.rpartition("__")
    if field and lookup in LOOKUPS:
        return aliases.get(field, field), LOOKUPS[lookup]
    return name, _equal


def filtered(
    rows: Iterable[Json], query: Mapping[str, str], aliases: Mapping[str, str] = NO_ALIASES
) -> list[Json]:
    """
    Return the *rows* that *query* lets through. Names that no row has are ignored, as Belvo does.

    Args:
        aliases: Names that filters have for members of the rows.
    """
    tests = [(*_split(name, aliases), wanted, name) for name, wanted in query.items()]
    return [row for row in rows if all(_passes(row, *test) for test in tests)]


def _passes(row: Json, path: str, holds: Holds, wanted: str, name: str) -> bool:
    value = _member(row, path)
    if value is MISSING:
        return True
    try:
        return holds(value, wanted)
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


def shown(call: Call, rows: Sequence[Json], page_size: int) -> Answer:
    """
    Return one page of *rows* that are all there already.
    """
    return page(call, len(rows), lambda start, stop: rows[start:stop], page_size)


def _address(call: Call, number: int) -> str:
    return f"{call.origin}{call.path}?{urlencode({**call.query, 'page': number})}"
