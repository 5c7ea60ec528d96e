"""
Ready-made ways to ask the user.
"""

from belvo_async.prompts.terminal import terminal


__all__ = ["terminal"]
