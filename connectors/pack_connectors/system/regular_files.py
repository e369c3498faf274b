"""Reading what should be a file, where somebody else may have put a pipe or a device."""

from __future__ import annotations

import os
import stat

from pack_connectors.system.open_flags import READ


def read_beginning(file: str, most: int) -> bytes | None:
    """The first bytes of a file; `None` for anything else, which could also keep us waiting.

    Args:
        file: A link is followed.
        most: How many bytes.
    """
    try:
        descriptor = os.open(file, READ)
    except (OSError, ValueError):
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with os.fdopen(os.dup(descriptor), "rb") as opened:
            return opened.read(most)
    except OSError:
        return None
    finally:
        os.close(descriptor)
