"""
Writes tickets of this version of the library, by this Python, into `sealed_tickets.json`: they have to open for ever.

Run it before a release that changes tickets: `python tests/seal_tickets.py 0.5.0-python3.11`.
"""

from __future__ import annotations

import json
import sys

from datetime import UTC, datetime
from pathlib import Path

from belvo_async import ChallengeKind, MfaTicket, TicketSealer


FILE = Path(__file__).with_name("sealed_tickets.json")

KINDS = {
    ChallengeKind.TEXT: ("", True),
    ChallengeKind.NUMERIC: ("12345", True),
    ChallengeKind.QR: ("https://bank.example/qr/8c3f0f", False),
    ChallengeKind.INPUTLESS: ("", False),
    ChallengeKind.UNKNOWN: ("…", True),
}


def main() -> None:
    """
    Add the tickets of the version that is named.
    """
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    key = kept.setdefault("key", TicketSealer.new_key())
    tickets = kept.setdefault("tickets", {}).setdefault(sys.argv[1], [])
    for round_, (kind, (value, expects)) in enumerate(KINDS.items(), start=1):
        ticket = MfaTicket(
            operation="balances.retrieve",
            path="/api/balances/",
            session=f"5c1f4ae9b9c5425ea75a08ec7cb2{round_:04}",
            link="30cb4806-6e00-48a4-91c9-ca55968576c8",
            round=round_,
            max_rounds=7,
            issued_at=datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC),
            expires_at=None if kind is ChallengeKind.UNKNOWN else datetime(2026, 1, 1, 12, 10, tzinfo=UTC),
            kind=kind,
            type=str(kind),
            instructions="Escriba el código",
            value=value,
            expects_user_input=expects,
            save_data=[None, True, False][round_ % 3],
            fields="id,balance",
            omit="account",
            external_id="order-17",
            request_id="ea0a3c22a0cb4e3c8d3b1c3f1d1c6ba5",
            trace=None if round_ % 2 else "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        tickets.append([TicketSealer(key).seal(ticket, of="user-7"), ticket.to_json()])
    FILE.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
