"""Unicode normal forms in linear time.

`unicodedata.normalize` sorts the combining marks after a letter by insertion, so a few hundred
thousand marks in a row take minutes. Real text has a handful. So a run is cut after 30, where
Unicode itself breaks a stream.

Source: Unicode Standard Annex #15, "Stream-Safe Text Format".
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

from pack.deferred import pattern

MOST_MARKS: Final = 30
"""How many combining marks in a row are kept."""
_MARKS: Final = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u1cff\u1dc0-\u1dff\u20d0-\u20ff\u2ce0-\u2dff\u302a-\u302f"
    "\u3099\u309a\ua660-\uabff\ufb1e\ufe00-\ufe2f\uff9e\uff9f\U00010000-\U0010ffff"
)
"""Characters among which all marks are; letters that many languages are written in are not."""
_MAY_BE_RUN: Final = pattern(f"[{_MARKS}]{{{MOST_MARKS + 1},}}")
_RUN: Final = pattern(f"(?<!M)M{{{MOST_MARKS + 1},}}")


def normalize(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """A text in a normal form, without the marks beyond the thirtieth in a row."""
    return unicodedata.normalize(form, _without_excess(text))


def _without_excess(text: str) -> str:
    return _MAY_BE_RUN.sub(_cut_marks, text)


def _cut_marks(found: re.Match[str]) -> str:
    """What is kept of a part of a text in which there may be many marks in a row."""
    text = found[0]
    kept, last = [], 0
    for run in _RUN.finditer(text.translate(_KINDS)):
        kept.append(text[last : run.start() + MOST_MARKS])
        last = run.end()
    return "".join((*kept, text[last:]))


class _Kinds(dict[int, str]):
    """`M` for each character that is sorted among the marks before it, and a blank for others."""

    def __missing__(self, code: int) -> str:
        first = unicodedata.normalize("NFKD", chr(code))[0]
        self[code] = "M" if unicodedata.combining(first) else " "
        return self[code]


_KINDS: Final = _Kinds()
