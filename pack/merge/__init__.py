"""Three-way merge of a memory: trees, files, frontmatter, bodies, lines.

Pure functions of three versions. They must not know which remote or peer a version came from.
Start with `tree`, which merges two commits, then `file`.
"""
