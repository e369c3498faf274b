"""Answers about commits that need no git of their own, since a caller may name one with each call.

What git itself would say, no more; it does not know what a commit means. Begin with `one_commit`.
"""
