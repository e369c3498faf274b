"""The attributes that git gives a path: `.gitattributes` files, and those outside of the memory.

Sources: gitattributes(5); attr.c in git (`parse_attr_line`, `fill`, `macroexpand_one`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from pack.deferred import dataclass, pattern
from pack.rules.patterns import Pattern, RuleFile

Value = str | bool | None
"""Set or unset, the text after the equals sign, or `None` for what is explicitly unspecified."""

_MAX_LINE_BYTES: Final = 2048
_BLANK: Final = b" \t\r"
_NAME: Final = pattern(rb"[A-Za-z0-9_.][-A-Za-z0-9_.]*\Z")
_MACRO: Final = b"[attr]"
_BINARY: Final[Mapping[str, Value]] = {"diff": False, "merge": False, "text": False}


@dataclass(frozen=True, slots=True)
class AttributeLine:
    """A line of an attributes file.

    Attributes:
        place: `FILE:LINE`.
        settings: The attributes, in the order of the line.
        pattern: The paths that get them; `None` for the definition of a macro.
        macro: The name of that macro.
    """

    place: str
    settings: Sequence[tuple[str, Value]]
    pattern: Pattern | None
    macro: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """An attribute that a path has.

    Attributes:
        value: Its value.
        place: Where it is set, as `FILE:LINE`.
        text: As the line says it, such as `filter=lfs`.
    """

    value: Value
    place: str
    text: str


AttributeList = Sequence[AttributeLine]
"""The lines of one file, the last one first: it outranks those above it."""


def parse_attributes(file: RuleFile, *, may_define: bool) -> AttributeList:
    """The lines of an attributes file.

    Args:
        file: The file.
        may_define: Whether it may define macros, which only a file outside of all folders may.
    """
    return list(_lines(file, may_define=may_define))[::-1]


def _lines(file: RuleFile, *, may_define: bool) -> Iterator[AttributeLine]:
    for number, raw in enumerate(file.lines(), 1):
        line = raw.lstrip(_BLANK)
        if not line or line.startswith(b"#") or len(raw) >= _MAX_LINE_BYTES:
            continue
        name, rest, is_quoted = _cut_name(line)
        settings = _settings(rest)
        place = f"{file.place}:{number}"
        if name.startswith(_MACRO) and len(name) > len(_MACRO) - is_quoted:
            macro = name.removeprefix(_MACRO)
            if not macro:
                macro, _, rest = rest.lstrip(_BLANK).partition(b" ")
                settings = _settings(rest)
            if may_define and _NAME.match(macro) and settings is not None:
                yield AttributeLine(place, settings, None, macro.decode())
        elif settings is not None and not name.startswith(b"!"):
            yield AttributeLine(place, settings, Pattern.parse(name, file))


_ESCAPES: Final = {
    ord(letter): ord(char) for letter, char in zip('abfnrtv"\\', '\a\b\f\n\r\t\v"\\', strict=True)
}


def _cut_name(line: bytes) -> tuple[bytes, bytes, bool]:
    """The pattern of a line, the rest, and whether the pattern stood in quotes."""
    if line.startswith(b'"') and (found := _unquote(line)) is not None:
        return (*found, True)
    end = next((at for at, char in enumerate(line) if char in _BLANK), len(line))
    return line[:end], line[end:], False


def _unquote(line: bytes) -> tuple[bytes, bytes] | None:
    """What stands in the quotes a line begins with, and the rest; `None` if that is no quotation.

    Source: `unquote_c_style` in git's quote.c.
    """
    out = bytearray()
    at = 1
    while at < len(line):
        char = line[at]
        if char == ord('"'):
            return bytes(out), line[at + 1 :]
        if char != ord("\\"):
            out.append(char)
            at += 1
            continue
        escaped = line[at + 1 : at + 2]
        if escaped and escaped[0] in _ESCAPES:
            out.append(_ESCAPES[escaped[0]])
            at += 2
        elif re.match(rb"[0-3][0-7]{2}", octal := line[at + 1 : at + 4]):
            out.append(int(octal, 8))
            at += 4
        else:
            return None
    return None


def _settings(text: bytes) -> list[tuple[str, Value]] | None:
    """The attributes that a text sets; `None` if git does not accept one of them."""
    found: list[tuple[str, Value]] = []
    for word in text.translate(bytes.maketrans(b"\t\r", b"  ")).split(b" "):
        if not word:
            continue
        name, equals, value = word.partition(b"=")
        sign = name[:1] if name[:1] in (b"-", b"!") else b""
        name = name.removeprefix(sign)
        if not _NAME.match(name):
            return None
        setting: Value = value.decode("utf-8", "replace") if equals else True
        if sign:
            setting = False if sign == b"-" else None
        found.append((name.decode(), setting))
    return found


def attributes_of(path: str, lists: Sequence[AttributeList]) -> dict[str, Setting]:
    """The attributes of a file, those that are explicitly unspecified among them.

    Args:
        path: The file.
        lists: Of all files that may say something about it, from the strongest to the weakest.
    """
    macros = _macros(lists)
    found: dict[str, Setting] = {}
    for lines in lists:
        for line in lines:
            if line.pattern is not None and line.pattern.matches(path, is_folder=False):
                _fill(found, line.settings, line.place, macros)
    return found


Macros = Mapping[str, Sequence[tuple[str, Value]]]


def _macros(lists: Sequence[AttributeList]) -> Macros:
    """The macros, as the strongest file and the last line of it define them."""
    found: dict[str, Sequence[tuple[str, Value]]] = {}
    for lines in lists:
        for line in lines:
            if line.pattern is None:
                found.setdefault(line.macro, line.settings)
    found.setdefault("binary", list(_BINARY.items()))
    return found


def _fill(
    found: dict[str, Setting],
    settings: Sequence[tuple[str, Value]],
    place: str,
    macros: Macros,
) -> None:
    """Add what a line sets; what is there already came from something stronger."""
    for name, value in reversed(settings):
        if name in found:
            continue
        found[name] = Setting(value, place, _text(name, value))
        if value is True and name in macros:
            _fill(found, macros[name], place, macros)


def _text(name: str, value: Value) -> str:
    if isinstance(value, str):
        return f"{name}={value}"
    signs: Mapping[Literal[True, False] | None, str] = {True: "", False: "-", None: "!"}
    return f"{signs[value]}{name}"


_CONVERTING: Final = frozenset(("filter", "working-tree-encoding", "ident"))
_ENDING: Final = pattern(rb"[^*?\]\\/]*\Z")


def may_convert(line: AttributeLine) -> bool:
    """Whether a line can make git store other bytes than a markdown file in the folder holds."""
    if not any(name in _CONVERTING for name, value in line.settings if value is not None):
        return False
    if line.pattern is None:
        return True
    ending = _ENDING.search(line.pattern.text.lower())
    tail = ending.group() if ending else b""
    return b".md".endswith(tail) or tail.endswith(b".md")


_UTF_8: Final = ("utf-8", "utf8")


def find_conversion(attributes: Mapping[str, Setting]) -> Setting | None:
    """What makes git store other bytes than the folder holds, line ends aside; `None` for nothing.

    A filter counts whether it is set up on this machine or not: where it is, a commit would hold
    what it hides.
    """
    named = attributes.get("filter")
    if named is not None and isinstance(named.value, str):
        return named
    encoding = attributes.get("working-tree-encoding")
    if encoding is not None and encoding.value is not None:
        text = encoding.value if isinstance(encoding.value, str) else ""
        if text.lower() not in _UTF_8:
            return encoding
    ident = attributes.get("ident")
    return ident if ident is not None and ident.value is True else None
