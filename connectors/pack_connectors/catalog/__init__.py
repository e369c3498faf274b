"""The catalog in one SQLite file, shared by the processes that use a memory.

Implements `pack.catalog.catalog.Catalog`. It must not know git or any other connector. Start with
`catalog`, then `schema`.
"""
