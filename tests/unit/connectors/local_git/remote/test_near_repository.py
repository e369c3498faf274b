"""A repository that is read where it is gives what a fetch of it gives, or nothing at all."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest
from pack_connectors.local_git.remote.kit_source import FetchedRepositories
from pack_connectors.local_git.remote.near_repository import NearRepository

from pack.errors import LimitExceeded, NotFound, Unavailable
from pack.kits.shipment import MOST_BYTES, ShippedFile
from pack.limits import MAX_FILE_BYTES
from pack.model import CommitId
from tests.stories.cli_driver import Folder
from tests.support import git

USER = ("-c", "user.name=Upstream", "-c", "user.email=up@example.org")


@pytest.fixture
def repositories():
    found = FetchedRepositories()
    yield found
    found.close()


@pytest.fixture
def source(tmp_path: Path) -> Folder:
    """A repository with files of all kinds, of which the commit has two tags."""
    made = Folder(tmp_path / "source")
    made.path.mkdir()
    made.git("init", "--quiet", "--initial-branch=main")
    made.write({"kit.yaml": "schema: 1\n", "a/b/c.md": "# C\n", "a.md": "# Same\n"})
    made.write({"a/same.md": "# Same\n", "run.md": "#!/bin/sh\n", "huge.md": "x" * MAX_FILE_BYTES})
    (made.path / "huge.md").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    (made.path / "run.md").chmod(0o755)
    (made.path / "link.md").symlink_to("a.md")
    made.git("add", "--all")
    made.git(*USER, "commit", "-qm", "first")
    made.git(*USER, "tag", "-m", "said", "v1")
    made.git("tag", "plain")
    return made


def told(files: list[tuple[str, ShippedFile]]) -> dict[str, tuple[str, int, bytes]]:
    return {path: (one.mode, one.size, one.content) for path, one in files}


def near_of(repositories: FetchedRepositories, source: Folder) -> NearRepository:
    return repositories.near(str(source.path))


def commit_of(near: NearRepository) -> CommitId:
    found = near.at(None)
    assert found is not None
    return found


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("folder", ["", "a", "a/b"])
def test_it_gives_what_a_fetch_gives(
    repositories, source: Folder, folder: str, *, is_packed: bool
) -> None:
    if is_packed:
        source.git("gc", "--quiet", "--prune=now")
    near, fetched = near_of(repositories, source), repositories.of(str(source.path))
    commit = commit_of(near)
    assert near.is_own() is hasattr(os, "geteuid")
    assert commit == fetched.resolve(None) == source.head()
    assert told(near.files(commit, folder)) == told(list(fetched.files(commit, folder)))
    assert near.tags_at(commit) == list(fetched.tags_at(commit, None))
    assert [name for name, _ in near.tags_at(commit)] == ["v1"]


def test_it_stays_as_it_was_when_somebody_first_asked(repositories, source: Folder) -> None:
    near = near_of(repositories, source)
    first = commit_of(near)
    source.write({"a.md": "# Other\n"})
    source.git(*USER, "commit", "-qam", "second")
    assert near_of(repositories, source).at(None) == first != source.head()


@pytest.mark.parametrize("folder", ["none", "a.md", "a/b/c.md"])
def test_what_is_no_folder_has_no_files(repositories, source: Folder, folder: str) -> None:
    near = near_of(repositories, source)
    with pytest.raises(NotFound):
        near.files(commit_of(near), folder)


def test_too_much_is_refused_before_it_is_read(repositories, source: Folder) -> None:
    for number in range(MOST_BYTES // MAX_FILE_BYTES + 1):
        (source.path / f"{number}.md").write_bytes(b"%d" % (number % 10) * MAX_FILE_BYTES)
    source.git("add", "--all")
    source.git(*USER, "commit", "-qm", "second")
    near = near_of(repositories, source)
    with pytest.raises(LimitExceeded):
        near.files(commit_of(near), "")


def loose(source: Folder, name: str) -> Path:
    return source.path / ".git" / "objects" / name[:2] / name[2:]


@pytest.mark.parametrize("what", ["HEAD", "HEAD^{tree}", "HEAD:a"])
@pytest.mark.parametrize(
    "damaged",
    [b"", b"no zlib", zlib.compress(b"tree 3\0abc"), zlib.compress(b"blob 3\0abcd"), None],
)
def test_damage_is_never_taken_for_a_file(
    repositories, source: Folder, what: str, damaged: bytes | None
) -> None:
    name = source.git("rev-parse", what).strip()
    near = near_of(repositories, source)
    commit = commit_of(near)
    loose(source, name).unlink()
    if damaged is not None:
        loose(source, name).write_bytes(damaged)
    with pytest.raises((NotFound, Unavailable)):
        near.files(commit, "")


def test_bytes_under_the_id_of_others_are_refused(repositories, source: Folder) -> None:
    name = source.git("rev-parse", "HEAD:a.md").strip()
    near = near_of(repositories, source)
    files = dict(near.files(commit_of(near), ""))
    loose(source, name).unlink()
    loose(source, name).write_bytes(zlib.compress(b"blob 6\0# Evil"))
    with pytest.raises(Unavailable):
        _ = files["a.md"].content


@pytest.mark.parametrize(
    "names",
    [("b.md", "a.md"), ("a.md", "a.md"), (".git",), (".GIT",), ("..",), ("x/../y",)],
)
def test_a_tree_that_git_would_refuse_is_left_to_git(
    repositories, source: Folder, names: tuple[str, ...]
) -> None:
    blob = bytes.fromhex(source.git("rev-parse", "HEAD:a.md").strip())
    rows = b"".join(b"100644 %s\0%s" % (name.encode(), blob) for name in names)
    hashing = ("hash-object", "--literally", "-t", "tree", "-w", "--stdin")
    tree = git(source.path, *hashing, stdin=rows).decode().strip()
    made = source.git(*USER, "commit-tree", "-m", "odd", tree).strip()
    source.git("update-ref", "HEAD", made)
    near = near_of(repositories, source)
    with pytest.raises(Unavailable):
        near.files(commit_of(near), "")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="the system has no such owners")
def test_the_repository_of_somebody_else_is_left_to_git(
    repositories, source: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert not near_of(repositories, source).is_own()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_pipes_in_place_of_files_are_not_waited_for(repositories, source: Folder) -> None:
    """An archive of a stranger's may have them; nobody will ever write into one."""
    near, folder = near_of(repositories, source), source.path / ".git"
    commit, name = commit_of(near), source.git("rev-parse", "HEAD:a.md").strip()
    piped(folder / "objects" / name[:2] / name[2:])
    with pytest.raises(Unavailable):
        near.files(commit, "")
    piped(folder / "refs/tags/v1")
    with pytest.raises(Unavailable):
        near.tags_at(commit)
    piped(folder / "refs/heads/main")
    assert NearRepository(source.path, lambda _: pytest.fail("git was asked")).at("main") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
@pytest.mark.parametrize("name", ["pack/pack-1.idx", "info/alternates"])
def test_git_is_not_asked_where_it_would_wait_or_look_elsewhere(
    source: Folder, tmp_path: Path, name: str
) -> None:
    near = NearRepository(source.path, lambda _: pytest.fail("git was asked"))
    commit, file = commit_of(near), source.path / ".git/objects" / name
    loose(source, source.git("rev-parse", "HEAD:a.md").strip()).unlink()
    file.parent.mkdir(exist_ok=True)
    os.mkfifo(file)
    with pytest.raises(Unavailable):
        near.files(commit, "")


@pytest.mark.parametrize("name", ["", "deep", "loop"])
def test_tags_that_lead_out_of_their_folder_are_left_to_git(
    repositories, source: Folder, tmp_path: Path, name: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "v2").write_text(f"{source.head()}\n", encoding="ascii")
    tags = source.path / ".git/refs/tags"
    if not name:
        tags.rename(tmp_path / "tags")
    (tags / name).symlink_to(tags if name == "loop" else outside)
    near = near_of(repositories, source)
    with pytest.raises(Unavailable):
        near.tags_at(commit_of(near))


def piped(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)
