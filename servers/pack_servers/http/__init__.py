"""MCP over HTTP, behind a guard that lets no stranger in.

It must not know what the tools do. Start with `app`, then `access`, which has the rules.
"""
