"""The form of a text, apart from its lines: byte-order mark, line ends, a missing last line end.

A merge compares lines. An editor that rewrites all line ends, or adds the missing last one, has not
changed any line, so these three are merged separately.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

from pack.files.yaml_block import LINE_END

_BOM: Final = "\ufeff"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TextForm:
    """The form of a text.

    Attributes:
        has_bom: Whether it begins with a byte-order mark.
        line_end: The most common line end; `None` if the text has none.
        is_mixed: Whether some lines have a different one.
        is_ended: Whether the last line has a line end; `None` for an empty text.
    """

    has_bom: bool
    line_end: str | None
    is_mixed: bool
    is_ended: bool | None


def form_of(text: str) -> TextForm:
    """The form a text has."""
    crlf = text.count("\r\n")
    counts = {"\n": text.count("\n") - crlf, "\r\n": crlf, "\r": text.count("\r") - crlf}
    most = max(counts, key=lambda end: counts[end])
    bare = text.removeprefix(_BOM)
    return TextForm(
        has_bom=len(bare) < len(text),
        line_end=most if counts[most] else None,
        is_mixed=sum(map(bool, counts.values())) > 1,
        is_ended=bare[-1] in "\r\n" if bare else None,
    )


def unformed(text: str, *, keep_line_ends: bool) -> str:
    """The text without the mark, its last line ended, and line ends changed to LF unless kept."""
    form = form_of(text)
    bare = text.removeprefix(_BOM)
    if form.is_ended is False:
        bare += form.line_end or "\n"
    return bare if keep_line_ends else LINE_END.sub("\n", bare)


def formed(lines: str, form: TextForm, *, keep_line_ends: bool) -> str:
    """Lines from `unformed`, given a form again."""
    text = lines
    if not keep_line_ends and form.line_end not in ("\n", None):
        text = text.replace("\n", form.line_end or "\n")
    if form.is_ended is False:
        text = text.removesuffix("\n").removesuffix("\r")
    return _BOM + text if form.has_bom else text


def merge_forms(base: TextForm | None, ours: TextForm, theirs: TextForm) -> TextForm:
    """The form as changed by either side; swapping the sides gives the same result."""
    old = base or TextForm(has_bom=False, line_end=None, is_mixed=False, is_ended=None)
    return TextForm(
        has_bom=_changed(old.has_bom, ours.has_bom, theirs.has_bom, True),
        line_end=_changed(old.line_end, ours.line_end, theirs.line_end, "\n"),
        is_mixed=ours.is_mixed or theirs.is_mixed or old.is_mixed,
        is_ended=_changed(old.is_ended, ours.is_ended, theirs.is_ended, True),
    )


def _changed(base: _T, ours: _T, theirs: _T, otherwise: _T) -> _T:
    """The value as changed by one side; `otherwise` if both changed it differently."""
    if theirs in (ours, base):
        return ours
    return theirs if ours == base else otherwise
