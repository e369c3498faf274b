"""Where things stand in YAML, and how what is new is written there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import yaml

from pack.deferred import pattern
from pack_servers.clients.editing.commas import Bracketed
from pack_servers.clients.editing.unusable import Unusable

_PLAIN: Final = pattern(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
Pair = tuple[yaml.Node, yaml.Node]


@contextmanager
def reading() -> Iterator[None]:
    """Have said what is wrong with a text that cannot be read.

    Raises:
        Unusable: It is not YAML, or holds several documents.
    """
    try:
        yield
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Unusable("it", "is not YAML", mark.line + 1 if mark else None) from error


def compose(text: str) -> yaml.Node | None:
    """All that a text says; `None` if it says nothing.

    Raises:
        Unusable: It is not YAML, or holds several documents.
    """
    with reading():
        node: yaml.Node | None = yaml.compose(text, yaml.SafeLoader)
    if isinstance(node, yaml.ScalarNode) and not node.value:
        return None
    return node


def pair_in(node: yaml.MappingNode, key: str) -> Pair | None:
    """The member of a mapping that counts under a name."""
    found = [pair for pair in node.value if getattr(pair[0], "value", None) == key]
    return found[-1] if found else None


def bracketed(node: yaml.CollectionNode) -> Bracketed:
    """Where the members or elements of something in brackets stand."""
    pairs = [each if isinstance(each, tuple) else (each, each) for each in node.value]
    spans = [(first.start_mark.index, last.end_mark.index) for first, last in pairs]
    return Bracketed(node.start_mark.index, node.end_mark.index, spans)


def key_text(key: str) -> str:
    """A name as YAML."""
    is_plain = _PLAIN.fullmatch(key) and key.lower() not in _WORDS
    return key if is_plain else json.dumps(key, ensure_ascii=False)


def value_text(value: object) -> str:
    """A value as YAML; JSON is YAML, so what is in it needs no rules of its own."""
    # A date becomes a text here, which says something else: the edit is refused then.
    return json.dumps(value, ensure_ascii=False, default=str)


def line_start(text: str, index: int) -> int:
    """Where the line of a position begins."""
    return text.rfind("\n", 0, index) + 1


def block_end(text: str, pair: Any) -> int:
    """The end of the last line of a member; comments and blank lines after it are not its own."""
    stop = text.find("\n", value_end(text, pair))
    return len(text) if stop < 0 else stop + 1


def value_end(text: str, pair: Any) -> int:
    """Behind the last character of a member; text in lines of its own ends with its last line."""
    end = max(_ends(pair[1]), default=pair[0].end_mark.index + 1)
    return len(text[:end].rstrip(" \t\r\n"))  # other spaces are text


def _ends(node: yaml.Node) -> list[int]:
    if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False):
        return [node.end_mark.index]
    pairs = node.value
    inside = (
        [each for pair in pairs for each in pair] if isinstance(node, yaml.MappingNode) else pairs
    )
    return [end for each in inside for end in _ends(each)]
