"""What is held back of a history that came, on a line of commits: no remote is needed to judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.core.referee import HeldBack
from pack.core.truths import TruthMode
from pack.model import CommitId
from pack.provenance import Origin, Source
from pack.truth.referee import HistoryReferee
from tests.support import World, examples

pytestmark = pytest.mark.contract("C12")

A = "context/a.md"
RULE = "Never deploy on Fridays."
TEXT = f"---\ntopic: Rules\n---\n\n# Rules\n\n{RULE}\nAsk before you delete.\n"
AGENT = "agent\n\nCo-authored-by: Claude <noreply@anthropic.com>"
PERSON = Origin(Source.USER, "cli")


@pytest.fixture
def world() -> Iterator[World]:
    """A memory that holds what the person wrote."""
    made = World(None)
    made.open(truth=TruthMode.ENFORCE)
    made.init().written_by(PERSON).notes.update(A, TEXT)
    yield made
    made.close()


class Came:
    """Commits that came after what the memory had."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._base = CommitId(world.connector.head() or "")

    def commit(self, old: str, new: str, message: str = AGENT) -> None:
        text = self._world.files()[A].decode()
        assert old in text
        self._world.commit({A: text.replace(old, new)}, message)

    def held(self) -> Sequence[HeldBack]:
        core = self._world.memory.events._core
        head = CommitId(self._world.connector.head() or "")
        return HistoryReferee(core).held_back(self._base, head)

    def kept(self) -> str:
        """What the file holds instead."""
        (held,) = self.held()
        assert held.path == A
        return (held.content or b"").decode()


@pytest.fixture
def came(world: World) -> Came:
    return Came(world)


def test_a_change_of_the_persons_line_is_held_back_and_the_rest_is_not(came: Came) -> None:
    came.commit("Never", "Rarely")
    came.commit("delete.\n", "delete.\n- a fact\n")
    kept = came.kept()
    assert RULE in kept
    assert "- a fact" in kept
    (held,) = came.held()
    assert held.there == A
    assert b"Rarely" in (held.whole or b"")


def test_a_machine_that_goes_on_with_its_own_change_gets_no_further(came: Came) -> None:
    came.commit("Never", "Rarely")
    came.commit("Rarely", "Always")
    assert RULE in came.kept()


def test_what_the_person_makes_of_it_counts(came: Came) -> None:
    came.commit("Never", "Rarely")
    came.commit("Rarely deploy", "Deploy, with care,", "mine")
    assert came.held() == [] or "with care" in came.kept()


def test_what_a_machine_may_do_is_not_held_back(world: World, came: Came) -> None:
    came.commit("delete.\n", "delete.\n- a fact\n")
    came.commit("- a fact", "- another fact")
    world.commit({"context/b.md": "new\n"}, AGENT)
    world.commit({"context/b.md": None}, AGENT)
    assert came.held() == []


def test_what_the_person_does_is_never_held_back(world: World, came: Came) -> None:
    came.commit(RULE, "Deploy.", "mine")
    world.commit({A: None}, "mine")
    assert not came.held()


def test_deletions_and_moves_of_the_persons_text(world: World) -> None:
    came, files = Came(world), world.files()
    world.commit({A: None}, AGENT)
    (held,) = came.held()
    assert (held.path, held.content, held.there) == (A, files[A], None)
    world.commit({A: files[A]}, "put back")
    came = Came(world)
    world.commit({A: None, "context/z.md": files[A]}, AGENT)
    (held,) = came.held()
    assert (held.path, held.content, held.there) == (A, files[A], "context/z.md")


def test_a_file_that_a_machine_deletes_and_writes_again(world: World, came: Came) -> None:
    world.commit({A: None}, AGENT)
    world.commit({A: "# Rules\n\nDeploy.\n"}, AGENT)
    assert RULE in came.kept()


def test_what_a_machine_makes_of_the_file_that_it_wrote_again(world: World, came: Came) -> None:
    for text in (None, f"{RULE}\n", "\n"):
        world.commit({A: text}, AGENT)
    assert RULE in came.kept()


def test_the_file_with_the_rules_of_the_memory(world: World, came: Came) -> None:
    world.commit({".pack.yaml": "version: 1\n"}, AGENT)
    (held,) = came.held()
    assert (held.path, held.content) == (".pack.yaml", None)
    world.commit({".pack.yaml": "version: 1\nroot_notes: true\n"}, "mine")
    came = Came(world)
    world.commit({".pack.yaml": "version: 1\n"}, AGENT)
    assert came.held()[0].content == b"version: 1\nroot_notes: true\n"


def test_where_levels_are_only_recorded_nothing_is_held_back(world: World, came: Came) -> None:
    came.commit("Never", "Rarely")
    world.open(truth=TruthMode.RECORD)
    assert came.held() == []


_WORDS = st.sampled_from(["alpha", "beta", "gamma", RULE, "Ask before you delete.", "# Rules", ""])
_TEXTS = st.lists(_WORDS, max_size=7)
_SYSTEM = ("created", "updated")


@pytest.mark.contract("C1")
@settings(max_examples=examples(10, 500))
@given(st.lists(st.one_of(st.none(), _TEXTS), min_size=1, max_size=4))
def test_whatever_machines_do_elsewhere_no_line_of_the_persons_is_lost(
    versions: list[list[str] | None],
) -> None:
    world = World(None)
    world.open(truth=TruthMode.ENFORCE)
    world.init().written_by(PERSON).notes.update(A, TEXT)
    own, came = world.files()[A].decode(), Came(world)
    for version in versions:
        text = None if version is None else "\n".join(version) + "\n"
        if A in world.files() or text is not None:
            world.commit({A: text}, AGENT)
    held = {one.path: one.content for one in came.held()}
    kept = (held[A] if A in held else world.files()[A]) or b""
    left = iter(kept.decode().split("\n"))
    assert all(line in left for line in own.split("\n") if line.strip() and line[:7] not in _SYSTEM)
    world.close()
