"""`python -m pack_servers.cli`."""

from __future__ import annotations

import sys

if not sys.flags.safe_path:
    del sys.path[0]  # the current directory, from which nothing may be imported

from pack_servers.cli import main

main()
