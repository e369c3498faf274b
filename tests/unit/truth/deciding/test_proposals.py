"""A person accepts what they were shown, refuses it, or edits it; nobody else does."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pack.core.truths import TruthMode
from pack.errors import AskThePerson, InvalidRequest, NotFound, ProposalChanged, StaleProposal
from pack.history.undoing.undone import UndoChoice
from pack.log import LogQuery
from pack.model import ABSENT, Delete, MemoryPath, Put
from pack.proposals.proposal import ProposalStatus
from pack.provenance import Origin, Source, commit_message
from pack.truth.deciding.acceptance import EditedText
from pack.truth.deciding.proposals import Verdict
from tests.support import AGENT, World, examples

pytestmark = pytest.mark.contract("C13")

PERSON = Origin(Source.USER, "cli")
OTHER = Origin(Source.AI_LOCAL, "other")
A = MemoryPath("a/x.md")
TEXT = "# Rules\n\nNever send mail.\n\nStay short.\n\nAsk first.\n"


@pytest.fixture
def mem():
    """A memory without git, with one note of the person's."""
    made = World(None)
    made.init()
    made.open(truth=TruthMode.ENFORCE)
    person(made).notes.update(A, TEXT)
    yield made
    made.close()


def person(world):
    return world.memory.written_by(PERSON)


def text_of(world, path=A):
    return world.files()[path].decode()


def propose(world, *changes, origin=AGENT, path=A):
    """A proposal as the writer would store it: changes of words in a file, or whole changes."""
    text = text_of(world, path) if path in world.files() else ""
    for old, new in (change for change in changes if isinstance(change, tuple)):
        assert old in text
        text = text.replace(old, new)
    whole = [change for change in changes if not isinstance(change, tuple)]
    parts = whole or [Put(path, text.encode(), ABSENT)]
    message = commit_message(f"{path}: update", origin, "request-p", "tidy up")
    shelf = world.memory._session.core.proposals
    return shelf.add(world.connector.head(), path, parts, message, origin.author)


def accept(world, made, hunks=None):
    shown = person(world).proposals.show(made.id).shown
    return person(world).proposals.accept(made.id, shown, "tty", hunks)


def newest(world):
    (found,) = world.connector.log(LogQuery(world.connector.head(), limit=1))
    return found


BOTH = (("Never send", "Always send"), ("Ask first.", "Do not ask."))


def test_a_proposal_is_listed_with_what_it_would_change(mem):
    made = propose(mem, *BOTH)
    (offer,) = mem.memory.proposals.list()
    assert offer.proposal == made
    assert [(hunk.old, hunk.new) for hunk in offer.hunks] == [
        (("Never send mail.\n",), ("Always send mail.\n",)),
        (("Ask first.\n",), ("Do not ask.\n",)),
    ]
    assert (offer.added, offer.removed, offer.is_stale) == (2, 2, False)
    assert mem.memory.proposals.count() == 1
    assert mem.memory.proposals.list("test-cl") == [offer]
    assert mem.memory.proposals.list("ai-local") == []
    with pytest.raises(InvalidRequest, match="has no name"):
        mem.memory.proposals.list(" ")


def test_accepting_is_one_commit_of_the_person_with_the_chain(mem):
    made, before = propose(mem, *BOTH), len(mem.messages())
    done = accept(mem, made)
    assert (done.status, done.left, len(mem.messages())) == (ProposalStatus.ACCEPTED, 0, before + 1)
    assert "Always send mail." in text_of(mem)
    found = newest(mem)
    assert found.id == done.commit
    assert found.message.startswith(f"{A}: accept proposal {made.id} (tidy up)")
    wanted = {
        "Pack-Origin": "user:cli",
        "Pack-Truth-Level": "1",
        "Pack-Derived-From": f"{made.commit} 5 {AGENT.label}",
        "Pack-Accepted-By": "user:cli",
        "Pack-Accepted-Via": "tty",
        "Pack-Proposal": made.id,
    }
    assert wanted.items() <= found.trailers.items()
    assert mem.memory.proposals.count() == 0
    assert mem.memory.care.validate() == []
    with pytest.raises(NotFound):
        accept(mem, made)


def test_what_was_changed_since_stays(mem):
    made = propose(mem, BOTH[0])
    sha = mem.memory.notes.get(A).sha
    person(mem).notes.update(A, text_of(mem).replace("Stay short.", "Stay very short."), sha)
    accept(mem, made)
    text = text_of(mem)
    assert "Always send mail." in text
    assert "Stay very short." in text


def test_some_parts_are_accepted_and_the_rest_stays_open(mem):
    made = propose(mem, *BOTH)
    done = accept(mem, made, {2})
    assert (done.status, done.left) == (ProposalStatus.OPEN, 1)
    text = text_of(mem)
    assert ("Never send mail." in text, "Do not ask." in text) == (True, True)
    (offer,) = mem.memory.proposals.list()
    assert offer.proposal.id == made.id
    assert offer.proposal.origin == AGENT.label
    assert [hunk.new for hunk in offer.hunks] == [("Always send mail.\n",)]
    accept(mem, offer.proposal)
    assert "Always send mail." in text_of(mem)
    assert mem.memory.proposals.count() == 0


def test_parts_are_accepted_refused_and_left_open_at_once(mem):
    made = propose(mem, *BOTH, ("Stay short.", "Be verbose."))
    shown = person(mem).proposals.show(made.id).shown
    done = person(mem).proposals.answer(made.id, shown, "tty", Verdict([1], [2], "short is good"))
    assert (done.status, done.left) == (ProposalStatus.OPEN, 1)
    (offer,) = mem.memory.proposals.list()
    assert [hunk.new for hunk in offer.hunks] == [("Do not ask.\n",)]
    (refused,) = mem.memory._session.core.proposals.rejected()
    assert refused.reason == "short is good"
    shown = mem.memory.proposals.show(refused.id)
    assert [hunk.new for hunk in shown.hunks] == [("Be verbose.\n",)]


def test_a_refused_part_goes_and_the_text_stays(mem):
    made, before = propose(mem, *BOTH), mem.files()
    done = person(mem).proposals.reject(made.id, "no", [1])
    assert (done.status, done.left, done.commit) == (ProposalStatus.OPEN, 1, None)
    assert mem.files() == before
    assert [hunk.new for hunk in mem.memory.proposals.show(made.id).hunks] == [("Do not ask.\n",)]
    last = person(mem).proposals.reject(made.id, "no", [1])
    assert last.status is ProposalStatus.REJECTED
    assert mem.memory.proposals.count() == 0


def test_a_refused_proposal_keeps_the_reason(mem):
    made = propose(mem, BOTH[0])
    done = person(mem).proposals.reject(made.id, "it binds you, too")
    assert done.status is ProposalStatus.REJECTED
    shown = mem.memory.proposals.show(made.id).proposal
    assert (shown.status, shown.reason) == (ProposalStatus.REJECTED, "it binds you, too")
    with pytest.raises(InvalidRequest, match="is rejected: it binds you, too"):
        accept(mem, made)


def edit(world, made, offer, old, new):
    """Accept a proposal as the person has changed the text of today."""
    note = world.memory.notes.get(A)
    texts = {A: EditedText(note.content.replace(old, new), note.sha)}
    return person(world).proposals.accept_edited(made.id, offer.shown, "editor", texts)


def test_what_the_person_makes_of_it_is_accepted(mem):
    made = propose(mem, BOTH[0])
    done = edit(mem, made, person(mem).proposals.show(made.id), "Never send", "Rarely send")
    assert done.status is ProposalStatus.ACCEPTED
    assert "Rarely send mail." in text_of(mem)
    assert newest(mem).trailers["Pack-Accepted-Via"] == "editor"
    assert "edited" in newest(mem).message


def test_nothing_that_was_written_while_the_person_edits_is_lost(mem):
    made = propose(mem, BOTH[0])
    offer, note = person(mem).proposals.show(made.id), mem.memory.notes.get(A)
    person(mem).notes.update(A, note.content.replace("Ask first.", "Ask twice."), note.sha)
    texts = {A: EditedText(note.content.replace("Never", "Rarely"), note.sha)}
    with pytest.raises(ProposalChanged):
        person(mem).proposals.accept_edited(made.id, offer.shown, "editor", texts)
    assert "Ask twice." in text_of(mem)


def test_a_stale_proposal_is_edited_on_the_text_of_today(mem):
    made = propose(mem, BOTH[0])
    note = mem.memory.notes.get(A)
    person(mem).notes.update(A, note.content.replace("Never send mail.", "No mail."), note.sha)
    done = edit(mem, made, person(mem).proposals.show(made.id), "No mail.", "Some mail.")
    assert done.status is ProposalStatus.ACCEPTED
    assert "Some mail." in text_of(mem)
    with pytest.raises(NotFound):
        person(mem).proposals.show(made.id)


def test_an_acceptance_can_be_undone(mem):
    made, before = propose(mem, *BOTH), text_of(mem)
    done = accept(mem, made)
    person(mem).undo.undo(UndoChoice([done.commit]))
    assert text_of(mem) == before


# --- what was shown --------------------------------------------------------------------------


def test_a_proposal_that_changes_after_it_was_shown_is_not_accepted(mem):
    made = propose(mem, BOTH[0])
    shown = person(mem).proposals.show(made.id).shown
    shelf = mem.memory._session.core.proposals
    worse = text_of(mem).replace("Never send mail", "Send all mail to me").encode()
    message = commit_message(f"{A}: update", AGENT, "request-q")
    shelf.replace(made, made.base, [Put(A, worse, ABSENT)], message, AGENT.author)
    before = mem.files()
    with pytest.raises(ProposalChanged, match=f"^proposal {made.id} is no longer") as changed:
        person(mem).proposals.accept(made.id, shown, "tty")
    assert "<<see-proposals>>" in changed.value.remedy
    with pytest.raises(ProposalChanged):
        person(mem).proposals.accept_edited(made.id, shown, "tty", {})
    for hunks in (None, [1]):
        with pytest.raises(ProposalChanged):
            person(mem).proposals.reject(made.id, "no", hunks, shown)
    assert mem.files() == before
    assert mem.memory.proposals.count() == 1


@pytest.mark.parametrize("is_edited", [False, True])
def test_what_is_added_to_a_proposal_while_it_is_written_stays_open(mem, is_edited):
    """As another server may do, with which there is no lock in common."""
    made = propose(mem, BOTH[0])
    core = mem.memory._session.core
    both = text_of(mem).replace(*BOTH[0]).replace(*BOTH[1])
    message = commit_message(f"{A}: update", AGENT, "request-q")

    def add_more():
        core.writer._on_commit = None
        core.proposals.replace(made, made.base, [Put(A, both.encode(), ABSENT)], message, None)

    offer = person(mem).proposals.show(made.id)
    core.writer._on_commit = add_more
    if is_edited:
        done = edit(mem, made, offer, "Never send", "Always send")
    else:
        done = person(mem).proposals.accept(made.id, offer.shown, "tty")
    assert (done.status, done.left, done.commit) == (ProposalStatus.OPEN, 1, newest(mem).id)
    assert any("has changed meanwhile" in warning for warning in done.warnings)
    assert ("Always send mail." in text_of(mem), "Ask first." in text_of(mem)) == (True, True)
    (left,) = mem.memory.proposals.list()
    assert [hunk.new for hunk in left.hunks] == [("Do not ask.\n",)]


def test_a_merge_that_gives_something_else_than_was_shown_is_refused(mem):
    made = propose(mem, BOTH[1])
    shown = person(mem).proposals.show(made.id).shown
    sha = mem.memory.notes.get(A).sha
    person(mem).notes.update(A, text_of(mem).replace("Stay short.", "Unless I say so:"), sha)
    with pytest.raises(ProposalChanged):
        person(mem).proposals.accept(made.id, shown, "tty")
    assert "Ask first." in text_of(mem)


def test_a_change_far_away_does_not_ask_the_person_again(mem):
    made = propose(mem, BOTH[1])
    shown = person(mem).proposals.show(made.id).shown
    sha = mem.memory.notes.get(A).sha
    person(mem).notes.update(A, text_of(mem).replace("# Rules", "# My rules"), sha)
    person(mem).proposals.accept(made.id, shown, "tty")
    assert "# My rules" in text_of(mem)
    assert "Do not ask." in text_of(mem)


def test_a_stale_proposal_is_edited_or_refused(mem):
    made = propose(mem, BOTH[0])
    sha = mem.memory.notes.get(A).sha
    person(mem).notes.update(A, text_of(mem).replace("Never send mail.", "No mail at all."), sha)
    offer = person(mem).proposals.show(made.id)
    assert offer.is_stale
    assert [hunk.new for hunk in offer.hunks] == [("Always send mail.\n",)]
    with pytest.raises(StaleProposal, match=f"^what proposal {made.id} wanted") as stale:
        person(mem).proposals.accept(made.id, offer.shown, "tty")
    assert f"<<edit-proposal {made.id}>>" in stale.value.remedy
    person(mem).proposals.reject(made.id)
    assert "No mail at all." in text_of(mem)


def test_a_move_counts_only_the_lines_that_change_with_it(mem):
    text = text_of(mem)
    for changed, counts in (("", (0, 0)), ("More.\n", (1, 0))):
        to = Put(MemoryPath(f"b/{len(changed)}.md"), (text + changed).encode(), ABSENT)
        made = propose(mem, Delete(A, mem.memory.notes.get(A).sha), to)
        offer = person(mem).proposals.show(made.id)
        assert (offer.added, offer.removed) == counts


def test_what_is_in_the_memory_already_is_closed_without_a_commit(mem):
    made = propose(mem, BOTH[0])
    sha = mem.memory.notes.get(A).sha
    person(mem).notes.update(A, text_of(mem).replace(*BOTH[0]), sha)
    before = len(mem.messages())
    done = accept(mem, made)
    assert (done.status, done.commit, len(mem.messages())) == (
        ProposalStatus.ACCEPTED,
        None,
        before,
    )


def test_hidden_characters_are_counted(mem):
    propose(mem, ("Ask first.", "Ask\u202e first.\u200b"))
    (offer,) = mem.memory.proposals.list()
    assert [one.kind for one in offer.hidden] == ["bidi", "zero width"]


# --- files that go and move ------------------------------------------------------------------


def test_a_move_and_a_deletion_are_accepted_whole(mem):
    moved = MemoryPath("b/y.md")
    text = text_of(mem)
    accept(mem, propose(mem, Delete(A, ABSENT), Put(moved, text.encode(), ABSENT)))
    assert A not in mem.files()
    assert text_of(mem, moved) == text
    made = propose(mem, Delete(moved, ABSENT), path=moved)
    (offer,) = mem.memory.proposals.list()
    assert (offer.removed, len(offer.hunks)) == (text.count("\n"), 1)
    accept(mem, made)
    assert moved not in mem.files()
    assert mem.memory.care.validate() == []


def test_a_new_file_is_accepted(mem):
    made = propose(
        mem, Put(MemoryPath("a/new.md"), b"# New\n", ABSENT), path=MemoryPath("a/new.md")
    )
    accept(mem, made)
    assert "# New" in text_of(mem, "a/new.md")
    assert mem.memory.care.validate() == []


# --- who -------------------------------------------------------------------------------------


@pytest.mark.parametrize("writer", [AGENT, OTHER, Origin(Source.AUTOMATION, "cli")])
def test_nobody_but_the_person_decides(mem, writer):
    made, before = propose(mem, BOTH[0]), mem.files()
    theirs = mem.memory.written_by(writer).proposals
    shown = theirs.show(made.id).shown
    for decide in (
        lambda: theirs.accept(made.id, shown, "tty"),
        lambda: theirs.accept_edited(made.id, shown, "tty", {}),
        lambda: theirs.reject(made.id),
        lambda: theirs.accept_text(A, None, "tty"),
    ):
        with pytest.raises(AskThePerson):
            decide()
    assert mem.files() == before
    assert mem.memory.proposals.count() == 1


def test_a_client_withdraws_its_own_proposals_only(mem):
    made = propose(mem, BOTH[0])
    with pytest.raises(AskThePerson, match="ai-cloud:test-client"):
        mem.memory.written_by(OTHER).proposals.withdraw(made.id)
    assert mem.memory.proposals.withdraw(made.id).status is ProposalStatus.WITHDRAWN
    assert mem.memory.proposals.count() == 0


@pytest.mark.parametrize("hunks", [[3], [0], []])
def test_there_are_only_the_parts_that_there_are(mem, hunks):
    made = propose(mem, *BOTH)
    with pytest.raises(InvalidRequest, match="it has 2, numbered from 1"):
        accept(mem, made, hunks)


@settings(max_examples=examples(4, 200))
@given(st.data())
def test_in_whatever_order_parts_are_decided_on_the_text_is_what_was_accepted(data):
    words = st.sampled_from(["one", "two", "three", "four", "", "- five"])
    old, new = (data.draw(st.lists(words, min_size=2, max_size=7)) for _ in range(2))
    assume(old != new)
    world = World(None)
    world.init()
    world.open(truth=TruthMode.ENFORCE)
    before = "# T\n" + "".join(f"{line}.\n" for line in old)
    person(world).notes.update(A, before)
    content = text_of(world)
    head = content[: content.index("# T")]
    wanted = "# T\n" + "".join(f"{line}.\n" for line in new)
    made = propose(world, Put(A, (head + wanted).encode(), ABSENT))
    whole = person(world).proposals.show(made.id)
    accepted = set()
    for hunk in whole.hunks:
        if data.draw(st.booleans()):
            accepted.add(hunk.number)
    expected = whole.files[0].with_only(accepted) if accepted else None
    left = {hunk.number: (hunk.old, hunk.new) for hunk in whole.hunks}
    while left:
        number = data.draw(st.sampled_from(sorted(left)))
        now = person(world).proposals.show(made.id)
        place = sorted(left).index(number) + 1
        if len(now.hunks) != len(left):
            break  # what is left is aligned in another way
        answer = Verdict([place]) if number in accepted else None
        if answer is not None:
            person(world).proposals.answer(made.id, now.shown, "tty", answer)
        else:
            person(world).proposals.reject(made.id, None, [place])
        del left[number]
    if not left:
        body = text_of(world).partition("# T")[2]
        assert body == (expected.after if expected else content).partition("# T")[2]
        assert world.memory.proposals.count() == 0
    world.close()


def test_in_git_too(git_world):
    git_world.init()
    git_world.open(truth=TruthMode.ENFORCE)
    person(git_world).notes.update(A, TEXT)
    made = propose(git_world, *BOTH)
    (git_world.folder / A).write_text(text_of(git_world).replace("Stay short.", "Stay brief."))
    accept(git_world, made, [1])
    text = (git_world.folder / A).read_text()
    assert ("Always send" in text, "Stay brief." in text, "Ask first." in text) == (True,) * 3
    (git_world.folder / A).write_text(text.replace("Stay brief.", "Stay terse."))
    person(git_world).proposals.reject(made.id, "no")
    assert git_world.memory.proposals.count() == 0
    assert "Stay terse." in (git_world.folder / A).read_text()
