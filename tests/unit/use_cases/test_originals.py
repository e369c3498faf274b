"""What was divided and still counts, as PACK 2.0.0 left it."""

import pytest

from pack.catalog.scope import PROJECT_FILE
from pack.errors import RefusedForSafety
from tests.support import World, assert_true_index

V1 = "# Memory\n\n- first\n\n## Zebra\n\nstripes\n\n## Ant\n\nsix legs\n"
PATH = "docs/MEMORY.md"


def divided_as_before(world, path=PATH, more=()):
    """A memory in which the original is an ordinary note, beside those that it was divided into."""
    world.commit({path: V1, **dict(more)})
    lifecycle = world.memory.lifecycle
    lifecycle.migrate(lifecycle.plan_migration())
    world.commit({PROJECT_FILE: None})
    world.memory.care.correct_index()
    assert path in world.listed()


def codes(world):
    found = world.memory.care.validate()
    return [(one.path, one.line) for one in found if one.code == "counted_twice"]


@pytest.fixture
def old(request):
    world = World(None, v1_path=PATH)
    yield world
    world.close()


@pytest.mark.contract("C1", "C9", "C10")
def test_the_original_is_found_and_left_out_and_no_byte_is_lost(old):
    divided_as_before(old)
    whole = old.memory.whole.get().content
    assert whole.count("six legs") == 2
    assert codes(old) == [(PATH, 1)]
    before = old.files()
    done = old.memory.lifecycle.leave_out_originals()
    assert done.commit == old.connector.head()
    assert codes(old) == []
    assert PATH not in old.listed()
    assert old.memory.whole.get().content.count("six legs") == 1
    assert_true_index(old)
    after = old.files()
    assert {path: after[path] for path in before if path != "index.md"} == {
        path: content for path, content in before.items() if path != "index.md"
    }
    assert old.memory.lifecycle.divided_originals() == []


@pytest.mark.contract("C1")
def test_one_that_was_stamped_or_shortened_is_one_too(old):
    divided_as_before(old)
    sha = old.memory.notes.get(PATH).sha
    old.memory.notes.update(PATH, V1.replace("- first\n\n", ""), sha)
    assert codes(old) == [(PATH, 1)]
    old.memory.lifecycle.leave_out_originals()
    assert PATH not in old.listed()


@pytest.mark.contract("C1")
def test_text_that_is_nowhere_else_stays_in_the_memory(old):
    divided_as_before(old)
    sha = old.memory.notes.get(PATH).sha
    old.memory.notes.update(PATH, f"{V1}\nonly here\n", sha)
    ((_, line),) = codes(old)
    assert old.memory.notes.get(PATH).content.splitlines()[line - 1] == "only here"
    with pytest.raises(RefusedForSafety, match="no other note has"):
        old.memory.lifecycle.leave_out_originals()
    assert PATH in old.listed()
    old.memory.notes.update("context/more.md", "only here\n")
    old.memory.lifecycle.leave_out_originals()
    assert PATH not in old.listed()
    assert "only here" in old.memory.whole.get().content


def test_what_continues_a_full_file_is_left_out_with_it(old):
    divided_as_before(old, more={"docs/MEMORY-2.md": "## More\n\nbees\n"}.items())
    assert codes(old) == [("docs/MEMORY-2.md", 1), (PATH, 1)]
    old.memory.lifecycle.leave_out_originals()
    assert old.memory.whole.get().content.count("bees") == 1


@pytest.mark.contract("C1")
def test_a_note_is_none_that_only_has_the_name_or_whose_parts_are_gone(old):
    divided_as_before(old)
    old.commit({PATH: None, "other/MEMORY.md": "# Something else\n\nentirely\n"})
    assert codes(old) == []
    old.commit({"other/MEMORY.md": V1})
    for path in old.listed():
        if path != "other/MEMORY.md":
            old.memory.notes.delete(path, old.memory.notes.get(path).sha)
    assert codes(old) == []
    assert old.memory.lifecycle.divided_originals() == []


def test_rules_that_are_there_are_kept(old):
    divided_as_before(old)
    old.commit({PROJECT_FILE: "# mine\nversion: 1\nexclude: [tmp/]\n"})
    old.memory.lifecycle.leave_out_originals()
    assert old.files()[PROJECT_FILE].startswith(b"# mine\nversion: 1\n")
    assert PATH not in old.listed()


def test_notes_at_the_root_leave_out_what_was_divided_there():
    world = World(None, v1_path="Brain.md")
    world.commit({"Brain.md": V1, "idea.md": "an idea\n"})
    lifecycle = world.memory.lifecycle
    lifecycle.migrate(lifecycle.plan_migration())
    lifecycle.init({}, root_notes=True)
    assert "idea.md" in world.listed()
    assert "Brain.md" not in world.listed()
    assert_true_index(world)
    assert codes(world) == []
    world.close()
