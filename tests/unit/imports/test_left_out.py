"""What does not become a note is named."""

from pack.imports.left_out import (
    HIDDEN_FOLDER,
    LINK,
    OTHER_TYPE,
    LeftOut,
    left_in,
    types_of,
)
from pack.model import BlobId, Entry, EntryType, MemoryPath


def entry(path, kind=EntryType.FILE):
    return Entry(path.rpartition("/")[2], MemoryPath(path), kind, BlobId("x"))


def test_each_thing_is_named_once():
    tree = [
        entry("a/x.md"),
        entry("README.md"),
        entry("a/p.PNG"),
        entry("Makefile"),
        entry("a/.claude/commands/c.md"),
        entry("a/.claude/d.md"),
        entry("a/.hidden.md"),
        entry("a/l.md", EntryType.SYMLINK),
        entry("sub", EntryType.SUBMODULE),
    ]
    found = left_in(tree)
    assert [(one.path, one.files) for one in found] == [
        ("Makefile", 1),
        ("a/.claude", 2),
        ("a/.hidden.md", 1),
        ("a/l.md", 1),
        ("a/p.PNG", 1),
        ("sub", 1),
    ]
    reasons = {one.path: one.reason for one in found}
    assert (reasons["a/.claude"], reasons["a/l.md"]) == (HIDDEN_FOLDER, LINK)
    assert types_of(found) == {".png": 1, "no ending": 1}


def test_types_come_the_most_frequent_first():
    files = [LeftOut(path, OTHER_TYPE) for path in ("a.b", "c.png", "d.png", ".x")]
    assert list(types_of(files)) == [".png", ".b", "no ending"]
