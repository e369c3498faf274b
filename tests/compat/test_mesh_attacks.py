"""What a member could send, against the real stack: repositories, signatures, merges and limits.

Whatever it is, the memory and its folder stay as they are, a reason is told, and what another peer
says comes in all the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.repository import create_repository
from pack_connectors.peers.chains import SignedChains
from pack_connectors.peers.key_file import KeyFile
from pack_connectors.peers.signed_commits import divided
from pack_servers.config.settings import Settings
from pack_servers.wiring.mesh import open_mesh
from pack_servers.wiring.places import LocalPlace

from pack.errors import InvalidContent
from pack.limits import MAX_FILE_BYTES
from pack.mesh.mesh import Mesh
from pack.mesh.views import TakenIn
from pack.provenance import Origin, Source, commit_message
from tests.support import START, git

pytestmark = pytest.mark.usefixtures("git_identity")

NAMES = ("laptop", "desk", "phone")
USER = Origin(Source.USER, "cli")
WHO = "Ann <ann@example.org> 1767225600 +0000"


class Group:
    """Three machines of one group; desk is the one that attacks laptop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def at(self, name: str) -> Path:
        return self.folder / name

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def open(self, stack: ExitStack, name: str) -> Mesh:
        settings = Settings(pack_mesh_key=self.key(name))
        place = LocalPlace(self.at(name))
        return stack.enter_context(open_mesh(settings, place, lambda *_: None, make_key=True))

    def git(self, name: str, *args: str, stdin: bytes = b"") -> str:
        return git(self.at(name), *args, stdin=stdin).decode().strip()

    def write(self, name: str, note: str, text: str) -> str:
        file = self.at(name) / note
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        self.git(name, "add", ".")
        self.git(name, "commit", "-q", "-m", f"by {name}")
        return self.git(name, "rev-parse", "HEAD")


def begin(folder: Path) -> Group:
    group = Group(folder)
    for name in NAMES:
        create_repository(group.at(name))
    group.write("laptop", "index.md", "# Index\n")
    group.write("laptop", "a/x.md", "# X\n\n- one\n")
    with ExitStack() as stack:
        laptop, desk, phone = (group.open(stack, name) for name in NAMES)
        laptop.begin("laptop", "home")
        for name, other in (("desk", desk), ("phone", phone)):
            invitation = laptop.admission.invite()
            laptop.admission.admit(other.admission.ask(invitation, name))
            laptop.outbox.export(str(folder / name / ".git" / "in"))
            other.inbox.join(invitation, str(folder / name / ".git" / "in"), name, "")
        group.write("phone", "a/phone.md", "# Phone\n\n- good\n")
        phone.outbox.export(str(folder / "phone-out"))
        laptop.outbox.export(str(folder / "laptop-out"))
        desk.inbox.take(str(folder / "laptop-out"))
        desk.inbox.take(str(folder / "phone-out"))
    return group


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


# --- what desk makes -----------------------------------------------------------------------------


def commit(group: Group, tree: str, *parents: str, message: str = "by hand", who: str = WHO) -> str:
    lines = [f"tree {tree}", *(f"parent {one}" for one in parents), f"author {who}"]
    raw = "\n".join([*lines, f"committer {WHO}", "", message, ""]).encode()
    return group.git("desk", "hash-object", "-t", "commit", "-w", "--stdin", stdin=raw)


def head(group: Group) -> str:
    return group.git("desk", "rev-parse", "HEAD")


def with_entry(group: Group, mode: str, name: str, content: bytes) -> str:
    """The tree of desk's head with one more entry at its root."""
    kind = {"040000": "tree", "160000": "commit"}.get(mode, "blob")
    if kind == "commit":
        made = head(group)
    elif kind == "tree":
        blob = group.git("desk", "hash-object", "-w", "--stdin", stdin=content)
        made = group.git("desk", "mktree", stdin=f"100644 blob {blob}\tin.md\n".encode())
    else:
        made = group.git("desk", "hash-object", "-w", "--stdin", stdin=content)
    rows = group.git("desk", "ls-tree", head(group)).splitlines()
    rows = [row for row in rows if not row.endswith(f"\t{name}")]
    text = "\n".join([*rows, f"{mode} {kind} {made}\t{name}", ""])
    return group.git("desk", "mktree", "--missing", stdin=text.encode())


def lie_tree(group: Group) -> str:
    return with_entry(group, "100644", "lie.md", b"# Lie\n")


def unsigned(group: Group) -> str:
    return commit(group, lie_tree(group), head(group), message=commit_message("a", USER, "r"))


def transplanted(group: Group) -> str:
    """The signature of desk's last announcement, in another commit."""
    peer = group.git("desk", "for-each-ref", "--format=%(objectname)", "refs/pack/peers")
    signature = divided(git(group.at("desk"), "cat-file", "commit", peer.splitlines()[0]))[1]
    assert signature is not None
    lines = signature.decode().rstrip("\n").split("\n")
    plain = commit(group, lie_tree(group), head(group))
    raw = git(group.at("desk"), "cat-file", "commit", plain).decode()
    forged = raw.replace("\n\n", "\ngpgsig " + "\n ".join(lines) + "\n\n", 1).encode()
    return group.git("desk", "hash-object", "-t", "commit", "-w", "--stdin", stdin=forged)


def forged_merge(**how: bool) -> Callable[[Group], str]:
    def make(group: Group) -> str:
        # A merge of its own: desk and phone wrote at once.
        base = group.git("desk", "rev-parse", "HEAD~1")
        other = commit(group, group.git("desk", "rev-parse", f"{base}^{{tree}}"), base)
        parents = sorted((head(group), other), reverse=how.get("swapped", False))
        tree = lie_tree(group) if how.get("tree") else group.git("desk", "rev-parse", "HEAD^{tree}")
        message = commit_message("a", Origin(Source.AUTOMATION, "merge"), "r")
        return commit(group, tree, *parents, message=f"{message}\nPack-Merge: 1")

    return make


def tree_head(mode: str, name: str, content: bytes) -> Callable[[Group], str]:
    return lambda group: commit(group, with_entry(group, mode, name, content), head(group))


REFUSED = {
    "unsigned": (unsigned, "not signed"),
    "transplanted": (transplanted, "does not match it"),
    "merge, tree": (forged_merge(tree=True), "not the merge"),
    "merge, parents": (forged_merge(swapped=True), "not the merge"),
    "merge, author": (forged_merge(), "not the merge"),
}
WAITING = {
    "submodule": (tree_head("160000", "sub", b""), "submodule"),
    "case twins": (tree_head("100644", "INDEX.md", b"# I\n"), "cannot tell"),
    "folder for a file": (tree_head("040000", "index.md", b"# I\n"), "folder"),
    "file for a folder": (tree_head("100644", "a", b"# A\n"), "folder"),
    "a bomb": (tree_head("100644", "bomb.md", bytes(MAX_FILE_BYTES + 1)), "larger"),
}


def sent(group: Group, made: str) -> str:
    """The bundle in which desk announces a commit."""
    old = head(group)
    group.git(
        "desk", "update-ref", "refs/heads/" + group.git("desk", "branch", "--show-current"), made
    )
    file = str(group.folder / f"desk-out-{made[:8]}")
    with ExitStack() as stack:
        assert group.open(stack, "desk").outbox.export(file)
    assert old != made
    return file


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
