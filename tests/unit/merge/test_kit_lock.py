"""What two machines installed, updated and removed, put together kit by kit."""

from dataclasses import replace
from itertools import product

import pytest

from pack.kits.lock import Lock, LockedFile, LockedKit, read_lock, write_lock
from pack.merge.kit_lock import KIT_LOCK, merge_kit_lock
from pack.merge.tree import merge_trees
from pack.model import blob_id


def kit(name, version="1.0.0", tree="1"):
    return LockedKit(
        name=name,
        source=f"/up/{name}",
        ref=None,
        commit=None,
        tree=tree * 40,
        version=version,
        manifest_sha256="0" * 64,
        installed_to=f"kits/{name}/",
        files={"kit.yaml": LockedFile("0" * 64), "a: b.md": LockedFile("1" * 64, "100755")},
    )


def lock(*kits):
    found = Lock()
    for one in kits:
        found = found.with_kit(one)
    return found


A, B, TRUE = kit("a"), kit("b"), kit("true")
NEWER, NEWEST = kit("a", "1.9.0", "2"), kit("a", "1.10.0", "3")
BEFORE = kit("a", "1.10.0-rc.1", "4")


@pytest.mark.contract("C15")
@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        (None, [A], [B], [A, B]),
        (None, [A, TRUE], [kit("123"), B], [A, B, TRUE, kit("123")]),
        ([A], [A, B], [A, TRUE], [A, B, TRUE]),
        ([A, B], [A], [B], []),
        ([A], [NEWER], [A], [NEWER]),
        ([A], [NEWER], [NEWEST], [NEWEST]),
        ([A], [BEFORE], [NEWEST], [NEWEST]),
        ([A], [BEFORE], [NEWER], [BEFORE]),
        ([A], [], [NEWER], [NEWER]),
        ([A], [A, B], [], [B]),
        ([A], [kit("a", "1.0.0", "5")], [kit("a", "1.0.0", "6")], [kit("a", "1.0.0", "6")]),
        (None, [NEWER], [NEWEST, B], [NEWEST, B]),
    ],
)
def test_each_kit_is_as_the_side_has_it_that_changed_it(base, ours, theirs, merged):
    old = write_lock(lock(*base)) if base is not None else None
    one, other = write_lock(lock(*ours)), write_lock(lock(*theirs))
    expected = write_lock(lock(*merged))
    for sides in ((one, other), (other, one)):
        found = merge_kit_lock(old, *sides)
        assert (found.content, found.kept) == (expected, None)
        assert read_lock(found.content) == lock(*merged)


def test_the_merge_of_two_memories_uses_it():
    one, other = write_lock(lock(A)), write_lock(lock(B))
    contents = {blob_id(text): text for text in (one, other)}
    trees = [{}, {KIT_LOCK: blob_id(one)}, {KIT_LOCK: blob_id(other)}]
    merged = merge_trees(*trees, contents.__getitem__)
    assert [change.content for change in merged.changes] == [write_lock(lock(A, B))]
    assert merged.conflicts == ()


def test_what_only_one_side_says_beside_the_kits_stays():
    base = write_lock(lock(A))
    ours = write_lock(replace(lock(A), more={"policy": "strict"}))
    found = merge_kit_lock(base, ours, write_lock(lock(A, B)))
    assert read_lock(found.content) == replace(lock(A, B), more={"policy": "strict"})


def test_what_pack_did_not_write_loses_nothing():
    fine = write_lock(lock(A))
    odd = [
        b"",
        b"\xff",
        b"version: 2\nkits: {}\n",
        b"version: 1\nkits:\n  x: {}\n",
        fine[:-1],
        b"version: 1\n# by hand\nkits:\n" + b"  - a\n",
        b"version: 1\nkits: {}\n  a:\n",
    ]
    for one, other in product(odd, [*odd, fine]):
        merged = merge_kit_lock(write_lock(lock(B)), one, other)
        assert merged.kept in (None, one, other)
        if other == fine:  # ours stays, and theirs is kept whole
            assert merged.kept is None or merged.kept == fine
