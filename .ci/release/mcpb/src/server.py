"""The MCP server of the bundle, for a host that starts the entry point by itself."""

import sys

from pack_servers.cli import main

if __name__ == "__main__":
    sys.argv[1:] = ["serve", "--create", *sys.argv[1:]]
    main()
