"""Memories that meet without a server in the middle: who belongs to a group, and what each says.

Nothing here does I/O, and nothing here can sign; see `pack_connectors.peers`.
"""
