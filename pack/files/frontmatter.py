"""Takes a text and its frontmatter apart, reads it, and edits it without touching other bytes.

Frontmatter is what is between a first line `---` and the next line `---` or `...`. Blanks may
follow the dashes, a byte-order mark may precede them, and lines end with LF, CR LF or CR, as in
`pack.files.markdown`. `...` ends a document in YAML itself, and in Jekyll and Pandoc.

A text may also begin with a thematic break. The lines up to the next `---` are frontmatter only if
they are empty, hold nothing but comments, or begin with something like `key:`. Otherwise (prose, a
list, a table) they belong to the body. So leaving out the frontmatter never hides prose, and an
edit puts a new block in front.

python-frontmatter's own `split` is not used, because it takes `-----` for a fence and strips the
text, nor is `dumps`, which changes bytes that nobody asked to change. Its YAML handler is used,
with our loader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import yaml

from pack.errors import InvalidContent, LimitExceeded
from pack.files import yaml_block
from pack.files.plain_frontmatter import read_plain, split_plain
from pack.files.yaml_block import LINE_END, Value
from pack.files.yaml_edit import set_values

_OPENING: Final = re.compile(r"(\ufeff?)(---[ \t]*(?:\r\n|\r|\n))")
_CLOSING: Final = re.compile(r"(?<=[\r\n])(?:---|\.\.\.)[ \t]*(?:\r\n|\r|\n|\Z)")
_BLANK_OR_COMMENT: Final = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*+")
# Excludes what cannot begin a mapping, or is far more likely a list, quotation, table or link.
_KEY: Final = re.compile(
    r"""[ \t]*+(?!-[ \t\r\n]|\+[ \t]|[0-9]+[.)][ \t]|[\[<>|`*]|!\[)
    (?: [{!&?%]                               # a flow mapping, or an error that should be reported
      | "[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*+"[ \t]*:
      | '[^'\r\n]*'[ \t]*:
      | [^"'\r\n][^\r\n]*?:[ \t\r\n]
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """A text cut where its frontmatter begins and ends; joining the parts in order restores it.

    Attributes:
        prefix: The byte-order mark, if there is one.
        opening: The first fence with its line end; empty if there is no frontmatter.
        block: The YAML between the fences with its last line end; `None` if there is no
            frontmatter.
        closing: The second fence with its line end, which may be missing at the end of a text.
        body: Everything after that.
        body_line: The line of the text that the body begins on, 1-based.
    """

    prefix: str
    opening: str
    block: str | None
    closing: str
    body: str
    body_line: int

    def join(self) -> str:
        """The whole text."""
        return "".join((self.prefix, self.opening, self.block or "", self.closing, self.body))


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the frontmatter cannot be read, and where: 1-based line and column in the file."""

    reason: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Frontmatter:
    """A text that was cut and read once.

    Attributes:
        parts: Where its frontmatter begins and ends.
        fields: Keys and values as `pack.files.yaml_block` reads them; empty if there is a problem.
        problem: Why the block could not be read; `None` if it could, or if there is no block.
        is_plain: Whether the block is of the plainest kind; see `pack.files.plain_frontmatter`.
    """

    parts: Parts
    fields: Mapping[str, object]
    problem: Problem | None = None
    is_plain: bool = False

    @property
    def block(self) -> str | None:
        """The YAML between the fences; `None` if there is no frontmatter."""
        return self.parts.block

    @property
    def body(self) -> str:
        """The text after the block."""
        return self.parts.body

    @property
    def body_line(self) -> int:
        """The line of the text that the body begins on, 1-based."""
        return self.parts.body_line


def split(text: str) -> Parts:
    """Cut a text at its frontmatter. Takes linear time and never fails."""
    opening = _OPENING.match(text)
    closing = _CLOSING.search(text, opening.end()) if opening is not None else None
    if opening is None or closing is None or not _is_mapping(text, opening.end(), closing.start()):
        prefix = text[:1] if text.startswith("\ufeff") else ""
        return Parts(prefix, "", None, "", text[len(prefix) :], 1)
    block = text[opening.end() : closing.start()]
    lines = block.count("\n") + block.count("\r") - block.count("\r\n")
    return Parts(opening[1], opening[2], block, closing[0], text[closing.end() :], lines + 3)


def _is_mapping(text: str, start: int, end: int) -> bool:
    blank = _BLANK_OR_COMMENT.match(text, start, end)
    first = blank.end() if blank is not None else start
    return first == end or _KEY.match(text, first, end) is not None


def read(text: str) -> Frontmatter:
    """Read the frontmatter of a text. Never raises, whatever the text is."""
    plain = split_plain(text)
    if plain is not None and (fields := read_plain(plain[0])) is not None:
        block, body = plain
        parts = Parts("", "---\n", block, "---\n", body, block.count("\n") + 3)
        return Frontmatter(parts, fields, is_plain=True)
    return read_parts(split(text))


def read_parts(parts: Parts) -> Frontmatter:
    """Read the frontmatter of a text that has already been cut. Never raises."""
    if parts.block is None:
        return Frontmatter(parts, {})
    plain = read_plain(parts.block)
    if plain is not None:
        return Frontmatter(parts, plain, is_plain=True)
    try:
        return Frontmatter(parts, yaml_block.load(parts.block))
    except InvalidContent as error:
        return Frontmatter(parts, {}, Problem(error.reason, error.line or 1, error.column or 1))
    except LimitExceeded as error:
        return Frontmatter(parts, {}, Problem(str(error), 1, 1))


def check_limits(head: Frontmatter) -> None:
    """Accept frontmatter that may be stored, including broken YAML.

    Raises:
        LimitExceeded: It is larger than 64 KiB or nested more than 32 levels deep.
        InvalidContent: It has YAML aliases.
    """
    if head.block is None or head.is_plain:
        return
    yaml_block.check_size(head.block)
    try:
        yaml_block.scan(head.block, refuse_tags=False)
    except (yaml.YAMLError, UnicodeEncodeError):
        return  # not YAML, so nothing is ever built from it; `problem` says what is wrong


def find_key(text: str, key: str) -> tuple[int, int] | None:
    """Line and column, 1-based, of a top-level key; `None` if it cannot be found."""
    head = read(text)
    if head.block is None or head.problem is not None:
        return None
    root = yaml_block.compose(head.block)
    for node, _ in root.value if root is not None else ():
        if node.value == key:
            return yaml_block.position(head.block, node.start_mark.index)
    return None


def line_end(text: str) -> str:
    """The first line end of a text; LF if it has none."""
    found = LINE_END.search(text)
    return found[0] if found is not None else "\n"


def set_fields(text: str, fields: Mapping[str, Value]) -> str:
    """The text with these keys set and no other byte changed; see `with_fields`.

    Raises:
        As `with_fields`.
    """
    return with_fields(read(text), fields).parts.join()


def with_fields(head: Frontmatter, fields: Mapping[str, Value]) -> Frontmatter:
    """The text with these keys set and no other byte changed.

    A value that is there already keeps its bytes, and a new value replaces those of the old one in
    place. Missing keys are appended to the block in the order given, and a text without frontmatter
    gets a block in front. The resulting block has been read back and says what it should.

    Raises:
        InvalidContent: The frontmatter cannot be read, or cannot be edited safely; names line and
            column.
        LimitExceeded: It is, or would become, larger than 64 KiB.
    """
    if not fields:
        return head
    parts = head.parts
    eol = line_end(parts.opening or parts.body)
    if parts.block is None:
        parts = replace(parts, opening=f"---{eol}", block="", closing=f"---{eol}")
    block, said, is_plain = set_values(parts.block or "", fields, eol)
    lines = block.count("\n") + block.count("\r") - block.count("\r\n")
    parts = replace(parts, block=block, body_line=lines + 3)
    return Frontmatter(parts, said, is_plain=is_plain)
