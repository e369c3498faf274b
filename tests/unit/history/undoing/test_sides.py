"""A change is carried over with the files that it needs, and no others."""

from pack.history.undoing.present import PresentFiles
from pack.history.undoing.sides import diff_of, sides_of
from tests.support import World


def test_a_file_that_was_moved_since_is_found_among_what_has_changed() -> None:
    world = World(None)
    memory = world.init()
    first = memory.notes.update("a/x.md", "# T\n\none\n")
    memory.notes.update("a/other.md", "# Other\n")
    core = memory._session.core
    assert first.commit is not None
    base = {first.path: first.sha}
    here = sides_of(core, base, {first.path: None}, first.commit, PresentFiles(core))
    assert (set(here.base), set(here.ours), set(here.theirs)) == ({"a/x.md"}, {"a/x.md"}, set())
    memory.notes.move("a/x.md", "b/y.md", str(first.sha))
    there = sides_of(core, base, {first.path: None}, first.commit, PresentFiles(core))
    assert "b/y.md" in there.ours
    assert set(diff_of(core, first.commit, world.connector.head())) >= {"a/x.md", "b/y.md"}
    world.close()
