"""What makes a line the same line: its words, however it is indented, spaced, or ticked.

Where blanks are between words matters, how many does not: `no where` is not `nowhere`. A task keeps
its words when its box is ticked, and a heading when its level changes.
"""

from __future__ import annotations

from typing import Final

from pack.deferred import pattern

_BOX: Final = pattern(r"((?:[-*+]|\d{1,9}[.)]) \[)[xX](\](?: |$))")
_HEADING: Final = pattern(r"#{2,6}(?= )")


def line_key(line: str) -> str:
    """What two lines have in common if one is the other, changed only in form."""
    key = " ".join(line.split())
    if key.startswith("##"):
        return _HEADING.sub("#", key, count=1)
    if "] " in key or key.endswith("]"):
        return _BOX.sub(r"\1 \2", key, count=1) if _BOX.match(key) else key
    return key
