"""What a query asks for, and in which order its answers come.

Words, their forms, ranking and snippets: pure functions, which are handed the candidates and know
neither the catalog nor a file system. Read `query` first, then `ranking`.
"""
