"""
What a page shows at each stage of a flow, as HTML. Nothing here waits, asks the time or keeps anything.
"""

from __future__ import annotations

import math
import re

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import attrs

from belvo_async.errors import (
    BelvoError,
    DecodeError,
    ExpiredCredentialsError,
    InvalidLinkError,
    LoginError,
    MissingExtraError,
    RequestTimeoutError,
    UnconfirmedLinkError,
)
from belvo_async.mfa.challenge import ChallengeKind
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.stores.record import OPENING, FlowRecord, FlowStatus, error_class, remaining
from belvo_async.web.html import Content, Html, clean, element
from belvo_async.web.look import Look
from belvo_async.web.texts import LANGUAGES, Texts


if TYPE_CHECKING:
    from datetime import datetime


class Stage(StrEnum):
    """
    What the user meets.
    """

    ASKED = "asked"
    """A challenge, and a form."""

    BEGINNING = "beginning"
    """Belvo logs in; the bank has asked nothing yet."""

    CHECKING = "checking"
    """The answer is under way."""

    DONE = "done"

    DECLINED = "declined"

    EXPIRED = "expired"

    REJECTED = "rejected"
    """The institution did not accept the login."""

    INACTIVE = "inactive"
    """The institution wants the user to activate access first."""

    FAILED = "failed"
    """Something else went wrong: the institution or Belvo was down, say."""

    UNKNOWN_END = "unknown_end"
    """It may have worked."""

    ANSWERED = "answered"
    """A form that was sent twice."""

    GONE = "gone"
    """An address that opens nothing."""

    REFUSED = "refused"
    """A form that did not come from the page."""


STAGES: Final = {
    FlowStatus.CLAIMED: Stage.CHECKING,
    FlowStatus.SENT: Stage.CHECKING,
    FlowStatus.WAITING: Stage.ASKED,
    FlowStatus.ANSWERED: Stage.CHECKING,
    FlowStatus.COMPLETED: Stage.DONE,
    FlowStatus.DECLINED: Stage.DECLINED,
    FlowStatus.EXPIRED: Stage.EXPIRED,
    FlowStatus.FAILED: Stage.FAILED,
    FlowStatus.START_AGAIN: Stage.UNKNOWN_END,
}

MOVING: Final = frozenset({Stage.ASKED, Stage.BEGINNING, Stage.CHECKING})
"""What something else follows."""

ENDED_BADLY: Final = frozenset(
    {
        Stage.DECLINED,
        Stage.EXPIRED,
        Stage.REJECTED,
        Stage.INACTIVE,
        Stage.FAILED,
        Stage.UNKNOWN_END,
    }
)

FAILURES_BY_CODE: Final = {
    "activation_failed": Stage.INACTIVE,
    "activation_required": Stage.INACTIVE,
    "validation_error": Stage.REJECTED,  # the credentials have not the form that the institution gives them
}
"""What the user meets where a flow failed, by Belvo's code."""

FAILURES: Final[Mapping[type[BelvoError], Stage]] = {
    LoginError: Stage.REJECTED,
    InvalidLinkError: Stage.REJECTED,
    UnconfirmedLinkError: Stage.REJECTED,
    ExpiredCredentialsError: Stage.REJECTED,
    DecodeError: Stage.UNKNOWN_END,
    RequestTimeoutError: Stage.UNKNOWN_END,
    BelvoError: Stage.FAILED,
}
"""The same by the error, for each class and what is below it; the first that fits counts."""

RELOAD: Final = 3
"""Seconds after which a page without scripts is loaded again while the bank works."""

LARGE: Final = 12
"""Characters of a value that is shown as a large number."""

PICTURE: Final = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/]+={0,2}")
"""A QR code that is a picture already. Not SVG, which can hold anything."""


@attrs.frozen(kw_only=True)
class View:
    """
    What is shown.

    Attributes:
        stage: Where the flow is.

        round: At which challenge.

        ticket: The challenge, if there is one to answer.

        left: Seconds until the bank stops waiting; `None` if it did not say.

        notice: The name of a text about what happened.

        problem: The name of a text about what was typed.
    """

    stage: Stage
    round: int = OPENING
    ticket: MfaTicket | None = attrs.field(default=None, repr=False)
    left: float | None = None
    notice: str = ""
    problem: str = ""

    @property
    def state(self) -> str:
        """
        A word that differs when there is something else to see.
        """
        return f"{self.stage}-{self.round}"

    @classmethod
    def of_record(cls, record: FlowRecord | None, now: datetime) -> View:
        """
        Return what to show of a flow in a store.
        """
        if record is None:
            return cls(stage=Stage.GONE)
        stage = STAGES[record.status]
        if record.round == OPENING and stage in MOVING:
            stage = Stage.BEGINNING
        elif stage is Stage.ASKED and record.is_answered:
            stage = Stage.CHECKING
        elif stage is Stage.FAILED:
            stage = failure(record.problem)
        if stage is not Stage.ASKED or record.ticket is None:
            return cls(stage=stage, round=record.round)
        return cls.of_ticket(record.ticket, now)

    @classmethod
    def of_ticket(cls, ticket: MfaTicket, now: datetime, *, notice: str = "", problem: str = "") -> View:
        """
        Return the challenge of a ticket.
        """
        return cls(
            stage=Stage.ASKED,
            round=ticket.round,
            ticket=ticket,
            left=remaining(ticket, now),
            notice=notice or ("again" if ticket.round > 1 else ""),
            problem=problem,
        )


def failure(problem: str | None) -> Stage:
    """
    Return what the user meets where *problem*, as a store keeps it, has ended a flow. Who is not at fault is not sent to look
    at a password, and where it may have worked nobody is asked to begin anew.
    """
    error, code = error_class(problem), (problem or "").partition(" ")[2]
    return FAILURES_BY_CODE.get(code) or next(
        stage for class_, stage in FAILURES.items() if issubclass(error, class_)
    )


@attrs.frozen(kw_only=True)
class Place:
    """
    Where a page stands and what it needs from there.

    Attributes:
        nonce: Of this answer.

        base: Before the names of its files; ends with a slash or is empty.

        sheet, script: The names of its files.

        action: Where its form goes; empty for where the page is.

        itself: How it is loaded again; empty if it cannot be.

        sealed: The hidden field of its form.
    """

    nonce: str = attrs.field(repr=False)
    base: str = ""
    sheet: str = ""
    script: str = ""
    action: str = ""
    itself: str = ""
    sealed: str = attrs.field(default="", repr=False)


def render(view: View, look: Look, language: str, place: Place) -> str:
    """
    Return the page.
    """
    texts = look.texts[language]
    heading = texts[_heading(view)]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", " - ".join(part for part in (heading, look.brand or texts["title"]) if part)),
        element("link", rel="stylesheet", href=place.base + place.sheet, nonce=place.nonce),
        element("script", src=place.base + place.script, nonce=place.nonce, defer=True),
        _reloading(view, place),
    )
    body = element(
        "body",
        element("header", look.brand or texts["title"]),
        element(
            "main",
            element("h1", heading, tabindex="-1"),
            _notice(view, texts),
            *_content(view, look, texts, place),
            data_state=view.state,
            data_events=f"{place.itself}/events" if place.itself and view.stage in MOVING else None,
        ),
        element("footer", _languages(view, language, texts, place)),
    )
    return "<!doctype html>\n" + element("html", head, body, lang=language)


def _heading(view: View) -> str:
    if view.ticket is not None:
        return f"{view.ticket.kind}.heading"
    return f"{view.stage}.heading"


def _reloading(view: View, place: Place) -> Content:
    """
    Without scripts a page is loaded again: soon while the bank works, and at the deadline while the user types.
    """
    if not place.itself or view.stage not in MOVING:
        return None
    if view.stage is not Stage.ASKED:
        seconds = RELOAD
    elif view.left is not None:
        seconds = math.ceil(view.left) + 1
    else:
        return None
    refresh = element("meta", http_equiv="refresh", content=f"{seconds}; url={place.itself}")
    return element("noscript", refresh)


def _notice(view: View, texts: Texts) -> Content:
    if not view.notice:
        return None
    return element("p", texts[view.notice], class_="notice", role="status")


def _content(view: View, look: Look, texts: Texts, place: Place) -> list[Content]:
    if view.ticket is not None:
        return _challenge(view, view.ticket, texts, place)
    told = element("p", texts[view.stage], role="status" if view.stage in MOVING else None)
    if view.stage in MOVING:
        spinner = element("span", class_="spinner", aria_hidden="true")
        again = element("a", texts["reload"], href=place.itself) if place.itself else None
        return [spinner, told, element("noscript", element("p", again))]
    if view.stage is Stage.DONE and look.done_url:
        return [told, element("a", texts["continue"], class_="button", href=look.done_url)]
    if view.stage in ENDED_BADLY and look.again_url:
        return [told, element("a", texts["restart"], class_="button", href=look.again_url)]
    return [told]


# --- a challenge ---


def _challenge(view: View, ticket: MfaTicket, texts: Texts, place: Place) -> list[Content]:
    said = ticket.instructions.strip()
    # In which language an institution speaks it does not say.
    instructions = element(
        "p",
        said or texts[f"{ticket.kind}.hint"],
        id="told",
        class_="told",
        dir="auto",
        lang="" if said else None,
    )
    return [
        instructions,
        _value(ticket, texts),
        _form(view, ticket, texts, place),
        _left(view.left, texts),
    ]


def _value(ticket: MfaTicket, texts: Texts) -> Content:
    value = clean(ticket.value)
    if not value:
        return None
    if ticket.kind is ChallengeKind.QR:
        return _qr(value, texts)
    if len(value) > LARGE:
        return element("p", value, class_="number long", dir="auto")
    label = element("span", texts["number"] + ": ", class_="unseen")
    return element("p", label, element("bdi", value), class_="number")


def _qr(value: str, texts: Texts) -> Content:
    if PICTURE.fullmatch(value):
        return element("figure", element("img", src=value, alt=texts["qr.label"]))
    as_text = element("code", value, dir="auto")
    drawn = draw_qr(value)
    if drawn is None:
        return as_text
    return Html(
        element("figure", drawn, role="img", aria_label=texts["qr.label"])
        + element("details", element("summary", texts["qr.text"]), as_text)
    )


def has_picture(view: View) -> bool:
    """
    Whether the page shows a picture of the institution's.
    """
    return (
        view.ticket is not None
        and view.ticket.kind is ChallengeKind.QR
        and PICTURE.fullmatch(clean(view.ticket.value)) is not None
    )


def draw_qr(value: str) -> Html | None:
    """
    Return *value* as a QR code in SVG, without any style; `None` if it is too long for one.

    Raises:
        MissingExtraError: The extra is not installed.
    """
    try:
        import segno  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError.for_module(error, "web") from None
    try:
        code = segno.make(value, micro=False)
    except segno.DataOverflowError:
        return None
    return Html(code.svg_inline(omitsize=True, dark="#000", light="#fff", svgclass=None, lineclass=None))


def _form(view: View, ticket: MfaTicket, texts: Texts, place: Place) -> Content:
    buttons = (
        element("button", _word(ticket, texts), name="do", value="answer"),
        element("button", texts["decline"], name="do", value="decline", class_="plain", formnovalidate=True),
    )
    sealed = element("input", type="hidden", name="sealed", value=place.sealed)
    field = _field(view, texts) if ticket.expects_user_input else _problem(view, texts)
    return element("form", sealed, field, *buttons, method="post", action=place.action or None)


def _word(ticket: MfaTicket, texts: Texts) -> str:
    if ticket.expects_user_input:
        return texts["send"]
    return texts["scanned" if ticket.kind is ChallengeKind.QR else "confirmed"]


def _problem(view: View, texts: Texts) -> Content:
    if not view.problem:
        return None
    return element("p", texts[view.problem], id="problem", class_="alarm", role="alert")


def _field(view: View, texts: Texts) -> Html:
    problem = _problem(view, texts)
    field = element(
        "input",
        type="text",
        name="token",
        id="token",
        required=True,
        maxlength=4096,
        autocomplete="one-time-code",
        autocapitalize="off",
        spellcheck="false",
        aria_describedby="problem told hint" if problem else "told hint",
        aria_invalid="true" if problem else None,
    )
    label = element("label", texts["token"], for_="token")
    return Html(label + (problem or "") + field + element("p", texts["token.hint"], id="hint", class_="hint"))


def _left(left: float | None, texts: Texts) -> Content:
    if left is None:
        return None
    seconds = max(0, math.ceil(left))
    pattern = texts["left.minutes"]
    clock = pattern.replace("{minutes}", str(seconds // 60)).replace("{seconds}", f"{seconds % 60:02d}")
    shown = element(
        "p",
        texts["left"] + ": ",
        element("b", clock),
        element("span", " " + texts["left.loaded"], data_loaded=True),
        class_="left",
        role="timer",
        data_left=f"{max(0.0, left):.1f}",
        data_pattern=pattern,
    )
    # The seconds are not read out; this is, once.
    soon = element(
        "p",
        class_="unseen",
        aria_live="polite",
        data_soon=texts["left.soon"],
        data_over=texts["expired.heading"],
    )
    return Html(shown + soon)


# --- languages ---


def _languages(view: View, language: str, texts: Texts, place: Place) -> Content:
    if place.itself:
        choices = [_choice(code, name, language, place.itself) for code, name in LANGUAGES.items()]
        return element("nav", *choices, aria_label=texts["languages"])
    if view.ticket is None:
        return None
    # A page that stands nowhere is asked for in another language by a form.
    buttons = [
        element("button", name, name="lang", value=code, lang=code, aria_current=_current(code, language))
        for code, name in LANGUAGES.items()
    ]
    sealed = element("input", type="hidden", name="sealed", value=place.sealed)
    return element(
        "form", sealed, *buttons, method="post", action=place.action or None, aria_label=texts["languages"]
    )


def _choice(code: str, name: str, language: str, itself: str) -> Html:
    return element(
        "a",
        name,
        href=f"{itself}?lang={code}",
        lang=code,
        hreflang=code,
        aria_current=_current(code, language),
    )


def _current(code: str, language: str) -> str | None:
    return "true" if code == language else None
