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
_PLAIN_LINE: Final = (
    rf"([a-z][a-z_]*): (?:({_TEXT}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})"
    rf"|\[({_TEXT}(?:, ?{_TEXT})*)?\])\n"
)
_LINE: Final = re.compile(_PLAIN_LINE)
_BLOCK: Final = re.compile(f"(?:{_PLAIN_LINE})*")
# Plain words that are no text, as values or as keys.
_NO_TEXT: Final = frozenset(["true", "false", "null"])


def read_plain(block: str) -> dict[str, object] | None:
    """The fields of a block, as `pack.yaml_block.load` reads them; `None` if it is not plain."""
    if len(block) > _LONGEST or _BLOCK.fullmatch(block) is None:
        return None
    fields: dict[str, object] = {}
    for key, text, items in _LINE.findall(block):
        if key in fields or key in _NO_TEXT:
            return None
        values = [item.strip() for item in items.split(",")] if items else []
        if not _NO_TEXT.isdisjoint([value.lower() for value in values] or [text.lower()]):
            return None
        fields[key] = text or values
    return fields
