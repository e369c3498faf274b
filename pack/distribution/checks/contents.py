"""The bytes of a file as text, as far as they are text."""

from __future__ import annotations

import codecs
from typing import Final

from pack.distribution.values import MadeFile

_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_of(file: MadeFile) -> str | None:
    """The text of a file; `None` if it is none in UTF-8."""
    try:
        return file.content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def any_text_of(file: MadeFile) -> str:
    """Whatever can be read of a file, for a search that must not miss anything."""
    encoding = "utf-16" if file.content.startswith(_WIDE) else "utf-8"
    return file.content.decode(encoding, "replace")
