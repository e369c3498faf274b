"""A kit in a repository on this machine is the same, read where it is, as if it were fetched."""

from __future__ import annotations

import os
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pack_connectors.local_git.remote import kit_source
from pack_connectors.local_git.remote.kit_source import FetchedRepositories, GitKitSource
from pack_connectors.local_git.remote.near_objects import NearObjects

from pack.errors import LimitExceeded, PackError, Unavailable
from pack.kits.address import KitAddress
from pack.kits.shipment import Shipment
from pack.limits import MAX_FILE_BYTES
from pack.model import blob_id
from tests.stories.cli_driver import Folder

USER = ("-c", "user.name=Upstream", "-c", "user.email=up@example.org")
FILES: dict[str, str | bytes] = {
    "kit.yaml": "schema: 1\nname: a\nversion: 1.0.0\n",
    "a.md": "# A\r\n\r\nno end",
    "deep/er/b.md": "# B\n",
    "deep/\u00e4.md": "# \u00c4\n",
    "empty.md": "",
    "image.bin": b"\0\xff\xfe",
    "large.md": b"x" * (MAX_FILE_BYTES + 1),
    "sub/kit.yaml": "schema: 1\nname: b\nversion: 1.0.0\n",
}


@pytest.fixture
def repositories() -> Iterator[FetchedRepositories]:
    found = FetchedRepositories()
    yield found
    found.close()


@pytest.fixture
def source(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "source")
    made.path.mkdir()
    made.git("init", "--quiet", "--initial-branch=main")
    for path, content in FILES.items():
        (made.path / path).parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else content.encode()
        (made.path / path).write_bytes(data)
    (made.path / "run.sh").write_bytes(b"#!/bin/sh\n")
    (made.path / "run.sh").chmod(0o755)
    (made.path / "link.md").symlink_to("a.md")
    made.git("add", "--all")
    commit(made, "first")
    return made


def commit(source: Folder, message: str) -> str:
    source.git(*USER, "commit", "-qm", message)
    return source.head()


def commit_tree(source: Folder, rows: str) -> None:
    """Have the branch be at a commit of a tree that git itself would not make."""
    entries = b""
    for row in rows.splitlines():
        mode, name, path = row.split(" ", 2)
        entries += f"{mode} {path}".encode() + b"\0" + bytes.fromhex(name)
    tree = written(source, "tree", entries)
    head = source.git(*USER, "commit-tree", "-m", "odd", tree).strip()
    source.git("update-ref", "refs/heads/main", head)


def written(source: Folder, kind: str, content: bytes) -> str:
    words = ["git", "hash-object", "-w", "--stdin", "--literally", "-t", kind]
    done = subprocess.run(words, cwd=source.path, input=content, capture_output=True, check=True)
    return done.stdout.decode().strip()


def signer(tag: bytes, name: str, head: str) -> str | None:
    """Stands for a key: the name of the tag, if it is one of the commit."""
    assert tag.startswith(f"object {head}\n".encode())
    return name


def shipped(
    repositories: FetchedRepositories, place: Path, folder: str = "", *, near: bool
) -> Shipment:
    read = repositories.near(str(place)) if near else None
    found = repositories.of(str(place))
    address = KitAddress(str(place), None, folder)
    return GitKitSource(found, address, signer, read, is_near=True).ship()


def plain(shipment: Shipment) -> dict[str, object]:
    files = {path: (one.content, one.mode) for path, one in shipment.files.items()}
    names = ("source", "ref", "commit", "called", "signer")
    return {"files": files, **{name: getattr(shipment, name) for name in names}}


def both(
    repositories: FetchedRepositories, place: Path, folder: str = ""
) -> tuple[dict[str, object], dict[str, object]]:
    return (
        plain(shipped(repositories, place, folder, near=True)),
        plain(shipped(repositories, place, folder, near=False)),
    )


def unfetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        kit_source.FetchedRepository, "resolve", lambda *_: pytest.fail("it was fetched")
    )


@pytest.mark.parametrize("folder", ["", "sub", "deep/er"])
@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_it_is_the_same(
    repositories: FetchedRepositories,
    source: Folder,
    folder: str,
    packed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source.git(*USER, "tag", "-m", "one", "v1")
    source.git("tag", "plain")
    if packed:
        source.git("gc", "-q")
    fetched = plain(shipped(repositories, source.path, folder, near=False))
    unfetched(monkeypatch)
    assert plain(shipped(repositories, source.path, folder, near=True)) == fetched
    assert fetched["signer"] == "v1"


def test_others_have_their_objects(
    repositories: FetchedRepositories, source: Folder, tmp_path: Path
) -> None:
    """A clone that borrows, a bare one, one that is shallow, a second tree of a repository."""
    for words in (["-s"], ["--bare"], ["--depth=1"]):
        name = words[0].strip("-")
        Folder(tmp_path).git("clone", "-q", *words, f"file://{source.path}", name)
        near, fetched = both(repositories, tmp_path / name)
        assert near == fetched
    source.git("worktree", "add", "-q", "../tree")
    near, fetched = both(repositories, tmp_path / "tree")
    assert near == fetched


def test_what_replaces_an_object_there_does_not_count(
    repositories: FetchedRepositories, source: Folder
) -> None:
    other = written(source, "blob", b"# Another\n")
    source.git("replace", blob_id(b"# B\n"), other)
    near, fetched = both(repositories, source.path)
    assert near == fetched
    assert near["files"]["deep/er/b.md"][0] == b"# B\n"  # type: ignore[index]


@pytest.mark.parametrize(
    "rows",
    [
        "100644 {a} kit.yaml\n100644 {a} kit.yaml",
        "100644 {a} b.md\n100644 {a} a.md",
        "100644 {a} .git",
        "100644 {a} .GIT",
        "100644 {a} ..",
        "100644 {a} a/b.md",
        "100664 {a} a.md",
        "40000 {a} a.md",
        "100644 {none} a.md",
        "100644 {a} git~1",
        "100644 {a} .g\u200cit",
        "100644 {a} .git ",
        "100644 {a} .git::$INDEX_ALLOCATION",
        "120000 {a} .gitmodules",
        "100644 {a} x\\.git",
        "0100644 {a} a.md",
        "160000 " + "0" * 40 + " a",
        "100644 {a} ",
    ],
    ids=(
        "twice unsorted git GIT up slash mode no-tree missing git-1 hfs space stream link "
        "backslash zero null nameless".split()
    ),
)
def test_what_a_fetch_refuses_is_refused(
    repositories: FetchedRepositories, source: Folder, rows: str
) -> None:
    a = written(source, "blob", b"# A\n")
    commit_tree(source, rows.format(a=a, none="1" * 40))
    told = []
    for near in (True, False):
        try:
            told.append(plain(shipped(repositories, source.path, near=near)))
        except PackError as error:
            told.append({"error": type(error)})  # git tells of it in one order or another
    assert told[0] == told[1]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
@pytest.mark.parametrize("name", ["HEAD", "packed-refs", "objects/pack/pack-1.idx"])
def test_git_does_not_wait_for_a_pipe_in_a_source(
    repositories: FetchedRepositories, source: Folder, name: str
) -> None:
    source.git("gc", "-q")
    file = source.path / ".git" / name
    file.unlink(missing_ok=True)
    os.mkfifo(file)
    with pytest.raises(Unavailable, match="is not a file"):
        shipped(repositories, source.path, near=True)


TREE = b"tree %s\n"
WHO = b"A <a@example.org> 1700000000 +0000"


@pytest.mark.parametrize(
    "data",
    [
        b"tree " + b"\xff" * 40 + b"\nauthor %s\ncommitter %s\n\nm\n" % (WHO, WHO),
        b"tree \nauthor %s\ncommitter %s\n\nm\n" % (WHO, WHO),
        b"tree ab\0cd\nauthor %s\ncommitter %s\n\nm\n" % (WHO, WHO),
        b"tree ../../../../etc/passwd\nauthor %s\ncommitter %s\n\nm\n" % (WHO, WHO),
        TREE + b"\nm\n",
        TREE + TREE.replace(b"%s", b"1" * 40) + b"author %s\ncommitter %s\n\nm\n" % (WHO, WHO),
        TREE + b"author %s\nauthor %s\ncommitter %s\n\nm\n" % (WHO, WHO, WHO),
        TREE + b"author A a@example.org\ncommitter %s\n\nm\n" % WHO,
    ],
    ids=["no text", "none", "nul", "path", "no author", "two trees", "two authors", "who"],
)
def test_a_commit_that_a_fetch_refuses_is_refused(
    repositories: FetchedRepositories, source: Folder, data: bytes
) -> None:
    tree = source.git("rev-parse", "HEAD^{tree}").strip().encode()
    made = written(source, "commit", data.replace(b"%s", tree))
    (source.path / ".git/refs/heads/main").write_text(f"{made}\n", encoding="ascii")
    for near in (True, False):
        with pytest.raises(Unavailable):
            shipped(repositories, source.path, near=near)


@pytest.mark.parametrize("near", [True, False])
def test_trees_that_name_each_other_many_times_fill_no_memory(
    repositories: FetchedRepositories, source: Folder, *, near: bool
) -> None:
    """Ten trees of ten entries each are ten thousand million files."""
    mode, name = "100644", written(source, "blob", b"# A\n")
    for _ in range(10):
        rows = (f"{mode} {number}".encode() + b"\0" + bytes.fromhex(name) for number in range(10))
        mode, name = "40000", written(source, "tree", b"".join(rows))
    head = source.git(*USER, "commit-tree", "-m", "odd", name).strip()
    source.git("update-ref", "refs/heads/main", head)
    with pytest.raises(LimitExceeded):
        shipped(repositories, source.path, near=near)


def loose(source: Folder, name: str) -> Path:
    return source.path / ".git/objects" / name[:2] / name[2:]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: zlib.compress(b"blob 4\0# X\n"),
        lambda data: zlib.compress(b"blob 400\0# B\n"),
        lambda data: zlib.compress(b"no object"),
        lambda data: data[:5],
        lambda data: b"",
    ],
    ids=["another", "size", "form", "cut", "empty"],
)
def test_what_is_damaged_is_never_taken(
    repositories: FetchedRepositories, source: Folder, damage: Callable[[bytes], bytes]
) -> None:
    file = loose(source, blob_id(b"# B\n"))
    file.chmod(0o644)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(Unavailable):
        plain(shipped(repositories, source.path, near=True))


def test_a_repository_of_somebody_else_is_left_to_git(
    repositories: FetchedRepositories, source: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which refuses it, unless the person has said that it is safe."""
    others = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: others)
    monkeypatch.setattr(NearObjects, "read", lambda *_: pytest.fail("it was read"))
    assert shipped(repositories, source.path, near=True).files
