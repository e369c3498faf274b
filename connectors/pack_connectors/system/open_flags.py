"""Opening and reading files that somebody else may have put there.

A pipe in place of a file would keep whoever opens it waiting until somebody writes into it, and a
memory or a kit may come from an archive of a stranger's.
"""

from __future__ import annotations

import os
from typing import Final

_CHUNK_BYTES: Final = 64 * 1024
READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""To read; a link is followed."""
READ_NO_LINK: Final = READ | getattr(os, "O_NOFOLLOW", 0)
"""To read what is no link."""


def read_all(descriptor: int) -> bytes:
    """The bytes of an opened file from where it stands to its end, without a file object for it.

    Raises:
        OSError: It cannot be read.
    """
    content = os.read(descriptor, os.fstat(descriptor).st_size + 1)
    while more := os.read(descriptor, _CHUNK_BYTES) if content else b"":
        content += more  # it grew while it was read, or a signal came
    return content
