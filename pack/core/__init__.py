"""The heart of a memory: reading what is there, and turning a decision into one commit.

Every use case goes through these modules. They must not know what a use case wants, nor what the
memory is copied to. Start with `writer`.
"""
