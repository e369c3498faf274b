"""Text that the person accepted as it is."""

import pytest

from pack.model import BlobId, CommitId, MemoryPath, blob_id
from pack.provenance import commit_message
from pack.truth.acceptances import acceptance_trailer
from tests.support import git
from tests.truth_support import AGENT, PERSON, Writers, put_exactly

pytestmark = pytest.mark.contract("C13")

MADE, OTHER = "The machine deployed version 7.", "And version 8 a day later."


@pytest.fixture
def writers(world):
    return Writers(world)


def accept(writers, first, last, *, origin=PERSON, by="user:cli", path="a/x.md", blob=None):
    """A commit that accepts lines and changes nothing."""
    content = writers.world.files()[path]
    trailer = acceptance_trailer(
        MemoryPath(path), BlobId(blob or blob_id(content)), [(first, last)]
    )
    memory = writers.world.memory.written_by(origin)
    put_exactly(memory, {path: content.decode()}, [trailer, ("Pack-Accepted-By", by)])
    return writers.world.connector.head()


def test_accepted_lines_are_the_persons_and_others_are_not(writers):
    writers.agent(f"{MADE}\n{OTHER}\n")
    assert writers.levels() == {MADE: 5, OTHER: 5}
    accept(writers, 1, 1)
    assert writers.levels() == {MADE: "+", OTHER: 5}
    accept(writers, 1, 2)
    assert writers.levels() == {MADE: "+", OTHER: "+"}


@pytest.mark.parametrize(
    "path",
    [
        *("a/100%41 sure.md", "a/Straße 2-3,4-5.md", "a/\u06cc\u0627\u062f\u200c\u0647\u0627.md"),
        *("a/\U0001f469\u200d\U0001f4bb work.md", "a/1\u00a0kg.md"),
    ],
)
def test_it_does_not_matter_what_the_file_is_called(writers, path):
    writers.agent(f"{MADE}\n", path)
    accept(writers, 1, 1, path=path)
    assert writers.levels(path) == {MADE: "+"}
    (event,) = writers.world.memory.events.page().events
    assert (event.kind, event.path) == ("accepted", path)


@pytest.mark.parametrize(
    "path", ["..%2F..%2Fx.md", "/etc/x.md", "a%00b.md", "a%0Ab.md", "%FF.md", "--all", ".git/x.md"]
)
def test_a_path_that_is_none_of_a_note_accepts_nothing(writers, path):
    writers.agent(f"{MADE}\n")
    said = ("Pack-Accepts", f"{'1' * 40} 1-2 {path}"), ("Pack-Accepted-By", "user:cli")
    writers.world.commit({"a/y.md": "z\n"}, commit_message("x", PERSON, "r", trailers=said))
    assert writers.levels() == {MADE: 5}


def test_they_stay_so_wherever_they_go(writers):
    writers.agent(f"{MADE}\n{OTHER}\n")
    accept(writers, 1, 1)
    writers.agent(f"new\n{OTHER}\n  {MADE}\n")
    assert writers.levels() == {"new": 5, OTHER: 5, MADE: "+"}
    put_exactly(writers.world.memory, {"a/x.md": "new\n", "b/y.md": f"{MADE}\n"})
    assert writers.levels("b/y.md") == {MADE: "+"}
    writers.person(f"{MADE} Not.\n", "b/y.md")
    assert writers.levels("b/y.md") == {f"{MADE} Not.": 1}


def test_what_was_deleted_and_written_again_was_not_accepted(writers):
    text = f"{MADE}\n{OTHER}\n"
    writers.agent(text)
    accept(writers, 1, 2)
    writers.agent("x\n")
    writers.agent(text)
    assert writers.levels() == {MADE: 5, OTHER: 5}
    accept(writers, 2, 2)
    assert writers.levels() == {MADE: 5, OTHER: "+"}


def test_the_commit_that_accepts_may_say_so_in_the_note(writers):
    writers.agent(f"---\ntruth_level: 5\n---\n{MADE}\n{OTHER}\n")
    before = blob_id(writers.world.files()["a/x.md"])
    trailer = acceptance_trailer(MemoryPath("a/x.md"), before, [(4, 4)])
    memory = writers.world.memory.written_by(PERSON)
    text = f"---\naccepted_by_user: true\n---\n{MADE}\n{OTHER}\n"
    put_exactly(memory, {"a/x.md": text}, [trailer, ("Pack-Accepted-By", "user:cli")])
    found = writers.levels()
    assert (found[MADE], found[OTHER]) == ("+", 5)


@pytest.mark.parametrize(
    "claim",
    [{"origin": AGENT}, {"by": "ai-cloud:x"}, {"blob": "0" * 40}],
)
def test_not_every_claim_accepts(writers, claim):
    writers.agent(f"{MADE}\n")
    accept(writers, 1, 1, **claim)
    assert writers.levels() == {MADE: 5}


def test_the_past_knows_nothing_of_what_was_accepted_later(writers):
    then = writers.agent(f"{MADE}\n")
    accept(writers, 1, 1)
    assert writers.levels() == {MADE: "+"}
    core = writers.world.memory.as_of(then)._session.core
    (line,) = core.truths.of(core.reader.find(MemoryPath("a/x.md"))).lines
    assert (line.level, line.commit) == (5, CommitId(then))


def test_a_rebase_keeps_what_was_accepted(git_world):
    writers = Writers(git_world)
    base = git_world.connector.head()
    writers.agent(f"{MADE}\n")
    accept(writers, 1, 1)
    git(git_world.folder, "checkout", "-q", "-b", "side", base)
    git_world.commit({"b/other.md": "x\n"})
    git(git_world.folder, "rebase", "-q", "side", "main")
    git_world.open(truth=git_world.truth)
    assert writers.levels() == {MADE: "+"}


def test_what_is_wholly_accepted_no_longer_says_that_it_is_a_machines(writers):
    memory = writers.world.memory
    memory.notes.update("a/z.md", f"# Z\n\n{MADE}\n")
    assert "truth_level: 5" in memory.notes.get("a/z.md").content
    memory.written_by(PERSON).proposals.accept_text("a/z.md", None, "tty")
    assert "truth_level" not in memory.notes.get("a/z.md").content
    core = memory._session.core
    assert core.truths.of(core.reader.find(MemoryPath("a/z.md"))).level == 1
