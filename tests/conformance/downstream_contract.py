"""What every downstream must do, wherever it is.

The git behind it is a real bare repository, so what is asked of it directly is what anybody sees.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import pytest

from pack.distribution.ports import Downstream, DownstreamEntry, WantedCommit
from pack.errors import InvalidPath, NotFound, RefusedForSafety, StaleBase
from pack.model import BlobId, CommitId, Identity, blob_id

BRANCH: Final = "pack-sync/v1.0.0/guides"
WHO: Final = Identity("PACK sync", "pack-sync@example.org")
AT: Final = datetime(2026, 1, 30, 12, 0, 0, tzinfo=UTC)
FILES: Final[Mapping[str, bytes]] = {
    "README.md": b"# Web app\n",
    "bin/run": b"#!/bin/sh\n",
    "docs/guides/a.md": b"a\r\nb\n",
    "docs/other/ä b.md": "ä\n".encode(),
}
NO_COMMIT: Final = CommitId("1" * 40)


@dataclass(frozen=True)
class DownstreamPlace:
    """A repository that gets files, as the tests of a place prepare it.

    Attributes:
        open: Another run that uses it.
        git: Runs git in the repository behind it.
        forbid: Has it refuse what is pushed to a branch.
    """

    open: Callable[[], Downstream]
    git: Callable[..., bytes]
    forbid: Callable[[str], None]

    def commit(self, branch: str, files: Mapping[str, bytes]) -> CommitId:
        """Somebody else's commit to a branch, which begins at `main` if it is new."""
        heads = [
            self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{name}")
            for name in (branch, "main")
        ]
        start = next((head.decode().strip() for head in heads if head), None)
        self.git("fast-import", "--quiet", stdin=stream(files, branch, start))
        return CommitId(self.git("rev-parse", f"refs/heads/{branch}").decode().strip())


def run_git(folder: Path) -> Callable[..., bytes]:
    def run(*args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        return subprocess.run(
            ["git", "-C", str(folder), *args],
            input=stdin,
            capture_output=True,
            check=True,
            env={**os.environ, **(env or {})},
        ).stdout

    return run


def stream(files: Mapping[str, bytes], branch: str, on: str | None) -> bytes:
    """What `git fast-import` makes a commit of."""
    lines = [f"commit refs/heads/{branch}\ncommitter Ann <ann@x> 1770000000 +0000\n".encode()]
    lines.append(b"data 8\nby hand\n\n" + (f"from {on}\n".encode() if on else b""))
    for path, content in files.items():
        mode = "755" if path.startswith("bin/") else "644"
        lines.append(f"M {mode} inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
    return b"".join(lines)


def new_commit(parent: CommitId | None, **changes: object) -> WantedCommit:
    given = WantedCommit(parent, "sync: Update\n\nPack-Sync-Rule: guides\n", {}, (), WHO, AT)
    return replace(given, **changes)  # type: ignore[arg-type]  # fields by name


def contents(downstream: Downstream, commit: CommitId) -> dict[str, bytes]:
    files = downstream.files(commit)
    bytes_of = dict(downstream.read_blobs(dict.fromkeys(e.blob for e in files.values())))
    return {path: bytes_of[entry.blob] for path, entry in files.items()}


class DownstreamContract:
    """Subclass it, and define the fixtures `place`, `empty` and `missing`.

    `place` holds `FILES` on its default branch, `main`, with `bin/run` executable; `empty` has no
    commit; `missing` is not there.
    """

    # --- reading -------------------------------------------------------------------------------

    def test_it_says_where_its_default_branch_is(self, place: DownstreamPlace) -> None:
        head = place.git("rev-parse", "main").decode().strip()
        assert place.open().default_branch() == ("main", head)

    def test_an_empty_one_has_a_default_branch_that_is_nowhere(
        self, empty: DownstreamPlace
    ) -> None:
        downstream = empty.open()
        assert downstream.default_branch()[1] is None
        assert downstream.branches("") == {}

    def test_one_that_is_not_there_is_not_found(self, missing: Downstream) -> None:
        with pytest.raises(NotFound):
            missing.default_branch()

    def test_branches_are_found_by_how_they_begin(self, place: DownstreamPlace) -> None:
        for name in (BRANCH, "pack-sync/v2.0.0/guides", "other", "pack"):
            place.git("branch", name, "main")
        found = place.open().branches("pack-sync/")
        assert sorted(found) == [BRANCH, "pack-sync/v2.0.0/guides"]
        assert place.open().branches("nothing") == {}

    def test_files_have_their_modes_and_blobs(self, place: DownstreamPlace) -> None:
        downstream = place.open()
        head = head_of(downstream)
        assert contents(downstream, head) == FILES
        found = downstream.files(head)
        assert found["bin/run"] == DownstreamEntry("100755", blob_id(FILES["bin/run"]))
        assert found["README.md"].mode == "100644"

    def test_a_blob_that_is_not_there_is_not_found(self, place: DownstreamPlace) -> None:
        with pytest.raises(NotFound):
            list(place.open().read_blobs([BlobId("2" * 40)]))

    def test_links_and_submodules_are_told_from_files(self, place: DownstreamPlace) -> None:
        head = odd_tree(place)
        found = place.open().files(head)
        assert [found[path].mode for path in ("link", "module")] == ["120000", "160000"]

    def test_the_log_has_all_of_a_commit_the_newest_first(self, place: DownstreamPlace) -> None:
        before = head_of(place.open())
        place.commit("main", {"new.md": b"new\n"})
        side = place.commit("side", {"side.md": b"side\n"})
        merged = merge(place, "main", side)
        downstream = place.open()
        log = list(downstream.log(merged))
        assert log[0].id == merged
        assert log[-1].id == before
        assert len(log) == 4
        assert list(log[0].parents)[1:] == [side]
        assert log[0].tree == place.git("rev-parse", f"{merged}^{{tree}}").decode().strip()
        assert log[0].message == "merge by hand\n\nwith a body\n"
        assert (log[0].author, log[0].committer) == (Identity("Eve", "e@x"), Identity("Bob", "b@x"))
        assert log[0].at == datetime(2026, 6, 1, 10, tzinfo=UTC)
        assert {one.id for one in downstream.log(merged, before)} == {one.id for one in log[:-1]}
        assert list(downstream.log(merged, merged)) == []

    # --- commits -------------------------------------------------------------------------------

    def test_a_commit_is_as_wanted(self, place: DownstreamPlace) -> None:
        downstream = place.open()
        head = head_of(downstream)
        writes = {
            "docs/guides/a.md": b"a\n\0\xff",
            "docs/guides/deep/b.md": b"",
            ".pack-sync-state/guides.json": b"{}\n",
            'odd "name" \u2028.md': b"x\n",
        }
        wanted = new_commit(head, writes=writes, removes=("README.md",))
        made = downstream.commit(wanted)
        downstream.move_branch(BRANCH, made, None)
        assert contents(place.open(), made) == {
            path: content for path, content in {**FILES, **writes}.items() if path != "README.md"
        }
        (commit,) = place.open().log(made, head)
        assert list(commit.parents) == [head]
        assert commit.message == wanted.message
        assert (commit.author, commit.committer, commit.at) == (WHO, WHO, AT)

    def test_the_same_values_make_the_same_commit_as_git(self, place: DownstreamPlace) -> None:
        downstream, again = place.open(), place.open()
        wanted = new_commit(head_of(downstream), writes={"a/b.md": "ü\n".encode()})
        elsewhere = replace(wanted, at=AT.astimezone(timezone(timedelta(hours=3))))
        made = downstream.commit(wanted)
        assert made == downstream.commit(wanted) == again.commit(elsewhere)
        assert made == by_git(place, wanted)

    def test_no_branch_names_a_commit_that_was_only_made(self, place: DownstreamPlace) -> None:
        downstream = place.open()
        before = place.git("for-each-ref")
        downstream.commit(new_commit(head_of(downstream), writes={"a.md": b"a\n"}))
        assert place.git("for-each-ref") == before

    def test_a_file_keeps_its_mode(self, place: DownstreamPlace) -> None:
        downstream = place.open()
        made = downstream.commit(new_commit(head_of(downstream), writes={"bin/run": b"new\n"}))
        downstream.move_branch(BRANCH, made, None)
        assert place.open().files(made)["bin/run"] == DownstreamEntry("100755", blob_id(b"new\n"))

    def test_what_is_gone_already_can_be_removed(self, place: DownstreamPlace) -> None:
        downstream = place.open()
        head = head_of(downstream)
        made = downstream.commit(new_commit(head, removes=("nothing.md", "README.md")))
        downstream.move_branch(BRANCH, made, None)
        assert "README.md" not in place.open().files(made)

    def test_a_file_becomes_a_folder_if_it_is_removed(self, place: DownstreamPlace) -> None:
        downstream = place.open()
        wanted = new_commit(
            head_of(downstream), writes={"README.md/a.md": b"a\n"}, removes=("README.md",)
        )
        downstream.move_branch(BRANCH, made := downstream.commit(wanted), None)
        assert "README.md/a.md" in place.open().files(made)

    @pytest.mark.parametrize("path", ["link", "link/a.md", "module/a.md", "README.md/a.md", "docs"])
    def test_nothing_takes_the_place_of_something_else(
        self, place: DownstreamPlace, path: str
    ) -> None:
        head = odd_tree(place)
        with pytest.raises(RefusedForSafety):
            place.open().commit(new_commit(head, writes={path: b"x\n"}))

    @pytest.mark.parametrize("path", ["../a.md", "/a.md", ".git/hooks/x", "a/.GIT/config", "a//b"])
    def test_no_path_leads_out_of_the_repository(self, place: DownstreamPlace, path: str) -> None:
        downstream = place.open()
        with pytest.raises(InvalidPath):
            downstream.commit(new_commit(head_of(downstream), writes={path: b"x\n"}))

    # --- branches ------------------------------------------------------------------------------

    def test_a_branch_is_made_moved_and_deleted(self, place: DownstreamPlace) -> None:
        downstream = place.open()
        head = head_of(downstream)
        one = downstream.commit(new_commit(head, writes={"a.md": b"1\n"}))
        other = downstream.commit(new_commit(head, writes={"a.md": b"2\n"}))
        downstream.move_branch(BRANCH, one, None)
        assert downstream.branches("pack-sync/") == place.open().branches("pack-sync/")
        assert place.open().branches("pack-sync/") == {BRANCH: one}
        downstream.move_branch(BRANCH, other, one)  # it is no descendant
        assert place.open().branches("pack-sync/") == {BRANCH: other}
        downstream.delete_branch(BRANCH, other)
        assert downstream.branches("pack-sync/") == place.open().branches("pack-sync/") == {}
        assert place.git("rev-parse", "main").decode().strip() == head

    def test_a_branch_that_is_elsewhere_stays_there(self, place: DownstreamPlace) -> None:
        downstream = place.open()
        head = head_of(downstream)
        ours = downstream.commit(new_commit(head, writes={"a.md": b"1\n"}))
        downstream.move_branch(BRANCH, ours, None)
        theirs = place.commit(BRANCH, {"a.md": b"theirs\n"})
        new = downstream.commit(new_commit(head, writes={"a.md": b"2\n"}))
        for expected in (ours, None):
            with pytest.raises(StaleBase):
                downstream.move_branch(BRANCH, new, expected)
        with pytest.raises(StaleBase):
            downstream.delete_branch(BRANCH, ours)
        with pytest.raises(StaleBase):
            downstream.move_branch("pack-sync/gone", new, ours)
        # Who has seen that looks again.
        assert downstream.branches("pack-sync/") == {BRANCH: theirs}
        assert place.open().branches("pack-sync/") == {BRANCH: theirs}

    def test_what_was_done_already_can_be_done_again(self, place: DownstreamPlace) -> None:
        downstream = place.open()
        made = downstream.commit(new_commit(head_of(downstream), writes={"a.md": b"1\n"}))
        downstream.move_branch(BRANCH, made, None)
        for expected in (made, None):
            downstream.move_branch(BRANCH, made, expected)
        assert place.open().branches("pack-sync/") == {BRANCH: made}

    def test_a_rule_of_the_repository_is_respected(self, place: DownstreamPlace) -> None:
        downstream = place.open()
        head = head_of(downstream)
        place.forbid("main")
        made = downstream.commit(new_commit(head, writes={"a.md": b"1\n"}))
        with pytest.raises(RefusedForSafety):
            downstream.move_branch("main", made, head)
        assert place.open().default_branch() == ("main", head)


def head_of(downstream: Downstream) -> CommitId:
    _, head = downstream.default_branch()
    assert head is not None
    return head


def odd_tree(place: DownstreamPlace) -> CommitId:
    """A commit on `main` with a link and a submodule."""
    tree = place.git("ls-tree", "main").decode()
    target = place.git("hash-object", "-w", "--stdin", stdin=b"docs").decode().strip()
    tree += f"120000 blob {target}\tlink\n160000 commit {NO_COMMIT}\tmodule\n"
    made = place.git("mktree", stdin=tree.encode()).decode().strip()
    return _store(place, made, ["main"], "main")


def merge(place: DownstreamPlace, branch: str, other: CommitId) -> CommitId:
    """A merge by hand."""
    tree = place.git("rev-parse", f"{branch}^{{tree}}").decode().strip()
    return _store(place, tree, [branch, other], branch)


def _store(place: DownstreamPlace, tree: str, parents: list[str], branch: str) -> CommitId:
    ids = [place.git("rev-parse", parent).decode().strip() for parent in parents]
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in ids)]
    lines += ["author Eve <e@x> 1780308000 +0200", "committer Bob <b@x> 1780308000 +0200"]
    text = "\n".join([*lines, "", "merge by hand", "", "with a body", ""])
    out = place.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode())
    made = CommitId(out.decode().strip())
    place.git("update-ref", f"refs/heads/{branch}", made)
    return made


def by_git(place: DownstreamPlace, wanted: WantedCommit) -> CommitId:
    """The commit that git itself makes of it, in a third party's index."""
    parent = str(wanted.parent)
    index = {"GIT_INDEX_FILE": "third-party-index"}
    place.git("read-tree", parent, env=index)
    for path, content in wanted.writes.items():
        blob = place.git("hash-object", "-w", "--stdin", stdin=content).decode().strip()
        place.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=index)
    tree = place.git("write-tree", env=index).decode().strip()
    name, email = wanted.identity.name, wanted.identity.email
    seconds = f"{int(wanted.at.timestamp())} +0000"
    env = {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_AUTHOR_DATE": seconds,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
        "GIT_COMMITTER_DATE": seconds,
    }
    args = ("commit-tree", tree, "-p", parent)
    out = place.git(*args, stdin=wanted.message.encode(), env=env)
    return CommitId(out.decode().strip())
