"""What callers can do with a memory: read, search, write, exchange, validate, create, migrate.

Each module covers one subject; `pack.memory` is the way in. They must not know who is asking
(command line or MCP) or how an answer is presented. Start with `write`.
"""
