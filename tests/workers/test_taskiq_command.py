"""
`taskiq worker` as a process, on real servers.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from servers import Server, ends_with_us, nats_server, redis_server, running


SERVICE: Final = """
import os

from belvo_async import BelvoClient
from belvo_async.stores import MemoryStore
from belvo_async.workers.taskiq import FlowTasks, {make}

flows = FlowTasks(
    {make}(os.environ["SERVER"]),
    store=MemoryStore,
    client=lambda: BelvoClient("id", "password", base_url="http://127.0.0.1:1"),
    open_session=lambda client, flow: client.links.register("bank", "user", "password", external_id=flow),
)
broker, scheduler = flows.broker, flows.scheduler
"""

PATIENCE: Final = 20.0
"""Seconds until a process must be at work, and until it must have ended."""


@pytest.mark.parametrize(
    ("make", "server", "idle"),
    [
        # A worker on Redis asks every two seconds; the second time shows that it waits.
        ("redis_broker", redis_server, ["Starting fetching new messages"] * 2),
        ("nats_broker", nats_server, ["Listening started."]),
    ],
    ids=["redis", "nats"],
)
def test_a_worker_ends_when_it_is_told_to(
    tmp_path: Path, make: str, server: Callable[[Path], Server], idle: list[str]
) -> None:
    """
    SIGTERM, as supervisors send it, ends an idle worker by itself.
    """
    (tmp_path / "service.py").write_text(SERVICE.format(make=make), encoding="utf-8")
    log = tmp_path / "log"
    worker = [sys.executable, "-m", "taskiq", "worker", "--workers", "1", "--log-level", "DEBUG"]
    with running(server, tmp_path, "server") as up, log.open("wb") as written:
        process = subprocess.Popen(  # noqa: S603 - this Python
            [*ends_with_us(), *worker, "service:broker"],
            cwd=tmp_path,
            env={**os.environ, "SERVER": up.url},
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
        try:
            until(lambda: log.read_text(encoding="utf-8").count(idle[0]) >= len(idle), log)
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(PATIENCE)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    assert 0 == process.returncode, log.read_text(encoding="utf-8")


def until(holds: Callable[[], bool], log: Path) -> None:
    """
    Look until it is so.
    """
    ends = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < ends, log.read_text(encoding="utf-8")
        os.sched_yield()
