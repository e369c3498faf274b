"""Carrying a release to downstream repositories, taking it back, and seeing how they stand.

Decides what is pushed and what is said about it. What goes, and whether it may, is decided below,
in `pack.distribution`; how a repository is reached is behind its ports. Start with `standing`, the
table of what is done about each pull request, and then `one_rule`.
"""
