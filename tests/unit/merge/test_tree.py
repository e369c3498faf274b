from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.files import frontmatter
from pack.merge.copies import (
    COPY_KEY,
    is_conflict_copy,
    original_of,
)
from pack.merge.tree import MergeConflict, TreeMerge, merge_trees
from pack.model import ABSENT, Delete, MemoryPath, Put, blob_id
from pack.paths import fold

Files = Mapping[str, str | bytes]


def copy_of(path: str, text: str) -> str:
    """Where a version of a file is kept."""
    stem, dot, ending = path.rpartition(".")
    return f"{stem}.conflict-{blob_id(text.encode())[:8]}{dot}{ending}"


def stored(files: Files) -> dict[MemoryPath, bytes]:
    return {
        MemoryPath(path): text.encode() if isinstance(text, str) else text
        for path, text in files.items()
    }


def plan(base: Files, ours: Files, theirs: Files) -> TreeMerge:
    trees = [stored(files) for files in (base, ours, theirs)]
    blobs = {blob_id(content): content for tree in trees for content in tree.values()}
    ids = [{path: blob_id(content) for path, content in tree.items()} for tree in trees]
    return merge_trees(*ids, blobs.__getitem__, is_settled=lambda *_: False)


def applied(ours: Files, found: TreeMerge) -> dict[str, str]:
    """Our files after the plan; fails where an expectation does not hold."""
    files = stored(ours)
    for change in found.changes:
        current = files.get(change.path)
        assert change.expect == (ABSENT if current is None else blob_id(current))
        if isinstance(change, Put):
            assert change.content != current
            files[change.path] = change.content
        else:
            del files[change.path]
    folders = {path.rpartition("/")[0] for path in files}
    assert not folders & set(files)
    return {str(path): content.decode("utf-8", "replace") for path, content in files.items()}


def merge(base: Files, ours: Files, theirs: Files) -> dict[str, str]:
    """The merged files, which must be the same on both sides, and nobody has to look at."""
    found, other = plan(base, ours, theirs), plan(base, theirs, ours)
    assert found.conflicts == other.conflicts == ()
    result = applied(ours, found)
    assert applied(theirs, other) == result
    return result


# --- files -----------------------------------------------------------------------------------


def test_each_side_its_files() -> None:
    base = {"a/1.md": "1\n", "a/2.md": "2\n", "a/3.md": "3\n"}
    ours = {"a/1.md": "1\n", "a/2.md": "2!\n", "a/4.md": "4\n"}
    theirs = {"a/1.md": "1\n0\n", "a/2.md": "2\n", "a/3.md": "3\n", "b/5.md": "5\n"}
    assert merge(base, ours, theirs) == {
        "a/1.md": "1\n0\n", "a/2.md": "2!\n", "a/4.md": "4\n", "b/5.md": "5\n",
    }  # fmt: skip


def test_nothing_is_read_that_need_not_be() -> None:
    tree = {MemoryPath(f"a/{n}.md"): blob_id(b"%d" % n) for n in range(20)}
    read: list[str] = []

    def content(blob: str) -> bytes:
        read.append(blob)
        return b"new"

    theirs = {**tree, MemoryPath("a/3.md"): blob_id(b"new")}
    ours = {**tree, MemoryPath("a/4.md"): blob_id(b"ours")}
    merge_trees(tree, ours, theirs, content)
    assert read == [blob_id(b"new")]


def test_changes_are_sorted_and_say_what_they_are_made_on() -> None:
    base = {"a/1.md": "1\n", "a/2.md": "2\n"}
    found = plan(base, base, {"a/2.md": "3\n", "a/0.md": "0\n"})
    assert found.changes == (
        Put(MemoryPath("a/0.md"), b"0\n", ABSENT),
        Delete(MemoryPath("a/1.md"), blob_id(b"1\n")),
        Put(MemoryPath("a/2.md"), b"3\n", blob_id(b"2\n")),
    )


@pytest.mark.contract("C1")
def test_no_deletion_wins_over_an_edit() -> None:
    base, changed = {"a/1.md": "1\n", "a/2.md": "2\n"}, {"a/1.md": "1!\n", "a/2.md": "2\n"}
    deleted = {"a/2.md": "2\n"}
    here, there = plan(base, deleted, changed), plan(base, changed, deleted)
    assert applied(deleted, here) == applied(changed, there) == changed
    (found,), (other,) = here.conflicts, there.conflicts
    assert (found.path, found.copy, other.copy) == ("a/1.md", None, None)
    assert found.reason == other.reason


def test_both_deleted() -> None:
    assert merge({"a/1.md": "1\n"}, {}, {}) == {}


@pytest.mark.contract("C1")
def test_what_cannot_be_merged_is_kept_in_a_copy() -> None:
    base, ours, theirs = ({"a/x.md": f"{word}\n"} for word in ("old", "ours", "theirs"))
    found = plan(base, ours, theirs)
    copy = copy_of("a/x.md", "theirs\n")
    assert applied(ours, found) == {
        "a/x.md": "ours\n",
        copy: f"---\n{COPY_KEY}: a/x.md\n---\ntheirs\n",
    }
    (conflict,) = found.conflicts
    assert (conflict.path, conflict.copy) == ("a/x.md", copy)


def test_what_is_in_place_and_in_a_copy_is_there_once() -> None:
    base, ours, theirs = ({"a/x.md": f"{word}\n"} for word in ("old", "ours", "theirs"))
    here = applied(ours, plan(base, ours, theirs))
    there = applied(theirs, plan(base, theirs, ours))
    for merge_base in (ours, theirs, base):
        met = applied(here, plan(merge_base, here, there))
        (copy,) = (path for path in met if is_conflict_copy(path))
        assert {met["a/x.md"], met[copy].split("---\n")[-1]} == {"ours\n", "theirs\n"}
        assert merge(here, met, here) == met


def test_a_version_that_differs_in_its_date_alone_is_one_text() -> None:
    dated = "---\nupdated: 2026-01-0{}\n---\n{}\n"
    first, second = (copy_of("a/x.md", dated.format(day, "lost")) for day in (1, 2))
    mark = f"---\n{COPY_KEY}: a/x.md\n---\n"
    ours = {"a/x.md": dated.format(3, "won"), first: mark + "lost\n"}
    theirs = {"a/x.md": dated.format(3, "won"), second: mark + "lost\n"}
    assert applied(ours, plan({}, ours, theirs)) in (ours, theirs)
    in_place = {"a/x.md": dated.format(4, "lost")}
    assert merge({}, in_place, in_place | {first: mark + "lost\n"}) == in_place
    same = {**in_place, first: mark + "lost\n"}  # a person left it there
    assert merge(same, same, {**same, "a/y.md": "y\n"}) == {**same, "a/y.md": "y\n"}


def test_a_copy_that_a_person_settled_does_not_come_back() -> None:
    copy = copy_of("a/x.md", "lost\n")
    ours, theirs = {"a/x.md": "won\n"}, {"a/x.md": "won\n", copy: "lost\n"}
    trees = [
        {path: blob_id(content) for path, content in stored(files).items()}
        for files in ({}, ours, theirs)
    ]
    asked = []

    def is_settled(path: MemoryPath, blob: str, is_ours: bool) -> bool:
        asked.append((path, blob, is_ours))
        return True

    texts = {blob_id(content): content for content in stored(theirs).values()}
    settled = merge_trees(*trees, texts.__getitem__, is_settled=is_settled)
    assert settled.changes == ()
    assert asked == [(copy, blob_id(b"lost\n"), True)]
    turned = merge_trees(trees[0], trees[2], trees[1], texts.__getitem__, is_settled=is_settled)
    assert turned.changes == (Delete(MemoryPath(copy), blob_id(b"lost\n")),)
    assert asked[1:] == [(copy, blob_id(b"lost\n"), False)]


def test_a_copy_that_conflicts_gets_no_longer_name() -> None:
    path = copy_of("a/x.md", "old\n")
    base, ours, theirs = (
        {path: f"---\n{COPY_KEY}: a/x.md\n---\n{word}\n"} for word in ("old", "ours", "theirs")
    )
    files = applied(ours, plan(base, ours, theirs))
    assert files == {**ours, copy_of("a/x.md", theirs[path]): theirs[path]}


def test_files_without_a_common_beginning() -> None:
    ours = {"a/same.md": "1\n", "a/x.md": "ours\n", "a/o.md": "o\n"}
    theirs = {"a/same.md": "1\n", "a/x.md": "theirs\n", "a/t.md": "t\n"}
    files = applied(ours, plan({}, ours, theirs))
    marked = f"---\n{COPY_KEY}: a/x.md\n---\ntheirs\n"
    assert files == {**ours, "a/t.md": "t\n", copy_of("a/x.md", "theirs\n"): marked}


# --- moves -----------------------------------------------------------------------------------


def test_an_edit_follows_a_move() -> None:
    base = {"a/x.md": "1\n2\n"}
    moved, edited = {"b/y.md": "1\n2\n"}, {"a/x.md": "1\n2\n3\n"}
    assert merge(base, moved, edited) == {"b/y.md": "1\n2\n3\n"}
    assert merge(base, moved, base) == moved
    assert merge(base, moved, moved) == moved


def test_a_move_to_another_case_is_no_twin() -> None:
    base = {"a/X.md": "1\n"}
    assert merge(base, {"a/x.md": "1\n"}, {"a/X.md": "1\n2\n"}) == {"a/x.md": "1\n2\n"}


def test_a_move_onto_a_file_that_the_other_side_added() -> None:
    base = {"a/x.md": "1\n"}
    ours, theirs = {"b/y.md": "1\n"}, {"a/x.md": "1\n2\n", "b/y.md": "other\n"}
    files = applied(ours, plan(base, ours, theirs))
    marked = f"---\n{COPY_KEY}: b/y.md\n---\nother\n"
    assert files == {"b/y.md": "1\n", "a/x.md": "1\n2\n", copy_of("b/y.md", "other\n"): marked}


def test_a_file_moved_to_two_places_is_at_both() -> None:
    base, ours, theirs = {"a/x.md": "1\n"}, {"b/x.md": "1\n"}, {"c/x.md": "1\n"}
    found = plan(base, ours, theirs)
    assert applied(ours, found) == {"b/x.md": "1\n", "c/x.md": "1\n"}
    assert [conflict.path for conflict in found.conflicts] == ["b/x.md", "c/x.md"]


# --- names that some file systems take for one ---------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "other"), [("a/x.md", "a/X.md"), ("a/é.md", "a/e\u0301.md"), ("a/ß.md", "a/ss.md")]
)
def test_a_twin_goes_to_a_copy(mine: str, other: str) -> None:
    found = plan({}, {mine: "ours\n"}, {other: "theirs\n"})
    files = applied({mine: "ours\n"}, found)
    (conflict,) = found.conflicts
    assert files[mine] == "ours\n"
    assert files[str(conflict.copy)].endswith("theirs\n")
    assert original_of(frontmatter.read(files[str(conflict.copy)]).fields) == other
    assert len({fold(path) for path in files}) == len(files) == 2


def test_a_twin_with_the_same_bytes_is_not_needed() -> None:
    assert applied({"a/x.md": "1\n"}, plan({}, {"a/x.md": "1\n"}, {"a/X.md": "1\n"})) == {
        "a/x.md": "1\n"
    }


def test_a_folder_is_spelt_as_here() -> None:
    ours, theirs = {"notes/a.md": "a\n"}, {"Notes/b.md": "b\n", "notes/b.md": "exact\n"}
    found = plan({}, ours, theirs)
    assert applied(ours, found) == {
        "notes/a.md": "a\n",
        "notes/b.md": "exact\n",
        copy_of("notes/b.md", "b\n"): f"---\n{COPY_KEY}: Notes/b.md\n---\nb\n",
    }
    found = plan({}, ours, {"Notes/b.md": "b\n"})
    assert applied(ours, found) == {"notes/a.md": "a\n", "notes/b.md": "b\n"}
    assert [(c.path, c.copy) for c in found.conflicts] == [("Notes/b.md", "notes/b.md")]


@pytest.mark.parametrize("former", [False, True])
def test_a_file_where_the_other_side_has_a_folder(former: bool) -> None:
    """Neither can become the other in one commit, so both give way, on both machines."""
    file, folder = {"a/x.md": "file\n"}, {"a/x.md/y.md": "inside\n"}
    copy = {copy_of("a/x.md", "file\n"): f"---\n{COPY_KEY}: a/x.md\n---\nfile\n"}
    inside = {"a/x.md-folder/y.md": "inside\n"}
    others = {"a/f.md": "f\n", "a/g.md": "g\n"}
    new = {**copy, **inside}
    for base, stays in ((file, inside), (folder, copy)) if former else (({}, new),):
        sides = [file | {"a/f.md": "f\n"}, folder | {"a/g.md": "g\n"}]
        for ours, theirs in (sides, sides[::-1]):
            assert applied(ours, plan(base, ours, theirs)) == stays | others


# --- other files ---------------------------------------------------------------------------------


def test_a_picture_that_both_changed() -> None:
    base, ours, theirs = ({"img/p.png": b"\0" + word} for word in (b"0", b"1", b"2"))
    files = applied(ours, plan(base, ours, theirs))
    assert files == {"img/p.png": "\x001", copy_of("img/p.png", "\x002"): "\x002"}


def test_root_and_hidden_files() -> None:
    base = {"README.md": "r\n", ".gitignore": "a\n", ".notion-pages.json": "{}\n"}
    ours = {"README.md": "r\no\n", ".gitignore": "b\n", ".notion-pages.json": '{"a": "1"}\n'}
    theirs = {"README.md": "r\nt\n", ".gitignore": "c\n", ".notion-pages.json": '{"b": "2"}\n'}
    assert applied(ours, plan(base, ours, theirs)) == {
        "README.md": "r\no\nt\n",
        ".gitignore": "b\n",
        copy_of("gitignore.", "c\n").removesuffix("."): "c\n",
        ".notion-pages.json": '{\n  "a": "1",\n  "b": "2"\n}\n',
    }


INDEX = "---\nversion: 2\nfile_count: {}\nsync_order: []\n---\n"
FOLDER_INDEX = "---\npack_index: folder\nfile_count: {}\n---\n"


def test_generated_indexes_are_left_out() -> None:
    base, ours, theirs = (
        {"index.md": INDEX.format(n), "a/index.md": FOLDER_INDEX.format(n)} for n in range(3)
    )
    assert plan(base, ours, theirs) == TreeMerge((), ())
    assert plan({}, ours, theirs) == TreeMerge((), ())
    assert plan(base, {}, theirs) == TreeMerge((), ())
    assert plan(base, ours, {}) == TreeMerge((), ())


@pytest.mark.contract("C1")
def test_a_users_own_index_is_kept() -> None:
    base = {"index.md": INDEX.format(1), "a/index.md": FOLDER_INDEX.format(1)}
    theirs = {"index.md": "my own\n", "a/index.md": "mine too\n"}
    found = plan(base, base, theirs)
    assert applied(base, found) == {
        "index.md": base["index.md"],
        copy_of("index.md", "my own\n"): "my own\n",
        "a/index.md": "mine too\n",
    }
    assert [(c.path, c.copy) for c in found.conflicts] == [
        ("index.md", copy_of("index.md", "my own\n"))
    ]


# --- properties ----------------------------------------------------------------------------------

PATHS = ["a/x.md", "a/X.md", "a/y.md", "A/y.md", "b/x.md", "a/x.md/z.md", "r.txt", ".h", "b/p.png"]
TREES = st.dictionaries(
    st.sampled_from(PATHS), st.sampled_from(["1\n", "1\n2\n", "3\n", "3\n1\n", "4\n", "\0"])
)


def is_possible(tree: Files) -> bool:
    return not {"a/x.md", "a/x.md/z.md"} <= set(tree)


TREE = TREES.filter(is_possible)


@pytest.mark.contract("C1")
@given(TREE, TREE, TREE)
def test_no_version_of_either_side_is_lost(base: Files, ours: Files, theirs: Files) -> None:
    found = plan(base, ours, theirs)
    files = applied(ours, found)
    stays = {line for text in files.values() for line in str(text).split()}
    for path, text in {**theirs, **ours}.items():
        if (
            text not in base.values()
            and path not in base
            and ours.get(path, text) == text == theirs.get(path, text)
        ):
            assert set(str(text).split()) <= stays
    for path in base:
        if path in ours and path in theirs and base[path] not in (ours[path], theirs[path]):
            assert set(str(ours[path]).split()) - set(str(base[path]).split()) <= stays
            assert set(str(theirs[path]).split()) - set(str(base[path]).split()) <= stays


@given(TREE, TREE)
def test_one_side_alone_is_taken_over(base: Files, side: Files) -> None:
    assert plan(base, side, base) == plan(base, side, side) == TreeMerge((), ())
    files = {*base, *side}
    folders = {path.rpartition("/")[0] for path in files}
    names = files | folders | {folder.rpartition("/")[0] for folder in folders}
    # Names that some file systems take for one, and a folder in place of a file, have own tests.
    if len(set(map(fold, names))) == len(names) and not files & folders:
        assert applied(base, plan(base, base, side)) == side


@given(TREE, TREE, TREE)
def test_a_plan_is_the_same_each_time(base: Files, ours: Files, theirs: Files) -> None:
    turned = (dict(reversed(tree.items())) for tree in (base, ours, theirs))
    assert plan(base, ours, theirs) == plan(*turned)  # a tree has no order
    found = plan(base, ours, theirs)
    assert all(isinstance(conflict, MergeConflict) for conflict in found.conflicts)
    merged = applied(ours, found)
    # Our side's next merge of the same commit, which is its base then, has nothing to do.
    assert plan(theirs, merged, theirs).changes == ()
    # For the other side it is a fast-forward, twins apart.
    assert plan(ours, merged, ours).changes == ()
