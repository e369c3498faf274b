"""How two trees differ is what git says."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pack_connectors.local_git.index import parse_raw_diff
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.past import tree_diff
from pack_connectors.local_git.past.tree_diff import changed_entries, diff_trees
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import open_repository

from pack.errors import ConnectorError
from pack.model import MemoryPath
from tests.support import examples, git

MODES = ["100644", "100755", "100664", "120000", "160000"]
PATHS = ["a", "a.md", "a/b", "a/b/c", "a0", "b/é", "b/\udcff", "c d/e"]
FILES = st.dictionaries(
    st.sampled_from(PATHS), st.tuples(st.sampled_from(MODES), st.sampled_from("01")), max_size=6
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trees")
    git(folder, "init", "--quiet")
    made = ObjectStore(GitRunner(open_repository(folder)))
    yield made
    made.close()


def tree_of(store, files):
    """A tree with these files; where one is on the way to another, only that one."""
    entries: dict[str, str | dict] = {}
    for path, (mode, number) in files.items():
        *folders, name = path.split("/")
        at = entries
        for folder in folders:
            at = at.setdefault(folder, {}) if isinstance(at, dict) else at
        if isinstance(at, dict):
            at.setdefault(name, f"{mode} {number * 40}")
    return written(store, entries)


def written(store, entries):
    rows = []
    for name, held in entries.items():
        mode, sha = ("40000", written(store, held)) if isinstance(held, dict) else held.split()
        key = os.fsencode(name) + (b"/" if mode == "40000" else b"")
        rows.append((key, mode.encode() + b" " + os.fsencode(name) + b"\0" + bytes.fromhex(sha)))
    return store.write("tree", b"".join(row for _, row in sorted(rows)))


@given(FILES, FILES)
@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
def test_it_is_what_git_says(store, old, new):
    trees = (tree_of(store, old), tree_of(store, new))
    words = ["diff-tree", "-r", "-z", "--raw", "--no-renames", *trees, "--"]
    by_git = sorted(parse_raw_diff(store._runner.run(words)).items())
    assert diff_trees(store, *trees) == by_git


def test_git_is_asked_where_much_differs_or_something_is_missing(store, monkeypatch):
    one, two = (tree_of(store, {"a.md": ("100644", number)}) for number in "01")
    assert diff_trees(store, one, two) == [(MemoryPath("a.md"), "1" * 40)]
    assert diff_trees(store, one, "2" * 40) is None
    deep = tree_of(store, {"a/" * 500 + "b.md": ("100644", "0")})
    assert diff_trees(store, one, deep) is None
    monkeypatch.setattr(tree_diff, "_MOST_BYTES", 60)
    assert diff_trees(store, one, two) is None


def test_a_folder_as_old_tools_wrote_it_is_one(store):
    words = ["hash-object", "-t", "tree", "-w", "--literally", "--stdin"]
    trees = []
    for number in "01":
        inner = bytes.fromhex(tree_of(store, {"b.md": ("100644", number)}))
        found = git(store._runner.work_tree, *words, stdin=b"040000 a\0" + inner)
        trees.append(found.decode().strip())
    assert diff_trees(store, *trees) == [(MemoryPath("a/b.md"), "1" * 40)]


def test_a_damaged_tree_is_an_error(store):
    whole = tree_of(store, {"a.md": ("100644", "0")})
    words = ["hash-object", "-t", "tree", "-w", "--literally", "--stdin"]
    damaged = git(store._runner.work_tree, *words, stdin=b"100644 a.md\0short").decode().strip()
    with pytest.raises(ConnectorError, match="damaged"):
        diff_trees(store, whole, damaged)


# Some look like entries inside.
IDS = st.sampled_from(
    [b"\x00" * 20, b"\x01" * 20, b"100644 a\x00" + b"x" * 11, b" a.md\x00100644 b.md\x00 x"]
)
ENTRIES = st.dictionaries(
    st.sampled_from([b"a", b"a.md", b"ab", b"b", b"b.md", b"c", b"100644"]),
    st.tuples(st.sampled_from([b"100644", b"40000"]), IDS),
)


def serialised(entries):
    rows = sorted((name, mode + b" " + name + b"\0" + sha) for name, (mode, sha) in entries.items())
    return b"".join(row for _, row in rows)


def taken_apart(data):
    return {(name, (mode, sha)) for mode, name, sha in tree_diff._ENTRY.findall(data)}


@given(ENTRIES, ENTRIES)
def test_two_folders_differ_in_what_is_not_in_both(one, other):
    for newer in (other, one | other):
        was, now = changed_entries(serialised(one), serialised(newer))
        before, after = (taken_apart(serialised(each)) for each in (one, newer))
        assert was.items() - now.items() == before - after
        assert now.items() - was.items() == after - before


def test_of_a_large_folder_only_what_changed_is_taken_apart():
    many = {b"%04d.md" % number: (b"100644", b"\x00" * 20) for number in range(2000)}
    for names in ([b"0000.md"], [b"1000.md", b"1500.md"], [b"0999a.md", b"1999.md"], []):
        new = many | dict.fromkeys(names, (b"100644", b"\x01" * 20))
        was, now = changed_entries(serialised(many), serialised(new))
        assert list(now) == names
        assert list(was) == [name for name in names if name in many]
