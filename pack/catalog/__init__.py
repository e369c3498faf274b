"""What PACK knows about every file of a memory, kept so that nothing is read twice.

Holds the protocol of a catalog, the row it keeps for each file, and how it catches up with a
commit. This room must not know how rows are stored (a connector does) or who asks. Read `row`
first, then `catalog`.
"""
