"""How a commit is made on GitHub: by GraphQL, by the Git Data API, or as the first one.

It must not read the memory beyond what a commit needs. Start with `draft`, then `method`.
"""
