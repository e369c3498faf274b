"""What a member could send, against the real stack: repositories, signatures, merges and limits.

Whatever it is, the memory and its folder stay as they are, a reason is told, and what another peer
says comes in all the same. See `test_mesh_attack_table` for who may send anything at all.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.peers.chains import SignedChains
from pack_connectors.peers.key_file import KeyFile

from pack.errors import InvalidContent
from pack.mesh.views import TakenIn
from tests.mesh_attackers import (
    REFUSED,
    WAITING,
    Group,
    begin,
    commit,
    head,
    sent,
    tree_head,
    with_entry,
)
from tests.support import START

pytestmark = pytest.mark.usefixtures("git_identity")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        for who in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{who}_NAME", "Ann")
            patch.setenv(f"GIT_{who}_EMAIL", "ann@example.org")
        return begin(tmp_path_factory.mktemp("group")).folder


@pytest.fixture
def group(template: Path, tmp_path: Path) -> Iterator[Group]:
    shutil.copytree(template, tmp_path / "group", symlinks=True)
    return Group(tmp_path / "group")


def taken(group: Group, file: str) -> TakenIn:
    with ExitStack() as stack:
        return group.open(stack, "laptop").inbox.take(file)


def is_untouched(group: Group) -> None:
    """Nothing of the lie is in laptop's memory or folder, and what phone said is in both."""
    assert group.git("laptop", "status", "--porcelain") == ""
    names = group.git("laptop", "ls-tree", "-r", "--name-only", "HEAD").splitlines()
    assert set(names) == {"index.md", "a/x.md", "a/phone.md"}
    refs = group.git("laptop", "for-each-ref", "--format=%(refname)").splitlines()
    folders = ("refs/heads/", "refs/pack/group", "refs/pack/peers/", "refs/pack/quarantine/")
    assert all(ref.startswith(folders) for ref in refs), refs


@pytest.mark.parametrize("kind", REFUSED)
def test_what_desk_may_not_say_holds_up_nobody_and_not_even_desk(group: Group, kind: str) -> None:
    make, words = REFUSED[kind]
    before = head(group)
    came = taken(group, sent(group, make(group)))
    assert [words in one.reason for one in came.quarantined] == [True]
    is_untouched(group)
    branch = group.git("desk", "branch", "--show-current")
    group.git("desk", "update-ref", f"refs/heads/{branch}", before)
    group.git("desk", "reset", "-q", "--hard")
    better = group.write("desk", "better.md", "# Better\n")
    came = taken(group, sent_again(group))
    assert not came.quarantined
    assert group.git("laptop", "merge-base", "--is-ancestor", better, "HEAD") == ""
    assert (group.at("laptop") / "better.md").exists()


def sent_again(group: Group) -> str:
    """What desk sends once it is as it should be."""
    file = str(group.folder / "desk-again")
    with ExitStack() as stack:
        group.open(stack, "desk").outbox.export(file)
    return file


@pytest.mark.parametrize("kind", WAITING)
def test_a_tree_that_is_refused_waits_until_desk_repairs_it(group: Group, kind: str) -> None:
    make, words = WAITING[kind]
    good = group.git("desk", "rev-parse", "HEAD^{tree}")
    bad = make(group)
    came = taken(group, sent(group, bad))
    assert not came.quarantined
    assert [words in one for one in came.waiting] == [True], came.waiting
    is_untouched(group)
    came = taken(group, sent(group, commit(group, good, bad)))
    assert not came.waiting
    assert not came.quarantined
    assert group.git("laptop", "merge-base", "--is-ancestor", bad, "HEAD") == ""


def test_a_path_that_git_itself_refuses_is_a_damaged_bundle(group: Group) -> None:
    made = commit(group, with_entry(group, "100644", "..", b"x"), head(group))
    with pytest.raises(InvalidContent, match="damaged"):
        taken(group, sent(group, made))
    assert not taken(group, str(group.folder / "phone-out")).quarantined
    is_untouched(group)


def test_refs_that_are_none_of_the_mesh_are_left_aside(group: Group) -> None:
    made = tree_head("100644", "other.md", b"# O\n")(group)
    names = ("refs/heads/main", "refs/notes/commits", "refs/pack/proposals/x", "refs/pack/labels")
    for name in names:
        group.git("desk", "update-ref", name, made)
    file = str(group.folder / "more")
    group.git("desk", "bundle", "create", "-q", file, "--all", "HEAD")
    taken(group, file)
    is_untouched(group)
    lines = "".join(f"{made} refs/pack/peers/{number}\n" for number in range(100_000))
    Path(file).write_bytes(f"# v2 git bundle\n{lines}\n".encode())
    with pytest.raises(InvalidContent, match="too many refs"):
        taken(group, file)


@pytest.mark.parametrize("name", ["group", "group-forks/x", "peers"])
def test_a_ref_that_leads_to_no_commit_holds_nobody_up(group: Group, name: str) -> None:
    blob = group.git("desk", "hash-object", "-w", "--stdin", stdin=b"x")
    with ExitStack() as stack:
        desk = group.open(stack, "desk").me
    ref = f"refs/pack/{name}/{desk}" if name == "peers" else f"refs/pack/{name}"
    group.git("desk", "update-ref", ref, blob)
    file = str(group.folder / "blob")
    group.git("desk", "bundle", "create", "-q", file, "--glob=refs/pack/*")
    came = taken(group, file)
    assert len(came.quarantined) == 1
    is_untouched(group)
    assert (group.at("laptop") / "a" / "phone.md").exists()


def test_a_height_that_is_not_so_is_told(group: Group) -> None:
    key = KeyFile(group.key("desk")).load()
    with ExitStack() as stack:
        desk = group.open(stack, "desk")
        last = desk.outbox.heads()[desk.me]
        local = LocalGit(group.at("desk"), lambda: START)
        stack.callback(local.close)
        said = replace(last.said, n=last.said.n + 1, height=last.said.height + 7)
        SignedChains(local, key).announce(last.id, said)
        desk.outbox.export(str(group.folder / "untrue"))
    taken(group, str(group.folder / "untrue"))
    with ExitStack() as stack:
        problems = group.open(stack, "laptop").overview.verify().problems
    assert [("desk" in one, "does not have" in one) for one in problems] == [(True, True)]


def test_an_older_bundle_again_changes_nothing(group: Group) -> None:
    file = sent(group, tree_head("100644", "newer.md", b"# N\n")(group))
    taken(group, file)
    before = group.git("laptop", "for-each-ref")
    for old in ("phone-out", "laptop-out"):
        came = taken(group, str(group.folder / old))
        assert not came.quarantined
    assert group.git("laptop", "for-each-ref") == before
