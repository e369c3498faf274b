"""Takes a text and its frontmatter apart, reads it, and edits it without touching other bytes.

Frontmatter is what is between a first line `---` and the next line `---` or `...`. Blanks may
follow the dashes, and lines end with LF, CR LF or CR, as in `pack.files.markdown`. `...` ends a
document in YAML itself, and in Jekyll and Pandoc. A byte-order mark, blank lines and blanks may
precede it, and models like to put a code fence around a whole note: the frontmatter inside is the
note's, and neither fence belongs to its body.

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
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from pack.deferred import dataclass, pattern
from pack.errors import InvalidContent, LimitExceeded
from pack.files import yaml_block
from pack.files.plain_frontmatter import read_plain, split_plain
from pack.files.yaml_block import LINE_END, Value
from pack.files.yaml_edit import set_values

_BEFORE: Final = pattern(r"\ufeff?(?:[ \t]*+(?:\r\n|\r|\n))*+\ufeff?")
_WRAPPER: Final = pattern(
    r" {0,3}(`{3,}|~{3,})[ \t]*(?:markdown|md|mdx|yaml|yml|text|txt)?[ \t]*(?:\r\n|\r|\n)",
    re.IGNORECASE,
)
_FENCE: Final = pattern(r"^ {0,3}(`{3,}|~{3,})[ \t]*([^ \t\r\n]*)[^\r\n]*", re.MULTILINE)
_OPENING: Final = pattern(r"[ \t]{0,3}---[ \t]*(?:\r\n|\r|\n)")
_BLANK_LINES: Final = pattern(r"(?:[ \t]*+(?:\r\n|\r|\n))*+")
_BOM: Final = "\ufeff"
_CLOSING: Final = pattern(r"(?<=[\r\n])(?:---|\.\.\.)[ \t]*(?:\r\n|\r|\n|\Z)")
_BLANK_OR_COMMENT: Final = pattern(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*+")
# Excludes what cannot begin a mapping, or is far more likely a list, quotation, table or link.
_KEY: Final = pattern(
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
        prefix: What precedes the first fence: a byte-order mark, blank lines, the code fence around
            everything. Without frontmatter, only the byte-order mark.
        opening: The first fence with its line end; empty if there is no frontmatter.
        block: The YAML between the fences with its last line end; `None` if there is no
            frontmatter.
        closing: The second fence with its line end, which may be missing at the end of a text.
        body: Everything after that.
        body_line: The line of the text that the body begins on, 1-based.
        suffix: The end of the code fence around everything.
    """

    prefix: str
    opening: str
    block: str | None
    closing: str
    body: str
    body_line: int
    suffix: str = ""

    def join(self) -> str:
        """The whole text."""
        block = self.block or ""
        return "".join((self.prefix, self.opening, block, self.closing, self.body, self.suffix))

    @property
    def lines_above(self) -> int:
        """How many lines precede the body, as git counts them: only a line feed ends one."""
        above = "".join((self.prefix, self.opening, self.block or "", self.closing))
        return above.count("\n") + (above[-1:] not in ("", "\n"))

    @property
    def is_wrapped(self) -> bool:
        """Whether a code fence is around everything."""
        return bool(self.suffix)

    @property
    def first_line(self) -> int:
        """The line of the text that the frontmatter begins on, 1-based."""
        return _count_lines(self.prefix) + 1


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
    before = _BEFORE.match(text)
    start = before.end() if before is not None else 0
    found = _split_at(text, start, len(text))
    if found is None and (wrapper := _WRAPPER.match(text, start)) is not None:
        end = _wrapper_end(text, wrapper)
        inner = _BLANK_LINES.match(text, wrapper.end())
        if end is not None and inner is not None:
            found = _split_at(text, inner.end(), end)
    if found is not None:
        return found
    prefix = text[:1] if text.startswith(_BOM) else ""
    return Parts(prefix, "", None, "", text[len(prefix) :], 1)


def _split_at(text: str, start: int, end: int) -> Parts | None:
    """The parts of a text whose frontmatter begins at a place; `None` if none does."""
    opening = _OPENING.match(text, start, end)
    closing = _CLOSING.search(text, opening.end(), end) if opening is not None else None
    if opening is None or closing is None or not _is_mapping(text, opening.end(), closing.start()):
        return None
    block = text[opening.end() : closing.start()]
    lines = _count_lines(text[:start]) + _count_lines(block) + 3
    body = text[closing.end() : end]
    return Parts(text[:start], opening[0], block, closing[0], body, lines, text[end:])


def _count_lines(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _wrapper_end(text: str, wrapper: re.Match[str]) -> int | None:
    """Where the line begins that ends the code fence around a whole text.

    `None` if the fence ends before the text does. Models nest fences as if that were possible, so
    one with a language counts as opening another, until the next without one.
    """
    depth = 1
    for found in _FENCE.finditer(text, wrapper.end()):
        if found[1][0] != wrapper[1][0]:
            continue
        depth += 1 if found[2] else -1
        if depth == 0:
            is_last = len(found[1]) >= len(wrapper[1]) and not text[found.end() :].strip()
            return found.start() if is_last else None
    return None


def suffix_of(text: str) -> str:
    """The end of the code fence around everything; empty for nearly every text, at no cost."""
    before = _BEFORE.match(text)
    start = before.end() if before is not None else 0
    return split(text).suffix if _WRAPPER.match(text, start) is not None else ""


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
        line = (error.line or 1) + parts.first_line - 1
        return Frontmatter(parts, {}, Problem(error.reason, line, error.column or 1))
    except LimitExceeded as error:
        return Frontmatter(parts, {}, Problem(str(error), parts.first_line, 1))


def check_limits(head: Frontmatter) -> None:
    """Accept frontmatter that may be stored, including broken YAML.

    Raises:
        LimitExceeded: It is larger than 64 KiB or nested more than 32 levels deep.
        InvalidContent: It has YAML aliases.
    """
    if head.block is None or head.is_plain:
        return
    import yaml  # noqa: PLC0415 - `yaml_block` says why

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
            line, column = yaml_block.position(head.block, node.start_mark.index)
            return line + head.parts.first_line - 1, column
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
    lines = _count_lines(parts.prefix) + _count_lines(block) + 3
    parts = replace(parts, block=block, body_line=lines)
    return Frontmatter(parts, said, is_plain=is_plain)


def without_fields(head: Frontmatter, names: Collection[str]) -> Frontmatter:
    """The text without these keys and their lines, and with no other byte changed.

    Raises:
        InvalidContent: They cannot be taken out safely: several keys share a line.
    """
    if head.block is None or not head.fields.keys() & set(names):
        return head
    from pack.files.yaml_keys import cut_keys  # noqa: PLC0415 - as in `check_limits`

    cut = cut_keys(head.block)
    if cut is None:
        raise InvalidContent("the frontmatter is written in a way that PACK cannot edit")
    kept = [one.above if key in names else one.text for key, one in cut.entries.items()]
    block = "".join((cut.head, *kept, cut.tail))
    gone = _count_lines(head.block) - _count_lines(block)
    return read_parts(replace(head.parts, block=block, body_line=head.parts.body_line - gone))
