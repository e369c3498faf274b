"""What any exchange asks of the history that is here, wherever the commits came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pack.errors import Unavailable
from pack.model import Commit, CommitId, EntryType
from pack.remote.remote import Incoming, Outgoing
from pack_connectors.local_git.arrivals import Difference
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.past.ancestors import leads_to
from pack_connectors.local_git.process import GitRunner, check_id
from pack_connectors.local_git.remote.outgoing import read_outgoing


class GitHistory:
    """The commits of one memory; see `pack.remote.remote.Remote`, of which it is a part.

    Args:
        local: The memory.
    """

    def __init__(self, local: LocalGit) -> None:
        self._local = local
        self._runner = GitRunner(local.repository)
        self._incoming: tuple[tuple[CommitId | None, CommitId], Sequence[Incoming]] | None = None

    def _set_refs(self, refs: Mapping[str, CommitId]) -> None:
        updates = "".join(f"update {ref}\0{check_id(to)}\0\0" for ref, to in refs.items())
        self._runner.run(["update-ref", "--stdin", "-z"], stdin=updates.encode())

    def _distance(self, ancestor: CommitId, commit: CommitId) -> int | None:
        return 0 if ancestor == commit else self._local.distance(ancestor, commit)

    def rescue(self, *commits: CommitId) -> str:
        """See `Remote.rescue`."""
        refs = {f"refs/pack/rescue/{commit[:12]}": commit for commit in commits}
        self._set_refs(refs)
        return ", ".join(refs)

    def is_ancestor(self, ancestor: CommitId, commit: CommitId) -> bool:
        """See `Remote.is_ancestor`."""
        apart = self._distance(ancestor, commit)
        return leads_to(self._runner, ancestor, commit) if apart is None else apart >= 0

    def merge_base(self, one: CommitId, other: CommitId) -> CommitId | None:
        """See `Remote.merge_base`."""
        apart = self._distance(one, other)
        if apart is not None:
            return one if apart >= 0 else other
        out = self._runner.run(["merge-base", check_id(one), check_id(other)], ok=(0, 1))
        return CommitId(out.decode().strip()) if out else None

    def count(self, commit: CommitId, without: CommitId | None) -> int:
        """See `Remote.count`."""
        apart = self._distance(without, commit) if without else None
        if apart is not None:
            return max(apart, 0)
        excluded = [f"^{check_id(without)}"] if without else []
        return int(self._runner.run(["rev-list", "--count", check_id(commit), *excluded, "--"]))

    def incoming(self, base: CommitId | None, theirs: CommitId) -> Sequence[Incoming]:
        """See `Remote.incoming`."""
        if self._incoming is None or self._incoming[0] != (base, theirs):
            found = self._local.differences(base, theirs)
            blobs = {d.after.id for d in found if d.after and d.type is not EntryType.SUBMODULE}
            sizes = self._sizes(sorted(blobs))
            self._incoming = (base, theirs), [_incoming(one, sizes) for one in found]
        return self._incoming[1]

    def outgoing(self, commit: CommitId, without: CommitId | None) -> Sequence[Outgoing]:
        """See `Remote.outgoing`."""
        made = list(read_outgoing(self._runner, commit, without))
        managed = self._local.managed({path for path, _, _ in made})
        return [Outgoing(*each, managed[each[0]]) for each in made if each[0] in managed]

    def _sizes(self, blobs: Sequence[str]) -> Mapping[str, int]:
        lines = "".join(f"{blob}\n" for blob in blobs).encode()
        format_ = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
        sizes = {}
        for line in self._runner.run(["cat-file", format_], stdin=lines).decode().splitlines():
            name, kind, *size = line.split()
            if kind != "blob":
                raise Unavailable(f"object {name} of the remote is not there, or is no file")
            sizes[name] = int(size[0])
        return sizes

    def fast_forward(self, base: CommitId | None, to: CommitId) -> Commit:
        """See `Remote.fast_forward`."""
        return self._local.fast_forward(base, to)

    def merges(self) -> LocalGit:
        """See `Remote.merges`."""
        return self._local


def _incoming(difference: Difference, sizes: Mapping[str, int]) -> Incoming:
    before, after = difference.before, difference.after
    is_file = difference.type is EntryType.FILE
    was_file = Difference(difference.path, None, before).type is EntryType.FILE
    return Incoming(
        difference.path,
        difference.type,
        is_new=before is None,
        is_changed_type=bool(before and after) and is_file is not was_file,
        size=sizes.get(after.id, 0) if after else 0,
    )
