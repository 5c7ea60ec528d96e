"""
Requests, answers and secrets: what they hold, and what they never show.
"""

from __future__ import annotations

import copy
import pickle

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st

from belvo_async.messages import NO_QUERY, Answer, Body, Effect, Query, Request, Secret


CANARY = "canary-7d1f"


# --- secrets ---


@pytest.mark.parametrize("value", [CANARY, "", None])
def test_a_secret_gives_what_it_was_given(value: str | None) -> None:
    """
    A secret keeps a text, or the absence of one.
    """
    assert value == Secret(value).reveal()


def test_a_secret_shows_nothing() -> None:
    """
    However a secret is written out, its text is not there.
    """
    secret = Secret(CANARY)

    assert "Secret(…)" == repr(secret) == str(secret) == f"{secret}"
    assert CANARY not in repr([secret]) + repr({"a": secret}) + f"{secret!a}"
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("through", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_stays_where_it_is(through: Callable[[object], object]) -> None:
    """
    A secret is neither pickled nor copied.
    """
    with pytest.raises(TypeError, match="a secret is never pickled"):
        through(Secret(CANARY))


# --- bodies ---


def test_a_body_drops_what_is_none() -> None:
    """
    `None` means "not given", by identity: everything else is sent.
    """
    body = Body({"a": None, "b": False, "c": 0, "d": "", "e": []})

    assert {"b": False, "c": 0, "d": "", "e": []} == body.reveal()
    assert ["b", "c", "d", "e"] == list(body)
    assert ("b" in body, "a" in body) == (True, False)
    assert body["b"] is False


def test_a_body_shows_names_only() -> None:
    """
    The `repr` of a body has the names of its members and no value.
    """
    body = Body({"password": CANARY, "token": [CANARY]})

    assert "Body(password, token)" == repr(body) == str(body)
    assert "Body()" == repr(Body({}))


def test_a_body_is_no_mapping() -> None:
    """
    What opens mappings to print them does not open a body.
    """
    assert not isinstance(Body({}), Mapping)
    assert not hasattr(Body({}), "__dict__")


@pytest.mark.parametrize("through", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_body_stays_where_it_is(through: Callable[[object], object]) -> None:
    """
    A body is neither pickled nor copied.
    """
    with pytest.raises(TypeError, match="a request body may hold a password or a token and is never pickled"):
        through(Body({"password": CANARY}))


def test_bodies_are_compared_by_value() -> None:
    """
    Two bodies with the same members are equal, whatever their order; a body is no key.
    """
    assert Body({"a": 1, "b": 2}) == Body({"b": 2, "a": 1, "c": None})
    assert Body({"a": 1}) != Body({"a": 2})
    assert Body({"a": 1}) != {"a": 1}
    with pytest.raises(TypeError, match="unhashable"):
        hash(Body({}))


def test_a_body_is_extended_by_a_new_one() -> None:
    """
    More members make another body; the first one stays as it was.
    """
    body = Body({"a": 1, "b": 2})

    assert Body({"a": 1, "b": 3, "c": 4}) == body.extended({"b": 3, "c": 4, "d": None})
    assert Body({"a": 1, "b": 2}) == body


def test_a_body_does_not_follow_what_it_was_made_of() -> None:
    """
    A body holds its own members.
    """
    members: dict[str, object] = {"a": 1}
    body = Body(members)

    members["b"] = 2

    assert Body({"a": 1}) == body


SECRETS = (
    "username", "username2", "username3", "password", "password2", "token", "certificate", "private_key",
    "encryption_key", "session",
)  # fmt: skip


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_concealed(name: str) -> None:
    """
    A secret of the body is taken out of a text, wherever it stands.
    """
    body = Body({name: CANARY, "institution": "erebor"})

    assert "… at erebor: …!" == body.conceal(f"{CANARY} at erebor: {CANARY}!")


@pytest.mark.parametrize("first", ["password", "password2", "username", "token"])
@pytest.mark.parametrize("second", ["password", "password2", "username", "token"])
def test_a_secret_that_begins_with_another_is_concealed_whole(first: str, second: str) -> None:
    """
    No end of a longer secret is left over where a shorter one is its beginning.
    """
    body = Body({first: "hunter2", second: "hunter2-and-more"})

    assert "not …" == body.conceal("not hunter2-and-more")


@pytest.mark.parametrize("value", ["abc", "", 1234567, True, ["hunter2"], None])
def test_what_could_be_part_of_any_word_stays(value: object) -> None:
    """
    What is too short to be told from other words, or no text, is not searched for.
    """
    assert "abc 1234567 True hunter2" == Body({"password": value}).conceal("abc 1234567 True hunter2")


@given(st.dictionaries(st.sampled_from(SECRETS), st.text(min_size=4, max_size=8)), st.text(max_size=10))
def test_no_secret_survives(members: dict[str, str], text: str) -> None:
    """
    Whatever the secrets are, none of them stands in what is shown.
    """
    concealed = Body(members).conceal(" ".join([text, *members.values()]))

    assert not [secret for secret in members.values() if secret in concealed and "…" not in secret]


# --- requests and answers ---


def test_a_request_shows_no_value() -> None:
    """
    A request is shown by its method and path, and with the names of its query and members.
    """
    request = Request(
        "POST",
        "/api/links/",
        Effect.CREATE,
        Query((("link", CANARY), ("page", "2"))),
        Body({"password": CANARY}),
    )

    assert "POST /api/links/" == str(request)
    assert CANARY not in repr(request)
    assert "query=Query(link, page)" in repr(request)
    assert "body=Body(password)" in repr(request)


def test_the_least_request() -> None:
    """
    A request needs a method, a path and an effect.
    """
    request = Request("GET", "/api/", Effect.READ)

    assert (NO_QUERY, None, False, None) == (
        request.query,
        request.body,
        request.at_institution,
        request.lookup,
    )
    assert request == Request("GET", "/api/", Effect.READ)


@pytest.mark.parametrize("name", [field.name for field in attrs.fields(Request)])
def test_a_request_is_frozen(name: str) -> None:
    """
    Between the flow and the wire nothing changes a request.
    """
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(Request("GET", "/api/", Effect.READ), name, None)


def test_a_gated_request_is_the_same_but_for_its_gate() -> None:
    """
    Nothing else of a request is lost or changed, whatever it has.
    """

    async def gate() -> None: ...

    values = {field.name: object() for field in attrs.fields(Request)}
    gated = Request(**values).gated(gate)  # type: ignore[arg-type] # nothing is sent

    assert {**values, "gate": gate} == {name: getattr(gated, name) for name in values}


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/html", True),
        ("text/html; charset=utf-8", True),
        ("TEXT/HTML", True),
        ("application/json", False),
        ("application/xhtml+xml", False),
        ("", False),
    ],
)
def test_pages_for_people(content_type: str, expected: bool) -> None:
    """
    An answer in HTML is a page for people.
    """
    assert expected is Answer(403, b"", content_type).is_html


def test_an_answer_does_not_show_its_body() -> None:
    """
    What Belvo sent is the user's and is not printed.
    """
    answer = Answer(200, CANARY.encode(), request_id="0a1b")

    assert CANARY not in repr(answer)
    assert "request_id='0a1b'" in repr(answer)


@pytest.mark.parametrize("value", [Answer(200, b"x", retry_after=3.0), Request("GET", "/", Effect.READ)])
def test_messages_without_secrets_pickle(value: Any) -> None:
    """
    An answer, and a request without a body, come out of a pickle as they went in.
    """
    assert value == pickle.loads(pickle.dumps(value))  # noqa: S301 - our own pickle
