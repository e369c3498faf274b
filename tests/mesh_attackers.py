"""What a member of a group could make, with the real stack: repositories, keys, forged commits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pack_connectors.local_git.repository import create_repository
from pack_connectors.peers.signed_commits import divided
from pack_servers.config.settings import Settings
from pack_servers.wiring.mesh import open_mesh
from pack_servers.wiring.places import LocalPlace

from pack.limits import MAX_FILE_BYTES
from pack.mesh.mesh import Mesh
from pack.provenance import Origin, Source, commit_message
from tests.support import git

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
    "transplanted": (transplanted, "does not match it"),
    "merge, tree": (forged_merge(tree=True), "not the merge"),
    "merge, parents": (forged_merge(swapped=True), "not the merge"),
    "merge, author": (forged_merge(), "not the merge"),
}
WAITING = {
    "submodule": (tree_head("160000", "sub", b""), "submodule"),
    "a link without end": (tree_head("120000", "link", b"/" * 9000), "link"),
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
