"""A downstream that is not pushed to: each branch becomes a file that its owner takes in by hand.

A bundle (`git fetch FILE BRANCH`) holds the branch itself; a later run finds it there, as if the
branch had been pushed. A patch series (`git am --keep-cr FILE`) can be read, and sent by mail; what
was offered cannot be told from it, so a later run offers it again, with the same bytes.

Source: git-bundle(1); git-format-patch(1); git-am(1).
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

from pack.errors import Unavailable
from pack.model import CommitId
from pack_connectors.local_git.distribution.downstream import GitDownstream
from pack_connectors.local_git.distribution.scratch import Scratch
from pack_connectors.local_git.process import check_id
from pack_connectors.local_git.remote.config import HEADS
from pack_connectors.local_git.remote.url import RemoteUrl
from pack_connectors.system.durable_files import DurableFiles

_MODE: Final = 0o644
_FETCH: Final = "--quiet --no-tags --no-write-fetch-head --no-auto-maintenance".split()
_SERIES: Final = (
    "format-patch --stdout --binary --full-index --no-signature --no-ext-diff --no-textconv "
    "--no-stat"
).split()


class FileForm(StrEnum):
    """What a branch becomes."""

    BUNDLE = "bundle"
    PATCH = "patch"


class FiledDownstream(GitDownstream):
    """A downstream in git whose branches go into a folder; see `Downstream`.

    Args:
        address: Where the downstream is read; a path or an address.
        scratch: Where its objects go.
        folder: Where the files go: `FOLDER/BRANCH.bundle` or `FOLDER/BRANCH.patch`.
        form: What a branch becomes.
    """

    def __init__(self, address: str, scratch: Scratch, folder: Path, form: FileForm) -> None:
        super().__init__(address, scratch)
        self._folder = folder
        self._form = form

    def file_of(self, branch: str) -> Path:
        """Where a branch goes."""
        return self._folder / f"{branch}.{self._form}"

    def _fetch(self) -> str:
        here = super()._fetch()
        if self._form is FileForm.BUNDLE:
            for file in sorted(self._folder.rglob(f"*.{self._form}")):
                url, refs = RemoteUrl(str(file.absolute())), f"+{HEADS}*:{here}*"
                # One that needs other commits than the downstream has does not fit any more.
                self._scratch.exchange.run("fetch", _FETCH, url, refs)
        return here

    def _push(self, name: str, commit: CommitId | None, expected: CommitId | None) -> None:
        heads = self._known_heads()
        if heads.get(name) not in (expected, commit):
            raise self._stale(expected)
        file = self.file_of(name)
        try:
            if commit is None:
                file.unlink(missing_ok=True)
                return
            self._write(file, self._content(name, commit))
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror}") from error

    @staticmethod
    def _write(file: Path, content: bytes) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with DurableFiles() as files:
            files.add(str(file), content, f"{file}.", mode=_MODE)
            files.finish()

    def _content(self, name: str, commit: CommitId) -> bytes:
        """The file for a branch, without what the downstream has."""
        runner, (_, base) = self._scratch.runner, self.default_branch()
        without = [f"^{check_id(base)}"] if base else []
        if self._form is FileForm.PATCH:
            ends = without or ["--root"]
            return runner.run([*_SERIES, *ends, check_id(commit)])
        runner.run(["update-ref", f"{HEADS}{name}", check_id(commit)])
        # Its whole path: to git before 2.41, `-` is a file of this name where it runs in a folder.
        made = runner.git_dir / f"{commit}.bundle"
        try:
            runner.run(["bundle", "create", "--quiet", str(made), f"{HEADS}{name}", *without])
            return made.read_bytes()
        finally:
            made.unlink(missing_ok=True)
            runner.run(["update-ref", "-d", f"{HEADS}{name}"])
