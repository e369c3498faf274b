"""The JSON and YAML in a file: in its frontmatter, in blocks of code, or all of it.

YAML here is that of people's examples: anchors, several documents and tags are allowed. Values are
JSON's (a date is text), which is what schemas speak of. Size and depth are checked on events before
anything is built, and what an alias repeats is built once, so that no text takes long. What is a
template for YAML or JSON (`{{ x }}`, `{% x %}`) need be neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any, Final, Never

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pack.deferred import dataclass, pattern
from pack.distribution.checks.contents import is_markdown, text_of
from pack.distribution.values import MadeFile
from pack.files import frontmatter, markdown, yaml_block, yaml_loader
from pack.limits import MAX_FRONTMATTER_DEPTH

_LANGUAGES: Final = {
    "json": "JSON",
    "json-schema": "JSON",
    "jsonschema": "JSON",
    "geojson": "JSON",
    "yaml": "YAML",
    "yml": "YAML",
}
_WORD: Final = pattern(r"[\w-]+")
_NUMBER: Final = pattern(r"[-+]?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?(?:[eE][-+]?[0-9]{1,2})?")
_TEMPLATE: Final = pattern(r"\{\{|\{%|<%|\$\{")
_BRACKET: Final = pattern(r"[][{}]")
_DEEPEST: Final = 4 * MAX_FRONTMATTER_DEPTH
_MOST_VALUES: Final = 50_000


@dataclass(frozen=True, slots=True)
class Embedded:
    """A piece of JSON or YAML.

    Attributes:
        path: The file it is in.
        line: The line of the file that it begins on.
        language: `JSON` or `YAML`.
        text: As written.
        info: What its fence says, such as `json schema=person`; of a file, its name.
        values: Its documents; empty if it has none, or if they could not be read.
        problem: Why it cannot be read; `None` if it can.
        problem_line: The line of the file where.
    """

    path: str
    line: int
    language: str
    text: str = field(repr=False)
    info: str = ""
    values: Sequence[Any] = ()
    problem: str | None = None
    problem_line: int = 0


class _NotReadable(Exception):
    def __init__(self, reason: str, line: int) -> None:
        self.reason, self.line = reason, line


def embedded_in(file: MadeFile) -> list[Embedded]:
    """What a file holds of both; nothing if it is no text."""
    text = text_of(file)
    if text is None:
        return []
    return [_read(file.path, *piece) for piece in _pieces(file, text)]


def frontmatter_problem(file: MadeFile) -> tuple[str, int] | None:
    """Why the frontmatter of a file cannot be read, and on which line; `None` if it can."""
    text = text_of(file)
    if text is None or not is_markdown(file.path):
        return None
    head = frontmatter.read(text)
    if head.problem is None or head.block is None:
        return None
    try:
        _read_yaml(head.block)  # PACK reads less of YAML than others do
    except _NotReadable:
        return head.problem.reason, head.problem.line
    return None


def _pieces(file: MadeFile, text: str) -> Iterator[tuple[str, str, str, int]]:
    """Language, words of the fence, text and first line of each piece."""
    if not is_markdown(file.path):
        ending, name = file.path.lower().rpartition(".")[2], file.path.rpartition("/")[2]
        if ending in _LANGUAGES:
            yield _LANGUAGES[ending], name, text.removeprefix("\ufeff"), 1
        return
    parts = frontmatter.split(text)
    for block in markdown.code_blocks(parts.body, parts.body_line):
        language = _WORD.search(block.info)
        if language is not None and language[0].lower() in _LANGUAGES:
            yield _LANGUAGES[language[0].lower()], block.info, block.content, block.line + 1


def _read(path: str, language: str, info: str, text: str, line: int) -> Embedded:
    try:
        values = _read_json(text) if language == "JSON" else _read_yaml(text)
    except _NotReadable as error:
        if _TEMPLATE.search(text):
            return Embedded(path, line, language, text, info)
        at = line + max(0, min(error.line, text.count("\n") - 1))  # its end is on the last line
        return Embedded(path, line, language, text, info, (), error.reason, at)
    return Embedded(path, line, language, text, info, values)


def _read_json(text: str) -> Sequence[Any]:
    if not text.strip():
        return ()
    _check_depth(text)
    try:
        return (json.loads(text, parse_constant=_refuse_constant, parse_int=_integer),)
    except json.JSONDecodeError as error:
        raise _NotReadable(error.msg, error.lineno - 1) from error
    except _NotJson as error:
        raise _NotReadable(
            f"{error} is no JSON", text[: text.find(str(error))].count("\n")
        ) from error


class _NotJson(Exception):
    """A word that Python takes for JSON, and no one else does."""


def _refuse_constant(word: str) -> Never:
    raise _NotJson(word)


def _integer(digits: str) -> int | float:
    """A number of any length, without the time that a long one takes."""
    return int(digits) if len(digits) < 400 else float("inf")


def _check_depth(text: str) -> None:
    """Refuse what is nested deeper than the parser should go; brackets in strings count too."""
    depth = 0
    for match in _BRACKET.finditer(text):
        depth += 1 if match[0] in "[{" else -1
        if depth > _DEEPEST:
            raise _NotReadable("it is nested too deeply", text.count("\n", 0, match.start()))


def _read_yaml(text: str) -> Sequence[Any]:
    try:
        _check_events(text)
        nodes = [node for node in yaml.compose_all(text, Loader=yaml_loader.LOADER) if node]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        reason = getattr(error, "problem", None) or "a character that YAML does not allow"
        raise _NotReadable(str(reason), _line_of(mark)) from error
    except UnicodeEncodeError as error:
        raise _NotReadable("a character that YAML does not allow", 0) from error
    builder = _Builder()
    return tuple(builder.value(node) for node in nodes)


def _line_of(mark: yaml_block.Mark | None) -> int:
    return mark.line if mark is not None else 0


def _check_events(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml_loader.LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise _NotReadable("it is nested too deeply", _line_of(event.start_mark))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Builder:
    """Builds values from nodes; a node that aliases repeat becomes one value."""

    def __init__(self) -> None:
        self._built: dict[int, Any] = {}
        self._sizes: dict[int, int] = {}
        self._open: set[int] = set()

    def value(self, node: Node) -> Any:
        """The value of a node."""
        key = id(node)
        if key in self._open:
            raise _NotReadable("it contains itself", _line_of(node.start_mark))
        if key not in self._built:
            self._open.add(key)
            self._built[key] = self._build(node)
            self._open.discard(key)
            inner = [child for pair in _children(node) for child in pair]
            self._sizes[key] = 1 + sum(self._sizes[id(child)] for child in inner)
            if self._sizes[key] > _MOST_VALUES:
                raise _NotReadable("it is too large once its aliases are followed", 0)
        return self._built[key]

    def _build(self, node: Node) -> Any:
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if isinstance(node, SequenceNode):
            return [self.value(item) for item in node.value]
        found: dict[str, Any] = {}
        for name, child in node.value:
            key = _key(self.value(name))
            if key in found:
                raise _NotReadable("a key occurs twice", _line_of(name.start_mark))
            found[key] = self.value(child)
        return found


def _children(node: Node) -> Iterator[tuple[Node, ...]]:
    if isinstance(node, MappingNode):
        yield from node.value
    elif isinstance(node, SequenceNode):
        yield from ((item,) for item in node.value)


def _scalar(node: ScalarNode) -> Any:
    """The value of a scalar, by the core schema of YAML 1.2 (10.3.2)."""
    text: str = node.value
    if node.style:  # it is quoted, or a block
        return text
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text[0] in "tT"
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if _NUMBER.fullmatch(text):
        return float(text) if set(text) & set(".eE") else int(text)
    return text


def _key(value: Any) -> str:
    """A key as JSON has it."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
