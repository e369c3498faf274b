"""PyYAML as PACK uses it: how scalars and mappings are read; see `pack.files.yaml_block`."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

import yaml
from frontmatter.default_handlers import YAMLHandler
from yaml.constructor import ConstructorError
from yaml.nodes import Node, ScalarNode, SequenceNode

from pack.deferred import pattern

_STR: Final = "tag:yaml.org,2002:str"
_BOOL: Final = "tag:yaml.org,2002:bool"
_NULL: Final = "tag:yaml.org,2002:null"
_INT: Final = "tag:yaml.org,2002:int"
_FLOAT: Final = "tag:yaml.org,2002:float"

_DIGITS: Final = list("-0123456789")
# At most 17 digits: they fit 64 bits, and converting text of any length would take unbounded time.
_IMPLICIT: Final = (
    (_BOOL, r"(?:true|True|TRUE|false|False|FALSE)\Z", list("tTfF")),
    (_NULL, r"(?:~|null|Null|NULL|)\Z", ["~", "n", "N", ""]),
    (_INT, r"(?:0|-?[1-9][0-9]{0,16})\Z", _DIGITS),
    (_FLOAT, r"-?(?:0|[1-9][0-9]{0,8})\.[0-9]{1,8}\Z", _DIGITS),
)


class _Rules:
    """How PACK reads scalars and mappings, mixed into a PyYAML loader."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

    def construct_document(self, node: Node) -> object:
        return _value(node)


for _tag, _pattern, _firsts in _IMPLICIT:
    for _first in _firsts:
        _Rules.yaml_implicit_resolvers.setdefault(_first, []).append((_tag, pattern(_pattern)))


class PureLoader(_Rules, yaml.SafeLoader):
    """The loader for a PyYAML without libyaml; it gives the same results several times slower."""


def _fast_loader() -> type[Any]:
    class FastLoader(_Rules, yaml.CSafeLoader):
        pass

    return FastLoader


LOADER: Final[type[Any]] = _fast_loader() if yaml.__with_libyaml__ else PureLoader
HANDLER: Final = YAMLHandler()


def _value(node: Node) -> object:
    if isinstance(node, ScalarNode):
        return _scalar(node)
    if isinstance(node, SequenceNode):
        return [_value(item) for item in node.value]
    return _mapping(node)


def _scalar(node: ScalarNode) -> object:
    text: str = node.value
    if node.tag == _STR:
        return text
    if node.tag == _NULL:
        return None
    if node.tag == _BOOL:
        return text[0] in "tT"
    number = int(text) if node.tag == _INT else float(text)
    return number if str(number) == text else text


def _mapping(node: Node) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise ConstructorError(None, None, "a key must be text", key.start_mark)
        if key.value in result:
            raise ConstructorError(None, None, "this key occurs twice", key.start_mark)
        result[key.value] = _value(value)
    return result
