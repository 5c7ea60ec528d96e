"""
`python -m belvo_async.cli` is `belvo-async`.
"""

from __future__ import annotations

import sys

from belvo_async.cli import main


sys.exit(main())
