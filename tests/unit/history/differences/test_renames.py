"""Files that were moved and changed at once."""

from pack.errors import NotFound
from pack.history.differences.renames import with_renames
from pack.log import ChangeKind, FileChange
from pack.model import blob_id

LINES = [f"line {number}\n" for number in range(10)]


def changes_of(gone, come):
    texts = {blob_id(text.encode()): text.encode() for text in (*gone.values(), *come.values())}
    changes = [
        FileChange(path, ChangeKind.DELETED, None, None, (blob_id(text.encode()),))
        for path, text in gone.items()
    ]
    changes += [
        FileChange(path, ChangeKind.ADDED, None, blob_id(text.encode()), (None,))
        for path, text in come.items()
    ]
    return with_renames(changes, lambda _path, sha: texts[sha])


def test_the_likeliest_pairs_are_moves():
    whole, half = "".join(LINES), "".join(LINES[:7])
    found = changes_of({"a.md": whole, "b.md": "other\n"}, {"c.md": half, "d.md": whole + "new\n"})
    assert {(one.path, one.kind, one.old_path) for one in found} == {
        ("d.md", ChangeKind.MOVED, "a.md"),
        ("c.md", ChangeKind.ADDED, None),
        ("b.md", ChangeKind.DELETED, None),
    }
    (moved,) = (one for one in found if one.old_path)
    assert moved.old_sha == blob_id(whole.encode())


def test_what_has_little_in_common_is_no_move():
    found = changes_of({"a.md": "".join(LINES)}, {"b.md": "".join(LINES[:3]) + "more\n" * 20})
    assert {one.kind for one in found} == {ChangeKind.ADDED, ChangeKind.DELETED}
    assert {one.kind for one in changes_of({"a.md": ""}, {"b.md": ""})} == {
        ChangeKind.ADDED,
        ChangeKind.DELETED,
    }


def test_a_file_that_cannot_be_read_was_not_moved():
    def read(_path, _sha):
        raise NotFound("object")

    gone = FileChange("a.md", ChangeKind.DELETED, None, None, (blob_id(b"a"),))
    come = FileChange("b.md", ChangeKind.ADDED, None, blob_id(b"b"), (None,))
    assert with_renames([gone, come], read) == (gone, come)
