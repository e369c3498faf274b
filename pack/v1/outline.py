"""Where a reader would cut a v1 file: which headings begin a new subject, and what they belong to.

- A heading of nothing but rulers (`## =====`) is decoration: it is no border and no name, and one
  directly above a heading goes with it.
- Sections begin at level 2. A later `#` begins one too, as nothing below it belongs to what is
  above; if it has no text of its own, it goes with the first section below it.
- The first `#` is the title of the whole, unless another `#` follows before any section does: then
  each `#` is a section.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pack.files.markdown import Heading

_RULER: Final = re.compile(r"[-=_*~.+|:\u2022\u00b7\u2013\u2014\u2500-\u259f\s]{2,}")
_NUMBER: Final = re.compile(r"^\W*(?:[0-9]+[.)]\s*)?")
_COMMON: Final = re.compile(
    r"\b(?:memory|memories|memoria|mémoire|gedächtnis|index|notes)\b", re.IGNORECASE
)
_GENERIC: Final = frozenset(
    (
        "result|results|next|next steps|next step|note|notes|summary|overview|todo|todos|to do|"
        "to-do|detail|details|background|reference|references|status|current status|conclusion|"
        "conclusions|change|changes|link|links|see also|misc|other|introduction|intro|context|"
        "goal|goals|open questions|questions|issues|known issues|problems|tasks|progress|history|"
        "update|updates|example|examples|usage|log|timeline|open points|action items|"
        "ergebnis|ergebnisse|nächste schritte|notiz|notizen|zusammenfassung|überblick|"
        "offene fragen|aufgaben|verlauf|ziele|hintergrund|"
        "résultats|prochaines étapes|résumé|remarques|questions ouvertes|"
        "resultados|próximos pasos|resumen|notas|preguntas abiertas|"
        "результаты|следующие шаги|итоги|заметки|结果|下一步|总结|备注|結果|次のステップ|まとめ"
    ).split("|")
)


@dataclass(frozen=True, slots=True)
class FileSection:
    """A section that becomes a file.

    Attributes:
        start: The line that it begins on.
        heading: Its heading.
        parent: The title of the section that it is in, if its own heading is too general.
    """

    start: int
    heading: Heading
    parent: str | None

    @property
    def name(self) -> str:
        """What it is called out of its context."""
        return f"{self.parent}: {self.heading.title}" if self.parent else self.heading.title


def find_sections(
    outline: Sequence[Heading], lines: Sequence[str]
) -> tuple[Heading | None, list[FileSection]]:
    """The title of a text, and its sections in order.

    Args:
        outline: All headings.
        lines: All lines, with those of the frontmatter.
    """
    upper = [heading for heading in outline if heading.level <= 2]
    rulers = {heading.end_line: heading.line for heading in upper if is_ruler(heading.title)}
    borders = [heading for heading in upper if not is_ruler(heading.title)]
    title = _title(borders)
    made: list[FileSection] = []
    above, bare = title, None
    for number, heading in enumerate(borders):
        if heading is title:
            continue
        if heading.level == 1:
            above = heading
            following = borders[number + 1 : number + 2]
            if _is_bare(heading, following, lines):
                bare = heading
                continue
        first = bare if bare is not None else heading
        parent = _parent(heading, above, title)
        made.append(FileSection(rulers.get(first.line - 1, first.line), heading, parent))
        bare = None
    return title, made


def is_ruler(title: str) -> bool:
    """Whether a heading is only decoration."""
    return _RULER.fullmatch(title) is not None


def is_generic(title: str) -> bool:
    """Whether a heading says nothing without the one above it."""
    words = _NUMBER.sub("", title.casefold()).rstrip(" .:!?")
    return " ".join(words.split()) in _GENERIC


def _title(borders: Sequence[Heading]) -> Heading | None:
    if not borders or borders[0].level != 1:
        return None
    is_one_of_many = len(borders) > 1 and borders[1].level == 1
    return None if is_one_of_many else borders[0]


def _is_bare(heading: Heading, following: Sequence[Heading], lines: Sequence[str]) -> bool:
    """Whether a `#` has no text before the section below it."""
    if not following or following[0].level == 1:
        return False
    between = lines[heading.end_line : following[0].line - 1]
    return not any(line.strip() for line in between)


def _parent(heading: Heading, above: Heading | None, title: Heading | None) -> str | None:
    if above is None or above is heading or not is_generic(heading.title):
        return None
    is_common = above is title and _COMMON.search(above.title) is not None
    return None if is_common or is_generic(above.title) else above.title
