"""
Where requests go: no id changes a path, and no password travels unencrypted.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from belvo_async.errors import InvalidArgumentError
from belvo_async.messages import Query
from belvo_async.transport.address import check_base_url, check_id, is_loopback, query_of, target


# --- ids ---


@pytest.mark.parametrize(
    "id_",
    [
        "30cb4806-6e00-48a4-91c9-ca55968576c8",
        "5f0c1d7be1a24d0f9b1c2f3a4b5c6d7e",
        "erebor_mx_retail",
        "0",
        "A",
        "a" * 128,
    ],
)
def test_ids(id_: str) -> None:
    """
    UUIDs with and without dashes, numbers and slugs are ids.
    """
    assert id_ == check_id(id_)


@pytest.mark.parametrize("number", [0, 7, 10**20])
def test_numbers_are_ids(number: int) -> None:
    """
    Institutions have numbers.
    """
    assert str(number) == check_id(number)


@pytest.mark.parametrize(
    "id_",
    [
        "", " ", ".", "..", "../links", "a/b", "a/../b", "/", "\\", "a\\b", "%2e%2e", "%2F", "a%2Fb", "a?b=c", "a#b",
        "a;b", "a b", " a", "a ", "a\n", "\na", "a\x00", "a\u2028", "á", "\uff0e\uff0e", "a\u2215b", "-a", "_a", "a.b",
        "a:b", "a@b", "a" * 129, "None/", "{}", "<uuid>",
    ],
)  # fmt: skip
def test_what_could_change_the_path(id_: str) -> None:
    """
    What means something in a path, or could after decoding, is no id.
    """
    with pytest.raises(InvalidArgumentError, match=r"^link: expected an id of Belvo's .*, found '"):
        check_id(id_, "link")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, "None"), (str, "the class str"), (True, "bool"), (False, "bool"), (1.5, "float"), (b"abc", "bytes"), (["a"], "list"),
        (object(), "object"), (-1, "int"),
    ],
)  # fmt: skip
def test_what_is_no_text(value: object, found: str) -> None:
    """
    What is no text is no id, and is told by its type.
    """
    with pytest.raises(InvalidArgumentError, match=rf"^id: .*, found {found}$"):
        check_id(value)


def test_a_long_text_is_not_repeated_whole() -> None:
    """
    An error shows the beginning of what was no id.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        check_id("/" * 1000)

    assert len(str(caught.value)) < 150


@given(st.text() | st.from_regex(r"[a-z0-9./%-]{1,12}", fullmatch=True))
@example("..")
def test_no_id_leaves_its_segment(id_: str) -> None:
    """
    Whatever passes is one segment of a path, before and after decoding and normalizing.
    """
    try:
        checked = check_id(id_)
    except InvalidArgumentError:
        return

    url = f"https://belvo.test/api/links/{checked}/"
    assert f"/api/links/{checked}/" == urlsplit(url).path == URL(url).path == URL(url, encoded=True).path


# --- base URLs ---


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://sandbox.belvo.com", "https://sandbox.belvo.com"),
        ("https://sandbox.belvo.com/", "https://sandbox.belvo.com"),
        ("https://proxy.internal/belvo/", "https://proxy.internal/belvo"),
        ("https://proxy.internal/a//", "https://proxy.internal/a"),
        ("https://my_proxy:8443", "https://my_proxy:8443"),
        ("HTTPS://Sandbox.Belvo.com", "https://Sandbox.Belvo.com"),
        ("https://10.0.0.1", "https://10.0.0.1"),
        ("https://[2001:db8::1]:443/x", "https://[2001:db8::1]:443/x"),
        ("https://xn--bnk-hla.example", "https://xn--bnk-hla.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://LOCALHOST", "http://LOCALHOST"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[0:0:0:0:0:0:0:1]"),
    ],
)
def test_base_urls(url: str, expected: str) -> None:
    """
    Any encrypted address will do, and an unencrypted one on this machine; slashes at the end do not matter.
    """
    assert expected == check_base_url(url)


HOST, LONG_HOST = "https://host", "https://host or https://host:port"
CREDENTIALS = "an address without credentials"
BARE = "an address without query and fragment"
ENCRYPTED = "https:// (http:// only on the loopback)"

BAD_URLS: list[tuple[Any, str]] = [
    ("", HOST), ("sandbox.belvo.com", HOST), ("//sandbox.belvo.com", HOST), ("ftp://belvo.com", HOST),
    ("file:///etc/passwd", HOST), ("https:", HOST), ("https://", HOST), ("https:///api", HOST), ("https://:443", HOST),
    ("http:localhost", HOST), ("https:/belvo.com", HOST), ("javascript://x", HOST),
    ("https://bélvo.com", HOST), ("https://belvo\u3002com", HOST), ("https://sandbox.belvo.com/\u202e", HOST),
    ("https://belvo.com ", HOST), (" https://belvo.com", HOST), ("https://bel vo.com", HOST),
    ("https://belvo.com\n", HOST), ("https://belvo.com\t", HOST), ("https://belvo\x00.com", HOST),
    ("https://belvo.com:port", HOST), ("https://belvo.com:99999", HOST), ("https://belvo.com:-1", HOST),
    ("https://belvo.com:80:90", HOST), ("https://[::1", HOST), ("https://[not-an-address]", HOST),
    (None, HOST), (7, HOST), (b"https://belvo.com", HOST), (["https://belvo.com"], HOST),
    ("https://user@belvo.com", CREDENTIALS), ("https://user:hunter2@belvo.com", CREDENTIALS),
    ("https://:hunter2@belvo.com", CREDENTIALS), ("https://@belvo.com", CREDENTIALS),
    ("https://sandbox.belvo.com\\@evil.example", CREDENTIALS), ("https://sandbox.belvo.com@evil.example", CREDENTIALS),
    ("http://localhost@evil.example", CREDENTIALS), ("http://evil.example@localhost", CREDENTIALS),
    ("https://belvo.com\\evil.example", LONG_HOST), ("http://evil.example[::1]", LONG_HOST),
    ("http://[::1]evil.example", LONG_HOST), ("http://[::1]evil.example:80", LONG_HOST),
    ("https://a,b", LONG_HOST), ("https://belvo%2ecom", LONG_HOST), ("http://[::1%25eth0]", LONG_HOST),
    ("https://[v1.x]", LONG_HOST), ("https://<host>", LONG_HOST), ("https://{host}", LONG_HOST),
    ("https://belvo.com?x=hunter2", BARE), ("https://belvo.com/?", BARE), ("https://belvo.com/#hunter2", BARE),
    ("https://belvo.com#", BARE), ("https://belvo.com/a?b#c", BARE),
    ("http://sandbox.belvo.com", ENCRYPTED), ("http://127.0.0.1.evil.example", ENCRYPTED),
    ("http://localhost.evil.example", ENCRYPTED), ("http://evil-localhost", ENCRYPTED), ("http://0.0.0.0", ENCRYPTED),
    ("http://10.0.0.1", ENCRYPTED), ("http://192.168.0.1", ENCRYPTED), ("http://169.254.169.254", ENCRYPTED),
    ("http://[2001:db8::1]", ENCRYPTED), ("http://[::]", ENCRYPTED), ("http://127.1", ENCRYPTED),
    ("http://2130706433", ENCRYPTED), ("http://0x7f000001", ENCRYPTED), ("http://localhost.", ENCRYPTED),
]  # fmt: skip


@pytest.mark.parametrize(("url", "expected"), BAD_URLS, ids=[repr(url)[:40] for url, _ in BAD_URLS])
def test_where_no_request_may_go(url: Any, expected: str) -> None:
    """
    What is no encrypted address of a host, or carries more than that, is refused without being repeated.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        check_base_url(url)

    assert str(caught.value).startswith(f"base_url: expected {expected}, found ")
    assert "hunter2" not in str(caught.value)


authorities = st.lists(
    st.sampled_from(
        [
            "localhost",
            "127.0.0.1",
            "[::1]",
            "::1",
            "evil.example",
            ".",
            ":",
            "80",
            "@",
            "[",
            "]",
            "%",
            "\\",
            "/",
            "a",
        ]
    ),
    max_size=5,
).map("".join)


@given(st.sampled_from(["http://", "https://", "http:\\\\", "http:/"]), authorities)
def test_what_passes_goes_where_it_says(scheme: str, authority: str) -> None:
    """
    An address that passes has the same host for the client that connects, and no other one unencrypted.
    """
    try:
        url = check_base_url(scheme + authority)
    except InvalidArgumentError:
        return

    connected = URL(f"{url}/api/links/", encoded=True)
    assert urlsplit(url).hostname == connected.host
    assert (None, None) == (connected.user, connected.password)
    assert connected.scheme == "https" or is_loopback(connected.host or "")
    assert url == check_base_url(url)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True), ("127.0.0.1", True), ("127.255.255.255", True), ("::1", True), ("128.0.0.1", False),
        ("::2", False), ("localhost.example", False), ("", False), ("1", False),
    ],
)  # fmt: skip
def test_loopback(host: str, expected: bool) -> None:
    """
    Only this machine is this machine.
    """
    assert expected is is_loopback(host)


# --- request lines ---


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ((), "/api/links/"),
        ((("link", "a"),), "/api/links/?link=a"),
        ((("status__in", "a,b"), ("page", "2")), "/api/links/?status__in=a%2Cb&page=2"),
        (
            (("created_at__gte", "2026-01-01T00:00:00+00:00"),),
            "/api/links/?created_at__gte=2026-01-01T00%3A00%3A00%2B00%3A00",
        ),
        ((("a", "x y&z=1#?/"),), "/api/links/?a=x%20y%26z%3D1%23%3F%2F"),
        ((("a", ""),), "/api/links/?a="),
        ((("a", "ñ"),), "/api/links/?a=%C3%B1"),
    ],
)
def test_targets(query: Query, expected: str) -> None:
    """
    A query is encoded whole: no value adds a parameter, or ends the request line.
    """
    assert expected == target("/api/links/", query)


queries = st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=4).map(tuple)


@given(queries)
def test_a_query_arrives_as_it_was_meant(query: Query) -> None:
    """
    What is encoded here is decoded there to the same names and values.
    """
    line = target("/api/links/", query)

    assert line.isascii()
    assert not set(line) & set(" \r\n\t#")
    assert list(query) == parse_qsl(line.partition("?")[2], keep_blank_values=True)
    assert query == query_of(f"https://elsewhere.example{line}")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://sandbox.belvo.com/api/links/?page=2&link=a", (("page", "2"), ("link", "a"))),
        ("http://evil.example/admin/?page=2", (("page", "2"),)),
        ("https://user:pass@evil.example:1/?page=2", (("page", "2"),)),
        ("?page=2", (("page", "2"),)),
        ("/api/links/?page=2#?page=3", (("page", "2"),)),
        ("https://h/?a=&b=x+y%2Cz", (("a", ""), ("b", "x y,z"))),
        ("https://h/?a=1&a=2", (("a", "1"), ("a", "2"))),
        ("https://h/?a=b?c", (("a", "b?c"),)),
        ("https://h/", ()),
        ("https://h/?", ()),
        ("", ()),
        ("http://[/?page=2", (("page", "2"),)),
        ("http://[not-an-address]/?page=2", (("page", "2"),)),
    ],
)
def test_queries_of_addresses(url: str, expected: Query) -> None:
    """
    Of an address only the query is taken, however broken the rest is.
    """
    assert expected == query_of(url)


@given(st.text())
def test_no_address_raises(url: str) -> None:
    """
    Whatever text stands where an address should be, its query is found or empty.
    """
    assert isinstance(query_of(url), tuple)
