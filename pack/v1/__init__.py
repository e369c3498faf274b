"""The memory of PACK 1, a single file: split into files, and still served as one text (C2).

This room must not write anything; the use cases do. Start with `whole_memory` for old clients, or
with `divide` for the migration.
"""
