"""
What `belvo-async bulk` is made of.

`rows` reads the file, `jobs` makes calls of its rows, `journal` remembers how far each is, `results` keeps what Belvo brought,
`work` drives them, `asking` and `progress` meet the person, `report` tells what came of it.
"""
