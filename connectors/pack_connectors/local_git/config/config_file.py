"""A file of git's configuration in the form that git writes, read without starting a git.

Nearly every `.git/config` was written by git alone, line by line in one form. Whatever has any
other form, git reads: this knows no escapes, no quotes, no comments and no continued lines.

Source: git-config(1) "Syntax"; git's config.c (git_parse_source, get_value).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pack.deferred import pattern
from pack_connectors.system.regular_files import read_beginning

Pair = tuple[str, str | None]
"""A key and its value; `None` for a key that stands alone, which means true."""

_MOST_BYTES: Final = 64 * 1024
_SECTION: Final = pattern(r'\[([A-Za-z0-9-]+)(?: "([ !#-\[\]-~]+)")?\]')
# Without what git takes for a quote, an escape or a comment, and without blanks at either end.
_WORD: Final = r"[!$-:<-\[\]-~]+"
_VALUE: Final = pattern(rf"\t([A-Za-z][A-Za-z0-9-]*) = ({_WORD}(?: +{_WORD})*)")


def read_usual(file: Path) -> list[Pair] | None:
    """The keys and values of a file in the usual form; `None` if git has to read it."""
    content = read_beginning(str(file), _MOST_BYTES)
    if content is None or len(content) == _MOST_BYTES or not content.isascii():
        return None
    return usual_pairs(content.decode("ascii"))


def usual_pairs(text: str) -> list[Pair] | None:
    """As `git config --list` gives them; `None` if the form is not the usual one."""
    found: list[Pair] = []
    section = ""
    for line in text.removesuffix("\n").split("\n") if text else ():
        if head := _SECTION.fullmatch(line):
            name, subsection = head.groups()
            section = f"{name.lower()}.{subsection}." if subsection else f"{name.lower()}."
        elif section and (row := _VALUE.fullmatch(line)):
            found.append((section + row[1].lower(), row[2]))
        else:
            return None
    return found


def listed_pairs(listed: bytes) -> Iterator[Pair]:
    """The keys and values that `git config --null --list` printed."""
    for row in listed.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        key, has_value, value = row.partition("\n")
        yield key, value if has_value else None
