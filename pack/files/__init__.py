"""One memory file: its frontmatter, its markdown, its edits. Bytes and text only.

Nothing here knows of a repository, of other files or of who writes. Start with `frontmatter`.
"""
