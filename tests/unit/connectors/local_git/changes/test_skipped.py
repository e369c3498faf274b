"""What a scan skips is remembered, and asked about again only where the answer may be another."""

from __future__ import annotations

from pack_connectors.local_git.changes.skipped import SkippedFolders


class Git:
    """Says what is ignored, and how often it was asked."""

    def __init__(self) -> None:
        self.ignored = {"deps", "build"}
        self.stamp = 0
        self.asked = 0

    def skipping(self):
        self.asked += 1
        return self.ignored.__contains__


def skipped_by(git: Git) -> SkippedFolders:
    folders = SkippedFolders(git.skipping, lambda: git.stamp)
    skips = folders.begin()
    assert [folder for folder in ("notes", "deps", "build") if skips(folder)] == ["deps", "build"]
    return folders


def test_nobody_is_asked_as_long_as_nothing_changed():
    git = Git()
    folders = skipped_by(git)
    git.ignored = {"deps"}
    assert folders.reappeared(has_new_rules=False) == set()
    assert git.asked == 1
    assert folders.reappeared(has_new_rules=True) == {"build"}
    assert folders.reappeared(has_new_rules=True) == set()


def test_another_commit_or_index_is_a_reason_to_ask():
    git = Git()
    folders = skipped_by(git)
    git.ignored, git.stamp = {"build"}, 1
    assert folders.reappeared(has_new_rules=False) == {"deps"}
    assert folders.reappeared(has_new_rules=False) == set()
    assert git.asked == 2


def test_what_is_gone_is_forgotten_with_all_in_it():
    git = Git()
    git.ignored |= {"a/deps", "ab"}
    folders = skipped_by(git)
    assert all(map(folders.rule(), ("a/deps", "ab")))
    folders.forget("a")
    git.ignored, git.stamp = set(), 1
    assert folders.reappeared(has_new_rules=False) == {"deps", "build", "ab"}
