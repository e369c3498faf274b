"""Notion as a sync target: one page for the whole memory, or pages below one.

It is given markdown and must not know of files or commits. Start with `target`.
"""
