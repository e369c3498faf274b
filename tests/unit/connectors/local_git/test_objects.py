import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_connectors.local_git import objects
from pack_connectors.local_git.cat_file import FEW
from pack_connectors.local_git.objects import (
    EXECUTABLE_MODE,
    FILE_MODE,
    SUBMODULE_MODE,
    SYMLINK_MODE,
    TREE_MODE,
    ObjectStore,
    TreeEntry,
    find_in_tree,
    format_entry,
    iter_tree,
    parse_entry,
    splice_entries,
    splice_tree,
)
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import create_repository, open_repository
from pack_connectors.system.durable_files import DurableFiles

from pack.errors import ConnectorError, NotFound, RefusedForSafety, Unavailable
from pack.model import MemoryPath, blob_id, object_id

AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.org")
IDS = st.binary(min_size=20, max_size=20).map(bytes.hex)
# Names that sort differently as a file and as a folder, and names that are not UTF-8.
NAMES = st.sampled_from(
    ["a", "a-b", "a.md", "a0", "a.", "A", "ab", "é", "日本", "\udcff", "a b", "-a", "~"]
)
MODES = st.sampled_from([FILE_MODE, EXECUTABLE_MODE, TREE_MODE, SYMLINK_MODE, SUBMODULE_MODE])
ENTRIES = st.dictionaries(NAMES, st.tuples(MODES, IDS)).map(
    lambda rows: [TreeEntry(mode, name, id_) for name, (mode, id_) in rows.items()]
)


def serialise(entries):
    """The order of git, stated in another way than the code does."""

    def key(entry):
        name = os.fsencode(entry.name)
        return name + b"/" if entry.mode == TREE_MODE else name

    return b"".join(
        b"%o %s\0" % (entry.mode, os.fsencode(entry.name)) + bytes.fromhex(entry.id)
        for entry in sorted(entries, key=key)
    )


@given(ENTRIES)
def test_a_tree_is_read_as_it_was_written(entries):
    data = serialise(entries)
    assert sorted(iter_tree(data)) == sorted(entries)
    for entry in entries:
        assert find_in_tree(data, entry.name) == entry
    assert find_in_tree(data, "not there") is None


@given(ENTRIES, NAMES, MODES, IDS)
def test_an_entry_is_put_in_at_its_place(entries, name, mode, id_):
    others = [entry for entry in entries if entry.name != name]
    new = TreeEntry(mode, name, id_)
    assert splice_tree(serialise(entries), name, new) == serialise([*others, new])


@given(ENTRIES, NAMES)
def test_an_entry_is_taken_out(entries, name):
    others = [entry for entry in entries if entry.name != name]
    assert splice_tree(serialise(entries), name, None) == serialise(others)


@pytest.mark.parametrize("few", [0, 99])
@given(entries=ENTRIES, changes=ENTRIES, gone=st.lists(NAMES))
def test_many_entries_are_put_in_and_taken_out_as_one_by_one(few, entries, changes, gone):
    wanted = {**dict.fromkeys(gone), **{entry.name: entry for entry in changes}}
    others = [entry for entry in entries if entry.name not in wanted]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(objects, "_FEW_ENTRIES", few)
        made = splice_entries(serialise(entries), wanted)
    assert made == serialise([*others, *(entry for entry in wanted.values() if entry)])


def test_many_entries_are_not_put_into_a_damaged_tree(monkeypatch):
    monkeypatch.setattr(objects, "_FEW_ENTRIES", 0)
    data = serialise([TreeEntry(FILE_MODE, "a", "1" * 40)])
    new = TreeEntry(FILE_MODE, "b", "2" * 40)
    with pytest.raises(ConnectorError, match="damaged"):
        splice_entries(data + b"rest", {"b": new})


@given(MODES, IDS)
def test_the_text_of_an_entry_is_read_back(mode, id_):
    entry = TreeEntry(mode, "x.md", id_)
    assert parse_entry(MemoryPath("a/x.md"), format_entry(entry)) == entry
    assert parse_entry(MemoryPath("a/x.md"), format_entry(None)) is None


@pytest.fixture
def folder(tmp_path):
    create_repository(tmp_path / "memory")
    return tmp_path / "memory"


@pytest.fixture
def store(folder):
    found = ObjectStore(GitRunner(open_repository(folder)))
    yield found
    found.close()


def git(folder, *args, stdin=b""):
    command = ["git", "-C", folder, *args]
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


@pytest.mark.parametrize("content", [b"", b"x\n", b"\0\xff", b"x" * 3_000_000])
def test_ids_and_objects_are_those_of_git(folder, store, content):
    expected = git(folder, "hash-object", "--stdin", stdin=content).decode().strip()
    assert store.write("blob", content) == blob_id(content) == expected
    assert git(folder, "cat-file", "blob", expected) == content
    assert store.read(expected, "blob") == content
    assert git(folder, "fsck", "--strict", "--no-dangling") == b""


def rebuild(store, tree, changes):
    with DurableFiles() as files:
        new = store.rebuild(tree, changes, files)
        files.finish()
    return new


def damage(folder, name, content):
    file = folder / ".git/objects" / name[:2] / name[2:]
    file.chmod(0o644)
    file.write_bytes(content)


def test_a_missing_object(store):
    missing = object_id("blob", b"missing")
    with pytest.raises(NotFound):
        store.read(missing, "blob")
    assert store.find_id(missing) is None


@pytest.mark.parametrize("keep", [0, 2, 15, 30])
def test_a_damaged_object_is_never_served(folder, store, keep):
    name = store.write("blob", b"damaged" * 100)
    whole = (folder / ".git/objects" / name[:2] / name[2:]).read_bytes()
    damage(folder, name, whole[:keep] + b"\0")
    with pytest.raises((NotFound, Unavailable)):
        store.read(name, "blob")
    other = store.write("blob", b"other")
    assert store.read(other, "blob") == b"other"  # the children still answer the right question


def test_a_branch_whose_commit_is_damaged_is_not_an_unborn_one(folder, store):
    assert store.commit_at("HEAD") is None
    tree = store.write("tree", b"")
    person = b"A <a@example.org> 1 +0000\n"
    data = b"tree %s\nauthor %scommitter %s\nm\n" % (tree.encode(), person, person)
    commit = store.write("commit", data)
    git(folder, "update-ref", "refs/heads/main", commit)
    assert store.commit_at("HEAD") == store.commit_at("refs/heads/main") == commit
    damage(folder, commit, b"")
    for ref in ("HEAD", "refs/heads/main"):
        with pytest.raises(Unavailable, match="fsck"):
            store.commit_at(ref)


def test_a_branch_that_begins_between_two_questions_is_not_damaged(folder):
    class Late(GitRunner):
        """Another process makes the first commit just before our second look."""

        def run(self, *args, **kwargs):
            git(folder, *AUTHOR, "commit", "-q", "--allow-empty", "-m", "first")
            return super().run(*args, **kwargs)

    late = ObjectStore(Late(open_repository(folder)))
    assert late.commit_at("HEAD") == git(folder, "rev-parse", "HEAD").decode().strip()
    late.close()


@pytest.mark.parametrize("child", ["cat_file_header", "cat_file_all", "one for both"])
def test_a_child_that_dies_in_the_middle_of_an_answer_says_nothing(store, child):
    store._cat_file._is_one = child == "one for both"
    child = "cat_file_all" if store._cat_file._is_one else child
    name, answers = store.write("blob", b"x" * 1000), []
    for _ in range(FEW):
        store.find_id("HEAD")
    assert (store.find_id(name), store.read(name, "blob")) == (name, b"x" * 1000)

    process = getattr(store._cat_file._git, child).proc
    process.stdout = CutOff(process.stdout, answers)
    assert (store.find_id(name), store.read(name, "blob")) == (name, b"x" * 1000)
    assert len(answers) == 1


class CutOff:
    """An output that ends early."""

    def __init__(self, stream, answers):
        self.close, self.answers = stream.close, answers

    def readline(self):
        self.answers.append(b"")
        return b""


def test_an_interrupted_question_is_not_answered_later(store):
    one, two = store.write("blob", b"one"), store.write("blob", b"two")
    for _ in range(FEW):
        store.find_id("HEAD")
    store.read(one, "blob")
    git_children = store._cat_file._git
    flush = git_children.cat_file_all.proc.stdin.flush

    def interrupt():
        flush()
        raise KeyboardInterrupt

    process = git_children.cat_file_all.proc
    process.stdin = Interrupted(process.stdin, interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.read(one, "blob")
    assert store.read(two, "blob") == b"two"


class Interrupted:
    """An input whose `flush` is interrupted after it was done."""

    def __init__(self, stream, flush):
        self.write, self.close, self.flush = stream.write, stream.close, flush


def test_an_object_of_another_kind(store):
    tree = store.write("tree", b"")
    with pytest.raises(ConnectorError):
        store.read(tree, "blob")
    assert store.find_id(tree, "blob") is None
    assert store.find_id(tree, "tree") == tree


@pytest.mark.parametrize("name", ["HEAD", "", "x\ny", "-h", "1" * 39, "1" * 41, "A" * 40])
def test_only_full_ids_are_read(store, name):
    with pytest.raises(NotFound):
        store.read(name, "blob")


def test_an_object_that_a_crash_left_empty_is_written_again(folder, store):
    name = blob_id(b"content")
    file = folder / ".git/objects" / name[:2] / name[2:]
    file.parent.mkdir()
    file.touch()
    assert store.write("blob", b"content") == name
    assert store.read(name, "blob") == b"content"


def test_an_object_that_is_there_is_made_young_and_durable(folder, store, monkeypatch):
    name = store.write("blob", b"content")
    file, synced = folder / ".git/objects" / name[:2] / name[2:], []
    os.utime(file, (1, 1))
    monkeypatch.setattr(os, "fsync", synced.append)
    store.write("blob", b"content")
    assert file.stat().st_mtime > 1
    assert len(synced) == 1


def test_an_object_is_durable_before_it_has_its_name(folder, store, monkeypatch):
    name = blob_id(b"content")
    file, seen = folder / ".git/objects" / name[:2] / name[2:], []
    monkeypatch.setattr(os, "fsync", lambda _: seen.append(file.exists()))
    store.write("blob", b"content")
    assert (seen, file.exists()) == ([False], True)


def entry(path, store, content=b"x"):
    return TreeEntry(FILE_MODE, path.rpartition("/")[2], store.write("blob", content))


def test_trees_along_the_paths_are_rebuilt(folder, store):
    paths = ["a/b/c.md", "a/b.md", "a.md", "a-b.md", "z/日本.md"]
    tree = rebuild(store, None, {path: entry(path, store) for path in paths})
    assert sorted(path for path, _ in store.walk(tree)) == sorted(paths)
    assert git(folder, "fsck", "--strict", "--no-dangling") == b""
    smaller = rebuild(store, tree, {MemoryPath("a/b/c.md"): None, MemoryPath("z/日本.md"): None})
    assert sorted(path for path, _ in store.walk(smaller)) == ["a-b.md", "a.md", "a/b.md"]
    assert [row.name for row in iter_tree(store.read_tree(smaller))] == ["a-b.md", "a.md", "a"]
    assert rebuild(store, smaller, dict.fromkeys(["a-b.md", "a.md", "a/b.md"])) is None
    assert store.entry_at(tree, "a/b/c.md") == entry("a/b/c.md", store)
    assert store.entry_at(tree, "a/b/c.md/d") is None
    assert store.entry_at(tree, "no/c.md") is None


def test_many_files_and_folders_are_rebuilt_at_once(folder, store):
    paths = {f"y/{n}{end}" for n in range(40) for end in (".md", "/x.md", "-z.md")}
    tree = rebuild(store, None, {path: entry(path, store) for path in sorted(paths, reverse=True)})
    assert {path for path, _ in store.walk(tree)} == paths
    gone = {f"y/{n}{end}" for n in range(30) for end in (".md", "/x.md")}
    smaller = rebuild(store, tree, dict.fromkeys(gone))
    assert {path for path, _ in store.walk(smaller)} == paths - gone
    assert git(folder, "fsck", "--strict", "--no-dangling") == b""


@pytest.mark.parametrize("mode", [FILE_MODE, SYMLINK_MODE, SUBMODULE_MODE])
def test_a_path_does_not_lead_through_what_is_no_folder(store, mode):
    tree = rebuild(store, None, {"x": TreeEntry(mode, "x", store.write("blob", b"x"))})
    with pytest.raises(RefusedForSafety):
        rebuild(store, tree, {"x/y.md": entry("x/y.md", store)})


@pytest.mark.parametrize("path", ["a b.md", "a b c.md", "x" * 35 + " b.md", "missing", "a missing"])
def test_a_name_of_several_words_is_missing_like_any_other(store, path):
    assert store.find_id(f"HEAD:{path}") is None


def test_the_first_look_at_a_branch_brings_its_root_tree(tmp_path, monkeypatch):
    create_repository(tmp_path)
    (tmp_path / "a.md").write_text("a")
    subprocess.run(["git", "-C", tmp_path, "add", "--all"], check=True)
    words = ["git", "-C", tmp_path, *AUTHOR, "commit", "--quiet", "--message", "m"]
    subprocess.run(words, check=True)
    runner = GitRunner(open_repository(tmp_path))
    asked, run = [], runner.run
    monkeypatch.setattr(runner, "run", lambda *args, **more: asked.append(1) or run(*args, **more))
    store = ObjectStore(runner)
    store._cat_file._few = FEW
    head = store.commit_at("HEAD")
    assert find_in_tree(store.read_tree(store.tree_of(head)), "a.md").mode == FILE_MODE
    assert store.has_read(head)
    assert len(asked) == 1
    assert store.commit_at("refs/heads/none") is None
    store.close()
