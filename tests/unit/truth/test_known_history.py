"""What a history says about the truth of all files is looked through once."""

from dataclasses import replace

import pytest

from pack.core.known_log import KnownLog
from pack.core.truths import TruthMode
from pack.log import ChangeKind, CommitFacts, FileChange
from pack.model import CommitId, Identity, MemoryPath
from pack.provenance import Origin, Source
from pack.truth import known_history as module
from pack.truth.acceptances import acceptance_trailer
from pack.truth.known_history import KnownHistories
from tests.support import START, git
from tests.truth_support import PERSON, Writers, put_exactly

PATH, V1 = MemoryPath("a/x.md"), MemoryPath("MEMORY.md")


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
    return KnownHistories(core.log, catalog, V1, limit), core.connector.head(), catalog


def kept(catalog):
    """The commits of which something is kept."""
    return [key.rpartition(" ")[2] for key in catalog.remembered("")]


def test_what_other_rules_found_out_is_found_out_again(writers):
    writers.agent("The machine wrote this.\n")
    found_by, head, catalog = decisions(writers)
    found = found_by.of(head, keep=True)
    (text,) = catalog.remembered("").values()
    catalog.clear()
    catalog.remember("", f"0 {head}", text.replace(text[text.index('"') :], '""]'))
    catalog.remember("", head, text.replace(text[text.index('"') :], '""]'))
    writers.world.catalog = catalog
    assert found.shared
    assert decisions(writers)[0].of(head, keep=False).shared == found.shared


def test_what_is_kept_is_what_was_found(writers):
    writers.agent("The machine wrote this.\n")
    accept_all(writers)
    found_by, head, catalog = decisions(writers)
    found = found_by.of(head, keep=True)
    ((one, version),) = found.accepted
    assert (one.path, one.spans, version is None) == (PATH, ((1, 1),), False)
    assert kept(catalog) == [head]
    writers.world.catalog = catalog
    assert decisions(writers)[0].of(head, keep=True) == found


def test_new_commits_are_added_and_kept_when_they_are_many(writers, monkeypatch):
    writers.agent("The machine wrote this.\n")
    found_by, first, catalog = decisions(writers)
    assert found_by.of(first, keep=True).accepted == ()
    accept_all(writers)
    head = writers.world.connector.head()
    assert len(found_by.of(head, keep=True).accepted) == 1
    assert kept(catalog) == [first]
    monkeypatch.setattr(module, "_KEEP_AFTER", 2)
    writers.person("Now they are other words.\n")
    last = writers.world.connector.head()
    assert len(found_by.of(last, keep=True).accepted) == 1
    assert kept(catalog) == [last, first]


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
    again = KnownHistories(found_by._log, catalog, V1, None)
    assert len(again.of(new, keep=False).joined) == 1


def test_what_was_accepted_in_a_history_that_began_elsewhere_is_not_accepted_here(git_world):
    writers = Writers(git_world)
    writers.agent("The machine wrote this.\n")
    accept_all(writers)
    theirs = git(git_world.folder, "rev-parse", "HEAD").decode().strip()
    git(git_world.folder, "checkout", "-q", "--orphan", "own")
    git(git_world.folder, "commit", "-q", "-m", "own")
    merge = ("merge", "-q", "--no-edit", "--allow-unrelated-histories", "-s", "ours", theirs)
    git(git_world.folder, *merge)
    git_world.open()
    found_by, head, _ = decisions(writers)
    found = found_by.of(head, keep=False)
    assert (theirs in found.joined, found.accepted) == (True, ())


def shared(writers, *paths):
    found_by, head, _ = decisions(writers)
    found = found_by.of(head, keep=False)
    return [path for path in paths if found.is_shared(MemoryPath(path))]


NAMES = ("a/x.md", "a/y.md", "a/z.md", "index.md")


def test_a_file_is_shared_once_somebody_else_has_had_a_hand_in_it(writers):
    writers.person("Mine.\n", "a/x.md")
    writers.person("Mine, too.\n", "a/y.md")
    assert shared(writers, *NAMES) == []
    writers.agent("Mine.\n\nAnd the machine's.\n", "a/x.md")
    writers.person("Only mine.\n", "a/x.md")
    assert shared(writers, *NAMES) == ["a/x.md"]


def test_notes_that_were_just_taken_over_are_not_listed(git_world, monkeypatch):
    """There may be a hundred thousand, while somebody waits for one."""
    folder = git_world.folder
    (folder / "a").mkdir(parents=True)
    (folder / "a/x.md").write_text("Mine.\n", encoding="utf-8")
    git(folder, "add", "a")
    git(folder, "commit", "-q", "-m", "Notes")
    git_world.open(truth=TruthMode.RECORD)
    automation = Origin(Source.AUTOMATION, "cli")
    git_world.memory.written_by(automation).lifecycle.init({})
    core = git_world.memory._session.core
    head, asked, read = core.connector.head(), [], KnownLog.read
    monkeypatch.setattr(
        KnownLog, "read", lambda log, query: asked.append(query) or read(log, query)
    )
    found = KnownHistories(core.log, git_world.catalog, V1, None).of(head, keep=False)
    assert not found.shared
    assert asked
    assert all(query.limit for query in asked)


def test_a_short_history_is_known_as_a_long_one_is(writers, monkeypatch):
    memory = writers.world.memory
    for step in (
        lambda: writers.person("Mine.\n", "a/x.md"),
        lambda: put_exactly(memory.written_by(PERSON), {"a/y.md": "Mine.\n", "a/z.md": "Mine.\n"}),
        lambda: put_exactly(memory.written_by(PERSON), {"a/z.md": None}),
        lambda: writers.agent("The machine's.\n", "a/y.md"),
    ):
        step()
        found = shared(writers, *NAMES)
        with monkeypatch.context() as patched:
            patched.setattr(module, "_SHORT", 0)
            assert shared(writers, *NAMES) == found
    assert found == ["a/y.md", "a/z.md"]


def test_text_goes_on_with_a_file_and_from_one_file_to_another(writers):
    writers.agent("What the machine wrote is long enough.\n", "a/x.md")
    memory = writers.world.memory.written_by(PERSON)
    put_exactly(memory, {"a/x.md": None, "a/y.md": "What the machine wrote is long enough.\n"})
    assert shared(writers, *NAMES) == ["a/x.md", "a/y.md"]
    put_exactly(memory, {"a/y.md": None, "a/z.md": "Mine.\n"})
    assert shared(writers, *NAMES) == ["a/x.md", "a/y.md", "a/z.md"]


def test_what_is_added_later_and_what_was_kept_say_the_same(writers):
    writers.person("Mine.\n", "a/x.md")
    found_by, first, catalog = decisions(writers)
    assert not found_by.of(first, keep=True).is_shared(PATH)
    writers.agent("The machine's.\n", "a/y.md")
    memory = writers.world.memory.written_by(PERSON)
    put_exactly(memory, {"a/y.md": "Mine.\n", "a/x.md": "The machine's.\n"})
    head = writers.world.connector.head()
    later = found_by.of(head, keep=True)
    assert later.shared == decisions(writers)[0].of(head, keep=False).shared
    assert later.is_shared(MemoryPath("a/x.md"))
    again = KnownHistories(found_by._log, catalog, V1, None)
    assert again.of(head, keep=False).shared == later.shared


def test_commits_of_agents_that_pack_did_not_make_and_unknown_ones_count(git_world):
    writers = Writers(git_world)
    for name, words in (
        ("x", ["-m", "By hand\n\nCo-authored-by: Claude <noreply@anthropic.com>"]),
        ("y", ["-m", "By hand", "--date=2020-01-01T00:00:00"]),
        ("z", ["-m", "By hand"]),
    ):
        (git_world.folder / f"a/{name}.md").parent.mkdir(exist_ok=True)
        (git_world.folder / f"a/{name}.md").write_text(f"{name}\n", encoding="utf-8")
        git(git_world.folder, "add", f"a/{name}.md")
        git(git_world.folder, "commit", "-q", *words)
    assert shared(writers, *NAMES) == ["a/x.md", "a/y.md"]


def test_a_divided_v1_file_hands_on_what_it_is(git_world):
    folder = git_world.folder
    folder.mkdir(exist_ok=True)
    (folder / "MEMORY.md").write_text("# A\n\n## Work\n\nA long enough line.\n", encoding="utf-8")
    git(folder, "add", "MEMORY.md")
    git(folder, "commit", "-q", "-m", "By hand\n\nCo-authored-by: Claude <noreply@anthropic.com>")
    git_world.open(truth=TruthMode.RECORD)
    memory = git_world.memory.written_by(PERSON)
    memory.lifecycle.migrate(memory.lifecycle.plan_migration())
    core = git_world.memory._session.core
    found = KnownHistories(core.log, git_world.catalog, V1, None).of(
        core.connector.head(), keep=False
    )
    notes = [row.path for row in memory.notes.list().files]
    assert notes
    assert all(found.is_shared(path) for path in notes)


def test_text_of_a_file_that_is_no_note_and_of_commits_that_were_squashed(git_world):
    writers = Writers(git_world)
    first = writers.person("Mine.\n", "a/x.md")
    writers.agent("The machine's.\n", "a/y.md")
    git(git_world.folder, "reset", "-q", "--soft", first)
    git(git_world.folder, "commit", "-q", "-m", "mine")
    git_world.commit({"a/z.txt": "What the machine wrote is long enough.\n"}, CLAUDE)
    git(git_world.folder, "mv", "a/z.txt", "a/z.md")
    git(git_world.folder, "commit", "-q", "-m", "a note")
    git_world.commit({"a/new.md": "Mine.\n"})
    assert shared(writers, *NAMES, "a/new.md") == ["a/y.md", "a/z.md"]


CLAUDE = "By hand\n\nCo-authored-by: Claude <noreply@anthropic.com>"


def test_text_that_goes_through_many_files():
    """The newest move is the first one, as the log has it."""
    commits = [moved(number) for number in range(2000, 0, -1)]
    assert module._shared(commits, (), V1) == frozenset()
    commits.append(replace(moved(0), message=CLAUDE))
    assert len(module._shared(commits, (), V1)) == 2002


def moved(number):
    paths = (MemoryPath(f"n/{number + more}.md") for more in (0, 1))
    files = tuple(FileChange(path, ChangeKind.EDITED) for path in paths)
    who = Identity("Mia", "mia@example.org")
    parents = (CommitId("0" * 40),)
    return CommitFacts(
        CommitId(f"{number:040}"), parents, "x", START, None, who, START, files=files
    )
