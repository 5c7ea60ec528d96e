"""
All stores do what a store has to do, on their real servers, sealed or not.
"""

from __future__ import annotations

import pytest

from stores.conftest import STORES, Make

from belvo_async import TicketSealer
from belvo_async.testing.stores import CHECKS, Check


pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", STORES)]

KEY = TicketSealer.new_key()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_does_what_a_store_has_to(check: Check, make: Make) -> None:
    """
    Every check passes.
    """
    await check(make)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_does_it_sealed(check: Check, make: Make) -> None:
    """
    It does the same when its rows are sealed.
    """
    await check(lambda: make(keys=[KEY]))
