"""Indexes, by which kits are found by name: what they say, which are read, and whether to believe.

What an index says is only ever a name for an address, which is shown before anything comes from it.
Begin with `entries`. Nothing here reads a folder or a repository, or checks a signature itself.
"""
