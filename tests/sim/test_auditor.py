"""The auditor tells a text that a merge lost from one that people removed."""

from types import SimpleNamespace

import pytest

from pack.model import MemoryPath
from tests.sim import auditor
from tests.sim.world import MERGE, World

BOTH = {"a.md": "- t0.\n", "b.md": "- t0.\n"}


class Course:
    """Commits by hand, of which the auditor is asked at the end."""

    def __init__(self):
        self.world = World()
        self.begun = self.commit([], BOTH)

    def commit(self, parents, files):
        tree = {MemoryPath(path): self.world.blob(text.encode()) for path, text in files.items()}
        number = len(self.world.by_number)
        return self.world.commit(parents, tree, f"commit {number}", MERGE, number)

    def without(self, parent, *gone):
        """A commit by a person who removed files."""
        left = {path: text for path, text in self.world.texts(parent).items() if path not in gone}
        return self.commit([parent], {**left, f"{len(self.world.by_number)}.md": "more\n"})

    def lost(self, head):
        writer = SimpleNamespace(name="p0", id="p0", key_name="p0", ids=["p0"])
        tokens = {"t0.": (self.begun, "p0")}
        return list(
            auditor._lost(
                SimpleNamespace(
                    world=self.world, tokens=tokens, lost=set(), doubles=set(), machines=[writer]
                ),
                head,
            )
        )


@pytest.fixture
def course(monkeypatch):
    monkeypatch.setattr(auditor, "_counts", lambda run, machine: True)
    return Course()


def test_a_merge_may_drop_what_each_side_removed_from_the_file_that_the_other_kept(course):
    ann, bob = course.without(course.begun, "a.md"), course.without(course.begun, "b.md")
    assert not course.lost(course.commit(sorted((ann, bob)), {}))


def test_a_merge_that_drops_what_nobody_removed_there_has_lost_it(course):
    ann, bob = course.without(course.begun, "a.md"), course.without(course.begun)
    assert course.lost(course.commit(sorted((ann, bob)), {}))
    kept = {path: text for path, text in BOTH.items() if path != "a.md"}
    assert not course.lost(course.commit(sorted((ann, bob)), kept))


def test_what_was_removed_before_and_written_again_is_lost_if_a_merge_drops_it(course):
    ann = course.without(course.begun, "a.md")
    again = course.commit([ann], BOTH)
    bob = course.without(again, "b.md")
    assert course.lost(course.commit(sorted((bob, course.without(again))), {}))


def test_what_a_person_removed_from_everywhere_is_not_lost(course):
    ann, bob = course.without(course.begun, *BOTH), course.without(course.begun)
    assert not course.lost(course.commit(sorted((ann, bob)), {}))
    assert course.lost(bob) == course.lost(course.begun) == []
