"""The texts of a changed file."""

from pack.history.differences.file_diff import read_diffs
from pack.log import ChangeKind, FileChange
from pack.model import blob_id

INDEX = "---\npack_index: folder\n---\n"


def diffs(path, before, after, *, raw=False):
    texts = {blob_id(text): text for text in (before, after) if text is not None}
    shas = [None if text is None else blob_id(text) for text in (before, after)]
    kind = ChangeKind.ADDED if before is None else ChangeKind.EDITED
    change = FileChange(path, kind, None, shas[1], (shas[0],))
    return list(read_diffs([change], lambda _path, sha: texts[sha], raw=raw))


def test_both_texts_are_read():
    (found,) = diffs("a/x.md", b"one\n", b"two\r\n")
    assert (found.before, found.after, found.unshown) == ("one\n", "two\r\n", None)
    (found,) = diffs("a/x.md", None, b"\xef\xbb\xbftwo")
    assert (found.before, found.after) == ("", "\ufefftwo")


def test_a_change_of_the_mode_alone_is_none():
    assert diffs("a/x.md", b"one\n", b"one\n", raw=True) == []


def test_generated_files_are_left_out_unless_they_are_asked_for():
    assert diffs("a/index.md", None, INDEX.encode()) == []
    assert len(diffs("a/index.md", None, INDEX.encode(), raw=True)) == 1
    assert len(diffs("a/index.md", b"my own\n", INDEX.encode())) == 1


def test_what_is_not_text_is_not_shown():
    (found,) = diffs("a/x.md", b"one\n", b"\xff")
    assert (found.before, found.after, found.unshown) == ("", "", "it is not UTF-8 text")
