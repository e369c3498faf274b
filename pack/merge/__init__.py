"""Three-way merge of a memory: trees, files, frontmatter, bodies, lines.

Everything here is a pure function of three versions. It must not know which remote or peer a
version came from. Start with `tree`, which merges two commits, then read `file`.
"""
