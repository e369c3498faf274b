"""Thin wrappers around the core: command line, MCP server, wiring."""
