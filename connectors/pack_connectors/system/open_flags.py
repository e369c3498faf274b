"""Flags for opening files that somebody else may have put there.

A pipe in place of a file would keep whoever opens it waiting until somebody writes into it, and a
memory or a kit may come from an archive of a stranger's.
"""

from __future__ import annotations

import os
from typing import Final

READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""To read; a link is followed."""
READ_NO_LINK: Final = READ | getattr(os, "O_NOFOLLOW", 0)
"""To read what is no link."""
