"""How well search finds what was asked for: `make bench-search`, and two sets of queries by hand.

The benchmark asks the questions of LoCoMo (conversations with questions and the turns that answer
them) and of BEAM (chats with an assistant, with questions and the messages that answer them) of
PACK and, in the same run, of plain FTS5 and plain BM25. Neither set is part of the project, and
nothing of them is kept here. PACK is tuned on the chats of BEAM with odd numbers only.

The query sets are tests: one over notes of our own, one over notes that agents really wrote, which
is skipped where those are not at hand.
"""
