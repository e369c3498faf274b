"""The step between "decided" and "committed".

Every change goes through the guards of a memory, wherever it comes from: a use case, a merge with a
remote, or an edit made by hand that is being recorded. A guard sees what was decided, the notes
before and after, and who writes. It returns the decision unchanged, returns a different one, or
refuses by raising a `PackError`. It may look at the memory and its history, and changes nothing.

Because the branch may move, a decision may be made and guarded several times before it is
committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from pack.core.decision import Decision
from pack.core.reader import Reader, excluded
from pack.deferred import dataclass
from pack.files.note import Note
from pack.model import MemoryPath, Put
from pack.provenance import Origin
from pack.rules.exclusion import Exclusion, ExclusionKind


@dataclass(frozen=True, slots=True)
class Pending:
    """A decision that is about to be committed.

    Attributes:
        decision: What to write, without the index.
        origin: Who writes.
    """

    decision: Decision
    origin: Origin
    _reader: Reader

    def before(self, path: MemoryPath) -> Note | None:
        """The note at a path now, uncommitted edits included; `None` if there is none.

        Raises:
            LimitExceeded: The file is larger than a memory file may be.
        """
        return self._reader.find(path)

    def exclusion(self, path: MemoryPath) -> Exclusion | None:
        """Why a path is not memory, by the rules of the person's git; `None` if it is."""
        return self._reader.exclusion(path)

    def after(self, path: MemoryPath) -> Note | None:
        """The note that would be at a path after the write; `None` if there would be none."""
        for note in self.decision.notes:
            if note.path == path:
                return note
        for change in self.decision.changes:
            if change.path == path:
                return Note(path, change.content) if isinstance(change, Put) else None
        return self.before(path)


Guard = Callable[[Pending], Decision]
"""Returns the decision to let it pass, returns another to change it, or raises a `PackError`."""


def refuse_excluded(pending: Pending) -> Decision:
    """Refuse to write what git ignores, or stores in another form; every memory has this guard.

    Raises:
        IgnoredPath, ManagedPath: The decision has such a path.
    """
    decision = pending.decision
    for change in decision.changes:
        found = pending.exclusion(change.path)
        if found is None or (found.kind is ExclusionKind.IGNORED and decision.is_tracked):
            continue
        raise excluded(change.path, found)
    return decision


def guarded(
    guards: Iterable[Guard], decision: Decision, origin: Origin, reader: Reader
) -> Decision:
    """The decision after all guards, each of which gets what the one before it returned.

    Raises:
        PackError: A guard refuses it.
    """
    pending = Pending(decision, origin, reader)
    for guard in guards:
        pending = replace(pending, decision=guard(pending))
    return pending.decision
