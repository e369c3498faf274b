"""The heart of a memory: reading what is there, and turning a decision into one commit.

Every use case goes through these modules. They must not know what a use case is for, or where
copies of the memory go. Start with `writer`.
"""
