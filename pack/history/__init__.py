"""The past of a memory: what changed, who changed it, how it was, and how a change is undone.

Each module covers one subject, over the read model of commits (`pack.log`). They must not know who
is asking, how an answer is presented, or how a store keeps its commits. Start with `history`.
"""
