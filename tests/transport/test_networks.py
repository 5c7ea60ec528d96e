"""
Proxies, private authorities and client certificates, each over real sockets and a real flow.
"""

from __future__ import annotations

import asyncio
import ssl

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import trustme

from aiohttp.resolver import DefaultResolver
from networks import front, proxy, trusting
from people import BANK, careful
from resources.test_mistakes import frames

from belvo_async import BelvoClient, MfaState, Network, Timeouts
from belvo_async.errors import (
    CertificateError,
    ConnectError,
    ConnectionLostError,
    InvalidArgumentError,
    TransportError,
    UncertainOutcomeError,
)
from belvo_async.sandbox import Sandbox


pytestmark = pytest.mark.anyio

PASSWORD = "canary-proxy-2b9e"


@pytest.fixture(name="sandbox")
async def _sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


def client_of(url: str, network: Network) -> BelvoClient:
    """
    Return a client that does not repeat.
    """
    return BelvoClient("sandbox-id", "sandbox-password", base_url=url, retry=None, network=network)


async def flow(client: BelvoClient) -> str | None:
    """
    Register a link, with its challenge.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    return link.status


async def test_a_private_authority(sandbox: Sandbox, tmp_path: Path) -> None:
    """
    A flow goes over TLS of an authority that the caller trusts.
    """
    async with front(sandbox.url) as tls:
        async with client_of(tls.url, Network(tls=trusting(tmp_path))) as client:
            assert "valid" == await flow(client)

        assert tls.heads[0].startswith(b"POST /api/links/ HTTP/1.1\r\n")


async def test_an_authority_that_nobody_trusts(sandbox: Sandbox, tmp_path: Path) -> None:
    """
    Another authority, or none of one's own, is a `CertificateError`, and the server gets no byte of a request.
    """
    async with front(sandbox.url, authority=trustme.CA()) as tls:
        for network in (Network(), Network(tls=trusting(tmp_path))):
            async with client_of(tls.url, network) as client:
                with pytest.raises(CertificateError) as raised:
                    await flow(client)
                assert not raised.value.sent

        assert [] == tls.heads


async def test_a_name_that_is_not_in_the_certificate(sandbox: Sandbox, tmp_path: Path) -> None:
    """
    A certificate for another host is refused, though its authority is trusted.
    """
    async with front(sandbox.url) as tls:
        url = tls.url.replace("localhost", "127.0.0.1")
        async with client_of(url, Network(tls=trusting(tmp_path))) as client:
            with pytest.raises(CertificateError):
                await flow(client)

        assert [] == tls.heads


async def test_a_client_certificate(sandbox: Sandbox, tmp_path: Path) -> None:
    """
    A server that asks for a certificate is shown the caller's.
    """
    async with front(sandbox.url, mutual=True) as tls:
        network = Network(tls=trusting(tmp_path, client="our-service"))
        async with client_of(tls.url, network) as client:
            assert "valid" == await flow(client)

        assert {"our-service"} == set(tls.clients)


async def test_a_client_certificate_that_is_missing(sandbox: Sandbox, tmp_path: Path) -> None:
    """
    Without one the server hears no request. By TLS 1.3 it refuses after the handshake: a write is uncertain then.
    """
    async with front(sandbox.url, mutual=True) as tls:
        async with client_of(tls.url, Network(tls=trusting(tmp_path))) as client:
            with pytest.raises((ConnectError, ConnectionLostError)):
                await client.check()
            with pytest.raises((ConnectError, UncertainOutcomeError)):
                await flow(client)

        assert [] == tls.heads
        assert {} == dict(sandbox.counts)


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
async def test_a_tunnel_through_a_proxy(sandbox: Sandbox, tmp_path: Path, secure: bool) -> None:
    """
    A proxy is told where to, its own password, and nothing else: no path, no key of Belvo's, no header of a call. So
    is one that is itself spoken to over TLS.
    """
    async with front(sandbox.url) as tls, proxy("me", PASSWORD, secure=secure) as tunnels:
        network = Network(tls=trusting(tmp_path), proxy=tunnels.url)
        async with client_of(tls.url, network) as client:
            told = client.with_options(headers={"X-Gateway": "canary"})
            assert "valid" == await flow(told)

        assert PASSWORD not in f"{network!r}{client!r}{vars(client)!r}"
    assert 1 == len(tunnels.asked)
    head = tunnels.asked[0]
    assert head.startswith(f"CONNECT {tls.url.removeprefix('https://')} HTTP/1.1\r\n".encode())
    assert b"\r\nProxy-Authorization: Basic " in head
    assert not any(word in head for word in (b"\r\nAuthorization", b"/api/", b"X-Gateway", b"canary-"))
    assert b"X-Gateway: canary" in tls.heads[0]
    assert b"Proxy-Authorization" not in b"".join(tls.heads)


@pytest.mark.parametrize("credentials", ["", "me:wrong@"], ids=["none", "wrong"])
async def test_a_proxy_that_refuses(sandbox: Sandbox, tmp_path: Path, credentials: str) -> None:
    """
    A proxy that wants another password ends the call before anything is sent, and no error shows a password.
    """
    async with front(sandbox.url) as tls, proxy("me", PASSWORD) as tunnels:
        url = f"http://{credentials}{tunnels.url.rpartition('@')[2]}"
        async with client_of(tls.url, Network(tls=trusting(tmp_path), proxy=url)) as client:
            with pytest.raises(ConnectError, match="the proxy refused") as raised:
                await flow(client)

        assert not raised.value.sent
        assert "wrong" not in f"{raised.value}{raised.value!r}"
        assert [] == tls.heads


async def test_a_proxy_that_is_not_there(sandbox: Sandbox) -> None:
    """
    A proxy that cannot be reached is named as the cause; nothing goes around it.
    """
    async with client_of(sandbox.url, Network(proxy=f"http://me:{PASSWORD}@127.0.0.1:1")) as client:
        with pytest.raises(ConnectError, match="the proxy cannot be reached") as raised:
            await flow(client)

    assert PASSWORD not in f"{raised.value}{raised.value!r}"
    assert {} == dict(sandbox.counts)


@pytest.mark.parametrize(
    ("url", "given", "environment"),
    [
        ("https://belvo..invalid", None, None),
        (f"https://{'a' * 64}.invalid", None, None),
        ("https://localhost:1", f"http://me:{PASSWORD}€@localhost:1", None),
        ("https://localhost:1", f"http://me:{PASSWORD}@proxy..invalid:1", None),
        ("https://localhost:1", None, f"http://me:{PASSWORD}@localhost:99999"),
        ("https://localhost:1", None, f"http://me:{PASSWORD}@[::1"),
    ],
    ids=[
        "empty label",
        "long label",
        "password",
        "proxy",
        "port of the environment",
        "host of the environment",
    ],
)
async def test_an_address_that_cannot_be(
    url: str, given: str | None, environment: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    What only shows when it is used is an error of ours, nothing was sent, and no password is quoted.
    """
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("https_proxy", environment or "")
    network = Network(proxy=given, trust_env=environment is not None)
    async with client_of(url, network) as client:
        session = client.links.register(BANK, "mfa_default", "pass_valid")
        with pytest.raises(ConnectError, match="cannot be") as raised:
            await session

    assert (MfaState.READY, False) == (session.state, raised.value.sent)
    assert PASSWORD not in f"{raised.value!r}{raised.value.__cause__!r}{list(frames(raised.value))}"


async def test_a_proxy_that_says_nothing() -> None:
    """
    A proxy that takes the connection and then is silent holds a call up no longer than connecting may take.
    """
    hung_up = asyncio.Event()

    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        hung_up.set()

    silent = await asyncio.start_server(hears, "127.0.0.1", 0)
    async with silent:
        network = Network(proxy=f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}")
        async with client_of("https://localhost:1", network) as client, asyncio.timeout(5):
            with pytest.raises(ConnectError, match="it took too long") as raised:
                await flow(client.with_options(timeouts=Timeouts(connect=0.1)))
            await hung_up.wait()

    assert not raised.value.sent


async def test_a_name_that_nobody_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A look-up without an end holds a call up no longer than connecting may take.
    """

    async def never(*_: object, **__: object) -> NoReturn:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(DefaultResolver, "resolve", never)
    async with client_of("https://belvo.invalid", Network()) as client, asyncio.timeout(5):
        with pytest.raises(ConnectError, match="it took too long") as raised:
            await flow(client.with_options(timeouts=Timeouts(connect=0.1)))

    assert not raised.value.sent


async def test_a_wrong_certificate_behind_a_proxy(sandbox: Sandbox) -> None:
    """
    A proxy does not change whom the client trusts.
    """
    async with front(sandbox.url) as tls, proxy() as tunnels:
        async with client_of(tls.url, Network(proxy=tunnels.url)) as client:
            with pytest.raises(CertificateError):
                await flow(client)

        assert 1 == len(tunnels.asked)
        assert [] == tls.heads


async def test_a_proxy_of_the_environment(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    `HTTPS_PROXY` is used where the caller trusts the environment, and not for the hosts of `NO_PROXY`.
    """
    async with front(sandbox.url) as tls, proxy("me", PASSWORD) as tunnels:
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("https_proxy", tunnels.url)
        trusted = trusting(tmp_path)
        for network in (Network(tls=trusted), Network(tls=trusted, trust_env=True)):
            async with client_of(tls.url, network) as client:
                await client.check()
        assert 1 == len(tunnels.asked)
        monkeypatch.setenv("no_proxy", "localhost")
        async with client_of(tls.url, Network(tls=trusted, trust_env=True)) as client:
            await client.check()

        assert 1 == len(tunnels.asked)


@pytest.mark.parametrize(
    "network",
    [
        Network(proxy="proxy.example:3128"),
        Network(proxy="socks5://proxy.example:1080"),
        Network(proxy="http://"),
        Network(proxy=5),  # type: ignore[arg-type]
        Network(proxy=f"http://me:{PASSWORD}@proxy.example:port"),
        Network(tls="ca.pem"),  # type: ignore[arg-type]
        "http://proxy.example:3128",
    ],
    ids=["no scheme", "socks", "no host", "a number", "no port", "a path", "text"],
)
def test_what_is_no_network(network: Any) -> None:
    """
    An address that is no proxy's and a path in the place of a context are refused by the client, not by its first
    call; a password in them is not shown.
    """
    with pytest.raises(InvalidArgumentError) as raised:
        client_of("http://localhost:1", network)

    assert PASSWORD not in f"{raised.value}{raised.value!r}{list(frames(raised.value))}"


async def test_a_tls_context_that_checks_nothing(sandbox: Sandbox) -> None:
    """
    A context of the caller's is used as it is: also one that checks nothing.
    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with front(sandbox.url) as tls, client_of(tls.url, Network(tls=context)) as client:
        await client.check()


def test_errors_of_networks_are_of_transport() -> None:
    """
    Whoever catches what goes wrong on the way catches these, too.
    """
    assert issubclass(CertificateError, TransportError)
