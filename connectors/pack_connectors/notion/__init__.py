"""Notion as a sync target: one page for the whole memory, or one page per file.

It receives markdown and must not know about files or commits. Start with `target`.
"""
