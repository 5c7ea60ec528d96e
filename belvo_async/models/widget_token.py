"""
The token that opens Belvo's widget in a user's browser.
"""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class WidgetToken:
    """
    What the widget shows Belvo in place of your keys. It is a secret, and its `repr` does not tell it.

    Attributes:
        access: What to hand to the widget; good for minutes only.

        refresh: What a new `access` can be had for.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/widget-access-token

    access: str = attrs.field(default=None, repr=False)
    refresh: str = attrs.field(default=None, repr=False)
