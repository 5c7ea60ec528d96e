"""
The parts of a page: texts, colours, escaping, headers, references, and what a browser sends.
"""

from __future__ import annotations

import re

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st
from web.reading import read
from web.services import KEY

from belvo_async import ChallengeKind, MfaTicket, TicketSealer
from belvo_async.errors import (
    ActivationRequiredError,
    AuthenticationError,
    BelvoError,
    ConnectError,
    DecodeError,
    ExpiredCredentialsError,
    InstitutionUnavailableError,
    InvalidArgumentError,
    InvalidLinkError,
    LoginError,
    MfaRejectedError,
    NotResumableError,
    RequestTimeoutError,
    ServerError,
    UnconfirmedLinkError,
    ValidationError,
)
from belvo_async.sealing import Sealer
from belvo_async.stores import FlowRecord, FlowStatus
from belvo_async.stores.record import problem_of
from belvo_async.web import Look, PageRequest, Palette
from belvo_async.web.exchange import LONGEST_FORM, guarding_headers, is_foreign
from belvo_async.web.html import clean, element
from belvo_async.web.page import _read
from belvo_async.web.palette import DAY, NIGHT, PAIRS, contrast
from belvo_async.web.reference import Form, Reference
from belvo_async.web.texts import EN, LANGUAGES, TEXTS, preferred
from belvo_async.web.views import STAGES, Place, Stage, View, draw_qr, has_picture, render


NOW = datetime(2026, 1, 1, tzinfo=UTC)

PLACE = Place(nonce="n", sheet="a.css", script="a.js", itself="ref", sealed="s")


def ticket(**facts: object) -> MfaTicket:
    """
    Return a ticket as a bank might have it.
    """
    given_: dict[str, object] = {"kind": ChallengeKind.TEXT, **facts}
    return MfaTicket(
        operation="links.register", path="/api/links/", session="x", link="y", issued_at=NOW, **given_
    )  # type: ignore[arg-type] # facts of a test


def page(view: View, language: str = "en", look: Look | None = None) -> str:
    """
    Return a page.
    """
    return render(view, look or Look(), language, PLACE)


# --- texts ---


def test_every_language_has_every_text() -> None:
    """
    No language lacks a text, has one too many, or has an empty one; and what is put in is the same in all.
    """
    holes = {name: sorted(re.findall(r"{\w+}", text)) for name, text in EN.items()}

    assert set(TEXTS) == set(LANGUAGES)
    for texts in TEXTS.values():
        assert holes == {name: sorted(re.findall(r"{\w+}", text)) for name, text in texts.items()}
        assert all(text.strip() for text in texts.values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.ASKED])
def test_every_stage_can_be_said(language: str, stage: Stage) -> None:
    """
    Each stage has a heading and a text in each language.
    """
    texts = TEXTS[language]

    assert {texts[f"{stage}.heading"], texts[stage]} <= set(read_words(page(View(stage=stage), language)))


def read_words(html: str) -> list[str]:
    """
    Return the texts of a page.
    """
    return read(html).words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ChallengeKind)
def test_every_kind_can_be_said(language: str, kind: ChallengeKind) -> None:
    """
    A bank that says nothing is spoken for, in each language.
    """
    shown = page(View.of_ticket(ticket(kind=kind), NOW), language)

    assert {TEXTS[language][f"{kind}.heading"], TEXTS[language][f"{kind}.hint"]} <= set(read_words(shown))


def test_every_status_has_a_stage() -> None:
    """
    There is no status of a flow that the page knows nothing to say about.
    """
    assert set(STAGES) == set(FlowStatus)


@pytest.mark.parametrize(
    ("error", "stage"),
    [
        (LoginError(status=400, code="login_error"), Stage.REJECTED),
        (MfaRejectedError(status=400, code="login_error"), Stage.REJECTED),
        (InvalidLinkError(status=400), Stage.REJECTED),
        (UnconfirmedLinkError(status=400), Stage.REJECTED),
        (ExpiredCredentialsError(status=400), Stage.REJECTED),
        (ValidationError(status=400, code="validation_error"), Stage.REJECTED),
        (NotResumableError(status=428, code="activation_required"), Stage.INACTIVE),
        (ActivationRequiredError(status=400, code="activation_failed"), Stage.INACTIVE),
        (DecodeError(expected="a link", problems=("no JSON",)), Stage.UNKNOWN_END),
        (RequestTimeoutError(status=408, code="request_timeout"), Stage.UNKNOWN_END),
        (ValidationError(status=400, code="does_not_exist"), Stage.FAILED),
        (InstitutionUnavailableError(status=400, code="institution_down"), Stage.FAILED),
        (ServerError(status=502), Stage.FAILED),
        (AuthenticationError(status=401), Stage.FAILED),
        (ConnectError(request="POST /api/links/", reason="no route"), Stage.FAILED),
        (InvalidArgumentError(argument="link", expected="an id", found="text"), Stage.FAILED),
    ],
)
def test_what_went_wrong(error: BelvoError, stage: Stage) -> None:
    """
    Only whom the bank has not let in is sent to look at the password, and nobody is asked to begin anew where it may have
    worked. It is told by what a store keeps of the error.
    """
    record = FlowRecord(flow="f", round=1, status=FlowStatus.FAILED, problem=problem_of(error))

    assert stage is View.of_record(record, NOW).stage


@pytest.mark.parametrize("problem", [None, "", "annotations", "SomethingElse", "Final x", "a\nb"])
def test_a_problem_that_is_not_known(problem: str | None) -> None:
    """
    What another version has written of a failure is no reason to blame anybody.
    """
    record = FlowRecord(flow="f", round=1, status=FlowStatus.FAILED, problem=problem)

    assert Stage.FAILED is View.of_record(record, NOW).stage


def test_own_texts() -> None:
    """
    Texts of the host take the place of ours; one that there is not is refused.
    """
    look = Look(texts={"en": {"done": "You are <in>."}})
    assert "You are <in>." in read_words(page(View(stage=Stage.DONE), look=look))
    for wrong in ({"en": {"dona": "x"}}, {"fr": {"done": "x"}}):
        with pytest.raises(InvalidArgumentError, match="texts"):
            Look(texts=wrong)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "es"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("fr, en;q=0.5, pt;q=0.4", "en"),
        ("en;q=0, pt;q=0.1", "pt"),
        ("EN-us", "en"),
        ("*", "es"),
        ("en;q=x, pt;q=nan", "es"),
        ("de", "es"),
    ],
)
def test_the_language_of_a_browser(header: str, language: str) -> None:
    """
    The language that the browser likes best of ours is taken.
    """
    assert language == preferred(header, "es")


@given(st.text())
def test_any_accept_language(header: str) -> None:
    """
    Whatever the header says, there is a language.
    """
    assert preferred(header, "es") in LANGUAGES


# --- colours ---


@pytest.mark.parametrize("palette", [DAY, NIGHT], ids=["day", "night"])
@pytest.mark.parametrize(("above", "below", "least"), PAIRS)
def test_everything_can_be_read(palette: Palette, above: str, below: str, least: float) -> None:
    """
    What stands on something has the contrast of level AA.
    """
    assert contrast(getattr(palette, above), getattr(palette, below)) >= least


def test_contrast_is_that_of_the_standard() -> None:
    """
    Black on white is 21, a colour on itself 1, and a known pair what others compute.
    """
    assert (21.0, 1.0) == (contrast("#000000", "#ffffff"), contrast("#123456", "#123456"))
    assert 4.54 == round(contrast("#767676", "#ffffff"), 2)


def test_the_sheet_has_no_other_colours() -> None:
    """
    The style sheet takes its colours from the palette, but for shadows and the ground of a QR code.
    """
    sheet = _read("page.css")
    named = set(re.findall(r"var\(--([a-z-]+)\)", sheet))

    assert {field.name.replace("_", "-") for field in attrs.fields(Palette)} == named
    assert ["#fff"] == re.findall(r"#[0-9a-fA-F]{3,6}", sheet)


@pytest.mark.parametrize(
    "wrong",
    [{"text": "#cccccc"}, {"accent": "red"}, {"page": "#fff;}*{x:y"}, {"line": "#eeeeee"}, {"quiet": 7}],
)
def test_wrong_colours(wrong: dict[str, object]) -> None:
    """
    What is no colour, or cannot be read, is refused.
    """
    with pytest.raises(InvalidArgumentError, match=r"Palette\."):
        Palette(**wrong)  # type: ignore[arg-type] # that is what is tested


@pytest.mark.parametrize(
    "wrong",
    [
        {"done_url": "javascript:alert(1)"},
        {"again_url": "//evil.example"},
        {"done_url": "data:text/html,x"},
        {"language": "fr"},
        {"frame_ancestors": ("*",)},
        {"frame_ancestors": ("'self'; script-src *",)},
        {"frame_ancestors": "https://app.example"},
        {"frame_ancestors": None},
        {"frame_ancestors": (5,)},
        {"brand": 5},
        {"day": "#ffffff"},
        {"night": None},
        {"language": []},
        {"texts": None},
        {"texts": {"es": None}},
        {"texts": {"es": {"done": 5}}},
    ],
)
def test_wrong_looks(wrong: dict[str, object]) -> None:
    """
    What could do harm in a header or a link is refused, and what no page can be made of.
    """
    with pytest.raises(InvalidArgumentError):
        Look(**wrong)  # type: ignore[arg-type] # that is what is tested


# --- escaping ---

HOSTILE = st.text(alphabet=st.sampled_from("<>&\"'/= \n\x00\x1b\ud800ñ😀script"), max_size=60) | st.text(
    max_size=60
)


@given(instructions=HOSTILE, value=HOSTILE, kind=st.sampled_from(list(ChallengeKind)))
def test_what_the_bank_says_is_text(instructions: str, value: str, kind: ChallengeKind) -> None:
    """
    Whatever a bank sends is shown as text: the page has the elements that it has for harmless words, and the words.
    """
    said = ticket(kind=kind, instructions=f"a{instructions}", value=f"b{value}")
    plain = ticket(kind=kind, instructions="a", value="b" * len(clean(f"b{value}")))
    html = page(View.of_ticket(said, NOW))
    shown, harmless = read(html), read(page(View.of_ticket(plain, NOW)))

    def names(one: object) -> list[str]:
        # How a QR code is drawn depends on what it holds.
        return [name for name, _ in one.elements if name not in {"svg", "path"}]  # type: ignore[attr-defined]

    assert names(harmless) == names(shown)
    assert clean(f"a{instructions}").strip() in shown.text
    assert clean(f"b{value}") in shown.text
    html.encode()


@given(HOSTILE)
def test_attributes_are_text(value: str) -> None:
    """
    Whatever stands in an attribute stays in it.
    """
    shown = read(element("input", value=value))

    assert [("input", {"value": clean(value)})] == shown.elements


def test_nothing_is_inline() -> None:
    """
    No page has a style or a script of its own, or a handler: the policy would forbid it.
    """
    for kind in ChallengeKind:
        shown = read(page(View.of_ticket(ticket(kind=kind, value="12"), NOW)))
        held = {key for _, held in shown.elements for key in held}

        assert not {key for key in held if key == "style" or key.startswith("on")}
        assert "style" not in [name for name, _ in shown.elements]
        assert [("src", "nonce")] == [
            tuple(key for key in held if key != "defer") for name, held in shown.elements if name == "script"
        ]


@pytest.mark.parametrize(
    ("value", "is_picture"),
    [
        ("data:image/png;base64,iVBORw0KGgo=", True),
        ("data:image/svg+xml;base64,PHN2Zz4=", False),
        ("data:text/html;base64,PHN2Zz4=", False),
        ("https://bank.example/qr.png", False),
    ],
)
def test_a_qr_code_that_is_a_picture(value: str, is_picture: bool) -> None:
    """
    A picture is shown as one, and only then the policy allows it.
    """
    view = View.of_ticket(ticket(kind=ChallengeKind.QR, value=value), NOW)

    assert is_picture == has_picture(view) == read(page(view)).has("img", src=value)
    assert is_picture == (
        "img-src" in guarding_headers("n", pictures=has_picture(view))["Content-Security-Policy"]
    )


def test_a_qr_code_that_is_too_long() -> None:
    """
    What no QR code can hold is shown as text.
    """
    view = View.of_ticket(ticket(kind=ChallengeKind.QR, value="x" * 5000), NOW)

    assert draw_qr("x" * 5000) is None
    assert "x" * 5000 in read(page(view)).text


# --- references ---


@given(
    flow=st.text(alphabet=st.characters(categories=("L", "N", "P")), min_size=1, max_size=200),
    of=st.text(max_size=20),
)
def test_a_reference_comes_back(flow: str, of: str) -> None:
    """
    What was sealed opens for whom it was sealed, until it ends, and can stand in a path.
    """
    sealer, ends_at = Sealer(KEY), NOW + timedelta(seconds=60)
    text = Reference(flow=flow, ends_at=ends_at).seal(sealer, of)

    assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
    assert Reference(flow=flow, ends_at=ends_at) == Reference.open(text, sealer, of, NOW)
    assert None is Reference.open(text, sealer, of, ends_at)
    assert None is Reference.open(text, sealer, f"{of}x", NOW)
    assert None is Reference.open(text, Sealer(TicketSealer.new_key()), of, NOW)


@given(place=st.integers(min_value=0), letter=st.characters(codec="ascii"), cut=st.booleans())
def test_a_changed_reference(place: int, letter: str, cut: bool) -> None:
    """
    A text that was changed or cut anywhere opens nothing.
    """
    sealer = Sealer(KEY)
    text = Form(flow="order-17", round=1).seal(sealer, "")
    at = place % len(text)
    changed = text[:at] if cut else text[:at] + letter + text[at + 1 :]

    assert Form.open(changed, sealer, "") == (Form(flow="order-17", round=1) if changed == text else None)


@pytest.mark.parametrize("letter", ["é", "漢", "𠀀"])
def test_the_longest_key_of_a_flow(letter: str) -> None:
    """
    A flow whose key is as long as it may be has an address that opens, in any script.
    """
    sealer, flow = Sealer(KEY), letter * 200
    text = Reference(flow=flow, ends_at=NOW + timedelta(seconds=60)).seal(sealer, "")
    form = Form(flow=flow, round=1, session="x" * 40)

    assert None is not Reference.open(text, sealer, "", NOW)
    assert form == Form.open(form.seal(sealer, ""), sealer, "")


@pytest.mark.parametrize(
    "written",
    [
        "{0}\r\nSet-Cookie: a=1",
        "{0}={1}",
        "\\\\{0}",
        "?{0}",
        "{0}#",
        " {0}",
        "%2e{0}",
    ],
)
@pytest.mark.parametrize("flow", ["order-17", "order-17-of-a-user-with-a-long-name-indeed"])
def test_a_reference_with_something_about_it(flow: str, written: str) -> None:
    """
    Base64 may be written in many ways, with line ends or slashes in it; only the one of an address opens it.
    """
    sealer = Sealer(KEY)
    text = Reference(flow=flow, ends_at=NOW + timedelta(seconds=60)).seal(sealer, "")
    padded = text + "=" * (-len(text) % 4)

    assert None is Reference.open(written.format(text, "x"), sealer, "", NOW)
    assert None is Reference.open(written.format(padded, "x"), sealer, "", NOW)
    assert None is Reference.open(written.format(padded, "xxxx"), sealer, "", NOW)


@given(st.text())
def test_any_text_as_reference(text: str) -> None:
    """
    Whatever stands in a URL or a form, it opens nothing and fails nothing.
    """
    sealer = Sealer(KEY)

    assert None is Reference.open(text, sealer, "", NOW)
    assert None is Form.open(text, sealer, "")


def test_one_kind_is_no_other() -> None:
    """
    An address is no form, and a form no address.
    """
    sealer = Sealer(KEY)
    reference = Reference(flow="order-17", ends_at=NOW + timedelta(1)).seal(sealer, "")

    assert None is Form.open(reference + "=" * (-len(reference) % 4), sealer, "")
    assert None is Reference.open(Form(flow="order-17", round=1).seal(sealer, ""), sealer, "", NOW)


# --- what a browser sends ---


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "null", "host": "a.example"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "https://a.example", "host": "a.example"}, True),
        ({"origin": "https://a.example", "host": "a.example"}, False),
        ({"origin": "https://a.example:8443", "host": "a.example"}, True),
        ({"origin": "https://evil.example", "host": "a.example"}, True),
        ({"origin": "null", "host": "a.example"}, False),
    ],
)
def test_forms_of_other_sites(headers: dict[str, str], foreign: bool) -> None:
    """
    A form of another site is told by what the browser says of it.
    """
    assert foreign == is_foreign(headers)


@given(st.binary(max_size=200))
def test_any_form(body: bytes) -> None:
    """
    Whatever is sent as a form, it has fields or none.
    """
    request = PageRequest(body=body, headers={"content-type": "application/x-www-form-urlencoded"})

    assert isinstance(request.form(), dict)


def test_forms_that_are_none() -> None:
    """
    Another kind of body, or too large a one, is no form.
    """
    kind = {"content-type": "application/x-www-form-urlencoded"}

    assert None is PageRequest(body=b"a=1").form()
    assert None is PageRequest(body=b"a" * (LONGEST_FORM + 1), headers=kind).form()
    assert {} == PageRequest(body=b"&".join([b"a=1"] * 21), headers=kind).form()


@given(st.text(max_size=80))
def test_any_cookie(header: str) -> None:
    """
    Whatever stands in the header of cookies, it is read or not, and fails nothing.
    """
    assert isinstance(PageRequest(headers={"cookie": header}).cookie("lang"), str)


@pytest.mark.parametrize("other", ["a[b]=1", '{"x":1}=2', 'a={"b": 1}', "é=1", "a", "", "xlang=en"])
def test_a_cookie_beside_others(other: str) -> None:
    """
    Whatever other cookies a host has, the one of the page is found.
    """
    for header in (f"{other}; lang=pt", f"lang=pt; {other}"):
        assert "pt" == PageRequest(headers={"cookie": header}).cookie("lang")


def test_who_may_frame() -> None:
    """
    Nobody may, or those that were named; the older header says the same where it can.
    """
    told = {
        ancestors: guarding_headers("n", ancestors) for ancestors in ((), ("'self'",), ("https://a.example",))
    }

    assert ["DENY", "SAMEORIGIN", None] == [headers.get("X-Frame-Options") for headers in told.values()]
    for ancestors, headers in told.items():
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert f"frame-ancestors {' '.join(ancestors) or chr(39) + 'none' + chr(39)}" in policy
