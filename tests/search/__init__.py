"""How well search finds what was asked for: `make bench-search`, and two sets of queries by hand.

The benchmark asks the questions of LoCoMo (conversations with questions and the turns that answer
them) of PACK and, in the same run, of plain FTS5. The file with the conversations is not part of
the project (CC BY-NC 4.0) and nothing of it is kept here.

The query sets are tests: one over notes of our own, one over notes that agents really wrote, which
is skipped where those are not at hand.
"""
