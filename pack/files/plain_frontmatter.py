"""Handles the plainest frontmatter without a YAML parser, which would take five times as long.

Filling a catalog reads the frontmatter of every file in a memory, and a write reads that of
several. Nearly all of it consists of lines `key: value` whose text means the same in YAML, among
them the levels and labels of who wrote a note.
Everything else is left to `pack.files.yaml_block` and `pack.files.yaml_edit`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pack.deferred import pattern

_LONGEST: Final = 4096
_FENCE: Final = "---\n"
_TEXT: Final = r"[A-Za-z](?:[A-Za-z0-9_./'&+ -]*[A-Za-z0-9_./'&+-])?"
_KEY: Final = "[a-z][a-z_]*"
_LABEL: Final = r"[a-z][a-z-]*:[A-Za-z0-9][A-Za-z0-9._-]*"
_VALUE: Final = f"{_TEXT}|{_LABEL}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}"
_DIGIT: Final = "[0-9]"
_PLAIN_KEY: Final = pattern(_KEY)
_PLAIN_VALUE: Final = pattern(_VALUE)
_LINE: Final = pattern(
    rf"^({_KEY}): (?:({_VALUE})|({_DIGIT})"
    rf"|\[({_TEXT}(?:, ?{_TEXT})*)?\])\n",
    re.MULTILINE,
)
# Plain words that YAML does not read as text, as values or as keys.
_NO_TEXT: Final = {
    form: value
    for word, value in (("true", True), ("false", False), ("null", None))
    for form in (word, word.capitalize(), word.upper())
}

# Text to PACK but booleans to readers of YAML 1.1, so they are written in quotes.
_QUOTED: Final = {"y", "n", "yes", "no", "on", "off"}


def split_plain(text: str) -> tuple[str, str] | None:
    """The block and the body of a text, if its fences are bare and end with LF.

    If `read_plain` can read the block, they are the same as from `pack.files.frontmatter.split`.
    """
    if not text.startswith(_FENCE):
        return None
    end = text.find("\n---\n", len(_FENCE) - 1)
    if end < 0:
        return None
    return text[len(_FENCE) : end + 1], text[end + 1 + len(_FENCE) :]


def read_plain(block: str) -> dict[str, object] | None:
    """The fields of a block, as `yaml_block.load` reads them; `None` if it is not plain."""
    if len(block) > _LONGEST:
        return None
    lines = _LINE.findall(block)
    if len(lines) != block.count("\n") or block[-1:] not in ("", "\n"):
        return None
    fields: dict[str, object] = {}
    for key, text, digit, items in lines:
        if digit:
            fields[key] = int(digit)
        elif items:
            values = [item.strip() for item in items.split(",")]
            if not _NO_TEXT.keys().isdisjoint(values):
                return None
            fields[key] = values
        else:
            fields[key] = _NO_TEXT.get(text, text) if text else []
    is_sound = len(fields) == len(lines) and _NO_TEXT.keys().isdisjoint(fields)
    return fields if is_sound else None


def set_plain(block: str, values: Mapping[str, object]) -> tuple[str, dict[str, object]] | None:
    """The block with keys set as `pack.files.yaml_edit.set_values` would set them, and its fields.

    `None` unless the block is plain both before and after.
    """
    old = read_plain(block)
    if old is None or not all(map(_is_plain, values, values.values())):
        return None
    lines = {line.partition(":")[0]: line for line in block.splitlines(keepends=True)}
    for key, value in values.items():
        if key not in old or repr(old[key]) != repr(value):  # `1` is not `true`
            lines[key] = f"{key}: {_written(value)}\n"
    edited = "".join(lines.values())
    said = {**old, **values}
    return (edited, said) if repr(read_plain(edited)) == repr(said) else None


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_plain(key: str, value: object) -> bool:
    if not _PLAIN_KEY.fullmatch(key) or not isinstance(value, str | int):
        return False
    if not isinstance(value, str):
        is_short = isinstance(value, bool) or re.fullmatch(_DIGIT, str(value)) is not None
        return is_short and key.lower() not in _QUOTED
    is_text = not {key.lower(), value.lower()} & _QUOTED and value not in _NO_TEXT
    return is_text and _PLAIN_VALUE.fullmatch(value) is not None
