"""One page per memory file, as in Notion (C11).

Decides which pages there are and what they show. It must not know Notion's API, which is hidden
behind `pack.sync.target.Pages`. Start with `run`.
"""
