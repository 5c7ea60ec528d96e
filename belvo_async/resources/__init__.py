"""
What Belvo offers, one small class for each collection.

`verbs` knows how a verb works, `arguments` how a value is sent; the other files only declare: a path, a model,
the verbs it has, and a signature for what it retrieves.
"""
