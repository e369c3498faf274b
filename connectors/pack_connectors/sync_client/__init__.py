"""The reference client of sync items: another memory over HTTP, or over any other transport.

What becomes of the items is decided in `pack.truth.sync_items.meeting`; this room only carries
them. Start with `memory`.
"""
