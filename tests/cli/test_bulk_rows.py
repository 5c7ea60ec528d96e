"""
How `belvo-async bulk` reads a file, and what it makes of a row.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hypothesis import given
from hypothesis import strategies as st

from belvo_async import BelvoClient
from belvo_async.cli.batch.jobs import Jobs
from belvo_async.cli.batch.rows import Problem, Row, RowError, Source


LINK = "0a5d2f36-baa9-4455-af72-8b4f42485e3a"


@pytest.fixture(name="jobs", scope="module")
def _jobs() -> Jobs:
    return Jobs(BelvoClient("id", "password", environment="sandbox"))


def read(path: Path, octets: bytes) -> list[Row | Problem]:
    """
    Return what is read from a file.
    """
    path.write_bytes(octets)
    with Source(path) as source:
        return list(source.rows())


FORMS = {
    "commas": b"a,b\n1,2\n\n3,\n",
    "semicolons": b"a;b\r\n1;2\r\n;\r\n3;\r\n",
    "tabs": b"a\tb\n1\t2\n\n3\t",
    "a mark of UTF-8": b"\xef\xbb\xbfa,b\n1,2\n\n3,\n",
    "quotes": b'"a","b"\n"1","2"\n\n"3",""\n',
    "JSONL": b'\n{"a": "1", "b": "2"}\n\n{"a": "3", "b": null}\n',
}


@pytest.mark.parametrize("octets", FORMS.values(), ids=FORMS)
def test_forms_of_a_file(octets: bytes, tmp_path: Path) -> None:
    """
    CSV with any separator and JSONL say the same; empty lines and cells are left out.
    """
    values = [dict(row.values) for row in read(tmp_path / "file", octets) if isinstance(row, Row)]

    assert [{"a": "1", "b": "2"}, {"a": "3"}] == values


UNREADABLE = {
    "nothing": (b"\n\n", [(1, "rows", "an empty file")]),
    "no header": (
        b"bank,Ana,hunter2!\n",
        [(1, "a header with a name for each column", "another text in column 2")],
    ),
    "a name twice": (b"a,a\n1,2\n", [(1, "a header with a name for each column", "the same name twice")]),
    "no UTF-8": (b"a\n\xff\nb\n", [(2, "text in UTF-8", "bytes that are none")]),
    "an open quote": (b'a,b\n"1,2\n', [(2, "cells whose quotes are closed", "another text")]),
    "no JSON": (b'{"a": 1}\nhunter2!\n', [(2, "a JSON object", "what is no JSON")]),
    "a member twice": (b'{"a": 1, "a": "hunter2"}\n', [(1, "each member once", "one that comes again")]),
    "no object": (b'{"a": 1}\n[1]\n', [(2, "a JSON object", "another kind of JSON")]),
}


@pytest.mark.parametrize(("octets", "told"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read(octets: bytes, told: list[tuple[int, str, str]], tmp_path: Path) -> None:
    """
    What cannot be read is told with its line and never shown, and what is right after it is read.
    """
    problems = [one for one in read(tmp_path / "file", octets) if isinstance(one, Problem)]

    assert told == [(one.line, one.expected, one.found) for one in problems]
    assert "hunter2" not in str(problems)


cells = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\0"), max_size=8)


@given(st.lists(st.tuples(cells, cells), max_size=6))
def test_every_row_is_found_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    """
    A row that is read again at its offset says the same, whatever its cells hold; also line breaks.
    """
    path = tmp_path_factory.mktemp("rows") / "file.csv"
    quoted = ["a,b", *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)]
    path.write_bytes("\n".join(quoted).encode())
    with Source(path) as source:
        found = [row for row in source.rows() if isinstance(row, Row)]
        again = [source.at(row.offset, row.line) for row in reversed(found)]

    expected = [{name: cell for name, cell in zip("ab", row, strict=True) if cell} for row in rows]
    assert [row for row in expected if any(cell.strip() for cell in row.values())] == [
        dict(row.values) for row in found
    ]
    assert list(reversed(found)) == again


def test_a_row_that_is_not_there_any_more(tmp_path: Path) -> None:
    """
    If the file has become shorter, its row is not found.
    """
    path = tmp_path / "file.csv"
    path.write_bytes(b"a\n1\n2\n")
    with Source(path) as source:
        last = [row for row in source.rows() if isinstance(row, Row)][-1]
        path.write_bytes(b"a\n")
        with pytest.raises(RowError, match="another file"):
            source.at(last.offset, last.line)


@pytest.mark.parametrize(
    ("values", "arguments"),
    [
        (
            {
                "institution": "bank",
                "username": "ana",
                "fetch_historical": "True",
                "fetch_resources": "ACCOUNTS, OWNERS",
            },
            {
                "institution": "bank",
                "username": "ana",
                "fetch_historical": True,
                "fetch_resources": ["ACCOUNTS", "OWNERS"],
            },
        ),
        (
            {"resource": "accounts", "link": LINK, "save_data": "no", "max_rounds": "2"},
            {"save_data": False, "max_rounds": 2},
        ),
        (
            {"resource": "tax_returns", "link": LINK, "type": "yearly", "year_from": "2024", "year_to": 2025},
            {"type": "yearly", "year_from": "2024", "year_to": 2025},
        ),
    ],
    ids=["a link", "accounts", "tax returns"],
)
def test_what_a_cell_means(jobs: Jobs, values: dict[str, Any], arguments: dict[str, Any]) -> None:
    """
    Cells become what the method takes; what JSON has typed already stays as it is.
    """
    assert arguments == jobs.read(Row(1, 0, values)).arguments


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"institution": "bank", "username": "ana", "token": "1"},
            "token: expected a column of links.register",
        ),
        (
            {"institution": "bank", "username": "ana", "pasword": "x"},
            "pasword: expected a column of links.register (password), found another",
        ),
        (
            {"institution": "bank", "username": "ana", "id": "x" * 151},
            "id or external_id: expected at most 150",
        ),
        (
            {"institution": "bank", "username": "ana", "id": "ana / attempt 2"},
            "id or external_id: expected at most 150",
        ),
        ({"resource": "balances", "link": LINK}, "date_from: expected a value, found nothing"),
        ({"resource": "accounts"}, "link: expected an id of Belvo's"),
        ({"resource": "accounts", "link": 17}, "link: expected"),
        ({"resource": "institutions", "link": LINK}, "resource: expected one of accounts"),
        ({"resource": ["x"], "link": LINK}, "found another text"),
        ({"resource": "accounts", "link": LINK, "max_rounds": "few"}, "max_rounds: expected a whole number"),
    ],
)
def test_what_a_row_cannot_mean(jobs: Jobs, values: dict[str, Any], told: str) -> None:
    """
    What the method would refuse is refused before anything is sent.
    """
    with pytest.raises(RowError) as raised:
        jobs.read(Row(7, 0, values))

    assert told in " ".join(map(str, raised.value.problems))
    assert {7} == {problem.line for problem in raised.value.problems}


def test_a_misspelt_column_is_told_once(jobs: Jobs) -> None:
    """
    Where a column was meant that must be there, one problem tells it.
    """
    with pytest.raises(RowError) as raised:
        jobs.read(Row(2, 0, {"institution": "bank", "usrname": "ana", "password": "x"}))

    assert ["usrname: expected a column of links.register (username), found another"] == [
        str(problem) for problem in raised.value.problems
    ]


def test_a_cell_in_the_wrong_column_is_not_shown(jobs: Jobs) -> None:
    """
    Where the cells of a row are shifted, any of them may be a password.
    """
    for column in ("link", "date_from", "date_to"):
        day = "2026-01-01"
        values = {"resource": "balances", "link": LINK, "date_from": day, "date_to": day, column: "hunter2!"}
        with pytest.raises(RowError) as raised:
            jobs.read(Row(7, 0, values))

        assert "hunter2" not in str(raised.value)
        assert f"{column}: expected" in str(raised.value)


def test_a_password_is_no_part_of_what_a_row_is(jobs: Jobs) -> None:
    """
    What is written down of a row has no secret in it, and a new password makes no other row of it.
    """
    rows = [
        jobs.read(
            Row(
                1, 0, {"institution": "bank", "username": "ana", "password": password, "password2": "hunter3"}
            )
        )
        for password in ("hunter1", "hunter2")
    ]

    assert 1 == len({(row.identity, row.content) for row in rows})
    assert "hunter" not in repr(rows) + rows[0].identity + rows[0].content
