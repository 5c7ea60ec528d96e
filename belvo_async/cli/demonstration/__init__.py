"""
What `belvo-async demo` is made of: who does what (`scenario`), the people who are asked (`crowd`), the play itself
(`play`), what it came to (`tally`), and whether both sides counted the same (`agreement`).
"""
