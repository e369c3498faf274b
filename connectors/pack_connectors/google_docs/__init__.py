"""A Google document that shows the whole memory (C3).

This room is given one markdown text and must not know of files, folders or frontmatter. Start with
`target`.
"""
