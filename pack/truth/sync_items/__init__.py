"""Sync items: the memory for clients without git, one item for each change of a file.

What is pulled comes from the commits, and what is pushed is one commit an item. It must not know of
HTTP. Start with `items`.
"""
