"""Whether two texts are versions of one, or have nothing to do with each other.

What decides are the lines of their bodies. Headings count only where there is nothing else: many
notes of a kind have the same ones.
"""

from __future__ import annotations

import re
from typing import Final

from pack.files import frontmatter

_SHARED: Final = 4
"""One line of so many, of the shorter text, has to be in the other, too."""
_UNIQUE: Final = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


def is_unique(source_id: str) -> bool:
    """Whether an id is one that no other record has, in whatever source: it has a UUID."""
    return _UNIQUE.search(source_id) is not None


def is_related(one: bytes, other: bytes) -> bool:
    """Whether two files may be versions of one; what is no text has no other version."""
    if one == other:
        return True
    try:
        texts = [frontmatter.read(content.decode("utf-8")).body for content in (one, other)]
    except UnicodeDecodeError:
        return False
    for lines in (_said, _all):
        first, second = (lines(text) for text in texts)
        if first and second:
            return len(first & second) * _SHARED >= min(len(first), len(second))
    return False


def is_within(one: bytes, other: bytes) -> bool:
    """Whether all lines of a text are in another, in any order."""
    texts = [frontmatter.read(content.decode("utf-8", "replace")).body for content in (one, other)]
    return one == other or _all(texts[0]) <= _all(texts[1])


def _said(text: str) -> set[str]:
    return {line for line in _all(text) if not line.startswith("#")}


def _all(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.strip()}
