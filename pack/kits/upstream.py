"""What goes back to whoever keeps a kit: reports and contributions, as drafts. Nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote

from pack.core.core import Core
from pack.core.session import Session
from pack.errors import InvalidRequest
from pack.history.blame import Blame, BlamedFile
from pack.index.format import may_be_generated
from pack.kits.bases import KitBases
from pack.kits.bug_report import BugReport, Reported, draft
from pack.kits.contribution import Contribution, Message, contribution
from pack.kits.edits import KitEdit, edit_of, outgoing
from pack.kits.kit_files import KitContents
from pack.kits.lock import LockedKit
from pack.kits.manifest import Manifest
from pack.kits.states import states_of
from pack.kits.work import Works
from pack.model import EntryType, MemoryPath
from pack.outgoing.leaks import OutgoingText, refuse_leaks


class Upstream:
    """What goes back, for one writer. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core: Core = session.core
        self._bases = KitBases(session.core.connector)
        self._works = Works(session.core, self._bases)
        self._blame = Blame(session)

    def report(
        self, name: str, title: str, said: str = "", *, with_patch: bool = False
    ) -> BugReport:
        """The draft of a report.

        Args:
            name: The kit.
            title: What is wrong, in a line.
            said: What happened, in the person's words.
            with_patch: Whether what was changed here is shown.

        Raises:
            NotFound: The kit is not installed, or does not say where problems are reported.
            InvalidRequest: The title is none.
            RefusedForSafety: It would give away what must stay here.
        """
        kit = self._works.get(name)
        base, present = self._works.base(kit), self._works.present(kit.installed_to)
        edits = self._edits(kit) if with_patch else []
        states = states_of(base, present, base)
        what = Reported(kit, self._manifest(kit), states, edits)
        found = draft(what, title, said)
        rest = draft(replace(what, edits=()), title)  # a patch has what upstream has, too
        texts = [
            OutgoingText("title", found.title),
            OutgoingText("text", said),
            OutgoingText("report", rest.body),
            OutgoingText("address", unquote(found.address)),
        ]
        self._check(kit, edits, texts)
        return found

    def contribution(self, name: str, message: Message) -> Contribution:
        """The patch with what was changed here in the files that upstream shipped.

        Args:
            name: The kit.
            message: What is said of it.

        Raises:
            NotFound: The kit is not installed.
            InvalidRequest: Nothing was changed.
            RefusedForSafety: It would give away what must stay here.
        """
        kit = self._works.get(name)
        edits = self._edits(kit)
        if not edits:
            self._refuse_changed(kit)
        found = contribution(kit, self._folder(kit), edits, message, self._blamed)
        self._check(kit, edits, [OutgoingText("subject", found.subject)])
        return found

    def _refuse_changed(self, kit: LockedKit) -> None:
        """Do nothing, unless something was changed here that goes into no contribution.

        Raises:
            InvalidRequest: A file was removed, or is no text; or PACK noted something in it.
        """
        base, present = self._works.base(kit), self._works.present(kit.installed_to)
        other = [inside_of(kit, p) for p, blob in sorted(base.items()) if present.get(p) != blob]
        if other:
            raise InvalidRequest(
                f"what was changed here in {kit.name} goes into no patch of text: "
                f"{', '.join(other[:10])}"
            )

    def _edits(self, kit: LockedKit) -> list[KitEdit]:
        base, present = self._works.base(kit), self._works.present(kit.installed_to)
        read = KitContents(self._core, present).read
        found = (
            edit_of(path, inside_of(kit, path), read(before), read(present[path]))
            for path, before in sorted(base.items())
            if present.get(path, before) != before
        )
        return [edit for edit in found if edit is not None]

    def _blamed(self, path: MemoryPath) -> BlamedFile | None:
        """Who wrote which line of a file; `None` if it is no note, so that nobody knows."""
        try:
            return self._blame.of(path)
        except InvalidRequest:
            return None

    def _manifest(self, kit: LockedKit) -> Manifest:
        return self._bases.manifest(self._bases.find(kit), kit.name)[1]

    def _folder(self, kit: LockedKit) -> str:
        """The kit's folder in the repository that it comes from."""
        if kit.commit is not None:
            return kit.source.partition("#")[2]
        return (self._manifest(kit).directory or "").strip("/")

    def _check(
        self, kit: LockedKit, edits: Sequence[KitEdit], texts: Sequence[OutgoingText]
    ) -> None:
        refuse_leaks([*texts, *outgoing(edits)], self._notes_beside(kit), kit.files)

    def _notes_beside(self, kit: LockedKit) -> list[MemoryPath]:
        """Notes of the memory whose names are nobody else's business."""
        paths = [
            entry.path
            for entry in self._core.reader.tree()
            if entry.type is EntryType.FILE and not may_be_generated(entry.path)
        ]
        beside = [path for path in paths if not path.startswith(kit.installed_to)]
        added = [inside_of(kit, path) for path in paths if path.startswith(kit.installed_to)]
        return [path for path in (*beside, *added) if path not in kit.files]


def inside_of(kit: LockedKit, path: MemoryPath) -> MemoryPath:
    """The path of a file below its kit's folder."""
    return MemoryPath(path.removeprefix(kit.installed_to))
