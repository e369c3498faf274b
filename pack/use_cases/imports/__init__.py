"""What other tools have exported, brought into the memory: in one commit, again and again.

Decides what becomes of each record; it must not know any tool's format. Start with `importing`.
"""
