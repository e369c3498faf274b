"""`pack distribute`: parts of the memory, kept in step in other repositories.

It must not decide anything about what goes or may go. Start with `distribute`.
"""
