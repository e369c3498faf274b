"""Marks that say that a text is for the people at home: keys, comments and lines that say so.

What a key says counts in the frontmatter, even in one that cannot be read, and in prose, but not in
a block of code, where `internal: true` may mean anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pack.deferred import pattern
from pack.files import frontmatter, markdown
from pack.files.frontmatter import Frontmatter
from pack.outgoing.secrets_scan import Leak

_AUDIENCES: Final = ("internal", "private", "confidential", "restricted", "secret")
_AUDIENCE_KEYS: Final = (
    "visibility",
    "classification",
    "audience",
    "confidentiality",
    "sensitivity",
)
_YES: Final = ("true", "yes", "on", "1")
_NO: Final = ("false", "no", "off", "0")
_LINES: Final[Mapping[str, str]] = {
    "a comment for the people at home": (
        r"<!--+\s*(?:internal|private|confidential|no-?sync|do[ -]not[ -](?:sync|share|publish))\b"
    ),
    "a block for the people at home": (
        r"^[ \t>]*(?::{3,}\s*|\[!|!!!\s*|\?{3}\s*)\{?(?:internal|confidential)\b"
    ),
    "a line that says it is internal": (
        r"\b(?:for|strictly)\s+internal\s+use\b|\binternal\s+use\s+only\b"
        r"|(?-i:\bINTERNAL[ _-]ONLY\b)"
        r"|^[ \t>#*_|=\[(:-]*internal[ -]only[ \t\r*_|\])!.:=-]*$"
    ),
    "a line that says it is confidential": (
        r"\b(?:company|strictly|highly)\s+confidential\b"
        r"|(?-i:^[ \t>#*_|=\[(:-]*CONFIDENTIAL\b)"
        r"|\bnot\s+for\s+(?:external|public|outside)\s+(?:use|distribution|release|sharing)\b"
        r"|\bdo\s+not\s+(?:share|distribute|forward)\s+(?:externally|outside)\b"
    ),
}
_MARKS: Final = tuple((what, pattern(f"(?im){found}")) for what, found in _LINES.items())
_KEY_LINE: Final = pattern(
    r"""(?i)^[\s>#*_'"{-]*(?P<key>[a-z]+)['"*_]*\s*:[*_]*\s*['"]?(?P<value>[a-z0-1]+)['"}*_,]*\s*(?:\#.*)?$"""
)
KEY: Final = "a key that says it is internal"


def find_internal_marks(text: str) -> list[Leak]:
    """The marks in a text, by line; each kind once on a line."""
    head = frontmatter.read(text)
    found = set(_in_keys(text, head))
    lines = text.split("\n")
    marks = [(what, mark) for what, mark in _MARKS if mark.search(text)]
    for number, line in enumerate(lines if marks else (), 1):
        found |= {(number, what) for what, mark in marks if mark.search(line)}
    said = {
        number
        for number, line in enumerate(lines, 1)
        if (match := _KEY_LINE.match(line)) and _says_so(match["key"], match["value"])
    }
    if said:
        found |= {(number, KEY) for number in said - _code_lines(head)}
    return [Leak(line, what) for line, what in sorted(found)]


def _says_so(key: str, value: object) -> bool:
    name, said = key.strip().lower(), str(value).strip().lower()
    if name == "internal":
        return said in _YES
    if name == "sync":
        return said in _NO
    return name in _AUDIENCE_KEYS and said in _AUDIENCES


def _in_keys(text: str, head: Frontmatter) -> Iterator[tuple[int, str]]:
    for key, value in head.fields.items():
        if _says_so(key, value):
            place = frontmatter.find_key(text, key)
            yield (place[0] if place else head.parts.first_line), KEY


def _code_lines(head: Frontmatter) -> set[int]:
    """The lines of a text that are in blocks of code."""
    blocks = markdown.code_blocks(head.body, head.body_line)
    return {line for block in blocks for line in range(block.line, block.end_line + 1)}
