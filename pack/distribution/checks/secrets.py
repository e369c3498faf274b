"""Check 4: nothing leaves that should not: secrets, private paths, what is marked as internal.

Whatever is found is named by its kind; what it says is never repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pack.distribution.checks.contents import Remembered, any_text_of
from pack.distribution.checks.results import result_of
from pack.distribution.values import CheckFinding, CheckName, CheckResult, MadeFile
from pack.model import MemoryPath
from pack.outgoing.internal_marks import find_internal_marks
from pack.outgoing.private_paths import find_private_paths
from pack.outgoing.secrets_scan import Leak, find_secrets

NAME: Final = "in the name of the file"


class SecretScan:
    """Looks through files; what is the same for many downstreams is looked through once."""

    def __init__(self) -> None:
        self._leaks = Remembered(_leaks)

    def check(self, files: Sequence[MadeFile], private: Iterable[MemoryPath]) -> CheckResult:
        """Whether the files hold nothing that should stay.

        Args:
            files: The files.
            private: Notes whose names are nobody else's business.
        """
        notes = sorted(set(private))
        findings = [found for file in files for found in self._in_file(file, notes)]
        count = len(findings)
        return result_of(CheckName.SECRET_SCAN, f"{count} violation{'s' * (count != 1)}", findings)

    def _in_file(self, file: MadeFile, notes: Sequence[MemoryPath]) -> Iterator[CheckFinding]:
        for leak in (*find_secrets(file.path), *find_private_paths(f"/{file.path}", ())):
            yield CheckFinding(file.path, None, f"{leak.what} {NAME}")
        named = find_private_paths(any_text_of(file), notes) if notes else ()
        for leak in sorted({*self._leaks.of(file), *named}, key=lambda one: one.line):
            yield CheckFinding(file.path, leak.line, leak.what)


def _leaks(file: MadeFile) -> tuple[Leak, ...]:
    """What is found whatever the memory is."""
    text = any_text_of(file)
    return (*find_secrets(text), *find_private_paths(text, ()), *find_internal_marks(text))
