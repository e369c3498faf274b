"""What the person's git would ignore and convert here, found out without letting it run anything.

Start with `local`; `person` reads the person's settings, `line_ends` converts.
"""
