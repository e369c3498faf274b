"""The memory of PACK 1: one file. Divided into files, and still served as one text (C2).

It must not write anything itself; the use cases do. Start with `whole_memory` for old clients,
`divide` for the migration.
"""
