"""
The secret keys that the sandbox accepts, in the header of a request or in its body.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final

import attrs

from belvo_async.sandbox.refusals import refusal


@attrs.frozen
class Keys:
    """
    A secret id with its secret password.
    """

    secret_id: str
    secret_password: str = attrs.field(repr=False)

    def check(self, authorization: str | None) -> None:
        """
        Refuse the value of a header that does not carry them.
        """
        if authorization != basic(self.secret_id, self.secret_password):
            raise refusal("authentication_failed")


PUBLIC_KEYS: Final = Keys("sandbox-id", "sandbox-password")
"""Those of a sandbox that is told no others."""


def basic(secret_id: str, secret_password: str) -> str:
    """
    Return the value of `Authorization` for these keys.
    """
    return "Basic " + b64encode(f"{secret_id}:{secret_password}".encode()).decode()
