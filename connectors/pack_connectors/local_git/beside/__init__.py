"""What PACK keeps in a repository beside the branch: refs of its own, each leading to a commit.

This room must not touch the folder, git's index or a branch. Begin with `side_refs`.
"""
