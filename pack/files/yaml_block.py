"""The YAML inside a frontmatter block: bounded parsing, and writing of single values.

Accepted are mappings with text keys, lists, text, `true`/`false`, null, and numbers that Python
would write the same way (`2024`, `1.5`). Everything else is read as the text that was typed,
including `2026-11-21`, `1.10`, `010`, `12:30`, `yes` and `1e3`, so `str(value)` is always what the
user sees in the file. `<<` and `=` are ordinary text.

Refused are aliases, explicit tags, keys that are not scalars, and duplicate keys. libyaml composes
nodes recursively and has no limit of its own, so size, depth and aliases are checked beforehand, on
events, which are produced one at a time.

Positions in errors refer to a file whose first line is the opening fence.

Most frontmatter is so plain that no parser reads it (`pack.files.plain_frontmatter`). So PyYAML,
which takes long to import, and `pack.files.yaml_loader` wait for the first block that is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pack.deferred import pattern
from pack.errors import InvalidContent, LimitExceeded
from pack.limits import MAX_FRONTMATTER_BYTES, MAX_FRONTMATTER_DEPTH

if TYPE_CHECKING:
    import yaml
    from yaml._yaml import Mark as FastMark
    from yaml.error import Mark as PureMark
    from yaml.nodes import MappingNode

    Mark = PureMark | FastMark

Value = str | int | None | Sequence[str]
"""A value that can be written for a key."""

LINE_END: Final = pattern(r"\r\n|\r|\n")
# Deep flow collections and deep indentation need one of these; see `_may_exceed`.
_INDENTED: Final = pattern(r"[ \t?:-]{8}")
_ILLEGAL: Final = pattern(
    r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_ESCAPED: Final = pattern(r"[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")

# Plain scalars that both YAML 1.1 and 1.2 read as text, apart from the two patterns below:
_PLAIN: Final = pattern(r"(?![\s,\[\]{}#&*!|>'\"%@`?:=<~-])[^\x00-\x1f]+(?<![\s:])\Z")
_NUMERIC: Final = pattern(
    r"[-+]?\.?[0-9][0-9a-fA-FxXoO_.,:+tTzZ -]*\Z|[-+]?\.(?:inf|nan)\Z", re.IGNORECASE
)
_WORDS: Final = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
_ISO_DATE: Final = pattern(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?\Z"
)


def load(block: str, most: int = MAX_FRONTMATTER_BYTES) -> dict[str, object]:
    """The fields in the YAML of a block; none for an empty block.

    Args:
        block: The YAML.
        most: How many bytes of it there may be.

    Raises:
        LimitExceeded: It is larger than that or nested more than 32 levels deep.
        InvalidContent: It has aliases, tags or duplicate keys, is not a mapping, or is not YAML;
            names line and column.
    """
    import yaml  # noqa: PLC0415 - see the top

    from pack.files import yaml_loader  # noqa: PLC0415

    check_size(block, most)
    try:
        if "!" in block or "*" in block or _may_exceed(block):
            scan(block, refuse_tags=True)
        fields = yaml_loader.HANDLER.load(block, Loader=yaml_loader.LOADER)
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise _not_yaml(block, error) from error
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise invalid("the frontmatter is not a mapping of keys to values", block, 0)
    return fields


def compose(block: str) -> MappingNode | None:
    """The nodes of a block that `load` accepts, with their marks; `None` for an empty block."""
    import yaml  # noqa: PLC0415 - see the top

    from pack.files import yaml_loader  # noqa: PLC0415

    node = yaml.compose(block, Loader=yaml_loader.LOADER)
    return node if isinstance(node, yaml.MappingNode) else None


def key_lines(block: str) -> list[tuple[str, int]]:
    """The top-level keys of such a block, each with its line, from 0, as git counts lines.

    For YAML, more than a line feed ends a line, also within a value.
    """
    root, found, line, done = compose(block), list[tuple[str, int]](), 0, 0
    for node, _ in root.value if root is not None else ():
        line += block.count("\n", done, node.start_mark.index)
        done = node.start_mark.index
        found.append((str(node.value), line))
    return found


def check_size(block: str, most: int = MAX_FRONTMATTER_BYTES) -> None:
    """Raise `LimitExceeded` for a block of more than so many bytes."""
    size = len(block)
    if size > most // 4 and not block.isascii():
        size = len(block.encode("utf-8", "surrogatepass"))
    if size > most:
        raise LimitExceeded("the frontmatter", most)


def scan(block: str, *, refuse_tags: bool) -> None:
    """Check the events of a block without building anything.

    Raises:
        LimitExceeded: It is nested more than 32 levels deep.
        InvalidContent: It has an alias or, if they are refused, an explicit tag; names line and
            column.
        yaml.YAMLError: It stops being YAML somewhere; nothing else is wrong up to there.
        UnicodeEncodeError: It has a lone surrogate.
    """
    import yaml  # noqa: PLC0415 - see the top

    from pack.files import yaml_loader  # noqa: PLC0415

    depth = 0
    for event in yaml.parse(block, Loader=yaml_loader.LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise _invalid_at("YAML aliases are not supported", block, event.start_mark)
        if refuse_tags and getattr(event, "tag", None) is not None:
            raise _invalid_at("YAML tags are not supported", block, event.start_mark)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_FRONTMATTER_DEPTH:
                raise LimitExceeded(
                    "the nesting of the frontmatter", MAX_FRONTMATTER_DEPTH, "levels"
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _may_exceed(block: str) -> bool:
    """Whether the block could be nested more than 32 levels deep; also true for some that are not.

    A block collection begins further right than the one around it, or in the same column if it is a
    list in a mapping, with only indicators and white space to its left. A run of fewer than eight
    of these allows 16 levels, and each bracket one more.
    """
    brackets = block.count("[") + block.count("{")
    return brackets > MAX_FRONTMATTER_DEPTH - 16 or _INDENTED.search(block) is not None


def position(block: str, index: int) -> tuple[int, int]:
    """Line and column in the file, 1-based, of a character in the block."""
    ends = [match.end() for match in LINE_END.finditer(block, 0, index)]
    return len(ends) + 2, index - (ends[-1] if ends else 0) + 1


def invalid(reason: str, block: str, index: int) -> InvalidContent:
    """The error for a problem at a character of the block."""
    error = InvalidContent(reason, *position(block, index))
    error.remedy = "Correct the frontmatter at that place."
    return error


def _invalid_at(reason: str, block: str, mark: Mark | None) -> InvalidContent:
    return invalid(reason, block, mark.index if mark is not None else 0)


def _not_yaml(block: str, error: yaml.YAMLError | UnicodeEncodeError) -> InvalidContent:
    import yaml  # noqa: PLC0415 - see the top

    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        words = [part for part in (error.context, error.problem) if part]
        return _invalid_at(": ".join(words), block, mark)
    illegal = _ILLEGAL.search(block)
    reason = "a character that YAML does not allow"
    return invalid(reason, block, illegal.start() if illegal is not None else 0)


def write(value: Value, *, flow: bool = False) -> str:
    """YAML for a value, on one line.

    Text stays plain if both YAML 1.1 and 1.2 read it back as this text, and is otherwise quoted as
    in JSON; ISO dates stay plain.

    Args:
        value: What `load` is to give back.
        flow: Whether the YAML will be inside braces or brackets.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return value if _is_plain(value, flow=flow) else quote(value)
    return "[" + ", ".join(write(item, flow=True) for item in value) + "]"


def _is_plain(text: str, *, flow: bool) -> bool:
    if _ISO_DATE.match(text):
        return True
    if not _PLAIN.match(text) or _ESCAPED.search(text) or ": " in text or " #" in text:
        return False
    if flow and re.search(r"[,?\[\]{}]", text):
        return False
    return text.lower() not in _WORDS and not _NUMERIC.match(text)


def quote(text: str) -> str:
    """A text in double quotes, which both YAML 1.1 and 1.2 read back as it is."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)
