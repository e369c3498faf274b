"""Merges that somebody made with git, on a memory in a repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pack.core.referee import HeldBack
from pack.core.truths import TruthMode
from pack.model import CommitId
from pack.provenance import Origin, Source
from pack.truth.referee import HistoryReferee
from tests.support import World, git

pytestmark = [pytest.mark.contract("C12"), pytest.mark.usefixtures("git_identity")]

A = "context/a.md"
TEXT = "# Rules\n\nNever deploy on Fridays.\n\nAsk before you delete.\n"
AGENT = "agent\n\nCo-authored-by: Claude <noreply@anthropic.com>"


class Repository:
    """A memory that holds what the person wrote, and a side line of commits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World(folder)
        self.world.open(truth=TruthMode.ENFORCE)
        self.world.init().written_by(Origin(Source.USER, "cli")).notes.update(A, TEXT)
        self.base = CommitId(self.git("rev-parse", "HEAD"))
        self.git("branch", "side")
        self.main = self.git("rev-parse", "--abbrev-ref", "HEAD")

    def git(self, *words: str) -> str:
        return git(self.folder, *words).decode().strip()

    def change(self, old: str, new: str, message: str = "mine", path: str = A) -> None:
        self.world.commit({path: self.changed(old, new)}, message)

    def changed(self, old: str, new: str) -> str:
        text = self.world.files()[A].decode()
        assert old in text
        return text.replace(old, new)

    def on_side(self, old: str, new: str, message: str = "mine") -> None:
        self.git("checkout", "--quiet", "side")
        self.change(old, new, message)
        self.git("checkout", "--quiet", self.main)

    def merge(self, text: str | None, message: str = AGENT, *options: str) -> None:
        """Merge the side line, and make this of the file; `None` for what git makes of it."""
        if text is None:
            self.git("merge", "--quiet", "--no-ff", "-m", message, *options, "side")
            return
        self.git("merge", "--quiet", "--no-ff", "--strategy", "ours", "--no-commit", "side")
        self.world.edit(A, text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)

    def held(self) -> list[HeldBack]:
        memory = self.world.open(truth=TruthMode.ENFORCE)
        head = CommitId(self.git("rev-parse", "HEAD"))
        return list(HistoryReferee(memory.events._core).held_back(self.base, head))


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Repository]:
    made = Repository(tmp_path / "memory")
    yield made
    made.world.close()


def test_what_an_agent_changes_in_a_merge_is_held_back(there: Repository) -> None:
    there.on_side("# Rules\n", "# Rules\n\nBe kind.\n")
    there.change("delete", "remove")
    there.merge(there.changed("Never", "Always").replace("# Rules\n", "# Rules\n\nBe kind.\n"))
    (held,) = there.held()
    text = (held.content or b"").decode()
    assert all(line in text for line in ("Never deploy", "Be kind.", "before you remove."))
    assert b"Always" in (held.whole or b"")


def test_a_side_that_an_agent_drops_is_not_lost(there: Repository) -> None:
    there.on_side("Never", "Never ever")
    there.change("delete", "remove")
    there.merge(None, AGENT, "--strategy", "ours")
    (held,) = there.held()
    text = (held.content or b"").decode()
    assert "Never ever" in text
    assert "before you remove." in text


def test_of_a_conflict_that_an_agent_settles_both_texts_are_kept(there: Repository) -> None:
    there.on_side("Never deploy", "Do not deploy")
    there.change("Never deploy", "Deploy nothing")
    there.merge(there.changed("Deploy nothing", "Deploy"))
    held = there.held()
    assert {b"Deploy nothing on" in (one.content or b"") for one in held} == {True}
    assert any(b"Do not deploy" in (one.whole or b"") for one in held)


def test_a_file_that_an_agent_deletes_in_a_merge_stays(there: Repository) -> None:
    there.on_side("delete", "remove")
    there.change("Never", "Never ever")
    there.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    there.git("rm", "--quiet", "--force", A)
    there.git("commit", "--quiet", "-m", AGENT)
    (held,) = there.held()
    assert (held.there, b"Never ever" in (held.content or b"")) == (None, True)
    assert b"before you remove." in (held.content or b"")


@pytest.mark.parametrize("message", [AGENT, "mine"])
def test_a_merge_that_only_joins_is_taken(there: Repository, message: str) -> None:
    there.on_side("# Rules\n", "# Rules\n\nBe kind.\n")
    there.change("Ask before you delete.\n", "Ask before you delete.\n\n- a fact\n", AGENT)
    there.merge(None, message)
    assert there.held() == []


def test_the_person_settles_as_they_like(there: Repository) -> None:
    there.on_side("Never", "Always", AGENT)
    there.change("delete", "remove")
    there.merge(None, "mine", "--strategy", "ours")
    assert there.held() == []
