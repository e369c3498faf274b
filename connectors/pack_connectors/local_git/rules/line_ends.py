"""Line ends, as git converts them between its blobs and the folder.

Source: convert.c in git (`convert_attrs`, `crlf_to_git`, `crlf_to_worktree`, `gather_stats`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final, NamedTuple

from pack.deferred import pattern
from pack.rules.attributes import Setting


class Text(Enum):
    """Which files are text, whose line ends are converted."""

    NONE = auto()
    ALL = auto()
    GUESSED = auto()
    """Those without a NUL, a lone CR or many control characters."""


class LineEnds(NamedTuple):
    """What git does with the line ends of a path.

    Attributes:
        text: Whether it converts them.
        is_crlf: Whether the folder gets CRLF; a blob gets LF in any case.
    """

    text: Text
    is_crlf: bool


AS_THEY_ARE: Final = LineEnds(Text.NONE, is_crlf=False)


def line_ends_of(attributes: Mapping[str, Setting], autocrlf: str, core_eol: str) -> LineEnds:
    """What git does with the line ends of a path that has these attributes.

    Args:
        attributes: Those of the path.
        autocrlf: `core.autocrlf`: `true`, `input` or `false`.
        core_eol: `core.eol`, with `native` resolved.
    """
    text = _text(attributes.get("text"))
    if text is None:
        text = _text(attributes.get("crlf"))
    if text == "none":
        return AS_THEY_ARE
    eol = attributes["eol"].value if "eol" in attributes else None
    if eol in ("lf", "crlf"):
        guessed = text == "auto"
        return LineEnds(Text.GUESSED if guessed else Text.ALL, is_crlf=eol == "crlf")
    if text == "input":
        return LineEnds(Text.ALL, is_crlf=False)
    is_crlf = autocrlf == "true" or (autocrlf == "false" and core_eol == "crlf")
    if text is not None:
        return LineEnds(Text.GUESSED if text == "auto" else Text.ALL, is_crlf=is_crlf)
    if autocrlf == "false":
        return AS_THEY_ARE
    return LineEnds(Text.GUESSED, is_crlf=autocrlf == "true")


def _text(setting: Setting | None) -> str | None:
    """`all`, `none`, `auto` or `input`; `None` where the attribute says nothing."""
    value = setting.value if setting else None
    if value is True:
        return "all"
    if value is False:
        return "none"
    return value if value in ("auto", "input") else None


def to_blob(content: bytes, ends: LineEnds, blob_has_crlf: Callable[[], bool]) -> bytes:
    """The bytes that git stores for those of a file.

    Args:
        content: The bytes in the folder.
        ends: What git does with them.
        blob_has_crlf: Whether the stored version is text with CRLF: then git leaves guessed text
            as it is.
    """
    if ends.text is Text.NONE or b"\r\n" not in content:
        return content
    if ends.text is Text.GUESSED and (_is_binary(content) or blob_has_crlf()):
        return content
    return content.replace(b"\r\n", b"\n")


_NAKED: Final = pattern(rb"(?<!\r)\n")


def to_folder(content: bytes, ends: LineEnds) -> bytes:
    """The bytes that git checks out for those of a blob."""
    if ends.text is Text.NONE or not ends.is_crlf or b"\n" not in content:
        return content
    if ends.text is Text.GUESSED and (b"\r" in content or _is_binary(content)):
        return content
    return _NAKED.sub(b"\r\n", content)


def has_crlf(content: bytes) -> bool:
    """Whether stored bytes are text with CRLF."""
    return b"\r\n" in content and not _is_binary(content)


_PRINTABLE: Final = bytes({*b"\b\t\x1b\f", *range(32, 127), *range(128, 256)})
_LINE_ENDS: Final = b"\r\n"


def _is_binary(content: bytes) -> bool:
    """What git takes for no text."""
    if content.count(b"\r") != content.count(b"\r\n") or b"\0" in content:
        return True
    others = len(content.translate(None, _PRINTABLE + _LINE_ENDS))
    line_ends = content.count(b"\r") + content.count(b"\n")
    if content.endswith(b"\x1a"):
        others -= 1
    return (len(content) - line_ends - others) >> 7 < others
