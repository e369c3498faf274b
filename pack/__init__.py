"""PACK's core: what a memory is, and what may happen to it.

This package does no I/O of its own. It is given a storage connector, a catalog, a clock and an
origin, and decides everything that happens to memory. Command line and MCP server only translate.
"""
