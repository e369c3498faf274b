"""Where a file of the second side can be, whatever file systems take for the same name."""

import pytest

from pack.merge.clashes import Claim, FreeNames, MixedNames
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


def test_a_folder_that_is_a_file_elsewhere_gets_a_name_that_nobody_has():
    files = [MemoryPath("a/X"), MemoryPath("b/y-folder/z.md")]
    folders = [MemoryPath("a/x/1.md"), MemoryPath("b/y/2.md"), MemoryPath("B/Y/3.md")]
    assert not MixedNames(files, folders[1:])
    mixed = MixedNames([*files, MemoryPath("b/y")], folders)
    assert [path in mixed for path in ("a/x", "a/X", "b/y", "b")] == [True, True, True, False]
    renamed = [mixed.renamed(path) for path in folders]
    assert renamed == ["a/x-folder/1.md", "b/y-folder-folder/2.md", "B/Y-folder-folder/3.md"]
    assert mixed.renamed(MemoryPath("c/z.md")) == "c/z.md"
