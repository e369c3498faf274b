"""Both ends of a distribution in git: the memory that releases come from, and who gets them.

Must not know what is distributed or why (`pack.distribution`). Start with `downstream`.
"""
