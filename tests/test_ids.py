"""
Ids that are spelt in two ways.
"""

from __future__ import annotations

import pytest

from hypothesis import given
from hypothesis import strategies as st

from belvo_async.ids import bare_id, same_id


BARE = "4363b08b51eb43509c745df5ac92a7f6"
DASHED = "4363b08b-51eb-4350-9c74-5df5ac92a7f6"


@given(st.uuids())
def test_all_spellings_are_one(uuid: object) -> None:
    """
    Dashes and capitals make no difference.
    """
    dashed = str(uuid)
    spellings = {dashed, dashed.upper(), dashed.replace("-", ""), dashed.replace("-", "").upper()}

    assert 1 == len({bare_id(spelling) for spelling in spellings})
    assert all(same_id(dashed, spelling) for spelling in spellings)


@pytest.mark.parametrize(
    ("one", "other"),
    [(BARE, BARE[:-1] + "0"), (DASHED, None), (None, DASHED), (None, None), ("", ""), (BARE, "")],
)
def test_others_are_not(one: str | None, other: str | None) -> None:
    """
    Another id is another one, and a missing id is the same as nothing.
    """
    assert not same_id(one, other)
