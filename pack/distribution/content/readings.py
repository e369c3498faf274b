"""What can be read of bytes, whatever they claim to be, for a search that must miss nothing."""

from __future__ import annotations

import codecs
from typing import Final

_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NUL: Final = b"\0"


def readings(content: bytes) -> tuple[str, ...]:
    """The texts that bytes may be, the likeliest first; lines count the same in each.

    UTF-16 is the bytes of its letters with NULs between them, also without a mark that says so.
    """
    plain = content.decode("utf-8-sig", "replace")
    if _NUL not in content:
        return (plain,)
    bare = content.replace(_NUL, b"").decode("utf-8-sig", "replace")
    wide = (content.decode("utf-16", "replace"),) if content.startswith(_WIDE) else ()
    return (*wide, bare, plain)
