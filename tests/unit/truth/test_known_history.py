"""What a history says about the truth of all files is looked through once."""

import pytest

from pack.model import MemoryPath
from pack.truth import known_history as module
from pack.truth.acceptances import acceptance_trailer
from pack.truth.known_history import KnownHistories
from tests.support import git
from tests.truth_support import PERSON, Writers, put_exactly

PATH = MemoryPath("a/x.md")


@pytest.fixture
def writers(world):
    return Writers(world)


def accept_all(writers):
    core = writers.world.memory._session.core
    note = core.reader.find(PATH)
    trailers = [("Pack-Accepted-By", "user:cli"), acceptance_trailer(PATH, note.sha, [(1, 1)])]
    memory = writers.world.memory.written_by(PERSON)
    put_exactly(memory, {PATH: note.exact_text()}, trailers)


def decisions(writers, *, limit=None):
    """As the next process has them."""
    catalog = writers.world.catalog
    writers.world.open(truth=writers.world.truth)
    core = writers.world.memory._session.core
    return KnownHistories(core.log, catalog, limit), core.connector.head(), catalog


def test_what_is_kept_is_what_was_found(writers):
    writers.agent("The machine wrote this.\n")
    accept_all(writers)
    found_by, head, catalog = decisions(writers)
    found = found_by.of(head, keep=True)
    ((one, version),) = found.accepted
    assert (one.path, one.spans, version is None) == (PATH, ((1, 1),), False)
    assert list(catalog.remembered("")) == [head]
    writers.world.catalog = catalog
    assert decisions(writers)[0].of(head, keep=True) == found


def test_new_commits_are_added_and_kept_when_they_are_many(writers, monkeypatch):
    writers.agent("The machine wrote this.\n")
    found_by, first, catalog = decisions(writers)
    assert found_by.of(first, keep=True).accepted == ()
    accept_all(writers)
    head = writers.world.connector.head()
    assert len(found_by.of(head, keep=True).accepted) == 1
    assert list(catalog.remembered("")) == [first]
    monkeypatch.setattr(module, "_KEEP_AFTER", 2)
    writers.person("Now they are other words.\n")
    last = writers.world.connector.head()
    assert len(found_by.of(last, keep=True).accepted) == 1
    assert list(catalog.remembered("")) == [last, first]


@pytest.mark.parametrize(("limit", "keep"), [(5, True), (None, False)])
def test_what_is_a_part_or_not_wanted_is_not_kept(writers, limit, keep):
    writers.agent("The machine wrote this.\n")
    accept_all(writers)
    found_by, head, catalog = decisions(writers, limit=limit)
    assert len(found_by.of(head, keep=keep).accepted) == 1
    assert catalog.remembered("") == {}


def test_a_history_that_is_joined_later_is_seen(git_world):
    writers = Writers(git_world)
    writers.person("One line of the person.\n")
    found_by, head, catalog = decisions(writers)
    assert found_by.of(head, keep=True).joined == frozenset()
    git(git_world.folder, "checkout", "-q", "--orphan", "elsewhere")
    git(git_world.folder, "commit", "-q", "--allow-empty", "-m", "elsewhere")
    merge = ("merge", "-q", "--no-edit", "--allow-unrelated-histories", "-s", "ours", "elsewhere")
    git(git_world.folder, "checkout", "-q", "-f", head)
    git(git_world.folder, *merge)
    new = git(git_world.folder, "rev-parse", "HEAD").decode().strip()
    assert len(found_by.of(new, keep=True).joined) == 1
    again = KnownHistories(found_by._log, catalog, None)
    assert len(again.of(new, keep=False).joined) == 1
