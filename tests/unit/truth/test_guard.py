"""What a machine may not change of the person's text waits as a proposal, whatever way it comes."""

import re
from dataclasses import replace

import pytest

from pack.actions import Action
from pack.catalog.scope import VaultMode
from pack.core.decision import AllHeld, Decision
from pack.core.truths import TruthMode
from pack.errors import StaleBase, TooManyProposals, Unavailable
from pack.files.edits import Replace
from pack.history.undoing.undone import UndoChoice
from pack.model import ABSENT, Delete, MemoryPath, Put, blob_id
from pack.proposals.proposal import ProposalStatus
from pack.provenance import Origin, Source
from pack.results import WriteStatus
from pack.truth.lines import LineTruths
from pack.truth.modes import believed
from tests.support import assert_true_index
from tests.truth_support import put_exactly

pytestmark = pytest.mark.contract("C12")

USER = Origin(Source.USER, "cli")
OTHER = Origin(Source.AI_CLOUD, "other")
A = "notes/a.md"
GENERAL = "context/general.md"
TEXT = "# A\n\nNever push to main.\n\n- [ ] call the bank\n"


@pytest.fixture
def held(world):
    """A memory with a note of the person."""
    world.init()
    world.open(truth=TruthMode.ENFORCE)
    world.mine = world.memory.written_by(USER)
    world.mine.notes.update(A, TEXT)
    return world


def shelf_of(world):
    return world.memory._session.core.proposals


def wanted(world, proposal, path=A):
    """What a proposal makes of a file."""
    shelf = shelf_of(world)
    return shelf.texts(shelf.find(proposal))[1][path].decode()


def text_of(world, path=A):
    return world.memory.notes.get(path).content


def sha_of(world, path=A):
    return world.memory.notes.get(path).sha


def update(world, old, new, path=A, **more):
    return world.memory.notes.update(
        path, text_of(world, path).replace(old, new), sha_of(world, path), **more
    )


def raising(error):
    def raise_it(*_, **__):
        raise error

    return raise_it


def refused(world, done, path=A):
    """The proposal of a write that changed nothing."""
    assert (done.status, done.commit) == (WriteStatus.PROPOSED, None)
    return shelf_of(world).find(done.proposal)


def test_one_word_in_a_line_of_the_person_is_proposed(held):
    head, before = held.connector.head(), text_of(held)
    done = update(held, "Never push", "Rarely push", message="softer")
    found = refused(held, done)
    assert (held.connector.head(), text_of(held)) == (head, before)
    assert (found.base, found.path, found.origin, found.level) == (
        head,
        A,
        "ai-cloud:test-client",
        5,
    )
    assert found.message == f"{A}: update (softer)"
    (line,) = done.protected
    assert (line.text, before.split("\n")[line.line - 1]) == ("Never push to main.",) * 2
    assert "-Never push to main.\n+Rarely push to main.\n" in done.diff
    assert Action.TELL_OF_PROPOSAL.of(found.id) in done.tell
    assert done.sha == sha_of(held)
    assert shelf_of(held).texts(found)[1][MemoryPath(A)].decode() == before.replace(
        "Never", "Rarely"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bank\n", "bank\n- buy milk\n"),
        ("[ ]", "[x]"),
        ("bank\n", "bank\n\n## More\n\nA fact.\n"),
    ],
)
def test_what_changes_no_word_of_the_person_is_written(held, old, new):
    done = update(held, old, new)
    assert (done.status, done.proposal) == (WriteStatus.WRITTEN, None)
    assert new in text_of(held)
    assert shelf_of(held).open() == []


def test_its_own_text_a_machine_may_change_and_remove(held):
    held.memory.notes.update("notes/mine.md", "# Mine\n\none\n")
    assert update(held, "one", "two", "notes/mine.md").status is WriteStatus.WRITTEN
    moved = held.memory.notes.move("notes/mine.md", "notes/b.md", sha_of(held, "notes/mine.md"))
    assert moved.status is WriteStatus.WRITTEN
    gone = held.memory.notes.delete("notes/b.md", sha_of(held, "notes/b.md"))
    assert gone.status is WriteStatus.WRITTEN


def test_a_ticked_box_gives_no_right_to_the_words(held):
    update(held, "[ ]", "[x]")
    assert update(held, "call the bank", "rob the bank").status is WriteStatus.PROPOSED


def test_a_removal_and_a_move_are_proposed(held):
    refused(held, held.memory.notes.delete(A, sha_of(held)))
    done = held.memory.notes.move(A, "notes/b.md", sha_of(held))
    found = refused(held, done)
    assert (found.path, found.paths) == (A, (A, "notes/b.md"))
    assert "rename from notes/a.md" in done.diff
    assert text_of(held)


def test_an_undo_and_a_restore_are_proposed(held):
    held.mine.notes.update(A, text_of(held).replace("Never push", "Push"), sha_of(held))
    head = held.connector.head()
    undone = held.memory.undo.undo(UndoChoice())
    assert undone.commit is None
    assert held.connector.head() == head
    assert len(shelf_of(held).open()) == 1
    restored = held.memory.undo.restore(A)
    assert restored.written.status is WriteStatus.PROPOSED
    assert held.connector.head() == head


@pytest.mark.parametrize("new", ["# New\n", "# A\n\nCaf\ufffd rules.\n\nMore.\n"])
def test_a_file_that_is_not_text_stays_each_byte_of_it(held, new):
    content = b"# A\n\nCaf\xe9 rules.\n"
    put_exactly(held.mine, {MemoryPath(A): content})
    for more in ({}, {"apply_rest": True}):
        done = held.memory.notes.update(A, new, blob_id(content), **more)
        assert refused(held, done)
        assert held.files()[A] == content


def test_the_rest_is_written_where_that_is_asked_for(held):
    old = text_of(held)
    new = old.replace("Never", "Rarely") + "\nA fact.\n"
    done = held.memory.notes.update(A, new, sha_of(held), apply_rest=True)
    assert (done.status, done.commit) == (WriteStatus.PROPOSED, held.connector.head())
    assert text_of(held).replace("\nA fact.\n", "").splitlines()[-5:] == old.splitlines()[-5:]
    found = shelf_of(held).find(done.proposal)
    assert found.base == done.commit
    before, after = shelf_of(held).texts(found)
    assert before[A].decode() == text_of(held)
    assert after[A].decode().count("A fact.") == 1
    assert "+A fact." not in done.diff
    edit = Replace("Never", "Rarely")
    again = held.memory.notes.edit(A, [edit], apply_rest=True)
    assert (again.status, again.commit, again.proposal) == (WriteStatus.PROPOSED, None, found.id)


def test_a_line_between_two_that_wait_is_written_and_is_the_machines(held):
    old = "# A\n\nNever push to main.\n\nAsk before you delete a file.\n"
    held.mine.notes.update(A, old, sha_of(held))
    kept = text_of(held)
    new = kept.replace("Never", "Rarely").replace("\n\nAsk", "\n\nMain is protected.\n\nTell me")
    done = held.memory.notes.update(A, new, sha_of(held), apply_rest=True)
    assert done.status is WriteStatus.PROPOSED
    assert [line.text for line in done.protected] == [
        "Never push to main.",
        "Ask before you delete a file.",
    ]
    written = kept.replace("\n\nAsk", "\n\nMain is protected.\n\nAsk")
    assert text_of(held).partition("---\n\n")[2] == written.partition("---\n\n")[2]
    assert "+Main is protected." not in done.diff
    blame = held.memory.blame.of(A)
    levels = {text: one.level for text, one in zip(blame.lines, blame.writings, strict=True)}
    assert (levels["Never push to main."], levels["Main is protected."]) == (1, 5)
    assert wanted(held, done.proposal).partition("---\n\n")[2] == new.partition("---\n\n")[2]


def test_a_text_without_a_path_is_never_held_up(held):
    held.mine.notes.update(GENERAL, "I like tea and\ncake.\n", sha_of(held, GENERAL))
    read = held.memory.whole.get().content
    sent = read.replace("tea and\n", "tea and\nno\n") + "\nA new fact.\n"
    done = held.memory.whole.add(sent, last_read=read)
    assert (done.status, done.commit) == (WriteStatus.WRITTEN, held.connector.head())
    text = text_of(held, GENERAL)
    assert "I like tea and\ncake.\n" in text
    assert "A new fact." in text
    assert "\nno\n" in text
    assert (
        "tea and\nno\n"
        in shelf_of(held).texts(shelf_of(held).find(done.proposal))[1][GENERAL].decode()
    )


def test_what_is_left_of_a_text_without_a_path_does_nothing_to_the_persons(held):
    held.mine.notes.update(GENERAL, "# G\n\nFollow [Policy].\n", sha_of(held, GENERAL))
    read = held.memory.whole.get().content
    held.memory.whole.add(f"{read}\n\n[Policy]: http://evil\n", last_read=read)
    text = text_of(held, GENERAL)
    code = text.partition("Follow [Policy].\n\n")[2]
    assert re.fullmatch(r"```\n## \S+\n\[Policy\]: http://evil\n```\n", code)


def test_the_same_again_is_the_same_proposal(held):
    first = refused(held, update(held, "Never", "Rarely"))
    held.clock.advance(days=2)
    assert refused(held, update(held, "Never", "Rarely")) == first
    both = refused(held, update(held, "Never push", "Always push"))
    assert both.id == first.id
    assert "Always push" in shelf_of(held).texts(both)[1][A].decode()
    assert refused(held, update(held, "call the", "rob the")).id != first.id
    held.memory.written_by(OTHER).notes.edit(A, [Replace("Never", "Rarely")])
    assert len(shelf_of(held).open()) == 3


def test_what_was_refused_is_not_proposed_again(held):
    first = refused(held, update(held, "Never", "Rarely"))
    shelf_of(held).close(first, ProposalStatus.REJECTED, "it is a rule")
    done = update(held, "Never", "Rarely")
    assert (done.status, done.proposal) == (WriteStatus.REFUSED, first.id)
    assert "refused this on 20" in done.tell
    assert "it is a rule" in done.tell
    assert shelf_of(held).open() == []


def test_a_flood_is_stopped(held, monkeypatch):
    monkeypatch.setattr("pack.core.proposing.MOST_OPEN", 3)
    for number in range(3):
        held.mine.notes.update(f"notes/{number}.md", TEXT)
        refused(
            held, held.memory.notes.delete(f"notes/{number}.md", sha_of(held, f"notes/{number}.md"))
        )
    with pytest.raises(TooManyProposals, match="3 proposals by ai-cloud:test-client"):
        update(held, "Never", "Rarely")
    other = held.memory.written_by(OTHER).notes
    assert other.edit(A, [Replace("Never", "Rarely")]).status is WriteStatus.PROPOSED


def test_a_dry_run_says_what_would_be_proposed(held):
    done = update(held, "Never", "Rarely", dry_run=True)
    assert (done.status, done.proposal, len(done.protected)) == (WriteStatus.PROPOSED, None, 1)
    assert [change.path for change in done.changes] == [A]
    assert shelf_of(held).open() == []


@pytest.mark.parametrize("mode", [TruthMode.RECORD, TruthMode.OFF])
def test_where_levels_are_not_enforced_everything_is_written(world, mode):
    world.init()
    world.open(truth=mode)
    world.memory.written_by(USER).notes.update(A, TEXT)
    assert update(world, "Never", "Rarely").status is WriteStatus.WRITTEN


def test_an_edit_by_hand_that_is_in_no_commit_is_the_persons_too(git_world):
    git_world.init()
    git_world.open(truth=TruthMode.ENFORCE)
    memory = git_world.memory
    memory.notes.update(A, "# A\n\nA machine's words.\n")
    git_world.edit(A, text_of(git_world).replace("A machine's", "The person's"))
    done = update(git_world, "The person's", "A robot's")
    found = refused(git_world, done)
    assert found.base == git_world.connector.head()
    assert shelf_of(git_world).texts(found)[0][A].decode() == text_of(git_world)
    assert git_world.messages()[0].startswith(f"{A}: record an edit made by hand")
    assert "The person's words." in (git_world.folder / A).read_text()


def test_a_memory_of_one_file_is_held_too(world):
    world.commit({"MEMORY.md": TEXT}, "by hand")
    world.open(truth=TruthMode.ENFORCE)
    done = update(world, "Never", "Rarely", "MEMORY.md")
    assert refused(world, done, "MEMORY.md").paths == ("MEMORY.md",)
    assert update(world, "bank\n", "bank\n- more\n", "MEMORY.md").status is WriteStatus.WRITTEN
    read = world.memory.whole.get().content
    added = world.memory.whole.add(f"{read}\nA fact.\n", last_read=read)
    assert (added.status, added.commit) == (WriteStatus.WRITTEN, world.connector.head())
    assert world.files()["MEMORY.md"].decode().endswith("A fact.\n")


def test_a_migration_moves_the_persons_text_and_leaves_it_theirs(world):
    world.commit({"MEMORY.md": TEXT}, "by hand")
    world.open(truth=TruthMode.ENFORCE)
    done = world.memory.lifecycle.migrate(world.memory.lifecycle.plan_migration())
    assert done.status is WriteStatus.WRITTEN
    assert world.files()["MEMORY.md"].decode() == TEXT
    assert update(world, "Never", "Rarely", GENERAL).status is WriteStatus.PROPOSED


def test_what_has_expired_goes_only_if_the_person_says_so(held):
    held.mine.notes.update("notes/old.md", f"---\nttl: 1d\n---\n{TEXT}")
    held.clock.advance(days=9)
    pruned = held.memory.care.prune(held.memory.care.list_expired())
    assert refused(held, pruned).paths == ("notes/old.md",)
    assert "notes/old.md" in held.files()


SETTINGS = MemoryPath(".pack.yaml")


def test_the_settings_of_the_memory_are_the_persons(held):
    held.commit({SETTINGS: "version: 1\nroot_notes: true\n"}, "by hand")
    for content in ("version: 1\nroot_notes: false\n", None):
        done = put_exactly(held.memory, {SETTINGS: content})
        assert refused(held, done, SETTINGS).path == SETTINGS
        assert done.tell.startswith("Only the person decides what .pack.yaml says")
    assert held.files()[SETTINGS] == b"version: 1\nroot_notes: true\n"


def test_no_machine_makes_the_settings_of_a_memory(held):
    content = "version: 1\nexclude: [notes/]\nvault_mode: cloud_first\n"
    done = put_exactly(held.memory, {SETTINGS: content})
    found = refused(held, done, SETTINGS)
    assert shelf_of(held).texts(found) == ({SETTINGS: None}, {SETTINGS: content.encode()})
    assert "+exclude: [notes/]" in done.diff
    assert SETTINGS not in held.files()
    (offer,) = held.mine.proposals.list()
    accepted = held.mine.proposals.accept(found.id, offer.shown, "tty")
    assert accepted.commit == held.connector.head()
    assert held.files()[SETTINGS] == content.encode()


def test_no_machine_brings_back_the_settings_that_the_person_deleted(held):
    put_exactly(held.mine, {SETTINGS: "version: 1\ntruth: record\n"})
    put_exactly(held.mine, {SETTINGS: None})
    undone = held.memory.undo.undo(UndoChoice())
    assert undone.commit is None
    assert undone.held.status is WriteStatus.PROPOSED
    assert SETTINGS not in held.files()
    assert update(held, "Never", "Rarely").status is WriteStatus.PROPOSED


def test_the_settings_are_written_where_nothing_is_held_back(world):
    world.init()
    world.open(truth=TruthMode.RECORD)
    put_exactly(world.memory.written_by(USER), {SETTINGS: "version: 1\nexclude: [x/]\n"})
    done = put_exactly(
        world.memory, {SETTINGS: "version: 1\ntruth: record\nvault_mode: cloud_first\n"}
    )
    assert (done.status, done.commit) == (WriteStatus.WRITTEN, world.connector.head())
    world.memory.written_by(USER).notes.update(A, TEXT)
    core = world.open(truth=TruthMode.ENFORCE)._session.core
    assert core.truths.mode(A) is TruthMode.ENFORCE
    assert believed(core, core.truths).vault_mode is VaultMode.LOCAL_FIRST
    assert update(world, "Never", "Rarely").status is WriteStatus.PROPOSED


# --- what is answered -----------------------------------------------------------------------------


def test_a_part_that_was_refused_before_is_told_beside_what_was_written(held):
    done = update(held, "bank\n", "bank\n- one\n", apply_rest=True)
    first = refused(held, update(held, "Never", "Rarely", apply_rest=True))
    shelf_of(held).close(first, ProposalStatus.REJECTED, "it is a rule")
    new = text_of(held).replace("Never", "Rarely") + "- two\n"
    done = held.memory.notes.update(A, new, sha_of(held), apply_rest=True)
    assert (done.status, done.proposal) == (WriteStatus.REFUSED, first.id)
    assert done.commit == held.connector.head()
    assert "- two\n" in text_of(held)
    assert "stays as it is" not in done.tell
    assert "Everything else was written" in done.tell
    assert "The person refused a part of this on 20" in done.tell


@pytest.mark.parametrize("dry_run", [False, True])
def test_where_all_is_held_that_never_may_be_it_is_decided_otherwise(held, dry_run):
    """For a client that knows nothing else."""
    head, session = held.connector.head(), held.memory._session
    with pytest.raises(AllHeld) as caught:
        session.write(lambda: replace(_removal(held), is_never_held=True), dry_run=dry_run)
    assert caught.value.path == A
    assert (held.connector.head(), shelf_of(held).open()) == (head, [])


def _removal(world):
    path = MemoryPath(A)
    return Decision(path, [Delete(path, sha_of(world))], f"{A}: x")


@pytest.mark.parametrize("trouble", [StaleBase("a" * 40, "b" * 40), Unavailable("switched off")])
def test_what_cannot_be_kept_is_told_where_the_rest_is_written(held, monkeypatch, trouble):
    monkeypatch.setattr(shelf_of(held), "add", raising(trouble))
    new = text_of(held).replace("Never", "Rarely") + "- two\n"
    done = held.memory.notes.update(A, new, sha_of(held), apply_rest=True)
    assert (done.status, done.commit) == (WriteStatus.WRITTEN, held.connector.head())
    assert "- two\n" in text_of(held)
    assert "Never" in text_of(held)
    assert done.proposal is None
    assert [line.text for line in done.protected] == ["Never push to main."]
    assert "+Rarely push to main." in done.diff
    assert f"in no proposal either: {trouble}" in done.tell
    assert f"Commit {done.commit} holds everything else" in done.tell
    assert done.tell in done.warnings


def test_a_proposal_that_is_decided_at_this_moment_loses_nothing(held, monkeypatch):
    add, calls = shelf_of(held).add, []

    def once(*args, **more):
        calls.append(args)
        if len(calls) == 1:
            raise StaleBase("a" * 40, "b" * 40)
        return add(*args, **more)

    monkeypatch.setattr(shelf_of(held), "add", once)
    new = text_of(held).replace("Never", "Rarely") + "- two\n"
    done = held.memory.notes.update(A, new, sha_of(held), apply_rest=True)
    assert done.status is WriteStatus.PROPOSED
    assert shelf_of(held).find(done.proposal).base == done.commit


def test_writers_with_many_names_are_stopped_too(held, monkeypatch):
    monkeypatch.setattr("pack.core.proposing.MOST_IN_ALL", 3)
    for number in range(3):
        writer = held.memory.written_by(Origin(Source.AI_CLOUD, f"client {number}"))
        writer.notes.edit(A, [Replace("Never", f"{number} times")])
    with pytest.raises(TooManyProposals, match=r"^3 proposals already wait") as stopped:
        update(held, "Never", "Rarely")
    assert Action.CLEAR_PROPOSALS in stopped.value.remedy


def test_a_held_write_records_edits_by_hand_with_a_true_index(git_world):
    git_world.init()
    git_world.open(truth=TruthMode.ENFORCE)
    git_world.memory.written_by(USER).notes.update(A, TEXT)
    git_world.commit({"notes/b.md": "# B\n\nby hand\n"})
    git_world.edit(A, text_of(git_world) + "\nA line by hand.\n")
    refused(git_world, update(git_world, "Never", "Rarely"))
    assert git_world.messages()[0].startswith(f"{A}: record an edit made by hand")
    assert_true_index(git_world)


@pytest.mark.parametrize("ends", [("\n", "\r\n"), ("\r\n", "\n")])
def test_what_is_stamped_has_the_line_ends_of_the_persons_file(held, ends):
    mine, theirs = ends
    crlf = TEXT.replace("\n", mine)
    held.mine.notes.update("notes/ends.md", f"---{mine}topic: A{mine}---{mine}{crlf}")
    before = text_of(held, "notes/ends.md")
    as_sent = before.replace("\r\n", "\n").replace("\n", theirs)
    held.memory.notes.update("notes/ends.md", as_sent, sha_of(held, "notes/ends.md"))
    assert text_of(held, "notes/ends.md") == before
    held.clock.advance(days=2)
    held.memory.notes.update(
        "notes/ends.md", f"{as_sent}More.{theirs}", sha_of(held, "notes/ends.md")
    )
    head = text_of(held, "notes/ends.md").partition("# A")[0]
    assert "truth_level: 5" in head
    assert head.count(mine) == head.count("\n")
    assert head.count("\r") == (head.count("\n") if mine == "\r\n" else 0)


def test_the_history_of_many_files_is_read_at_once(git_world, monkeypatch):
    """A git for each file would take longer than all else of a large write."""
    git_world.init()
    git_world.open(truth=TruthMode.ENFORCE)
    agent = git_world.memory.written_by(OTHER)
    paths = [MemoryPath(f"notes/n{number}.md") for number in range(30)]
    for path in paths[:2]:
        agent.notes.update(path, TEXT)
    connector, core = git_world.memory.connector, agent._session.core
    puts = [Put(path, TEXT.encode(), ABSENT) for path in paths[2:]]
    core.writer.write(lambda: Decision(paths[2], puts, "notes: begin"), OTHER)
    asked = []
    log = type(connector).log
    monkeypatch.setattr(
        type(connector), "log", lambda self, query: asked.append(query) or log(self, query)
    )
    content = TEXT.replace("Never push", "Always push").encode()
    found = [core.reader.find(path) for path in paths]
    puts = [Put(note.path, content, note.sha) for note in found]
    written = core.writer.write(lambda: Decision(paths[0], puts, "notes: change"), OTHER)
    assert (written.commit is not None, written.proposal) == (True, None)
    assert len([query for query in asked if query.path is not None]) < 5
    # What the person wrote is held up as ever.
    mine = git_world.memory.written_by(USER)
    mine.notes.update(
        paths[0], text_of(git_world, paths[0]) + "Mine.\n", sha_of(git_world, paths[0])
    )
    found = [core.reader.find(path) for path in paths]
    puts = [Put(note.path, b"# Gone\n", note.sha) for note in found]
    held = core.writer.write(lambda: Decision(paths[0], puts, "notes: replace"), OTHER)
    assert held.proposal is not None
    assert "Mine." in text_of(git_world, paths[0])


def test_many_files_of_machines_alone_are_judged_without_a_look_at_each(held, monkeypatch):
    agent = held.memory
    names = [f"notes/n{number}.md" for number in range(30)]
    put_exactly(agent, {name: f"# {name}\n\nby a machine\n" for name in names})
    monkeypatch.setattr(LineTruths, "lines", raising(AssertionError("asked")))
    done = put_exactly(agent, {name: f"# {name}\n\nby a machine, later\n" for name in names})
    assert (done.status, done.proposal) == (WriteStatus.WRITTEN, None)
    monkeypatch.undo()
    held.mine.notes.edit(names[7], [Replace("by a machine", "by me")], sha_of(held, names[7]))
    wanted = {name: f"# {name}\n\nby a machine, at last\n" for name in names}
    done = put_exactly(agent, wanted)
    assert done.status is WriteStatus.PROPOSED
    assert "by me" in text_of(held, names[7])
