"""Whether a text may go to others, decided before it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pack.errors import RefusedForSafety
from pack.model import MemoryPath
from pack.outgoing.internal_marks import find_internal_marks
from pack.outgoing.private_paths import NoteNames, find_private_names, find_private_paths
from pack.outgoing.secrets_scan import Leak, find_secrets

_MOST_NAMED: Final = 10
_REMEDY: Final = "Take it out of the text, then try again."


@dataclass(frozen=True, slots=True)
class OutgoingText:
    """A part of what would go to others.

    Attributes:
        name: What a person calls it: a path, or a word such as `title`.
        text: Its text.
        first_line: The number of its first line there.
        lines: The lines of the text that others do not know yet, 1-based; `None` for all.
    """

    name: str
    text: str
    first_line: int = 1
    lines: frozenset[int] | None = None


def refuse_leaks(
    texts: Iterable[OutgoingText],
    notes: Iterable[MemoryPath],
    known: Iterable[MemoryPath] = (),
) -> None:
    """Do nothing, unless a text holds what must stay here.

    Args:
        texts: All that would go, and that is not known to others already.
        notes: Notes whose names are nobody else's business.
        known: Files whose names the others know.

    Raises:
        RefusedForSafety: One does; the message says what is where, and never what it says.
    """
    private, theirs = list(notes), list(known)
    names = NoteNames(private)
    found: Mapping[tuple[str, int, str], None] = {
        (one.name, one.first_line + leak.line - 1, leak.what): None
        for one in texts
        for leak in (*_leaks_in(one.text, names), *find_private_names(one.text, private, theirs))
        if one.lines is None or leak.line in one.lines
    }
    if not found:
        return
    named = [f"{what} ({name}, line {line})" for name, line, what in found][:_MOST_NAMED]
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    raise RefusedForSafety(f"this would give away {', '.join(named)}{more}", _REMEDY)


def _leaks_in(text: str, names: NoteNames) -> Iterator[Leak]:
    yield from find_secrets(text)
    yield from find_private_paths(text, names)
    yield from find_internal_marks(text)
