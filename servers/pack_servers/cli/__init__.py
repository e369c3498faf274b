"""The `pack` command: parse, call the core once, present. It decides nothing about a memory."""

from __future__ import annotations

import os
import sys

from pack_servers.cli.shell.startup import importing


def main() -> None:
    """Run the command line of this process, then exit with its status."""
    is_utf8 = sys.getfilesystemencoding() == "utf-8" or os.environ.get("PYTHONUTF8") == "1"
    if os.name == "posix" and not is_utf8:
        # In such a locale Python garbles file names in arguments, and only a setting at startup
        # (PEP 540) prevents that. A memory is UTF-8 everywhere.
        os.execve(sys.executable, sys.orig_argv, os.environ | {"PYTHONUTF8": "1"})  # noqa: S606
    with importing():
        # Imported here, so that importing the package costs nothing.
        from pack_servers.cli.shell.exit import run  # noqa: PLC0415

    sys.exit(run(sys.argv[1:]))
