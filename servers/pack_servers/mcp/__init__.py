"""The MCP server: tools, resources and prompts over one memory. It translates, no more.

It must not decide anything about memory nor pick a connector. Start with `server`, then `tools`.
"""
