"""What a caller can ask of a memory: read, search, write, exchange, validate, begin, migrate.

Each module is one subject; `pack.memory` is the way in. They must not know who asks (command line
or MCP) nor how an answer looks. Start with `write`.
"""
