"""Frontmatter of the plainest kind, read without a YAML parser, which takes five times as long.

Filling a catalog reads the frontmatter of every file of a memory. Nearly all of it consists of
lines `key: value` with text that no rule of YAML changes; whatever else there is, is left to
`pack.yaml_block`.
"""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 4096
_FENCE: Final = "---\n"
_TEXT: Final = r"[A-Za-z](?:[A-Za-z0-9_./'&+ -]*[A-Za-z0-9_./'&+-])?"
_LINE: Final = re.compile(
    rf"^([a-z][a-z_]*): (?:({_TEXT}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})"
    rf"|\[({_TEXT}(?:, ?{_TEXT})*)?\])\n",
    re.MULTILINE,
)
# Plain words that are no text, as values or as keys.
_NO_TEXT: Final = {
    form: value
    for word, value in (("true", True), ("false", False), ("null", None))
    for form in (word, word.capitalize(), word.upper())
}


def split_plain(text: str) -> tuple[str, str] | None:
    """The block and the body of a text whose fences are bare and end with LF, if they are such.

    Where `read_plain` can read the block, they are those of `pack.frontmatter.split`.
    """
    if not text.startswith(_FENCE):
        return None
    end = text.find("\n---\n", len(_FENCE) - 1)
    if end < 0:
        return None
    return text[len(_FENCE) : end + 1], text[end + 1 + len(_FENCE) :]


def read_plain(block: str) -> dict[str, object] | None:
    """The fields of a block, as `pack.yaml_block.load` reads them; `None` if it is not plain."""
    if len(block) > _LONGEST:
        return None
    lines = _LINE.findall(block)
    if len(lines) != block.count("\n") or block[-1:] not in ("", "\n"):
        return None
    fields: dict[str, object] = {}
    for key, text, items in lines:
        if items:
            values = [item.strip() for item in items.split(",")]
            if not _NO_TEXT.keys().isdisjoint(values):
                return None
            fields[key] = values
        else:
            fields[key] = _NO_TEXT.get(text, text) if text else []
    is_sound = len(fields) == len(lines) and _NO_TEXT.keys().isdisjoint(fields)
    return fields if is_sound else None
