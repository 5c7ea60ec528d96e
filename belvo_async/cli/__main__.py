"""
`python -m belvo_async.cli` is `belvo-async`.
"""

from __future__ import annotations

from belvo_async.cli import main


main()
