"""A page for each memory file, as Notion has them (C11).

Decides which pages there are and what they show. It must not know Notion's API: that is behind
`pack.sync.target.Pages`. Start with `run`.
"""
