"""What a use case wants to write, before any guard has seen it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from pack.deferred import dataclass
from pack.files.note import Note
from pack.model import Change, MemoryPath
from pack.results import ProtectedLine


@dataclass(frozen=True, slots=True)
class ProposedWrite:
    """What a writer may not do by itself, and the person shall decide on.

    Attributes:
        path: The file that it is about.
        changes: All that the writer wants, made on the memory as it is.
        protected: What of the person it would change.
        diff: The same for a person to read.
        is_beside: Whether the decision is carried out too, as far as it touches nothing of that.
        before: What each of the files holds now; `None` for one that is not there.
    """

    path: MemoryPath
    changes: Sequence[Change]
    protected: tuple[ProtectedLine, ...]
    diff: str
    is_beside: bool = False
    before: Mapping[MemoryPath, bytes | None] = field(default_factory=dict)


class AllHeld(Exception):
    """Nothing of a decision that is never held may be done without the person.

    Attributes:
        path: The file that holds text of somebody stronger.
    """

    def __init__(self, path: MemoryPath) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True)
class Decision:
    """What a use case wants to write.

    Attributes:
        path: The file that the write is about.
        changes: The files to change, without the index.
        subject: First line of the commit message; names the path.
        said: The caller's own words.
        names: More paths for the message to name.
        moved: New path by old path, for the order in the index.
        order: The `sync_order` to start from; `None` for the present one.
        warnings: What the writer should know.
        with_index: Whether the index is written too (not for a v1 memory).
        whole_index: Whether all of it is compared with the files, not only what changes.
        skips_sync: Whether sync targets ignore the commit.
        is_tracked: Whether the files are in a commit already, as those from a remote are; git
            ignores no file that it tracks.
        notes: The notes that changes store, as far as they were parsed already.
        trailers: What the message says for programs, by name, beside who wrote.
        apply_rest: Whether to do what touches nothing protected, if not all of it may be done.
        is_never_held: Whether the answer is that of a write even if something had to be proposed,
            because the caller knows nothing else. Where all of it would have to be, `AllHeld` is
            raised, and the use case writes it elsewhere.
        is_wanted: Whether the person was shown just this and wants it, so that nothing of it is
            held up; or it is in the folder already, where they let an AI write. Only a use case
            that asked the person, or records what is found, says so.
        proposal: What may not be done without the person.
    """

    path: MemoryPath
    changes: Sequence[Change]
    subject: str
    said: str | None = None
    names: Sequence[str] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    order: Sequence[str] | None = None
    warnings: tuple[str, ...] = ()
    with_index: bool = True
    whole_index: bool = False
    skips_sync: bool = False
    is_tracked: bool = False
    notes: Sequence[Note] = ()
    trailers: Sequence[tuple[str, str]] = ()
    apply_rest: bool = False
    is_never_held: bool = False
    is_wanted: bool = False
    proposal: ProposedWrite | None = None
