"""What machines did elsewhere to the person's text is not taken in over a remote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pack.core.events import MemoryEventKind
from pack.core.truths import TruthMode
from pack.memory import Memory
from pack.provenance import Origin, Source
from pack.remote.remote import Exchange, Outcome
from tests.compat.remote_support import Machine, Net, make_template

pytestmark = [pytest.mark.contract("C12"), pytest.mark.usefixtures("git_identity")]

A = "context/a.md"
RULE = "Never deploy on Fridays."
TEXT = f"---\ntopic: Rules\n---\n\n# Rules\n\n{RULE}\nAsk before you delete.\n"
AGENT = "agent\n\nCo-authored-by: Claude <noreply@anthropic.com>"
USER = Origin(Source.USER, "cli")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Net:
    return make_template(tmp_path_factory.mktemp("net"))


@pytest.fixture
def machines(template: Net, tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    """Two machines that both have what the person wrote."""
    net = template.copy_to(tmp_path / "net")
    one, two = (net.open(net.folder / name, truth=TruthMode.ENFORCE) for name in ("one", "two"))
    person(one).notes.update(A, TEXT)
    one.exchange()
    two.exchange()
    net.clock.advance(hours=1)
    yield one, two
    net.close()


def person(machine: Machine) -> Memory:
    return machine.memory.written_by(USER)


def by_git(machine: Machine, change: Callable[[str], str | None], message: str = AGENT) -> None:
    """A commit that PACK did not make, pushed past it."""
    file = machine.folder / A
    text = change(file.read_text(encoding="utf-8"))
    if text is None:
        file.unlink()
    else:
        file.write_text(text, encoding="utf-8")
    machine.git("add", "--all")
    machine.git("commit", "--quiet", "-m", message)
    machine.git("push", "--quiet", "origin", "HEAD")


def take(machine: Machine, *others: Machine) -> Exchange:
    """An exchange, after which all machines have the same."""
    done = machine.exchange()
    assert done.stop is None
    for other in others:
        assert other.exchange().outcome in (Outcome.RECEIVED, Outcome.UP_TO_DATE)
        assert other.files() == machine.files()
        other.assert_sound()
    machine.assert_sound()
    return done


@pytest.mark.contract("C1")
def test_a_machines_change_of_a_persons_line_waits_for_them(
    machines: tuple[Machine, Machine],
) -> None:
    one, two = machines
    by_git(one, lambda text: text.replace("Never", "Rarely") + "- it was me\n")
    done = take(two, one)
    (waiting,) = person(two).proposals.list()
    assert (done.outcome, done.copies) == (Outcome.MERGED, ())
    assert done.proposals == (waiting.proposal.id,)
    assert RULE in two.text(A)
    assert "- it was me" in two.text(A)  # what touches nothing of the person's is done
    hunk = waiting.hunks[0]
    assert hunk.new == ("Rarely deploy on Fridays.\n",)
    (event,) = two.memory.events.page().events
    assert (event.kind, event.path, event.commit) == (MemoryEventKind.DISCARDED, A, two.head())
    assert two.memory.remotes.sync().outcome is Outcome.UP_TO_DATE


@pytest.mark.contract("C1")
def test_so_it_is_where_both_have_changed_something(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    by_git(one, lambda text: text.replace("Never", "Rarely"))
    person(two).notes.update("context/b.md", "mine\n")
    take(two, one)
    assert RULE in two.text(A)


@pytest.mark.contract("C1")
def test_a_machine_deletes_nothing_of_the_persons(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    by_git(one, lambda _: None)
    take(two, one)
    assert RULE in two.text(A)
    (event,) = two.memory.events.page().events
    assert (event.kind, event.path, event.discarded) == (MemoryEventKind.DISCARDED, A, None)


def test_a_machine_moves_nothing_of_the_persons_away(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    one.git("mv", A, "context/z.md")
    one.git("commit", "--quiet", "-m", AGENT)
    one.git("push", "--quiet", "origin", "HEAD")
    take(two, one)
    assert RULE in two.text(A)
    assert not (two.folder / "context/z.md").exists()


@pytest.mark.contract("C1")
@pytest.mark.parametrize("mode", ["local_first", "cloud_first"])
def test_of_two_texts_of_the_person_that_of_the_longer_history_is_in_place(
    machines: tuple[Machine, Machine], mode: str
) -> None:
    """Neither a clock nor a setting of the memory decides it."""
    one, two = machines
    (one.folder / ".pack.yaml").write_text(f"version: 1\nvault_mode: {mode}\n", encoding="utf-8")
    by_git(one, lambda text: text, "mode")
    take(two)
    note = two.memory.notes.get(A)
    person(two).notes.update("context/b.md", "one commit more\n")
    person(two).notes.update(A, note.content.replace(RULE, "Earlier."), note.sha)
    two.clock.advance(hours=1)
    person(one).notes.update(A, note.content.replace(RULE, "Later."), note.sha)
    one.exchange()
    (copy,) = take(two, one).copies
    assert "Earlier." in two.text(A)
    assert "Later." in two.text(copy)
    (event,) = two.memory.events.page().events
    assert event.kind is MemoryEventKind.CONFLICT


def test_the_person_deletes_what_a_machine_went_on_writing(
    machines: tuple[Machine, Machine],
) -> None:
    one, two = machines
    note = one.memory.notes.get(A)
    one.memory.notes.update(A, note.content + "- by a machine\n", note.sha)
    one.exchange()
    person(two).notes.delete(A, note.sha)
    assert take(two, one).copies == ()
    assert not (two.folder / A).exists()
    (waiting,) = person(two).proposals.list()
    assert not waiting.is_stale
    person(two).proposals.accept(waiting.proposal.id, waiting.shown, "tty")
    assert "- by a machine" in two.text(A)
