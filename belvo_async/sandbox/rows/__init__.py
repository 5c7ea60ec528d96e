"""
The rows of every resource, a module for each family: what users have at their institutions.

A row follows from the link, a number, how many accounts there are and when it was retrieved, and nothing else.
So the same row always looks the same, and none is made before somebody asks for it.
"""
