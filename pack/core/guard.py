"""The step between "decided" and "committed".

Every change goes through the guards of a memory, whoever asks for it: a use case, a merge with a
remote, the recording of an edit made by hand. A guard sees what was decided, the notes before and
after, and who writes. It returns the decision as it is, returns another one, or refuses by raising
a `PackError`. It is pure: what it needs is in what it is given.

A decision may be made and guarded several times before it is committed, since the branch may move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from pack.core.decision import Decision
from pack.core.reader import Reader
from pack.files.note import Note
from pack.model import MemoryPath, Put
from pack.provenance import Origin


@dataclass(frozen=True, slots=True)
class Pending:
    """A decision that is about to be committed.

    Attributes:
        decision: What is to be written, without the index.
        origin: Who writes.
    """

    decision: Decision
    origin: Origin
    _reader: Reader

    def before(self, path: MemoryPath) -> Note | None:
        """The note that is at a path now, uncommitted edits included; `None` where none is.

        Raises:
            LimitExceeded: The file is larger than a memory file may be.
        """
        return self._reader.find(path)

    def after(self, path: MemoryPath) -> Note | None:
        """The note that would be at a path; `None` where none would be."""
        for note in self.decision.notes:
            if note.path == path:
                return note
        for change in self.decision.changes:
            if change.path == path:
                return Note(path, change.content) if isinstance(change, Put) else None
        return self.before(path)


Guard = Callable[[Pending], Decision]
"""Lets a decision pass (returns it), changes it (returns another), or raises a `PackError`."""


def guarded(
    guards: Iterable[Guard], decision: Decision, origin: Origin, reader: Reader
) -> Decision:
    """What is left of a decision when every guard has seen it, each what the one before returned.

    Raises:
        PackError: A guard refuses it.
    """
    pending = Pending(decision, origin, reader)
    for guard in guards:
        pending = replace(pending, decision=guard(pending))
    return pending.decision
