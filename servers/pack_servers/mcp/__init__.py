"""The MCP server: tools, resources and prompts over one memory. It only translates.

It must not decide anything about the memory, and must not pick a connector. Start with `server`,
then `tools`.
"""
