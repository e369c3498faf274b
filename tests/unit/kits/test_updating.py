"""What an update does, against all kinds of changes on both sides."""

import random
import subprocess

import pytest

from pack.kits.states import KitState
from pack.kits.updating import FileAction, UpdateMode, plan_update
from pack.model import Put, blob_id
from tests.support import examples

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


@pytest.mark.contract("C15")
def test_a_line_that_both_changed_alike_is_no_conflict_where_upstream_rewrote_the_rest(tmp_path):
    base, here, new = b"X\n}\na\n}\nc\nd\n", b"Y\n}\na\n}\nc\nd\n", b"Y\n}\n}\na\nd\n"
    found, files, whole = plan({"k/a.css": base}, {"k/a.css": here}, {"k/a.css": new})
    assert found == {"k/a.css": merged_by_git(tmp_path, base, here, new)}
    assert files["k/a.css"].action is FileAction.REPLACED
    assert not whole.has_conflict


def test_what_has_a_conflict_by_any_comparison_does_not_hinder_the_others():
    base, here, new = b"X\n}\na\n}\nc\nd\n", b"Y\n}\na\n}\nc\nd\n", b"Y\n}\n}\na\nd\n"
    found, files, whole = plan(
        {"k/a.css": base, "k/a.md": BASE},
        {"k/a.css": here, "k/a.md": MINE},
        {"k/a.css": new, "k/a.md": CLASH},
    )
    assert (found.pop("k/a.css"), found.pop("k/a.md")) == (new, MINE)
    assert [text.rpartition(b"---\n")[2] for text in found.values()] == [CLASH]
    assert [*found] == [files["k/a.md"].conflict_copy]
    assert whole.has_conflict


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


@pytest.mark.contract("C15")
@pytest.mark.parametrize(
    ("new", "choice", "after"),
    [
        (THEIRS, UpdateMode.MERGE, MINE.replace(b"third", b"third, theirs")),
        (THEIRS, UpdateMode.KEEP, MINE),
        (CLASH, UpdateMode.KEEP, MINE),
    ],
)
def test_an_edit_follows_a_file_that_upstream_renamed_and_changed(new, choice, after):
    sides = {"k/a.md": BASE}, {"k/a.md": MINE}, {"k/b.md": new}
    found, files, whole = plan(*sides, choice)
    assert found == {"k/b.md": after}
    assert (files["k/a.md"].before, files["k/a.md"].action) == (
        KitState.GONE_UPSTREAM,
        FileAction.REMOVED,
    )
    assert not whole.has_conflict
    assert plan(sides[2], found, sides[2])[2].changes == ()


def test_an_edit_that_does_not_fit_into_the_renamed_file_is_there_with_a_copy_beside():
    found, files, whole = plan({"k/a.md": BASE}, {"k/a.md": MINE}, {"k/b.md": CLASH})
    assert found.pop("k/b.md") == MINE
    ((copy, text),) = found.items()
    assert text.endswith(CLASH)
    assert files["k/b.md"].conflict_copy == copy
    assert whole.has_conflict


def test_what_is_only_likely_to_be_renamed_makes_no_text_go():
    sides = {"k/a.md": BASE}, {"k/a.md": MINE}, {"k/b.md": CLASH}
    found, _, _ = plan(*sides, UpdateMode.THEIRS)
    assert found == {"k/a.md": MINE, "k/b.md": CLASH}


def test_a_new_file_with_less_than_half_of_it_is_another_one():
    other = b"# Other\n\nfirst\n\nsomething else entirely\n"
    found, files, _ = plan({"k/a.md": BASE}, {"k/a.md": MINE}, {"k/b.md": other})
    assert found == {"k/a.md": MINE, "k/b.md": other}
    assert files["k/a.md"].action is FileAction.KEPT


def test_the_likeliest_file_is_the_renamed_one_and_a_file_of_the_users_never_is():
    less = b"# A\n\nfirst\n\nsecond\n\nnew, new, new, new\n"
    new = {"k/b.md": less, "k/c.md": THEIRS, "k/own.md": BASE + b"x\n"}
    here = {"k/a.md": MINE, "k/own.md": b"# Own\n"}
    found, _, _ = plan({"k/a.md": BASE}, here, new, UpdateMode.KEEP)
    assert found == {"k/b.md": less, "k/c.md": MINE, "k/own.md": b"# Own\n"}


def test_what_was_removed_here_stays_removed_under_its_new_name():
    found, _, whole = plan({"k/a.md": BASE}, {}, {"k/b.md": BASE})
    assert (found, whole.changes) == ({}, ())


def test_twice_is_nothing():
    once, _, _ = plan({"k/a.md": BASE}, {"k/a.md": MINE}, {"k/a.md": THEIRS})
    _, _, again = plan({"k/a.md": THEIRS}, once, {"k/a.md": THEIRS})
    assert again.changes == ()


# --- generated updates ---------------------------------------------------------------------------

NAMES = [f"k/{name}.md" for name in "abcdefgh"]


def edited(text, who, chance):
    """A text with some lines that one side added, replaced or removed."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randrange(1, 3)):
        place = chance.randrange(len(lines) + 1)
        new = [f"{who} {chance.randrange(10**6)}\n" for _ in range(chance.randrange(3))]
        lines[place : place + chance.randrange(3)] = [line.encode() for line in new]
    return b"".join(lines)


def changed(files, who, chance):
    """A side: files edited, removed, renamed, renamed and edited, and added."""
    side = dict(files)
    for path in [*side]:
        kind = chance.choice(["", "", "edit", "edit", "remove", "move", "move and edit"])
        if "edit" in kind:
            side[path] = edited(side[path], who, chance)
        if "move" in kind:
            side[f"k/{who}/{chance.choice(NAMES)[2:]}"] = side.pop(path)
            continue
        if kind == "remove":
            del side[path]
    for _ in range(chance.randrange(3)):
        side[chance.choice(NAMES)] = f"{who} {chance.randrange(3)}\n".encode()
    return side


def generated(seed):
    """The files as installed, as they are here, and as upstream has them."""
    chance = random.Random(seed)
    base = {
        path: b"".join(
            b"line %d\n" % chance.randrange(1000) for _ in range(chance.randrange(1, 20))
        )
        for path in chance.sample(NAMES, chance.randrange(1, 6))
    }
    return base, changed(base, "mine", chance), changed(base, "theirs", chance)


def lines_of(contents):
    return {line for text in contents for line in text.splitlines()}


def merged_by_git(folder, base, here, new):
    """What git makes of three versions of a file; `None` where it has a conflict."""
    for name, content in (("here", here), ("base", base), ("new", new)):
        (folder / name).write_bytes(content)
    names = [str(folder / name) for name in ("here", "base", "new")]
    done = subprocess.run(["git", "merge-file", "-p", *names], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


@pytest.mark.contract("C15")
@pytest.mark.parametrize("choice", UpdateMode)
def test_no_update_loses_what_the_user_wrote(tmp_path, choice):
    for seed in range(examples(50, 10_000)):
        base, here, new = sides = generated(seed)
        after, files, _ = plan(*sides, choice)
        _assert_nothing_lost(sides, after, choice)
        for path in base:
            if base[path] == here.get(path) and path in new:
                assert after[path] == new[path], seed
            elif path not in here and new.get(path) == base[path]:
                assert path not in after, seed  # what was removed here does not come back
        again, _, second = plan(new, after, new, choice)
        assert (again, second.changes, second.has_conflict) == (after, (), False), seed
        if choice is UpdateMode.MERGE:
            _assert_merged_as_git_does(tmp_path, sides, after, files)


def _assert_nothing_lost(sides, after, choice):
    base, here, new = sides
    shipped, kept = set(base.values()), set(after.values())
    for path, text in here.items():
        if text in shipped or (choice is UpdateMode.THEIRS and path in new):
            continue  # it is upstream's text; or theirs was asked for by name
        assert {line for line in lines_of([text]) if b"mine" in line} <= lines_of(kept), path
        if choice is UpdateMode.KEEP:
            assert text in kept, path
        if path not in base and path not in new:  # nobody else knows of it
            assert after[path] == text, path


def _assert_merged_as_git_does(folder, sides, after, files):
    base, here, new = sides
    for path in base.keys() & here.keys() & new.keys():
        if len({base[path], here[path], new[path]}) == len(sides):
            expected = merged_by_git(folder, base[path], here[path], new[path])
            if expected is not None:
                assert after[path] == expected, path
                assert files[path].action is not FileAction.CONFLICT
