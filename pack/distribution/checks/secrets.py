"""Check 4: nothing leaves that should not: secrets, private paths, what is marked as internal.

Whatever is found is named by its kind; what it says is never repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pack.distribution.checks.contents import Remembered
from pack.distribution.checks.results import result_of
from pack.distribution.content.readings import readings
from pack.distribution.values import CheckFinding, CheckName, CheckResult, MadeFile
from pack.model import MemoryPath
from pack.outgoing.internal_marks import find_internal_marks
from pack.outgoing.private_paths import NoteNames, find_private_paths
from pack.outgoing.secrets_scan import Leak, find_secrets

NAME: Final = "in the name of the file"


class SecretScan:
    """Looks through files; what is the same for many downstreams is looked through once."""

    def __init__(self) -> None:
        self._leaks = Remembered(_leaks)

    def check(
        self,
        files: Sequence[MadeFile],
        private: Iterable[MemoryPath],
        shown: Sequence[MadeFile] = (),
    ) -> CheckResult:
        """Whether the files hold nothing that should stay.

        Args:
            files: The files.
            private: Notes whose names are nobody else's business.
            shown: The files as upstream has them, if `files` hold more: names of notes are looked
                for in these alone. What people downstream wrote does not leave the memory, and
                they must not learn from an answer which names there are.
        """
        notes = NoteNames(private)
        own = shown or files
        every = {(one.path, one.content): one for one in (*files, *shown)}.values()
        found = {*self._anywhere(every), *self._named(own, notes)}
        findings = sorted(found, key=lambda one: (one.path, one.line or 0, one.what))
        count = len(findings)
        return result_of(CheckName.SECRET_SCAN, f"{count} violation{'s' * (count != 1)}", findings)

    def _anywhere(self, files: Iterable[MadeFile]) -> Iterator[CheckFinding]:
        for file in files:
            for leak in (*find_secrets(file.path), *find_private_paths(f"/{file.path}", ())):
                yield CheckFinding(file.path, None, f"{leak.what} {NAME}")
            for leak in self._leaks.of(file):
                yield CheckFinding(file.path, leak.line, leak.what)

    @staticmethod
    def _named(files: Sequence[MadeFile], notes: NoteNames) -> Iterator[CheckFinding]:
        for file in files:
            for text in readings(file.content):
                for leak in find_private_paths(text, notes) if notes.within(text) else ():
                    yield CheckFinding(file.path, leak.line, leak.what)


def _leaks(file: MadeFile) -> tuple[Leak, ...]:
    """What is found whatever the memory is."""
    finders = (find_secrets, lambda text: find_private_paths(text, ()), find_internal_marks)
    return tuple(leak for text in readings(file.content) for find in finders for leak in find(text))
