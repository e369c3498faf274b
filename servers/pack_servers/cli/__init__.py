"""The `pack` command: parse, one call of the core, present. It decides nothing about memory."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process and end it with the status of what came out."""
    # Here, so that completion scripts and tests can import the package for nothing.
    from pack_servers.cli.endings import run  # noqa: PLC0415

    sys.exit(run(sys.argv[1:]))
