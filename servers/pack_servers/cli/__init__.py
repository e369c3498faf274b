"""The `pack` command: parse, one call of the core, present. It decides nothing about memory."""

from __future__ import annotations

import os
import sys

from pack_servers.cli.shell.startup import importing


def main() -> None:
    """Run the command line of this process and end it with the status of what came out."""
    is_utf8 = sys.getfilesystemencoding() == "utf-8" or os.environ.get("PYTHONUTF8") == "1"
    if os.name == "posix" and not is_utf8:
        # In such a locale Python garbles names of files in arguments; it can be told not to only
        # at its start (PEP 540). Memory is UTF-8 everywhere.
        os.execve(sys.executable, sys.orig_argv, os.environ | {"PYTHONUTF8": "1"})  # noqa: S606
    with importing():
        # Here, so that tests can import the package for nothing.
        from pack_servers.cli.shell.exit import run  # noqa: PLC0415

    sys.exit(run(sys.argv[1:]))
