"""The threads of a server: exchanging with the remote, delivering to targets, cataloguing.

They decide nothing; the core says when something is due. Start with `sync`.
"""
