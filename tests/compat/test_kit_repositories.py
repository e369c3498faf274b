"""Kits in several repositories: they are fetched to one place, and none gets at another's."""

from __future__ import annotations

from pathlib import Path

import pytest
from pack_connectors.local_git.remote import kit_source
from pack_connectors.local_git.remote.kit_source import FetchedRepositories
from pack_connectors.local_git.remote.near_ref import near_commit

from pack.errors import NotFound, Unavailable
from tests.stories.cli_driver import Folder

USER = ("-c", "user.name=Upstream", "-c", "user.email=up@example.org")


@pytest.fixture
def repositories():
    found = FetchedRepositories()
    yield found
    found.close()


def publish(folder: Path, text: str, *, tag: str = "") -> str:
    source = Folder(folder)
    if not folder.exists():
        folder.mkdir()
        source.git("init", "--quiet", "--initial-branch=main")
    source.write({"kit.yaml": f"schema: 1\nname: a\nversion: 1.0.0\n# {text}\n"})
    source.git("add", "--all")
    source.git(*USER, "commit", "-qm", text)
    if tag:
        source.git(*USER, "tag", "-m", tag, tag)
    return source.head()


def text_of(repositories: FetchedRepositories, folder: Path, ref: str | None = None) -> str:
    repository = repositories.of(str(folder))
    files = dict(repository.files(repository.resolve(ref), ""))
    return files["kit.yaml"].content.decode().splitlines()[-1]


def test_each_has_its_own_refs_and_commits(repositories, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    publish(one, "first", tag="v1")
    head = publish(one, "second")
    other = publish(two, "other", tag="v1")
    assert text_of(repositories, two) == "# other"
    assert text_of(repositories, one) == "# second"
    assert text_of(repositories, one, "v1") == "# first"
    assert text_of(repositories, two, "main") == "# other"
    for ref in (head, head[:9]):
        assert repositories.of(str(one)).resolve(ref) == head
        with pytest.raises(NotFound):
            repositories.of(str(two)).resolve(ref)
    with pytest.raises(NotFound):
        repositories.of(str(one)).resolve(other)
    assert [name for name, _ in repositories.of(str(one)).tags_at(head, None)] == []
    first = repositories.of(str(one)).resolve("v1")
    assert [name for name, _ in repositories.of(str(one)).tags_at(first, None)] == ["v1"]
    assert repositories.of(str(one)).refs() == ["v1", head, first]


def test_one_that_cannot_be_fetched_holds_up_no_other(repositories, tmp_path: Path) -> None:
    publish(tmp_path / "one", "first")
    (tmp_path / "none").mkdir()
    for _ in range(2):
        with pytest.raises(Unavailable):
            repositories.of(str(tmp_path / "none")).resolve(None)
    assert text_of(repositories, tmp_path / "one") == "# first"


def test_they_share_a_place_but_not_with_a_shallow_clone(
    repositories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    create = kit_source.create_repository
    monkeypatch.setattr(
        kit_source, "create_repository", lambda folder: made.append(folder) or create(folder)
    )
    for name in ("one", "two", "three"):
        publish(tmp_path / name, name)
        assert text_of(repositories, tmp_path / name) == f"# {name}"
    assert len(made) == 1
    first = Folder(tmp_path / "three").head()
    publish(tmp_path / "three", "more")
    Folder(tmp_path).git("clone", "-q", "--depth=1", f"file://{tmp_path}/three", "shallow")
    assert text_of(repositories, tmp_path / "shallow") == "# more"
    Folder(tmp_path).git("clone", "-q", f"file://{tmp_path}/three", "whole")
    assert repositories.of(str(tmp_path / "whole")).resolve(first) == first
    assert len(made) == 2


def test_where_a_branch_is_can_be_told_without_git(tmp_path: Path) -> None:
    place = tmp_path / "one"
    source = Folder(place)
    assert near_commit(place, None) is None
    publish(place, "first")
    for name in ("side", "deep/er"):
        source.git("branch", name)
    publish(place, "second", tag="v1")

    def assert_told(*branches: str | None) -> None:
        for branch in branches:
            wanted = source.git("rev-parse", branch or "HEAD").strip()
            assert near_commit(place, branch) == wanted, branch

    assert_told(None, "main", "side", "deep/er")
    source.git("pack-refs", "--all")
    assert_told(None, "main", "side", "deep/er")
    publish(place, "third")
    assert_told(None, "main", "side")
    source.git("tag", "side", "main")
    for odd in ("v1", "side", "none", "../main", "a..b", "HEAD", ""):
        assert near_commit(place, odd) is None, odd
    Folder(tmp_path).git("clone", "-q", "--bare", "one", "bare")
    assert near_commit(tmp_path / "bare", None) == source.head()
    source.git("worktree", "add", "-q", "../tree")
    assert near_commit(tmp_path / "tree", None) is None
    source.git("checkout", "-q", "--detach")
    assert near_commit(place, None) is None
