"""Which files of the working tree differ from the current commit, at the cost of what changed.

It reads the folder and nothing else of the repository. Start with `state`.
"""
