"""Answers about history that need no git for each question, or make it faster.

What git itself would say, no more; it does not know what a commit means. Begin with `one_commit`.
"""
