"""Frontmatter of the plainest kind, read without a YAML parser, which takes five times as long.

Filling a catalog reads the frontmatter of every file of a memory. Nearly all of it consists of
lines `key: value` with text that no rule of YAML changes; whatever else there is, is left to
`pack.yaml_block`.
"""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 4096
_TEXT: Final = r"[A-Za-z](?:[A-Za-z0-9_./'&+ -]*[A-Za-z0-9_./'&+-])?"
_LINE: Final = re.compile(
    rf"([a-z][a-z_]*): (?:({_TEXT}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})"
    rf"|\[({_TEXT}(?:, ?{_TEXT})*)?\])\n"
)
# Plain words that are no text, as values or as keys.
_NO_TEXT: Final = frozenset(["true", "false", "null"])


def read_plain(block: str) -> dict[str, object] | None:
    """The fields of a block, as `pack.yaml_block.load` reads them; `None` if it is not plain."""
    fields: dict[str, object] = {}
    end = 0
    while end < len(block) <= _LONGEST:
        line = _LINE.match(block, end)
        if line is None or line[1] in fields or line[1] in _NO_TEXT:
            return None
        end = line.end()
        text = line[2]
        if text is None:
            items = [item.strip() for item in line[3].split(",")] if line[3] else []
            if any(item.lower() in _NO_TEXT for item in items):
                return None
            fields[line[1]] = items
        elif text.lower() in _NO_TEXT:
            return None
        else:
            fields[line[1]] = text
    return fields if end == len(block) else None
