"""
What a challenge says, in every form of a 428 body that Belvo's documents show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

import attrs

from belvo_async.sandbox.answers import Answer, Json
from belvo_async.sandbox.ids import Ids
from belvo_async.sandbox.refusals import Problem


Container = Literal["list", "object"]
Expiry = Literal["int", "str", "missing"]
SessionForm = Literal["hex", "dashed"]
Flag = Literal["expects_user_input", "expect_user_input", "missing"]
Data = Literal["full", "partial", "missing", "null"]


@attrs.frozen
class ChallengeShape:
    """
    How the body of a 428 is written.

    Attributes:
        container: A list of one, or the object itself.

        expiry: Seconds as a number, as a text, or not at all.

        session: 32 hexadecimal digits, or with dashes. Both are accepted when it comes back.

        flag: The name of the member that says whether input is expected.

        data: `token_generation_data` in full, with its instructions only, as `null`, or missing.
    """

    container: Container = attrs.field(default="list", validator=attrs.validators.in_(("list", "object")))
    expiry: Expiry = attrs.field(default="int", validator=attrs.validators.in_(("int", "str", "missing")))
    session: SessionForm = attrs.field(default="hex", validator=attrs.validators.in_(("hex", "dashed")))
    flag: Flag = attrs.field(
        default="expects_user_input",
        validator=attrs.validators.in_(("expects_user_input", "expect_user_input", "missing")),
    )
    data: Data = attrs.field(
        default="full", validator=attrs.validators.in_(("full", "partial", "missing", "null"))
    )


@attrs.frozen
class Kind:
    """
    A way to ask for a token.

    Attributes:
        word: Belvo's word for it.

        instructions: For the user.

        expects_input: Whether the user gets something to type.

        value: Draws what is shown to the user; may be empty.
    """

    word: str
    instructions: str
    expects_input: bool
    value: Callable[[Ids], str]


def _nothing(_ids: Ids) -> str:
    return ""


def _digits(ids: Ids) -> str:
    return f"{ids.below(10_000):04d}"


def _qr(ids: Ids) -> str:
    return f"belvo-sandbox:confirm?code={ids.hex()}"


KINDS: Final[Mapping[str, Kind]] = {
    "text": Kind("text", "Enter the code that the bank has sent you.", True, _nothing),
    "numeric": Kind("numeric", "Type this number into your device and enter what it shows.", True, _digits),
    "qr": Kind("qr", "Scan the code with the bank's app and enter what it shows.", True, _qr),
    "qr_scan": Kind("qr", "Scan the code with the bank's app and confirm there.", False, _qr),
    "inputless": Kind("inputless", "Confirm the login in the bank's app.", False, _nothing),
    "unknown": Kind("palm_reading", "Do as the device tells you and enter what it shows.", True, _digits),
}
"""By the names that scripts of users and faults give them."""


@attrs.frozen
class Card:
    """
    One issued challenge, as drawn.

    Attributes:
        session: 32 hexadecimal digits.

        expiry: Seconds.
    """

    session: str
    link: str
    expiry: float
    kind: Kind
    value: str


def dashed(digits: str) -> str:
    """
    Return 32 hexadecimal *digits* in the form of a UUID.
    """
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _data(card: Card, shape: ChallengeShape) -> Json | None:
    if shape.data == "null":
        return None
    data: Json = {"instructions": card.kind.instructions}
    if shape.data == "partial":
        return data
    data |= {"type": card.kind.word, "value": card.value}
    if shape.flag != "missing":
        data[shape.flag] = card.kind.expects_input
    return data


def body(card: Card, shape: ChallengeShape, request_id: str) -> object:
    """
    Return the 428 body that asks for *card* in *shape*.
    """
    entry = Problem("token_required").entry(request_id)
    entry["session"] = card.session if shape.session == "hex" else dashed(card.session)
    if shape.expiry != "missing":
        entry["expiry"] = str(int(card.expiry)) if shape.expiry == "str" else int(card.expiry)
    entry["link"] = card.link
    if shape.data != "missing":
        entry["token_generation_data"] = _data(card, shape)
    return entry if shape.container == "object" else [entry]


def answer(card: Card, shape: ChallengeShape, request_id: str) -> Answer:
    """
    Return the 428 that asks for *card* in *shape*.
    """
    return Answer(428, body(card, shape, request_id))
