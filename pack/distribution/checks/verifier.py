"""Check 1: the files are what the rule makes of the release, by a second party's reckoning.

The verifier has nothing of the engine's: it reads the release again, makes the files again, from
the rule and the recorded variables alone, and compares their hashes with those that were recorded
and with what is on the branch. Anybody with the memory can do the same, later and elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from pack.deferred import dataclass
from pack.distribution.checks.results import result_of
from pack.distribution.content.making import TRANSFORMS, make
from pack.distribution.ports import UpstreamHistory
from pack.distribution.values import (
    CheckFinding,
    CheckName,
    CheckResult,
    Frequency,
    Release,
    Rule,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a sync has recorded of itself.

    Attributes:
        files: Path downstream to the SHA-256 of the bytes that were made, in hex digits.
        variables: The variables that templates used.
        transforms: The version of what was done to the texts.
        placed: As `files`, of what was put there instead, such as a merge with people's changes.
    """

    files: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)
    transforms: int = TRANSFORMS
    placed: Mapping[str, str] = field(default_factory=dict)


class Verifier:
    """Makes files again; what is the same for many downstreams, once.

    Args:
        upstream: Where the releases are.
    """

    def __init__(self, upstream: UpstreamHistory) -> None:
        self._upstream = upstream
        self._made: dict[str, Mapping[str, bytes]] = {}

    def check(
        self, rule: Rule, release: Release, recorded: Recorded, found: Mapping[str, bytes | None]
    ) -> CheckResult:
        """Whether a sync is what it should be.

        Args:
            rule: The rule.
            release: What was brought.
            recorded: What the sync has recorded.
            found: What is on the branch, or `None` where nothing is; without the files that people
                have changed, which nobody can make again from the rule.

        Raises:
            PackError: The release cannot be read, or its files cannot be made.
        """
        if recorded.transforms != TRANSFORMS:
            other = CheckFinding("", None, "was made by another version of PACK")
            return result_of(CheckName.CHECKSUM, f"0/{len(recorded.files)} files match", [other])
        return compare(recorded, self._make(rule, release, recorded.variables), found)

    def _make(
        self, rule: Rule, release: Release, variables: Mapping[str, str]
    ) -> Mapping[str, bytes]:
        same = replace(rule, id="", target_repo="", frequency=Frequency.MANUAL, pinned_out=())
        key = repr((same, release, sorted(variables.items())))
        if key not in self._made:
            upstream = self._upstream
            files = upstream.files(release.commit)
            made = make(rule, release, files, upstream.read_blobs, variables, upstream.permalink)
            self._made[key] = made.contents()
        return self._made[key]


def compare(
    recorded: Recorded, made: Mapping[str, bytes], found: Mapping[str, bytes | None]
) -> CheckResult:
    """Whether three accounts of the same files agree; names only what is recorded or found.

    Args:
        recorded: What was recorded.
        made: The files as they were made again.
        found: The files as they are on the branch.
    """
    paths = sorted({*recorded.files, *recorded.placed, *found})
    wrong = {path: list(_differences(path, recorded, made, found)) for path in paths}
    findings = [CheckFinding(path, None, what) for path in paths for what in wrong[path]]
    right = sum(not whats for whats in wrong.values())
    # A record that somebody forged must not be answered with names that it does not know.
    if unnamed := len(made.keys() - set(paths)):
        findings.append(CheckFinding("", None, f"{unnamed} of the rule's files are not recorded"))
    count = len(paths) + unnamed
    return result_of(CheckName.CHECKSUM, f"{right}/{count} files match", findings)


def _differences(
    path: str,
    recorded: Recorded,
    made: Mapping[str, bytes],
    found: Mapping[str, bytes | None],
) -> Iterator[str]:
    if path not in made:
        yield "is nothing that the rule makes of this version"
        return
    wanted = _digest(made[path])
    if path not in recorded.files:
        yield "is not recorded"
    elif recorded.files[path].lower() != wanted:
        yield "is recorded with another checksum than what the rule makes"
    content = found.get(path, b"")
    if content is None:
        yield "is not there"
    elif path in found and _digest(content) != recorded.placed.get(path, wanted).lower():
        yield "differs from what the rule makes"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
