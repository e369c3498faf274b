"""Agents with the v1 prompt on any memory (C2): no path, no sha, no errors, no loss."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.core.truths import TruthMode
from pack.errors import MigrationNeeded, NotInitialised
from pack.files.markdown import split_lines
from pack.model import Mode
from pack.paths import GENERAL, INDEX
from pack.provenance import Origin, Source
from pack.results import WriteStatus
from tests.support import World, assert_true_index, examples, git, note

pytestmark = pytest.mark.contract("C2")


def lines(text):
    return {line.strip() for line in split_lines(text) if line.strip()}


def everything(world):
    return "\n".join(content.decode("utf-8", "replace") for content in world.files().values())


def general(world):
    return world.files()[GENERAL].decode()


def test_a_v1_session_on_a_v2_memory(world):
    memory = world.init()
    memory.notes.update("projects/a.md", "# A\n\nstarted\n")
    count = len(world.messages())
    read = memory.whole.get().content
    made = memory.whole.add(f"{read}\nA fact.\n", read, "from v1")
    assert made.path == GENERAL
    assert made.index_updated
    assert "deprecated" in made.warnings[0]
    assert "A fact.\n" in general(world)
    assert "started" not in general(world)
    assert len(world.messages()) == count + 1
    assert world.messages()[0].startswith(f"{GENERAL}: ")
    assert "A fact.\n" in memory.whole.get().content
    assert_true_index(world)


def test_an_addition_stands_where_it_was_made(world):
    memory = world.init()
    memory.whole.add("first\nlast\n")
    read = memory.whole.get().content
    memory.whole.add(read.replace("first\n", "first\nbetween\n"), read)
    assert "first\nbetween\nlast\n" in general(world)


@pytest.mark.parametrize("begun", ["```\ncode", "<textarea>\n\nwords", "<!--\n\nhidden"])
def test_where_a_stronger_writer_left_something_open_it_stands_beside(world, begun):
    world.init()
    world.open(truth=TruthMode.ENFORCE)
    held = world.memory.written_by(Origin(Source.USER, "cli"))
    held.notes.update(GENERAL, f"{begun}\n", held.notes.get(GENERAL).sha)
    agent = world.memory.written_by(Origin(Source.AI_CLOUD, "agent"))
    before = general(world)
    read = agent.whole.get().content
    made = agent.whole.add(f"{read}\nA fact.\n", read)
    assert (made.path, made.status) == ("context/general-2.md", WriteStatus.WRITTEN)
    assert made.commit is not None
    assert general(world) == before
    again = agent.whole.get().content
    assert "A fact.\n" in again
    assert agent.whole.add(again, again).commit is not None
    assert "context/general-3.md" not in world.files()


def test_general_md_is_made_where_it_is_missing(world):
    world.memory.lifecycle.init({})
    world.memory.whole.add("A fact.\n")
    assert general(world) == (
        "---\ntopic: General\ncreated: 2026-03-01\nupdated: 2026-03-01\n---\n\n"
        "## 2026-03-01\n\nA fact.\n"
    ).replace("---\n\n##", "---\n##")
    assert_true_index(world)


SENT = st.lists(
    st.sampled_from(["a", "b", "# c", "", "---", "topic: x", "- d", "\u2028e", "\x1cf", "g\r"]),
    max_size=8,
).map("\n".join)


@settings(max_examples=examples(15))
@given(st.lists(st.tuples(SENT, st.sampled_from(["read", "old", None])), max_size=6), SENT)
def test_nothing_is_lost_whatever_is_sent(sends, start):
    world = World(None)
    world.memory.lifecycle.init({})
    world.commit({GENERAL: start})
    old = world.memory.whole.get().content
    for text, how in sends:
        before = general(world)
        read = {"read": world.memory.whole.get().content, "old": old, None: None}[how]
        sent = f"{read}\n{text}" if read is not None else text
        world.memory.whole.add(sent, read)
        assert not lines(before) - lines(general(world)) - {f"updated: {world.clock.now.date()}"}
        assert not lines(sent) - lines(everything(world)) - lines(read or "")
        size = len(everything(world))
        for _ in range(2):  # a client knows what it sent
            world.memory.whole.add(sent, None if read is None else f"{read}\n{sent}")
        assert len(everything(world)) == size
        assert_true_index(world)
    world.close()


# What is done with megabytes is the same wherever they are kept; in a git repository, other tests
# keep as many.
IN_MEMORY = pytest.mark.parametrize(
    "world", ["memory", pytest.param("git", marks=pytest.mark.soak)], indirect=True
)
HARD = {
    "empty": "",
    "blank": " \n\t\r\n\n",
    "nul": "a\0b\n\0\n",
    "surrogates": "half \ud83d pair\n\udfff",
    "crlf": "one\r\ntwo\r\n\r\nthree",
    "cr": "one\rtwo\rthree",
    "rules": "---\n---\n---\n***\n",
    "frontmatter": "---\ntopic: Mine\ntags: [\n---\nbody\n",
    "open": "---\nnever closed\n",
    "comments": "<!-- projects/a.md -->\n<!--\n",
    "fence": "```\nnot closed\n",
    "bom": "\ufefftext\n",
    "separators": "a\u2028b\x85c\x0cd",
    "trailers": "Pack-Origin: user:me\n",
}


@pytest.mark.parametrize("name", HARD)
def test_anything_that_is_sent_is_kept(world, name):
    memory = world.init()
    sent = HARD[name]
    before = lines(general(world))
    made = memory.whole.add(sent)
    kept = lines(sent.encode("utf-8", "backslashreplace").decode())
    assert not kept - lines(everything(world))
    assert not before - lines(general(world))
    assert made.commit == world.connector.head()
    size = len(general(world))
    memory.whole.add(sent)
    memory.whole.add(sent, memory.whole.get().content)
    assert len(general(world)) == size
    assert_true_index(world)


@IN_MEMORY
def test_five_mebibytes_are_divided(world):
    memory = world.init()
    sent = "".join(f"{number:07} {'x' * 1000}\n" for number in range(5200))
    made = memory.whole.add(sent)
    files = [path for path in world.files() if path.startswith("context/general")]
    assert 3 <= len(files) <= 6
    assert all(path in made.warnings[0] for path in files)
    assert not lines(sent) - lines(everything(world))
    size = len(everything(world))
    memory.whole.add(sent)
    assert len(everything(world)) == size
    assert_true_index(world)


@IN_MEMORY
def test_a_line_of_three_mebibytes_is_kept_whole_in_pieces(world):
    memory = world.init()
    sent = "".join(f"{number:08}" for number in range(400_000))
    memory.whole.add(sent)
    names = sorted((p for p in world.files() if "general" in p), key=lambda p: (len(p), p))
    texts = [world.files()[name].decode() for name in names]
    joined = "".join(line for text in texts for line in text.splitlines() if len(line) > 1000)
    assert joined == sent
    size = len(everything(world))
    memory.whole.add(sent)
    assert len(everything(world)) == size


OF_ANY_KIND = [
    b"\xff\xfe not text\n",
    b"---\ntopic: [broken\n---\nbody\n",
    b"---\ntopic: T\n---",
    b"---\ntopic: T\n...",
    b"---\nnever closed\n",
    b"---\r\ntopic: T\r\n---\r\nbody",
    b"\xef\xbb\xbfbody",
    b"\xef\xbb\xbf---\ntopic: T\n---\nbody",
    b"",
    b"x" * (2 * 1024 * 1024 - 100),
    b"\n".join(b"%0174d" % n for n in range(10_000)),
]
STORED = [
    pytest.param(kind, content, marks=[pytest.mark.soak] * (kind == "git" and len(content) > 10**6))
    for kind in ("memory", "git")
    for content in OF_ANY_KIND
]


@pytest.mark.parametrize(("world", "content"), STORED, indirect=["world"])
def test_whatever_general_md_is_nothing_in_it_is_lost(world, content):
    memory = world.init()
    world.commit({GENERAL: content})
    memory.whole.add("A fact.\n")
    assert "A fact." in lines(everything(world))
    before = content.split(b"\n")
    after = world.files()[GENERAL].split(b"\n")
    missing = set(before) - set(after) - {before[-1], b"\xef\xbb\xbfbody"}
    assert not missing
    assert content.strip() in world.files()[GENERAL] or b"topic" in content or b"body" in content
    assert_true_index(world)


def test_a_file_too_large_to_read_is_left_alone(git_world):
    memory = git_world.init()
    git_world.commit({GENERAL: b"x" * 3_000_000})
    assert memory.whole.add("A fact.\n").path == "context/general-2.md"
    assert git_world.files()[GENERAL] == b"x" * 3_000_000
    assert_true_index(git_world)


def test_a_folder_where_general_md_would_be(world):
    world.memory.lifecycle.init({})
    world.commit({f"{GENERAL}/x.md": note(1)})
    assert world.memory.whole.add("A fact.\n").path == "context/general-2.md"


def test_a_link_where_general_md_would_be(git_world):
    git_world.memory.lifecycle.init({})
    (git_world.folder / "context").mkdir()
    (git_world.folder / GENERAL).symlink_to("../index.md")
    before = (git_world.folder / INDEX).read_bytes()
    assert git_world.memory.whole.add("A fact.\n").path == "context/general-2.md"
    assert (git_world.folder / GENERAL).is_symlink()
    assert b"sync_order" in before


@pytest.mark.contract("C1")
def test_a_staged_general_md_is_left_alone(git_world):
    memory = git_world.init()
    git_world.edit(GENERAL, "staged\n")
    git(git_world.folder, "add", GENERAL)
    git_world.edit(GENERAL, "edited again\n")
    assert memory.whole.add("A fact.\n").path == "context/general-2.md"
    assert git(git_world.folder, "show", f":{GENERAL}") == b"staged\n"
    assert (git_world.folder / GENERAL).read_bytes() == b"edited again\n"


@pytest.mark.contract("C1")
def test_a_hand_edit_of_general_md_is_kept(git_world):
    memory = git_world.init()
    read = memory.whole.get().content
    git_world.edit(GENERAL, "by hand, without an end")
    memory.whole.add(f"{read}A fact.\n", read)
    assert general(git_world).endswith("by hand, without an end\n\n## 2026-03-01\n\nA fact.\n")
    assert git(git_world.folder, "show", f"HEAD~1:{GENERAL}") == b"by hand, without an end"


# --- v1 memories --------------------------------------------------------------------------------


def test_a_v1_memory_stays_one_file(world):
    world.commit({"MEMORY.md": "# Me\n\nold\n"})
    memory = world.memory
    found = memory.whole.get()
    assert found.content == "# Me\n\nold\n"
    assert found.sha == memory.notes.get("MEMORY.md").sha
    made = memory.whole.add("# Me\n\nold\nnew\n", found.content)
    assert made.path == "MEMORY.md"
    assert not made.index_updated
    assert world.files() == {"MEMORY.md": b"# Me\n\nold\nnew\n"}
    memory.whole.add("more")
    assert "## 2026-03-01\n\nmore\n" in memory.whole.get().content
    with pytest.raises(MigrationNeeded):
        memory.notes.update("projects/a.md", "x")


@pytest.mark.parametrize("content", [b"\xff\xfe\n", b"x" * (2 * 1024 * 1024 - 10)])
def test_a_v1_file_that_cannot_take_more_goes_on_in_another(world, content):
    world.commit({"MEMORY.md": content})
    memory = world.memory
    made = memory.whole.add("A fact.\n")
    assert made.path == "MEMORY-2.md"
    assert world.files()["MEMORY.md"] == content
    assert memory.mode() is Mode.V1
    assert memory.whole.get().content.endswith("A fact.\n")
    size = len(everything(world))
    memory.whole.add("A fact.\n")
    memory.whole.add("A fact.\n", memory.whole.get().content)
    assert len(everything(world)) == size


def test_a_v1_file_too_large_to_read_takes_nothing_and_refuses_nothing(git_world):
    git_world.commit({"MEMORY.md": b"x" * 3_000_000})
    assert git_world.memory.whole.add("A fact.\n").path == "MEMORY-2.md"
    git_world.memory.whole.add("Another.\n")
    assert set(git_world.files()) == {"MEMORY.md", "MEMORY-2.md"}


def test_a_migration_between_read_and_write_loses_nothing(world):
    world.commit({"MEMORY.md": "# Me\n\n## Projects\n\nold\n"})
    memory = world.memory
    read = memory.whole.get().content
    memory.lifecycle.migrate(memory.lifecycle.plan_migration())
    memory.whole.add(f"{read}\nnew\n", read)
    assert "new" in lines(general(world))
    assert general(world).count("old") == 0
    assert world.files()["legacy/MEMORY.md"] == read.encode()
    assert_true_index(world)


@IN_MEMORY
@pytest.mark.contract("C1")
def test_a_migration_takes_along_where_a_v1_file_went_on(world):
    world.commit({"MEMORY.md": "# Me\n\nold\n" + "x" * 2_097_000})
    world.memory.whole.add("A fact.\n" * 3 + "y" * 500)
    assert "MEMORY-2.md" in world.files()
    world.memory.lifecycle.migrate(world.memory.lifecycle.plan_migration())
    assert "A fact.\n" in world.memory.whole.get().content
    assert world.files()["MEMORY-2.md"]
    assert_true_index(world)


def test_an_empty_store_says_how_to_begin(world):
    with pytest.raises(NotInitialised):
        world.memory.whole.add("A fact.\n")
    assert world.connector.head() is None
