"""
Sealed tickets: whole in any process, and nothing to anybody else.
"""

from __future__ import annotations

import base64
import json
import pickle
import subprocess
import sys
import zlib

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import attrs
import pytest

from cryptography.fernet import Fernet
from hypothesis import assume, given
from hypothesis import strategies as st

from belvo_async import ChallengeKind, MfaTicket, TicketSealer
from belvo_async.errors import InvalidArgumentError, MfaExpiredError, StoreError, TicketError
from belvo_async.sealing import LONGEST_SEALED, LONGEST_UNPACKED, Sealer
from belvo_async.testing import ManualClock


COMMITTED: Final = json.loads(Path(__file__).with_name("sealed_tickets.json").read_text(encoding="utf-8"))

KEY: Final = COMMITTED["key"]

TICKET: Final = MfaTicket(
    operation="balances.retrieve",
    path="/api/balances/",
    session="a-canary-session",
    link="30cb4806-6e00-48a4-91c9-ca55968576c8",
    round=2,
    issued_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
    expires_at=datetime(2026, 1, 1, 12, 10, tzinfo=UTC),
    kind=ChallengeKind.NUMERIC,
    type="numeric",
    instructions="Use this code to generate the token",
    value="12345",
    save_data=False,
    external_id="order-17",
    request_id="ea0a3c22a0cb4e3c8d3b1c3f1d1c6ba5",
)

CLOCK: Final = ManualClock(datetime(2026, 1, 1, 12, 5, tzinfo=UTC))

sealer: Final = TicketSealer(KEY)

SEALED: Final = sealer.seal(TICKET, of="user-7")


@pytest.mark.parametrize("of", ["", "user-7", "ünïcode\n"])
def test_what_is_sealed_opens_whole(of: str) -> None:
    """
    Every field comes back, for whom it was sealed.
    """
    sealed = sealer.seal(TICKET, of=of)

    assert TICKET == sealer.unseal(sealed, of=of, clock=CLOCK)
    assert "canary" not in sealed
    assert sealed == base64.urlsafe_b64encode(base64.urlsafe_b64decode(sealed)).decode()


def test_a_usual_ticket_is_short() -> None:
    """
    It fits into a form field or a URL with room to spare.
    """
    assert len(sealer.seal(TICKET)) <= 640


def test_one_that_is_too_long_says_what_to_do() -> None:
    """
    A picture does not fit; the error names the lengths and nothing else.
    """
    noise = base64.b64encode(bytes(range(256)) * 8).decode()[::-1] + TicketSealer.new_key() * 40
    with pytest.raises(TicketError, match="keep it in a store") as caught:
        sealer.seal(attrs.evolve(TICKET, value=noise + "".join(TicketSealer.new_key() for _ in range(20))))

    assert "canary" not in str(caught.value)


def test_keys_rotate() -> None:
    """
    The first key seals, all of them open, and one that was dropped does not any more.
    """
    new = TicketSealer.new_key()
    old = sealer.seal(TICKET)
    rotated = TicketSealer(new, KEY)

    assert TICKET == rotated.unseal(old, clock=CLOCK)
    assert TICKET == TicketSealer(new).unseal(rotated.seal(TICKET), clock=CLOCK)
    with pytest.raises(TicketError):
        TicketSealer(new).unseal(old, clock=CLOCK)


@pytest.mark.parametrize(("sealed_for", "opened_for"), [("user-7", "user-8"), ("user-7", ""), ("", "user-7")])
def test_another_ones_ticket_is_refused(sealed_for: str, opened_for: str) -> None:
    """
    A ticket that was put into the place of another is refused.
    """
    with pytest.raises(TicketError, match="belongs to something else"):
        sealer.unseal(sealer.seal(TICKET, of=sealed_for), of=opened_for, clock=CLOCK)


def test_a_row_is_no_ticket() -> None:
    """
    What a store has sealed by the same key does not pass for a ticket, nor the other way round.
    """
    rows = Sealer(KEY)

    with pytest.raises(TicketError):
        sealer.unseal(rows.seal(TICKET.to_json(), of=""), clock=CLOCK)
    with pytest.raises(StoreError):
        rows.unseal(sealer.seal(TICKET), of="")


def test_it_ends_with_its_challenge() -> None:
    """
    Past the deadline it does not open, unless it serves to find out what became of it.
    """
    late = ManualClock(datetime(2026, 1, 1, 12, 10, tzinfo=UTC))
    answered = attrs.evolve(TICKET, answered=True)

    with pytest.raises(MfaExpiredError) as caught:
        sealer.unseal(sealer.seal(TICKET), clock=late)
    assert TICKET.expires_at == caught.value.challenge.expires_at
    assert answered == sealer.unseal(sealer.seal(answered), clock=late)


@given(st.binary() | st.text() | st.none() | st.integers())
def test_no_other_text_opens(text: Any) -> None:
    """
    Whatever is no sealed ticket is a TicketError.
    """
    with pytest.raises(TicketError):
        sealer.unseal(text, clock=CLOCK)


@given(
    st.integers(0, len(SEALED) - 1),
    st.sampled_from("ABCabc019-_="),
    st.sampled_from(["replaced", "cut", "put in"]),
)
def test_a_change_is_noticed(at: int, letter: str, change: str) -> None:
    """
    A ticket of which one character is another, missing or too many does not open.
    """
    assume(letter != SEALED[at])
    rest = {"replaced": letter + SEALED[at + 1 :], "cut": "", "put in": letter + SEALED[at:]}
    changed = SEALED[:at] + rest[change]

    try:
        opened = sealer.unseal(changed, of="user-7", clock=CLOCK)
    except TicketError:
        return
    # Some bits of the last character of base64 mean nothing, and letters after the padding are dropped.
    assert TICKET == opened
    assert base64.urlsafe_b64decode(SEALED) == base64.urlsafe_b64decode(changed)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(zlib.compress(b" " * (LONGEST_UNPACKED + 1)), id="bomb"),
        pytest.param(zlib.compress(TICKET.to_json().encode())[:-3], id="cut"),
        pytest.param(b"no zlib", id="plain"),
        pytest.param(zlib.compress(b"[]"), id="another value"),
    ],
)
def test_what_a_holder_of_the_key_can_do_wrong(content: bytes) -> None:
    """
    Also an authentic text has to be a ticket, and a small one.
    """
    sealed = Fernet(KEY).encrypt(b'[1,"ticket:"]\n' + content).decode()

    with pytest.raises(TicketError):
        sealer.unseal(sealed[: LONGEST_SEALED + 1], clock=CLOCK)


def test_a_later_version_is_refused() -> None:
    """
    What a later version has sealed is not guessed at.
    """
    with pytest.raises(TicketError, match="version"):
        sealer.unseal(Fernet(KEY).encrypt(b'[2,"ticket:"]\n').decode(), clock=CLOCK)


@pytest.mark.parametrize("keys", [(), ("a-canary-key",), (KEY, 17), (KEY, b""), (None,)])
def test_what_is_no_key(keys: tuple[Any, ...]) -> None:
    """
    A wrong key is named by its place, and not shown.
    """
    with pytest.raises(InvalidArgumentError, match="new_key") as caught:
        TicketSealer(*keys)

    assert "canary" not in str(caught.value)
    frame = caught.tb.tb_next
    while frame is not None:
        assert "canary" not in repr(frame.tb_frame.f_locals)
        frame = frame.tb_next


def test_what_is_no_ticket() -> None:
    """
    Only tickets are sealed.
    """
    with pytest.raises(InvalidArgumentError, match="MfaTicket"):
        sealer.seal("a-canary")  # type: ignore[arg-type]


def test_keys_stay_in_their_process() -> None:
    """
    A sealer shows no key and is not pickled.
    """
    assert KEY not in repr(sealer) + repr(Sealer(KEY))
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(sealer)


@pytest.mark.parametrize("version", sorted(COMMITTED["tickets"]))
def test_earlier_tickets_still_open(version: str) -> None:
    """
    What earlier versions of the library, and other versions of Python, have written opens field by field.
    """
    for sealed, plain in COMMITTED["tickets"][version]:
        ticket = MfaTicket.from_json(plain)
        now = ManualClock(ticket.issued_at + timedelta(seconds=1))

        assert ticket == sealer.unseal(sealed, of="user-7", clock=now)
        assert ticket == MfaTicket.from_json(ticket.to_json())


def test_a_trace_is_left_out_where_there_is_no_room() -> None:
    """
    A ticket that only fits without its trace is sealed without it.
    """
    text = "".join(Random(17).choices("0123456789abcdef", k=1_000))

    def with_text(size: int) -> MfaTicket:
        return attrs.evolve(TICKET, instructions=text[:size])

    def fits(ticket: MfaTicket) -> bool:
        try:
            return bool(sealer.seal(ticket))
        except TicketError:
            return False

    longest = with_text(max(size for size in range(0, 1_000, 8) if fits(with_text(size))))
    traced = attrs.evolve(longest, trace="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    clock = ManualClock(TICKET.issued_at)

    assert longest == sealer.unseal(sealer.seal(traced), clock=clock)
    short = attrs.evolve(traced, instructions="")
    assert short == sealer.unseal(sealer.seal(short), clock=clock)


def test_another_process_opens_it() -> None:
    """
    A ticket that is sealed here opens in a process of its own, whole.
    """
    ticket = attrs.evolve(TICKET, expires_at=datetime.now(UTC) + timedelta(seconds=600))
    program = (
        "import sys; from belvo_async import TicketSealer; "
        "print(TicketSealer(sys.argv[1]).unseal(sys.argv[2]).to_json())"
    )
    command = [sys.executable, "-W", "error", "-c", program, KEY, sealer.seal(ticket)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this Python

    assert ticket == MfaTicket.from_json(done.stdout)
