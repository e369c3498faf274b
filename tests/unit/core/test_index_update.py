"""The index over whole histories (C10): true in every commit, healed after manual work."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.core import index_update as index_plan
from pack.errors import InvalidContent, InvalidPath, LimitExceeded
from pack.index import format as index
from pack.index.format import PAGES_DIR, page_path, read_head
from pack.paths import INDEX
from tests.support import World, assert_true_index, drift, examples, generated, git, note

pytestmark = pytest.mark.contract("C10")


def order(world):
    return list(read_head(world.files()[INDEX].decode()).sync_order)


def sha(world, path):
    return world.memory.notes.get(path).sha


@pytest.fixture
def small_limit(monkeypatch):
    """Five files make a memory large: the code is the same for any number."""
    monkeypatch.setattr(index, "SHARD_INDEX_ABOVE", 5)
    monkeypatch.setattr(index_plan, "SHARD_INDEX_ABOVE", 5)
    monkeypatch.setattr(index, "_PAGE_MASK", 0x01)


def fill(world, folder, count):
    for number in range(count):
        world.memory.notes.update(f"{folder}/n{number}.md", note(number))


def test_every_write_leaves_a_true_index(world):
    memory = world.init()
    made = memory.notes.update("projects/a.md", note(1, tags="[x, y]"))
    assert_true_index(world)
    memory.notes.update("projects/b.md", note(2))
    memory.notes.update("projects/a.md", note(3, topic="New | name"), made.sha)
    assert_true_index(world)
    memory.notes.move("projects/a.md", "archive/a.md", sha(world, "projects/a.md"))
    assert_true_index(world)
    memory.notes.delete("projects/b.md", sha(world, "projects/b.md"))
    memory.whole.add("something new")
    assert_true_index(world)
    assert world.files()[INDEX].decode().count("## ") == 2
    assert drift(memory.care.validate()) == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "put", "delete", "move", "general", "foreign"]),
        st.sampled_from(["a", "b", "b/c"]),
        st.integers(0, 5),
    ),
    max_size=25,
)


@settings(max_examples=examples(10))
@given(STEPS)
def test_any_sequence_of_writes_leaves_what_a_rebuild_gives(steps):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "SHARD_INDEX_ABOVE", 5)
        patch.setattr(index_plan, "SHARD_INDEX_ABOVE", 5)
        patch.setattr(index, "_PAGE_MASK", 0x01)
        world = World(None)
        world.init()
        for number, (action, folder, name) in enumerate(steps):
            if carry_out(world, action, f"{folder}/n{name}.md", number):
                assert_true_index(world)
        world.close()


def carry_out(world, action, path, number):
    """Whether PACK wrote anything."""
    world.clock.advance(days=1)
    present = path in world.listed()
    if action == "put":
        world.memory.notes.update(path, note(number), sha(world, path) if present else None)
    elif action == "general":
        world.memory.whole.add(f"line {number}")
    elif action == "foreign":
        world.commit({path: note(number)} if not present else {path: None})
    elif present and action == "delete":
        world.memory.notes.delete(path, sha(world, path))
    elif present:
        world.memory.notes.move(path, f"moved/{number}.md", sha(world, path))
    return action in ("put", "general") or (present and action != "foreign")


def test_the_same_tree_gives_the_same_bytes_whatever_the_way_to_it(tmp_path):
    forward, backward = World(None), World(None)
    paths = [f"{folder}/{name}.md" for folder in ("a", "b") for name in ("x", "y", "z")]
    for world, ordered in ((forward, paths), (backward, paths[::-1])):
        world.memory.lifecycle.init({})
        for path in ordered:
            world.memory.notes.update(path, note(1))
        world.memory.notes.update("c/gone.md", note(1))
        world.memory.notes.delete("c/gone.md", sha(world, "c/gone.md"))
        first = sorted(paths)
        text = world.files()[INDEX].decode().split("sync_order:")[0]
        seed = f"{text}sync_order: [{', '.join(first)}]\n---\n"
        world.commit({INDEX: seed})
        world.memory.notes.update("a/x.md", note(1), sha(world, "a/x.md"))
    assert forward.files()[INDEX] == backward.files()[INDEX]


def test_the_users_order_is_kept(world):
    memory = world.init()
    for name in "abc":
        memory.notes.update(f"n/{name}.md", note(1))
    text = world.files()[INDEX].decode()
    head = text.split("sync_order:")[0]
    tail = text.split("---\n", 2)[2]
    wanted = ["n/c.md", "n/a.md", "context/general.md", "n/b.md"]
    listed = "".join(f"  - {path}\n" for path in wanted)
    world.commit({INDEX: f"{head}sync_order:\n{listed}---\n{tail}"})
    memory.notes.update("n/a.md", note(2), sha(world, "n/a.md"))
    memory.notes.update("n/0.md", note(2))
    assert order(world) == [*wanted, "n/0.md"]
    memory.notes.move("n/a.md", "m/a.md", sha(world, "n/a.md"))
    memory.notes.delete("n/c.md", sha(world, "n/c.md"))
    assert order(world) == ["m/a.md", "context/general.md", "n/b.md", "n/0.md"]
    assert list(memory.whole.get().content.splitlines()[:1]) == ["<!-- m/a.md -->"]


# --- large memories -----------------------------------------------------------------------------


# A folder of 520 files, below, is in a git repository too.
@pytest.mark.parametrize(
    "world", ["memory", pytest.param("git", marks=pytest.mark.soak)], indirect=True
)
def test_a_memory_grows_past_five_hundred_files_and_shrinks_again(world):
    world.init()
    names = {f"{folder}/n{n:03}.md": note(n) for folder in ("a", "b") for n in range(249)}
    world.commit(names)
    world.memory.notes.update("c/one.md", note(1))  # 500 files
    assert set(generated(world.files())) == {INDEX}
    assert_true_index(world)
    world.memory.notes.update("c/two.md", note(2))  # 501
    found = generated(world.files())
    assert set(found) == {INDEX, "a/index.md", "b/index.md", "c/index.md", "context/index.md"}
    assert b"layout: folders" in found[INDEX]
    assert len(found[INDEX]) < 1000
    assert order(world) == ["context/general.md"]  # the rest was in alphabetical order
    assert_true_index(world)
    assert len(world.listed()) == 501
    assert drift(world.memory.care.validate()) == []
    world.memory.notes.delete("c/one.md", sha(world, "c/one.md"))  # 500
    assert set(generated(world.files())) == {INDEX}
    assert len(order(world)) == 500
    assert_true_index(world)


def test_a_folder_past_five_hundred_files_has_pages(world):
    world.init()
    world.commit({f"a/n{n:03}.md": note(n) for n in range(520)})
    world.memory.notes.update("a/new.md", note(1))
    pages = [path for path in generated(world.files()) if path.startswith(f"a/{PAGES_DIR}/")]
    assert pages
    assert_true_index(world)
    for number in range(25):
        world.memory.notes.delete(f"a/n{number:03}.md", sha(world, f"a/n{number:03}.md"))
    assert_true_index(world)
    assert not [path for path in generated(world.files()) if path.startswith(f"a/{PAGES_DIR}/")]


def test_a_folder_called_index_beside_pages(world, small_limit):
    world.init()
    fill(world, "a", 8)
    assert any(path.startswith("a/index/p-") for path in generated(world.files()))
    world.memory.notes.update("a/index/mine.md", note(1))
    assert_true_index(world)
    world.commit({"a/by-hand.md": note(2)})
    world.memory.notes.update("a/index/other.md", note(2))
    assert_true_index(world)
    assert {"a/index/mine.md", "a/index/other.md"} <= set(world.listed())
    assert drift(world.memory.care.validate()) == []


def test_a_users_file_where_a_page_would_be_is_never_replaced(world, small_limit):
    world.init()
    path = page_path("a", None)
    with pytest.raises(InvalidPath):
        world.memory.notes.update(path, "mine\n")
    world.commit({path: "mine\n"})
    fill(world, "a", 9)
    assert world.files()[path] == b"mine\n"
    assert_true_index(world)
    assert drift(world.memory.care.validate()) == []
    assert path in world.listed()


@pytest.mark.parametrize("large", [False, True])
def test_a_users_own_index_of_a_folder_is_a_memory_file(world, small_limit, large):
    world.init()
    world.commit({"projects/index.md": "# My projects\n"})
    fill(world, "projects", 8 if large else 2)
    assert world.files()["projects/index.md"] == b"# My projects\n"
    assert "projects/index.md" in world.listed()
    assert_true_index(world)
    made = world.memory.notes.update(
        "projects/index.md", "# Mine, still\n", sha(world, "projects/index.md")
    )
    assert made.sha == sha(world, "projects/index.md")
    assert_true_index(world)
    assert drift(world.memory.care.validate()) == []


def test_a_generated_index_cannot_be_written(world, small_limit):
    world.init()
    fill(world, "a", 6)
    for path in ("a/index.md", INDEX, "b/index.md"):
        with pytest.raises(InvalidPath):
            world.memory.notes.update(
                path, "x", sha(world, path) if path in world.files() else None
            )
    assert "a/index.md" not in world.listed()


def test_content_cannot_pass_for_an_index(world, small_limit):
    world.init()
    fill(world, "a", 6)
    world.memory.notes.update("b/x.md", "---\npack_index: folder\n---\nbody\n")
    assert "b/x.md" in world.listed()
    with pytest.raises(InvalidPath):
        world.memory.notes.move("b/x.md", page_path("a", None), sha(world, "b/x.md"))
    world.commit({"c/index.md": "# Mine\n"})
    mine = sha(world, "c/index.md")
    with pytest.raises(InvalidContent):
        world.memory.notes.update("c/index.md", "---\npack_index: folder\n---\nbody\n", mine)
    world.memory.notes.update("c/other.md", note(1))
    assert world.memory.notes.get("c/index.md").sha == mine
    assert_true_index(world)


# --- manual work --------------------------------------------------------------------------------

BROKEN = [
    "",
    "# my own words\n",
    "---\nversion: 2\nsync_order: [\n---\n",
    "---\nversion: 2\nsync_order: nonsense\n---\n",
    "---\nversion: 2\nlayout: folders\n---\n",
    "\ufeff---\r\nversion: 2\r\n---\r\n",
    b"\xff\xfe",
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_index_is_reported_and_healed_by_the_next_write(world, text):
    memory = world.init()
    memory.notes.update("projects/a.md", note(1))
    world.commit({INDEX: text})
    before = world.messages()
    found = drift(memory.care.validate())
    assert found
    assert all(finding.line >= 1 for finding in found)
    assert world.messages() == before  # it only looked
    memory.notes.update("projects/b.md", note(2))
    assert_true_index(world)
    assert drift(memory.care.validate()) == []


def test_a_foreign_index_is_kept(world):
    world.init()
    for number, text in enumerate(["# one\n", "# two\n", "# one\n"], start=1):
        world.commit({INDEX: text})
        made = world.memory.notes.update(f"n/{number}.md", note(number))
        assert made.warnings
    assert world.files()["legacy/index.md"] == b"# one\n"
    assert world.files()["legacy/index-2.md"] == b"# two\n"
    assert "legacy/index-3.md" not in world.files()
    assert_true_index(world)


def test_commits_by_hand_are_healed(world):
    memory = world.init()
    memory.notes.update("a/x.md", note(1))
    memory.notes.update("a/y.md", note(1))
    for change in (
        {"a/z.md": note(1, topic="By hand")},
        {"a/x.md": note(1, topic="Edited")},
        {"a/y.md": None},
        {"a/z.md": None, "b/z.md": note(1, topic="By hand")},
    ):
        world.commit(change)
        assert drift(memory.care.validate())
        memory.whole.add("touch")
        assert_true_index(world)
        assert drift(memory.care.validate()) == []


def test_a_drift_is_reported_where_it_begins(world):
    memory = world.init()
    memory.notes.update("a/x.md", note(1))
    text = world.files()[INDEX].decode()
    line = text.splitlines().index("## a/") + 1
    world.commit({INDEX: text.replace("## a/", "## b/")})
    assert [(f.path, f.line) for f in drift(memory.care.validate())] == [(INDEX, line)]


def test_a_large_index_edited_by_hand_is_healed(world, small_limit):
    memory = world.init()
    fill(world, "a", 8)
    fill(world, "b", 2)
    page = min(path for path in generated(world.files()) if path.startswith("a/index/"))
    for path in ("a/index.md", "b/index.md", page):
        text = world.files()[path].decode()
        world.commit({path: text + "| oops | | | |\n"})
        assert [f.path for f in drift(memory.care.validate())] == [path]
        memory.whole.add("touch")
        assert_true_index(world)
        assert drift(memory.care.validate()) == []
        world.commit({path: None})
        memory.whole.add("touch")
        assert_true_index(world)


def test_indexes_of_folders_that_vanished_by_hand_go(world, small_limit):
    memory = world.init()
    fill(world, "a", 8)
    fill(world, "b", 2)
    world.commit({f"a/n{number}.md": None for number in range(8)})
    memory.whole.add("touch")
    assert_true_index(world)
    assert set(generated(world.files())) == {INDEX}


def test_a_merge_by_hand_is_healed(git_world):
    world = git_world
    memory = world.init()
    git(world.folder, "switch", "-q", "-c", "side")
    memory.notes.update("a/side.md", note(1))
    git(world.folder, "switch", "-q", "main")
    memory.notes.update("a/main.md", note(1))
    git(world.folder, "merge", "-q", "-X", "ours", "-m", "merge", "side")
    memory.notes.update("b/after.md", note(1))
    assert_true_index(world)
    assert {"a/side.md", "a/main.md", "b/after.md"} <= set(order(world))
    git(world.folder, "checkout", "-q", "side")
    memory.notes.update("b/side.md", note(1))
    assert_true_index(world)
    assert "a/main.md" not in order(world)


def test_a_fresh_process_writes_the_same_index(world):
    world.init()
    world.memory.notes.update("a/x.md", note(1))
    before = world.files()[INDEX]
    world.open()
    made = world.memory.notes.update("a/x.md", note(1), sha(world, "a/x.md"))
    assert made.index_updated
    assert world.files()[INDEX] == before


def test_a_large_committed_file_is_listed_and_is_no_drift(git_world):
    memory = git_world.init()
    git_world.commit({"a/large.md": b"---\ntopic: Large\n---\n" + b"x" * 3_000_000})
    memory.notes.update("a/small.md", note(1))
    assert_true_index(git_world)
    found = memory.care.validate()
    assert drift(found) == []
    assert [f.path for f in found if f.code == "oversized"] == ["a/large.md"]
    assert "a/large.md" in git_world.listed()
    assert memory.search.find("small").total
    assert "# Note 1" in memory.whole.get().content


@pytest.mark.contract("C1")
def test_an_index_too_large_to_read_hides_no_file_and_is_not_replaced(git_world):
    memory = git_world.init()
    memory.notes.update("a/x.md", note(1))
    git_world.commit({INDEX: b"x" * 3_000_000})
    assert "# Note 1" in memory.whole.get().content
    assert git_world.listed() == ["a/x.md", "context/general.md"]
    assert memory.search.find("note").total == 1
    with pytest.raises(LimitExceeded):
        memory.notes.update("a/y.md", note(2))
    assert [(f.code, f.path) for f in memory.care.validate()] == [("oversized", INDEX)]
    assert git_world.files()[INDEX] == b"x" * 3_000_000


# --- hand edits of the index --------------------------------------------------------------------


@pytest.mark.contract("C1")
def test_a_hand_edit_of_the_index_is_recorded_before_it_is_replaced(git_world):
    memory = git_world.init()
    memory.notes.update("a/x.md", note(1))
    edited = git_world.files()[INDEX].decode().replace("# Memory index", "# My memory")
    git_world.edit(INDEX, edited)
    count = len(git_world.messages())
    memory.notes.update("a/y.md", note(2))
    assert len(git_world.messages()) == count + 2
    assert git(git_world.folder, "show", "HEAD~1:index.md").decode() == edited
    assert git(git_world.folder, "log", "--format=%an", "-2").split(b"\n")[:2] == [
        b"test client",
        b"Test User",
    ]
    assert git(git_world.folder, "status", "--porcelain") == b""
    assert_true_index(git_world)


def test_an_order_edited_by_hand_and_not_committed_counts(git_world):
    memory = git_world.init()
    memory.notes.update("a/x.md", note(1))
    text = git_world.files()[INDEX].decode()
    old = "  - context/general.md\n  - a/x.md\n"
    assert old in text
    git_world.edit(INDEX, text.replace(old, "  - a/x.md\n  - context/general.md\n"))
    memory.notes.update("a/y.md", note(2))
    assert order(git_world) == ["a/x.md", "context/general.md", "a/y.md"]
    assert_true_index(git_world)


@pytest.mark.parametrize("text", ["# Broken by hand\n", "---\npack_index: folder\n---\nold\n"])
def test_an_uncommitted_edit_of_a_folders_index(git_world, small_limit, text):
    memory = git_world.init()
    fill(git_world, "a", 6)
    git_world.edit("a/index.md", text)
    memory.notes.update("a/new.md", note(1))
    assert_true_index(git_world)
    assert text.encode() in [
        git(git_world.folder, "show", f"HEAD~{back}:a/index.md") for back in (0, 1)
    ]
    assert git(git_world.folder, "status", "--porcelain") == b""
