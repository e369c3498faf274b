"""Trees as they are on GitHub: cut ones, odd names, links and modes, their ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_connectors.github.commit.method import WriteMethod
from pack_connectors.github.trees import Item, Tree, pack_tree, unpack_tree

from pack.errors import LimitExceeded, NotFound, RefusedForSafety
from pack.model import ABSENT, EntryType, MemoryPath, blob_id
from tests.github_support import NAME, GithubWorld, memory_of
from tests.standins.faults import FaultKind
from tests.standins.git_edits import edit_tree
from tests.standins.git_objects import TreeItem
from tests.support import note

A = MemoryPath("context/a.md")
ODD = [
    "context/with space.md", "context/a#b.md", "context/a%20b.md", "context/a+b.md",
    "context/a&b=c.md", "context/日本語/é.md", "context/🎉.md", "context/a;b,c.md",
    "context/(x)/'y'.md",
]  # fmt: skip


# --- trees -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", WriteMethod)
def test_odd_paths_are_paths(tmp_path, method):
    with GithubWorld(tmp_path, memory_of({}), method) as world:
        memory = world.open()
        for number, path in enumerate(ODD):
            memory.notes.update(path, note(number))
        assert set(ODD) < set(world.service.files(NAME))
        fresh = world.open("another.sqlite", cache_dir=tmp_path / "another")
        head = fresh.connector.head()
        for number, path in enumerate(ODD):
            assert f"# Note {number}\n" in fresh.notes.get(path).content
            assert fresh.notes.get(path).updated_at
            log = world.connect().last_changes(None, head, MemoryPath(path))
            assert [one.path for one in log] == [path]
        for path in ODD:
            memory.notes.delete(path, memory.notes.get(path).sha)
        assert set(world.service.files(NAME)) == {"index.md"}


@pytest.mark.parametrize("limit", ["tree_entries", "tree_bytes"])
def test_a_tree_that_is_cut_is_read_folder_by_folder(tmp_path, limit):
    files = {f"f{n % 5}/{n % 2}/n{n}.md": b"%d" % n for n in range(40)}
    with GithubWorld(tmp_path, files) as world:
        setattr(world.service.service.sizes, limit, {"tree_entries": 10, "tree_bytes": 2000}[limit])
        connector = world.connect()
        assert {entry.path for entry in connector.get_tree()} == set(files)
        made = connector.put_contents(MemoryPath("f1/new.md"), b"x", ABSENT, "m")
        with world.service.log.counting() as asked:
            assert len(connector.get_tree(made.id)) == 41
        assert len(asked) == 0


def test_a_folder_that_is_cut_is_told_of(tmp_path):
    with GithubWorld(tmp_path, {f"f/n{n}.md": b"x" for n in range(20)}) as world:
        world.service.service.sizes.tree_entries = 10
        with pytest.raises(LimitExceeded, match="f/"):
            world.connect().get_tree()


def test_a_tree_that_is_cut_by_accident(tmp_path):
    files = {f"f{n}/n.md": b"%d" % n for n in range(9)}
    with GithubWorld(tmp_path, files) as world:
        world.service.faults.add(FaultKind.TRUNCATED_TREE)
        assert {entry.path for entry in world.connect().get_tree()} == set(files)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_tree_of_a_hundred_thousand_entries(tmp_path):
    files = {f"f{n % 40}/n{n}.md": b"%d" % (n % 7) for n in range(100_000)}
    with GithubWorld(tmp_path, files) as world:
        connector = world.connect()
        with world.service.log.counting() as asked:
            assert len(connector.get_tree()) == 100_000
        assert asked.operations()["git/get-tree"] == 42
        made = connector.put_contents(A, b"a", ABSENT, "m")
        with world.service.log.counting() as asked:
            assert len(connector.get_tree(made.id)) == 100_001
        assert len(asked) == 0


@pytest.mark.contract("C1")
@pytest.mark.parametrize("method", WriteMethod)
def test_modes_links_and_submodules_stay_what_they_are(tmp_path, method):
    with GithubWorld(tmp_path, {"context/run.md": b"x", "context/b.md": b"b"}, method) as world:
        repository = world.service.repository(NAME).git
        sha = repository.git("hash-object", "-w", "--stdin", stdin=b"b.md").decode().strip()
        rows = [
            f"120000 blob {sha}\tlink.md",
            f"160000 commit {'3' * 40}\tsub",
            f"100755 blob {blob_id(b'x')}\trun.md",
            f"100644 blob {blob_id(b'b')}\tb.md",
        ]
        inner = repository.git("mktree", "--missing", stdin="\n".join(rows).encode()).decode()
        root = repository.git("mktree", stdin=f"040000 tree {inner.strip()}\tcontext\n".encode())
        made = repository.git(
            "-c", "user.name=u", "-c", "user.email=u@example.org", "commit-tree", "-m", "m",
            root.decode().strip(),
        )  # fmt: skip
        repository.git("update-ref", "refs/heads/main", made.decode().strip())
        connector = world.connect()
        kinds = {entry.path: entry.type for entry in connector.get_tree()}
        assert kinds["context/link.md"] is EntryType.SYMLINK
        assert kinds["context/sub"] is EntryType.SUBMODULE
        with pytest.raises(NotFound):
            connector.get_contents(MemoryPath("context/link.md"))
        for path in ("context/link.md", "context/sub", "context/sub/x.md", "context/link.md/x.md"):
            with pytest.raises(RefusedForSafety):
                connector.put_contents(MemoryPath(path), b"x", ABSENT, "m")
        run = MemoryPath("context/run.md")
        connector.put_contents(run, b"y", blob_id(b"x"), "m")
        listed = repository.git("ls-tree", "main:context").decode()
        assert f"100755 blob {blob_id(b'y')}\trun.md" in listed
        assert listed.count("\n") == 4


_NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=4
).filter(lambda name: name not in (".", ".."))
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join)


@given(st.sets(_PATHS, max_size=12))
def test_the_id_of_a_tree_is_the_one_git_gives(found):
    paths = {p for p in found if not any(other.startswith(f"{p}/") for other in found)}
    tree = Tree({path: Item("100644", blob_id(path.encode())) for path in paths})
    edits = {path: TreeItem("100644", blob_id(path.encode())) for path in paths}
    expected, _ = edit_tree(_NoRepository(), None, edits)
    assert tree.id() == expected
    assert unpack_tree(pack_tree(tree)).items == tree.items


class _NoRepository:
    """What `edit_tree` asks of a repository when it starts from nothing."""

    def tree(self, oid: str) -> dict[str, TreeItem]:
        return {}
