"""The releases of a memory in a git repository, by its tags.

A tag counts as a version as Semantic Versioning has it, whether it is annotated or not; where it
leads is asked each time, so one that was moved shows.

Sources: git-for-each-ref(1); git-cat-file(1) "--batch-check"; gitrevisions(7).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from pack.distribution.values import Release
from pack.errors import InvalidContent, NotFound
from pack.model import BlobId, CommitId, EntryType, MemoryPath
from pack.versions import KitVersion
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.distribution.web_address import web_address_of_file
from pack_connectors.local_git.process import GitRunner, check_id
from pack_connectors.local_git.remote.config import HEADS

_TAGS: Final = "refs/tags/"
_NO_NAME: Final = re.compile(r"[\0-\x20\x7f~^:?*\[\\]|\.\.|@\{|^-|^$")
"""What no name of a branch or a tag holds; some of it would mean another commit than is named."""
_COMMIT: Final = re.compile(r"[0-9a-f]{4,40}")
_SHORT: Final = 12
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999


class GitUpstream:
    """What a local memory has released; see `UpstreamHistory`.

    Args:
        local: The memory.
        source: What people call it: the address of its repository on a host, or a name.
    """

    def __init__(self, local: LocalGit, source: str) -> None:
        self._local = local
        self._runner = GitRunner(local.repository)
        self._source = source

    def releases(self) -> Sequence[Release]:
        """See `UpstreamHistory.releases`; of two tags for one version, the one that sorts last."""
        form = ["for-each-ref", "--format=%(refname)", f"{_TAGS}v*"]
        names = os.fsdecode(self._runner.run(form)).splitlines()
        versions = dict(_versions(name.removeprefix(_TAGS) for name in names))
        commits = self._commits([f"{_TAGS}{tag}" for tag in versions])
        found = [
            (version, tag, commits[f"{_TAGS}{tag}"])
            for tag, version in versions.items()
            if f"{_TAGS}{tag}" in commits
        ]
        times = self._times([commit for _, _, commit in found])
        return [
            Release(tag, commit, times[commit])
            for _, tag, commit in sorted(found, key=lambda row: row[:2], reverse=True)
        ]

    def at(self, ref: str) -> Release:
        """See `UpstreamHistory.at`; a tag comes before a branch of the same name."""
        names = [] if _NO_NAME.search(ref) else [f"{_TAGS}{ref}", f"{_TAGS}v{ref}", HEADS + ref]
        names += [ref] if ref == "HEAD" or _COMMIT.fullmatch(ref) else []
        commits = self._commits(names)
        name = next((name for name in names if name in commits), None)
        if name is None:
            raise NotFound(f"the release {ref[:60]!r}", "Name a tag, a branch or a commit.")
        commit, is_tag = commits[name], name.startswith(_TAGS)
        version = name.removeprefix(_TAGS) if is_tag else commit[:_SHORT]
        return Release(version, commit, self._times([commit])[commit], is_tag)

    def files(self, commit: CommitId) -> Mapping[MemoryPath, BlobId]:
        """See `UpstreamHistory.files`."""
        entries = self._local.get_tree(commit)
        return {entry.path: entry.sha for entry in entries if entry.type is EntryType.FILE}

    def changes(self, commit: CommitId, folder: str) -> Iterator[CommitId]:
        """See `UpstreamHistory.changes`."""
        words = ["rev-list", "--first-parent", check_id(commit)]
        words += ["--", folder] if folder else []
        out = self._runner.run(words, cwd=self._runner.work_tree)  # paths count from there
        return map(CommitId, out.decode("ascii").split())

    def read_blobs(self, blobs: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """See `UpstreamHistory.read_blobs`."""
        return self._local.read_blobs(blobs)

    def permalink(self, release: Release, path: MemoryPath) -> str:
        """See `UpstreamHistory.permalink`."""
        at = release.version if release.is_tag else release.commit
        return web_address_of_file(self._source, at, path) or f"{self._source}@{at}:{path}"

    def _commits(self, names: Sequence[str]) -> Mapping[str, CommitId]:
        """The commits that names lead to; those that lead to none are left out."""
        asked = os.fsencode("".join(f"{name}^{{commit}}\n" for name in names))
        out = self._runner.run(["cat-file", "--batch-check=%(objectname) %(objecttype)"], asked)
        answers = zip(names, out.decode("utf-8", "replace").splitlines(), strict=True)
        return {
            name: CommitId(answer.partition(" ")[0])
            for name, answer in answers
            if answer.endswith(" commit")
        }

    def _times(self, commits: Sequence[CommitId]) -> Mapping[CommitId, datetime]:
        """When commits were committed."""
        if not commits:
            return {}
        asked = "".join(f"{commit}\n" for commit in dict.fromkeys(commits)).encode()
        words = ["log", "--no-walk=unsorted", "--no-show-signature", "--stdin", "--format=%H %ct"]
        rows = (line.split(" ") for line in self._runner.run(words, asked).decode().splitlines())
        return {
            CommitId(commit): datetime.fromtimestamp(min(max(int(at), 0), _LAST_SECOND), UTC)
            for commit, at in rows
        }


def _versions(tags: Iterable[str]) -> Iterator[tuple[str, KitVersion]]:
    for tag in tags:
        with suppress(InvalidContent):  # such as `vienna`
            yield tag, KitVersion.parse(tag)
