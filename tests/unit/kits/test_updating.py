"""What an update does, against all kinds of changes on both sides."""

import pytest

from pack.kits.states import KitState
from pack.kits.updating import FileAction, UpdateMode, plan_update
from pack.model import Put, blob_id

BASE = b"# A\n\nfirst\n\nsecond\n\nthird\n"
MINE = BASE.replace(b"first", b"first, mine")
THEIRS = BASE.replace(b"third", b"third, theirs")
CLASH = BASE.replace(b"first", b"first, theirs")
STAYS = [(UpdateMode.MERGE, MINE), (UpdateMode.KEEP, MINE), (UpdateMode.THEIRS, CLASH)]


def plan(base, here, new, choice=UpdateMode.MERGE):
    """What is at each path afterwards, and what was done."""
    trees = [{path: blob_id(text) for path, text in side.items()} for side in (base, here, new)]
    contents = {blob_id(text): text for side in (base, here, new) for text in side.values()}
    found = plan_update(*trees, contents.__getitem__, choice)
    after = dict(here)
    for change in found.changes:
        if isinstance(change, Put):
            assert change.expect == trees[1].get(change.path, change.expect)
            after[change.path] = change.content
        else:
            assert change.expect == trees[1][change.path]
            del after[change.path]
    return after, {one.path: one for one in found.files}, found


@pytest.mark.contract("C15")
@pytest.mark.parametrize(
    ("base", "here", "new", "after", "state", "action"),
    [
        (BASE, BASE, THEIRS, THEIRS, KitState.OUTDATED, FileAction.REPLACED),
        (BASE, MINE, BASE, MINE, KitState.MODIFIED, FileAction.KEPT),
        (BASE, None, THEIRS, None, KitState.REMOVED_HERE, FileAction.KEPT),
        (BASE, None, BASE, None, KitState.REMOVED_HERE, FileAction.KEPT),
        (BASE, BASE, None, None, KitState.GONE_UPSTREAM, FileAction.REMOVED),
        (BASE, MINE, None, MINE, KitState.GONE_UPSTREAM, FileAction.KEPT),
        (None, MINE, None, MINE, KitState.LOCAL, FileAction.NONE),
        (None, None, THEIRS, THEIRS, KitState.OUTDATED, FileAction.ADDED),
        (BASE, THEIRS, THEIRS, THEIRS, KitState.PRISTINE, FileAction.NONE),
        (BASE, BASE, BASE, BASE, KitState.PRISTINE, FileAction.NONE),
    ],
)
@pytest.mark.parametrize("choice", UpdateMode)
def test_what_only_one_side_changed_needs_no_choice(base, here, new, after, state, action, choice):
    sides = [{"k/a.md": text} if text is not None else {} for text in (base, here, new)]
    found, files, whole = plan(*sides, choice)
    assert found == ({"k/a.md": after} if after is not None else {})
    assert (files["k/a.md"].before, files["k/a.md"].action) == (state, action)
    assert not whole.has_conflict


def test_what_both_changed_is_merged_where_that_is_possible():
    found, files, whole = plan({"k/a.md": BASE}, {"k/a.md": MINE}, {"k/a.md": THEIRS})
    assert found["k/a.md"] == MINE.replace(b"third", b"third, theirs")
    assert files["k/a.md"].action is FileAction.MERGED
    assert not whole.has_conflict


@pytest.mark.parametrize(
    ("choice", "stays"),
    [(UpdateMode.MERGE, MINE), (UpdateMode.KEEP, MINE), (UpdateMode.THEIRS, CLASH)],
)
def test_what_cannot_be_merged_stays_unless_the_user_says_so(choice, stays):
    found, files, whole = plan({"k/a.md": BASE}, {"k/a.md": MINE}, {"k/a.md": CLASH}, choice)
    assert found.pop("k/a.md") == stays
    copies = [CLASH] if choice is UpdateMode.MERGE else []
    assert [text.rpartition(b"---\n")[2] for text in found.values()] == copies
    assert list(found) == [one.conflict_copy for one in files.values() if one.conflict_copy]
    assert whole.has_conflict is bool(copies)
    assert not any(b"<<<<" in text for text in found.values())


@pytest.mark.parametrize(
    ("choice", "stays"),
    [(UpdateMode.MERGE, MINE), (UpdateMode.KEEP, MINE), (UpdateMode.THEIRS, CLASH)],
)
def test_a_file_of_the_users_where_upstream_adds_one_is_kept(choice, stays):
    found, _, _ = plan({}, {"k/a.md": MINE}, {"k/a.md": CLASH}, choice)
    assert found["k/a.md"] == stays
    if choice is UpdateMode.MERGE:
        assert any(text.endswith(CLASH) for text in found.values())


def test_an_edit_follows_a_file_that_upstream_renamed():
    found, _, _ = plan({"k/a.md": BASE}, {"k/a.md": MINE}, {"k/b.md": BASE})
    assert found == {"k/b.md": MINE}
    found, _, _ = plan({"k/a.md": BASE}, {"k/b.md": BASE}, {"k/a.md": THEIRS})
    assert found == {"k/b.md": THEIRS}


def test_what_was_removed_here_stays_removed_under_its_new_name():
    found, _, whole = plan({"k/a.md": BASE}, {}, {"k/b.md": BASE})
    assert (found, whole.changes) == ({}, ())


def test_twice_is_nothing():
    once, _, _ = plan({"k/a.md": BASE}, {"k/a.md": MINE}, {"k/a.md": THEIRS})
    _, _, again = plan({"k/a.md": THEIRS}, once, {"k/a.md": THEIRS})
    assert again.changes == ()
