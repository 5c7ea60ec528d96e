"""
What all tests share: the event loop of the asynchronous ones, and how hard Hypothesis tries.
"""

from __future__ import annotations

import os

from datetime import timedelta

import pytest

from hypothesis import settings


settings.register_profile("default", deadline=timedelta(seconds=2))
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """
    The library runs on asyncio.
    """
    return "asyncio"
