"""What PACK knows of every file of a memory, kept so that nothing is read twice.

The protocol of a catalog, the row it keeps for a file, and how it is brought up to a commit. It
must not know how the rows are stored (that is a connector's) or who asks. Start with `row`, then
`catalog`.
"""
