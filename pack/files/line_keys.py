"""What makes a line the same line: its words, however it is indented, spaced, or ticked.

Where blanks are between words matters, how many does not: `no where` is not `nowhere`. A task keeps
its words when its box is ticked, and a heading when its level changes.
"""

from __future__ import annotations

from typing import Final

from pack.deferred import pattern

BOX: Final = pattern(r"([ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[)[ xX](\](?=[ \t]|$))")
"""A task up to its box: `[ ]` or `[x]`, which is status and no word."""
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


def line_form(line: str) -> str:
    """What must stay of a line so that it is as somebody wrote it: all but blanks at its end.

    The box of a task may be ticked. Two lines with one form have one key, but not the other way.
    """
    plain = line.rstrip()
    box = BOX.match(plain) if "]" in plain else None
    return f"{box[1]} {plain[len(box[1]) + 1 :]}" if box else plain
