"""
What your own tests can use: a clock that you set.

For a server that behaves like Belvo's, see `belvo_async.sandbox`.
"""

from belvo_async.testing.clock import ManualClock


__all__ = ["ManualClock"]
