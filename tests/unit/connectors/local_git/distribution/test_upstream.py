import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.distribution.upstream import GitUpstream
from pack_connectors.local_git.repository import create_repository

from pack.distribution.values import Release
from pack.errors import NotFound
from pack.model import CommitId, MemoryPath, blob_id
from tests.support import git

WEB = "https://github.com/ada/memory"
NOTE = MemoryPath("projects/a.md")


class Released:
    """A memory with releases.

    Attributes:
        folder: It.
        upstream: What it has released.
    """

    def __init__(self, folder: Path) -> None:
        create_repository(folder)
        self.folder = folder
        self.local = LocalGit(folder, lambda: datetime(2026, 1, 1, tzinfo=UTC))
        self.upstream = GitUpstream(self.local, WEB)

    def commit(self, text: str) -> CommitId:
        (self.folder / "projects").mkdir(exist_ok=True)
        (self.folder / NOTE).write_text(text, encoding="utf-8")
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "-m", text)
        return self.head()

    def head(self) -> CommitId:
        return CommitId(git(self.folder, "rev-parse", "HEAD").decode().strip())

    def tag(self, name: str, what: str = "HEAD", *, annotated: bool = False) -> None:
        options = ["-a", "-m", name] if annotated else []
        git(self.folder, "tag", "-f", *options, name, what)

    def versions(self) -> list[str]:
        return [release.version for release in self.upstream.releases()]


@pytest.fixture
def released(tmp_path, git_identity):
    made = Released(tmp_path / "memory")
    yield made
    made.local.close()


def test_releases_are_the_tags_that_are_versions_the_newest_first(released):
    first = released.commit("one")
    released.tag("v1.0.0")
    released.tag("v1.9.0", annotated=True)
    released.tag("nightly")
    released.tag("vienna")
    released.tag("1.5.0")
    second = released.commit("two")
    released.tag("v1.10.0")
    released.tag("v2.0.0-rc.1")
    found = released.upstream.releases()
    assert [release.version for release in found] == ["v2.0.0-rc.1", "v1.10.0", "v1.9.0", "v1.0.0"]
    assert [release.commit for release in found] == [second, second, first, first]
    seconds = int(git(released.folder, "log", "-1", "--format=%ct", first))
    assert found[-1].at == datetime.fromtimestamp(seconds, UTC)
    assert all(release.is_tag for release in found)


def test_a_memory_without_a_release_or_a_commit_has_none(released):
    assert released.upstream.releases() == []
    with pytest.raises(NotFound):
        released.upstream.at("HEAD")
    released.commit("one")
    assert released.upstream.releases() == []


def test_a_tag_that_was_moved_leads_where_it_is_now(released):
    released.commit("one")
    released.tag("v1.0.0", annotated=True)
    before = released.upstream.at("v1.0.0")
    second = released.commit("two")
    released.tag("v1.0.0")
    assert before.commit != second
    assert released.upstream.at("v1.0.0").commit == second
    assert released.upstream.releases()[0].commit == second


def test_a_tag_of_a_tag_leads_to_the_commit_and_one_of_a_file_to_nothing(released):
    commit = released.commit("one")
    released.tag("v1.0.0", annotated=True)
    released.tag("v1.1.0", "v1.0.0", annotated=True)
    released.tag("v1.2.0", f"HEAD:{NOTE}")
    assert released.versions() == ["v1.1.0", "v1.0.0"]
    assert released.upstream.at("v1.1.0").commit == commit
    with pytest.raises(NotFound):
        released.upstream.at("v1.2.0")


@pytest.mark.parametrize("ref", ["v1.0.0", "1.0.0"])
def test_a_release_is_found_by_its_tag_with_or_without_the_v(released, ref):
    commit = released.commit("one")
    released.tag("v1.0.0")
    found = released.upstream.at(ref)
    assert (found.version, found.commit, found.is_tag) == ("v1.0.0", commit, True)


def test_a_tag_comes_before_a_branch_of_the_same_name(released):
    first = released.commit("one")
    released.tag("stable")
    released.commit("two")
    git(released.folder, "branch", "stable")
    assert released.upstream.at("stable").commit == first


@pytest.mark.parametrize("name", ["main", "HEAD", "whole", "short"])
def test_a_branch_or_a_commit_has_a_short_id_for_a_version(released, name):
    commit = released.commit("one")
    ref = {"whole": commit, "short": commit[:7]}.get(name, name)
    found = released.upstream.at(ref)
    assert (found.version, found.commit, found.is_tag) == (commit[:12], commit, False)


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "v9.9.9",
        "main~0",
        "HEAD^{commit}",
        "main@{0}",
        "--all",
        "a b",
        "f" * 40,
        ":/one",
        "v1\n",
    ],
)
def test_nothing_else_is_found(released, ref):
    released.commit("one")
    released.tag("v1.0.0")
    with pytest.raises(NotFound):
        released.upstream.at(ref)


def test_the_files_of_a_release_are_those_that_it_had(released):
    released.commit("one")
    (released.folder / "link.md").symlink_to(NOTE)
    release = released.commit("two")
    (released.folder / NOTE).write_text("three", encoding="utf-8")
    files = released.upstream.files(release)
    assert files == {NOTE: blob_id(b"two")}
    assert dict(released.upstream.read_blobs(files.values())) == {blob_id(b"two"): b"two"}


def test_a_link_leads_to_the_file_of_the_release(released):
    commit, at = CommitId("a" * 40), datetime(2026, 1, 1, tzinfo=UTC)
    tagged, untagged = Release("v1.0.0", commit, at), Release("aaaa", commit, at, is_tag=False)
    path = MemoryPath("projects/ä b#.md")
    found = released.upstream.permalink(tagged, path)
    assert found == f"{WEB}/blob/v1.0.0/projects/%C3%A4%20b%23.md"
    assert f"/blob/{commit}/" in released.upstream.permalink(untagged, path)
    named = GitUpstream(released.local, "team memory")
    assert named.permalink(tagged, path) == "team memory@v1.0.0:projects/ä b#.md"
    assert named.permalink(untagged, path) == f"team memory@{commit}:projects/ä b#.md"


def test_hundreds_of_tags_are_read_at_once(released):
    commit = released.commit("one")
    lines = "".join(f"create refs/tags/v1.{n}.0 {commit}\n" for n in range(300))
    git(released.folder, "update-ref", "--stdin", stdin=lines.encode())
    assert released.versions() == [f"v1.{n}.0" for n in reversed(range(300))]
    subprocess.run(["git", "-C", released.folder, "pack-refs", "--all"], check=True)
    assert len(released.versions()) == 300


def test_the_commits_that_changed_a_folder_along_first_parents(released: Released) -> None:
    first, second = released.commit("1"), released.commit("2")
    git(released.folder, "switch", "-q", "-c", "side", first)
    (released.folder / "other.md").write_text("x", encoding="utf-8")
    git(released.folder, "add", "-A")
    git(released.folder, "commit", "-q", "-m", "other")
    git(released.folder, "switch", "-q", "-")
    git(released.folder, "merge", "-q", "--no-ff", "--no-edit", "side")
    head = released.head()
    assert [*released.upstream.changes(head, "projects/")] == [second, first]
    assert [*released.upstream.changes(head, "*/")] == []
    assert [*released.upstream.changes(head, "")][:3] == [head, second, first]
