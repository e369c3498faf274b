"""Check 4: nothing leaves that should not: secrets, private paths, what is marked as internal.

Whatever is found is named by its kind; what it says is never repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pack.distribution.checks.contents import any_text_of
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
        self._known: dict[bytes, tuple[Leak, ...]] = {}

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
        text = any_text_of(file)
        named = find_private_paths(text, notes) if notes else ()
        for leak in sorted({*self._scan(file.content, text), *named}, key=lambda one: one.line):
            yield CheckFinding(file.path, leak.line, leak.what)

    def _scan(self, content: bytes, text: str) -> tuple[Leak, ...]:
        """What is found whatever the memory is."""
        key = hashlib.sha256(content).digest()
        if key not in self._known:
            found = (find_secrets(text), find_private_paths(text, ()), find_internal_marks(text))
            self._known[key] = tuple(leak for leaks in found for leak in leaks)
        return self._known[key]
