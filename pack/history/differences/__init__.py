"""How two versions of a file differ: as sentences and words, as lines, as a patch, in its keys.

They are given both texts, and know nothing of commits, or of where versions are kept. Start with
`prose` for what a person reads, and `line_hunks` for what git writes.
"""
