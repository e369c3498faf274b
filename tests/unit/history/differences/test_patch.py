"""Patches that git takes."""

import pytest

from pack.history.differences.file_diff import FileDiff
from pack.history.differences.patch import patch_of
from pack.log import ChangeKind
from tests.support import git

ADDED, EDITED, MOVED, DELETED = ChangeKind
LONG = "".join(f"line {number}\n" for number in range(40))
DIFFS = [
    FileDiff("a/edited.md", EDITED, None, LONG, LONG.replace("line 3\n", "") + "end"),
    FileDiff("a/no end.md", EDITED, None, "a\nb", "a\nb\n"),
    FileDiff("a/crlf.md", EDITED, None, "a\r\nb\r\n", "a\nb\r\nc"),
    FileDiff("a/new.md", ADDED, None, "", "new\n"),
    FileDiff("a/empty.md", ADDED, None, "", ""),
    FileDiff("a/gone.md", DELETED, None, "gone\n", ""),
    FileDiff('b/größe "x".md', MOVED, "a/größe.md", LONG, LONG + "more\n"),
    FileDiff("b/same.md", MOVED, "a/same.md", "same\n", "same\n"),
    FileDiff("a/会議.md", EDITED, None, "会議\n", "会議。\n"),
]


def test_git_applies_it(tmp_path):
    git(tmp_path, "init", "--quiet")
    for diff in DIFFS:
        if diff.change is not ADDED:
            file = tmp_path / (diff.old_path or diff.path)
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(diff.before.encode())
    git(tmp_path, "apply", "--whitespace=nowarn", stdin="".join(map(patch_of, DIFFS)).encode())
    for diff in DIFFS:
        file = tmp_path / diff.path
        assert (file.read_bytes().decode() if file.exists() else "") == diff.after
        assert diff.old_path is None or not (tmp_path / diff.old_path).exists()
    assert not (tmp_path / "a/gone.md").exists()
    assert (tmp_path / "a/empty.md").exists()


def test_it_is_what_git_writes(tmp_path):
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x y.md").write_bytes(LONG.encode())
    git(tmp_path, "add", ".")
    changed = LONG.replace("line 20\n", "line twenty\n").removesuffix("\n")
    (tmp_path / "a/x y.md").write_bytes(changed.encode())
    expected = git(tmp_path, "diff", "--abbrev=7").decode()
    found = patch_of(FileDiff("a/x y.md", EDITED, None, LONG, changed))
    heads = [line.split("@@")[1] for line in expected.splitlines() if line.startswith("@@")]
    assert [line for line in found.splitlines() if not line.startswith("@@")] == [
        line for line in expected.splitlines() if not line.startswith("@@")
    ]
    assert [line.split("@@")[1] for line in found.splitlines() if line.startswith("@@")] == heads


@pytest.mark.parametrize(
    "diff",
    [
        FileDiff("a/x.md", EDITED, None, unshown="it is not UTF-8 text"),
        FileDiff("a/x.md", EDITED, None, "a\n", "a\n"),
    ],
)
def test_what_cannot_be_a_patch_is_none(diff):
    assert patch_of(diff) == ""
