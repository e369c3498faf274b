"""The programs that people use PACK from: where each keeps its settings, and PACK's entry in them.

Nothing here knows a memory; a server is a command or an address. What edits texts is pure, and so
is what says where files are: both are told everything. Start with `table`, then `change`.
"""
