"""
The heart of the library: the multi-factor flow without I/O.

`machine` knows the states, `challenge` the bodies, `flow` the conversation, `ticket` how it is stored.
"""
