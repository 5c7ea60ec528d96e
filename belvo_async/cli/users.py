"""
The test users of the sandbox, as people and demos need to know them.
"""

from __future__ import annotations

from typing import Final

import attrs


INSTITUTIONS: Final = ("heimdall_mx_retail", "heimdall_co_retail", "heimdall_br_retail")
"""Banks of the sandbox that want a one-time token."""

RIGHT_TOKEN: Final = "111111"  # noqa: S105 - public, of a test user

WRONG_TOKEN: Final = "999999"  # noqa: S105 - same


@attrs.frozen
class SandboxUser:
    """
    A user of the sandbox who is asked for one-time tokens.

    Attributes:
        challenge: What the bank asks for, in words.

        rounds: How many challenges a login takes.

        types: Whether there is anything to type.
    """

    username: str
    password: str
    challenge: str
    rounds: int = 1
    types: bool = True


TEST_USERS: Final = (
    SandboxUser("mfa_default", "pass_valid", "a code by text message"),
    SandboxUser("mfa_numeric", "numeric_code", "a number to type into a device"),
    SandboxUser("mfa_qr", "qr_code", "a QR code that shows a token"),
    SandboxUser("mfa_qr_scan", "pass_valid", "a QR code, nothing to type", types=False),
    SandboxUser("mfa_inputless", "pass_valid", "a tap in the bank's app", types=False),
    SandboxUser("mfa_twice", "pass_valid", "a code, then a number", rounds=2),
)
