"""What upstream shipped of the kits, exchanged with a remote along with the memory.

`refs/pack/kits/NAME` goes there with a push and comes with a fetch, by the same connection. Where
it led at the remote last is in `refs/pack/remote-kits/REMOTE/_/NAME`. If two machines have
installed different versions, each one adds those of the other to its own chain; none is ever lost.
A remote that does not want such refs is left without them: a machine that lacks one asks the kit's
source.

Source: git-push(1) "--force-with-lease", "--porcelain".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pack.errors import Unavailable
from pack.model import CommitId
from pack_connectors.local_git.committed import lacks_ref
from pack_connectors.local_git.process import GitRunner, check_id, is_id

_HERE: Final = "refs/pack/kits/"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_MOST: Final = 1000


def is_kit_line(line: str) -> bool:
    """Whether a line of `git push --porcelain` is about the ref of a kit."""
    return _pushed_to(line).startswith(_HERE)


def _pushed_to(line: str) -> str:
    parts = line.split("\t")
    return parts[1].rpartition(":")[2] if len(parts) > 1 else ""


class KitRefs:
    """The refs of the kits of one repository, here and at one remote."""

    def __init__(self, runner: GitRunner, remote: str) -> None:
        self._runner = runner
        self._there = f"refs/pack/remote-kits/{remote}/_/"

    @property
    def fetched(self) -> str:
        """What is fetched with the branch."""
        return f"+{_HERE}*:{self._there}*"

    def pushed(self) -> Sequence[str]:
        """What is pushed with the branch: options, and then refs. Nothing if nothing is new."""
        here, there = self._list(_HERE), self._list(self._there)
        new = {name: at for name, at in here.items() if there.get(name) != at}
        leases = [f"--force-with-lease={_HERE}{name}:{there.get(name, '')}" for name in new]
        return [*leases, *(f"{at}:{_HERE}{name}" for name, at in new.items())]

    def note_pushed(self, lines: Sequence[str]) -> None:
        """Remember what the remote took, by the answer of `git push --porcelain`."""
        for line in lines:
            if is_kit_line(line) and not line.startswith("!"):
                commit, _, ref = line.split("\t")[1].partition(":")
                self._move(f"{self._there}{ref.removeprefix(_HERE)}", CommitId(commit), None)

    def take(self) -> None:
        """Have here what came with the last fetch.

        Raises:
            Unavailable: Git failed.
        """
        here = self._list(_HERE)
        for name, theirs in self._list(self._there).items():
            ours = here.get(name)
            if ours is None or self._is_in(ours, theirs):
                self._move(f"{_HERE}{name}", theirs, ours or CommitId("0" * 40))
            elif not self._is_in(theirs, ours):
                self._move(f"{_HERE}{name}", self._with_versions(ours, theirs), ours)

    def _list(self, prefix: str) -> Mapping[str, CommitId]:
        if lacks_ref(str(self._runner.repository.common_dir), prefix.removesuffix("/")):
            return {}
        form = "--format=%(objecttype) %(objectname) %(refname)"
        out = self._runner.run(["for-each-ref", f"--count={_MOST}", form, prefix])
        rows = (line.split(" ", 2) for line in out.decode("utf-8", "replace").splitlines())
        found = {
            name.removeprefix(prefix): CommitId(at) for kind, at, name in rows if kind[0] == "c"
        }
        return {name: at for name, at in found.items() if _NAME.fullmatch(name)}

    def _is_in(self, one: CommitId, other: CommitId) -> bool:
        out = self._runner.run(["rev-list", "-1", check_id(one), f"^{check_id(other)}", "--"])
        return not out.strip()

    def _with_versions(self, ours: CommitId, theirs: CommitId) -> CommitId:
        """Our chain with the versions of theirs that it lacks on top."""
        known, tip = set(self._trees(ours)), ours
        args = ["rev-list", "--reverse", f"--max-count={_MOST}", theirs, f"^{ours}", "--"]
        for commit in self._runner.run(args).decode().split():
            data = self._runner.run(["cat-file", "commit", check_id(commit)])
            head, _, message = data.partition(b"\n\n")
            lines = head.split(b"\n")
            if lines[0] not in known:
                known.add(lines[0])
                said = [line for line in lines[1:] if line.startswith((b"author ", b"committer "))]
                made = b"\n".join([lines[0], b"parent " + tip.encode(), *said])
                tip = self._store(made + b"\n\n" + message)
        return tip

    def _trees(self, commit: CommitId) -> Iterator[bytes]:
        form = ["log", "--first-parent", "--format=%T", commit, "--"]
        return (b"tree " + line for line in self._runner.run(form).split())

    def _store(self, commit: bytes) -> CommitId:
        out = self._runner.run(["hash-object", "-t", "commit", "-w", "--stdin"], stdin=commit)
        made = out.decode().strip()
        if not is_id(made):
            raise Unavailable("git stored no version of a kit")
        return CommitId(made)

    def _move(self, ref: str, to: CommitId, expected: CommitId | None) -> None:
        before = [check_id(expected)] if expected else []
        self._runner.run(["update-ref", ref, check_id(to), *before])
