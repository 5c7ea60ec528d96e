"""
The sandbox in a process of its own, so that its CPU time is nobody's who is measured.

`with served() as server:` starts it. It also listens with TLS where the `openssl` program is there to make a certificate.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import ssl
import subprocess
import sys
import tempfile

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from rounds import allow_files

from belvo_async.sandbox import Sandbox


@attrs.frozen
class Server:
    """
    A sandbox that runs.

    Attributes:
        url: Where.

        links: Ids of links whose resources are challenged.

        tls_url: Where with TLS; `None` without a certificate.

        certificate: The file of the certificate.
    """

    url: str
    links: list[str]
    tls_url: str | None
    certificate: str | None
    _process: subprocess.Popen[str]

    def change(self, **settings: Any) -> None:
        """
        Change settings of the sandbox; what follows is answered with them.
        """
        _ask(self._process, settings)


@contextlib.contextmanager
def served(links: int = 1_000, **options: Any) -> Iterator[Server]:
    """
    Run a sandbox with so many *links* and the given *options* until the block is left.
    """
    given = json.dumps({"one_session_per_link": False, "remember": 100, **options})
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, __file__, folder, str(links), given],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        yield Server(**json.loads(process.stdout.readline()), process=process)
        assert process.stdin is not None
        process.stdin.close()


def _ask(process: subprocess.Popen[str], settings: dict[str, Any]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    print(json.dumps(settings), file=process.stdin, flush=True)
    process.stdout.readline()


async def serve(folder: Path, links: int, options: dict[str, Any]) -> None:
    """
    Be the server, until standard input ends.
    """
    allow_files()
    async with Sandbox(**options) as sandbox:
        ids = [
            sandbox.add_link("heimdall_mx_retail", "mfa_default", "pass_valid")["id"] for _ in range(links)
        ]
        certificate = certified(folder)
        listener = None
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            listener = await asyncio.get_running_loop().create_server(
                sandbox._web,  # noqa: SLF001 - the sandbox itself speaks no TLS
                sandbox.host,
                0,
                ssl=context,
            )
        told = {
            "url": sandbox.url,
            "links": ids,
            "tls_url": listener and f"https://{sandbox.host}:{listener.sockets[0].getsockname()[1]}",
            "certificate": certificate,
        }
        print(json.dumps(told), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            for name, value in json.loads(line).items():
                setattr(sandbox.settings, name, value)
            print(flush=True)
        if listener is not None:
            listener.close()


def certified(folder: Path) -> str | None:
    """
    Make a certificate for the loopback, with its key in the same file; `None` if the program is missing.
    """
    openssl, file = shutil.which("openssl"), folder / "loopback.pem"
    if openssl is None:
        return None
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    name = ("-subj", "/CN=loopback", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2")
    made = subprocess.run(
        [openssl, "req", "-x509", *curve, *name, "-keyout", file, "-out", folder / "certificate.pem"],
        capture_output=True,
        check=False,
    )
    if made.returncode != 0:
        return None
    file.write_text(file.read_text() + (folder / "certificate.pem").read_text())
    return str(file)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])))
