"""The catalog in one SQLite file, shared by the processes that use a memory.

It implements `pack.catalog.catalog.Catalog`, and must not know git or any other connector. Read
`catalog` first, then `schema`.
"""
