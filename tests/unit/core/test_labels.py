"""How far a text is trusted, in short."""

import pytest

from pack.core.labels import Label, labels_of
from pack.model import MemoryPath, Put
from tests.truth_support import PERSON, Writers

HEAD = "---\ntruth_level: 5\n---\n"
RULE, MADE = "Never deploy on a Friday.", "The machine deployed version 7."


def labels(world, first=1, last=100):
    core = world.memory._session.core
    return labels_of(core, core.reader.find(MemoryPath("a/x.md")), first, last)


def test_a_text_is_as_weak_as_its_weakest_line(world):
    writers = Writers(world)
    writers.person(f"{RULE}\n")
    assert labels(world) == (Label(1, "user"), ())
    writers.agent(f"{HEAD}{RULE}\n\n{MADE}\n{MADE} Twice.\n")
    assert labels(world) == (Label(5, "ai-cloud:test-client"), ("6-7 5 ai-cloud:test-client",))
    assert labels(world, 1, 5) == (Label(1, "user:cli"), ())
    assert labels(world, 2, 2) == (Label(1, ""), ())


def test_of_very_many_lines_not_all_are_said(world):
    writers = Writers(world)
    writers.person("".join(f"{RULE} {n}\n" for n in range(30)))
    writers.agent(HEAD + "".join(f"{RULE} {n}\n{MADE} {n}\n" for n in range(30)))
    weaker = labels(world).weaker
    assert len(weaker) == 21
    assert weaker[-1].endswith("not shown")


def test_without_levels_nothing_is_said(world):
    world.init().notes.update("a/x.md", "one\n")
    assert labels(world) is None
    assert world.memory.notes.get("a/x.md").level is None


@pytest.mark.parametrize("lines", [None, "8-10"])
def test_what_is_read_says_how_far_it_is_trusted(world, lines):
    writers = Writers(world)
    writers.person(f"# A\n\n{RULE}\n")
    writers.agent(f"{HEAD}# A\n\n{RULE}\n\n{MADE}\n\n{MADE}\n")
    found = world.memory.written_by(PERSON).notes.get("a/x.md", lines=lines)
    assert (found.level, found.origin) == (5, "ai-cloud:test-client")
    assert found.weaker == ("8-10 5 ai-cloud:test-client",)


def test_lines_are_those_that_a_reader_counts(world):
    """A carriage return alone ends a line for a reader, and none for git."""
    writers = Writers(world)
    writers.person(f"{RULE}\n")
    writers.agent(f"{HEAD}{RULE}\n\n{MADE}\rOne.\rTwo.\r\nThree.\rFour.\n")
    ai = "ai-cloud:test-client"
    assert labels(world) == (Label(5, ai), (f"6-10 5 {ai}",))
    assert labels(world, 9, 10) == (Label(5, ai), (f"9-10 5 {ai}",))
    assert labels(world, 1, 5) == (Label(1, "user:cli"), ())
    assert world.memory.notes.get("a/x.md", lines="10").level == 5
    assert [one.level for one in world.memory.notes.list(dir="a/", max_level=5).files] == [5]
    found = world.memory.search.find("Four")
    assert [(match.level, match.origin) for match in found.matches] == [(5, ai)]


def test_nobody_vouches_for_a_shared_text_that_cannot_be_read(world):
    writers = Writers(world)
    writers.agent(f"{MADE}\n")
    core = world.memory._session.core
    head, sha = core.connector.head(), core.connector.get_committed(MemoryPath("a/x.md"))
    change = Put(MemoryPath("a/x.md"), f"{MADE} ".encode() + b"\xff\n", sha)
    core.connector.commit(head, [change], "by hand")
    assert labels(world) == (Label(5, "unknown"), ())
    assert world.memory.search.find("deployed", max_level=1).matches == ()
