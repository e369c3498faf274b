"""The threads of a server: exchanging with the remote, and delivering to targets.

They decide nothing; the core says when something is due. Start with `sync`.
"""
