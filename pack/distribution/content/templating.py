"""Fills in templates: `{{ name }}` becomes the value of a variable, and nothing else is ever done.

There are no expressions, no filters and no conditions, so there is nothing to run. A value is put
in as it is and not looked at again: one that holds `{{ name }}` is text. In YAML and JSON,
frontmatter included, a value stays a value: it cannot begin a key, a list or a comment.

A template is strict. `{{` that does not begin `{{ name }}` is an error, and so is a name that has
no value. Only `${{ … }}`, as CI systems write it, is left alone unless it is a name of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pack.distribution.content.placing import VARIABLES
from pack.distribution.content.yaml_files import load_yaml
from pack.errors import InvalidConfig, InvalidContent, LimitExceeded
from pack.files import frontmatter, yaml_block
from pack.files.yaml_block import LINE_END

_USE: Final = re.compile(r"(\$?)\{\{(?:[ \t]*([A-Za-z_][A-Za-z0-9_]{0,63})[ \t]*\}\})?")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_SAFE: Final = re.compile(r"[A-Za-z0-9_./@+-]+(?: [A-Za-z0-9_./@+-]+)*")
_YAML: Final = (".yaml", ".yml")
_JSON: Final = (".json", ".jsonc")


def read_variables(content: bytes | None) -> dict[str, str]:
    """The variables of a downstream.

    Raises:
        InvalidConfig: The file cannot be used; the message names line and column.
    """
    if content is None:
        return {}
    _, fields = load_yaml(content, VARIABLES)
    return {_name(name): _value(name, value) for name, value in fields.items()}


def _name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise InvalidConfig(VARIABLES, f"{name[:60]!r} is no name of a variable")
    return name


def _value(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise InvalidConfig(VARIABLES, f"{name} is neither text nor a number")


def values_for(declared: Mapping[str, str | None], given: Mapping[str, str]) -> dict[str, str]:
    """What templates may use.

    Args:
        declared: What the rule declares, with defaults; if it declares nothing, whatever the
            downstream gives may be used.
        given: What the downstream gives.
    """
    if not declared:
        return dict(given)
    found = {name: given.get(name, default) for name, default in declared.items()}
    return {name: value for name, value in found.items() if value is not None}


class Template:
    """A text with places for values.

    Args:
        path: The file, for messages and for how values are written.
        text: Its text.
        values: What may be used.

    Attributes:
        used: The variables that were.
    """

    def __init__(self, path: str, text: str, values: Mapping[str, str]) -> None:
        self._path = path
        self._text = text
        self._values = values
        self._line_end = frontmatter.line_end(text)
        self.used: dict[str, str] = {}

    def fill(self) -> str:
        """The text with its values.

        Raises:
            InvalidContent: The template cannot be filled in; the message names file and line.
        """
        name = self._path.lower()
        if name.endswith(_JSON):
            return self._put(self._text, 0, lambda value: json.dumps(value)[1:-1])
        if name.endswith(_YAML):
            return self._filled_yaml(self._text, 0)
        parts = frontmatter.split(self._text)
        if not parts.block:
            return self._put(self._text, 0, self._as_text)
        start = len(parts.prefix) + len(parts.opening)
        end = start + len(parts.block)
        block = self._filled_yaml(parts.block, start)
        before, after = self._text[:start], self._text[end:]
        return before + block + self._put(after, end, self._as_text)

    def _as_text(self, value: str) -> str:
        return LINE_END.sub(self._line_end, value)

    def _put(self, text: str, at: int, written: Callable[[str], str]) -> str:
        """A part of the text, which begins at a character, with each value as it is written."""
        return _USE.sub(lambda use: self._one(use, at, written), text)

    def _one(self, use: re.Match[str], at: int, written: Callable[[str], str]) -> str:
        if use[2] is None and use[1]:
            return use[0]
        place = at + use.start() + len(use[1])
        if use[2] is None:
            raise self._error("only {{ name }} is known in a template, and this is none", place)
        if use[2] not in self._values:
            raise self._error(f"{{{{ {use[2]} }}}} has no value; give it in {VARIABLES}", place)
        self.used[use[2]] = self._values[use[2]]
        return use[1] + written(self._values[use[2]])

    def _error(self, reason: str, place: int) -> InvalidContent:
        before = self._text[:place]
        ends = list(LINE_END.finditer(before))
        column = place - (ends[-1].end() if ends else 0) + 1
        return InvalidContent(f"{self._path}: {reason}", len(ends) + 1, column)

    # --- YAML ------------------------------------------------------------------------------------

    def _filled_yaml(self, block: str, at: int) -> str:
        """YAML with its values, each of which stays within the scalar that it is put into."""
        mark = "PACKVALUE"
        while mark in block:
            mark += "X"
        values: list[str] = []

        def marked(value: str) -> str:
            values.append(value)
            return f"{mark}{len(values) - 1}E"

        text = self._put(block, at, marked)
        if not values:
            return text
        found = re.compile(f"{mark}([0-9]+)E")

        def put(part: str) -> str:
            return found.sub(lambda match: values[int(match[1])], part)

        pieces, done = list[str](), 0
        for node in _scalars(text):
            start, end = node.start_mark.index, node.end_mark.index
            if found.search(text, start, end) is None:
                continue
            self._check_plain(found, text[done:start], values)
            pieces += (put(text[done:start]), self._scalar(node, text[start:end], put))
            done = end
        self._check_plain(found, text[done:], values)
        return "".join((*pieces, put(text[done:])))

    def _scalar(self, node: ScalarNode, written: str, put: Callable[[str], str]) -> str:
        """A scalar with its values, quoted where they would mean something to YAML otherwise."""
        value, plain = put(node.value), put(written)
        if node.style in ("|", ">"):
            if plain.count("\n") != written.count("\n") or "\r" in plain.replace("\r\n", ""):
                reason = "a value of several lines cannot be put into a block of YAML"
                raise InvalidContent(f"{self._path}: {reason}")
            return plain
        is_safe = _SAFE.fullmatch(plain.strip("\"'")) is not None
        return plain if is_safe else yaml_block.write(value, flow=True)

    def _check_plain(self, found: re.Pattern[str], part: str, values: Sequence[str]) -> None:
        """Refuse a value outside of all scalars that could be more than a word there."""
        for match in found.finditer(part):
            if _SAFE.fullmatch(values[int(match[1])]) is None:
                reason = "a value in the YAML here may only have letters, digits and spaces"
                raise InvalidContent(f"{self._path}: {reason}")


def _scalars(text: str) -> list[ScalarNode]:
    """The scalars of a YAML text in its order; none if it is not YAML."""
    try:
        yaml_block.load(text)
        waiting: list[Node | None] = [yaml_block.compose(text)]
    except (InvalidContent, LimitExceeded):
        return []
    found: list[ScalarNode] = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ScalarNode):
            found.append(node)
        elif isinstance(node, SequenceNode):
            waiting += node.value
        elif isinstance(node, MappingNode):
            waiting += [one for pair in node.value for one in pair]
    return sorted(found, key=lambda node: int(node.start_mark.index))
