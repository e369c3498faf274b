"""What a query asks, and in which order its answers come.

Words, forms, ranking and snippets, all of them pure functions. Nothing here knows the catalog or
a file system; candidates are given. Start with `query`, then `ranking`.
"""
