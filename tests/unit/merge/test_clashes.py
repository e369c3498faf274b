"""Where a file of the second side can be, whatever file systems take for the same name."""

import pytest

from pack.merge.clashes import Claim, FreeNames
from pack.model import BlobId, MemoryPath

ID = BlobId("0123456789" * 4)
PATHS = [MemoryPath(path) for path in ("a/x.md", "b/y.md", "old/z.md")]
GONE = [MemoryPath("old/z.md")]


@pytest.mark.parametrize(
    ("wanted", "path", "twin"),
    [
        ("c/new.md", "c/new.md", ""),
        ("A/new.md", "a/new.md", ""),
        ("a/X.md", "a/X.md", "a/x.md"),
        ("a", "a", "a"),
        ("old/z.md", "old/z.md", ""),
        ("old/other.md", "old/other.md", ""),
        ("old", "old", "old"),
    ],
)
def test_what_a_wanted_path_comes_to(wanted, path, twin):
    assert FreeNames(PATHS, GONE).claim(MemoryPath(wanted)) == Claim(MemoryPath(path), twin)


def test_a_folder_where_a_file_is_gets_another_name():
    claim = FreeNames(PATHS, GONE).claim(MemoryPath("a/x.md/below.md"))
    assert claim == Claim(MemoryPath("a/x.md-folder/below.md"), "")


def test_what_was_claimed_is_taken():
    names = FreeNames(PATHS, GONE)
    assert names.claim(MemoryPath("c/new.md")).twin == ""
    assert names.claim(MemoryPath("C/NEW.md")).twin == "c/new.md"
    first = names.claim_copy(MemoryPath("a/x.md"), ID)
    second = names.claim_copy(MemoryPath("a/x.md"), ID)
    assert (first, second) == ("a/x.conflict-01234567.md", "a/x.conflict-01234567-2.md")
