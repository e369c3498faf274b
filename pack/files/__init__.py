"""One memory file: its frontmatter, its markdown and its edits, as bytes and text.

Nothing here knows about repositories, other files or who writes. Start with `frontmatter`.
"""
