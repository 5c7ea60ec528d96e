"""
The token of the widget is a secret.
"""

from __future__ import annotations

from belvo_async.models import WidgetToken


def test_a_token_is_not_shown() -> None:
    """
    Whoever logs the model does not log the token.
    """
    token = WidgetToken(access="canary-access", refresh="canary-refresh")

    assert ("canary-access", "canary-refresh") == (token.access, token.refresh)
    assert "WidgetToken()" == repr(token) == str(token)
