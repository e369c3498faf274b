from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pack.core.events import MemoryEventKind
from pack.core.truths import TruthMode
from pack.errors import BlobChanged, InvalidRequest, LimitExceeded
from pack.model import BlobId
from pack.provenance import Origin, Source
from pack.truth.sync_items.claims import SyncCaller, claimed_by
from pack.truth.sync_items.item import ChainLink, SyncItem, read_item
from pack.truth.sync_items.items import Choice, ItemResult, PushStatus, SyncItems
from pack.truth.sync_items.taking import TakenBefore, Taking
from tests.support import START, World, assert_true_index

PATH = "context/a.md"
ME = SyncCaller(Source.USER, "web")
AI = SyncCaller(Source.AI_CLOUD, "claude")
RULE = SyncCaller(Source.AUTOMATION, "rule-1")
PERSON = Origin(Source.USER, "cli")


@pytest.fixture
def world() -> Iterator[World]:
    """A memory without git, which is as good here and quicker."""
    made = World(None)
    yield made
    made.close()


@pytest.fixture
def sync(world: World) -> SyncItems:
    """The items of a memory that holds a note of the person's."""
    world.open(truth=TruthMode.ENFORCE)
    world.init()
    world.memory.written_by(PERSON).notes.update(PATH, "# A\n\nmine\n")
    return world.memory.sync_items


def item(world: World, content: str | None, **fields: object) -> SyncItem:
    """A change of the note as it is now."""
    found = world.memory.notes.get(PATH)
    given: dict[str, object] = {"sha": found.sha, "truth_level": 1, **fields}
    made = SyncItem("item-1", PATH, content=content, deleted=content is None)
    return replace(made, **given)  # type: ignore[arg-type] - the fields that a test names


def push(sync: SyncItems, one: SyncItem, caller: SyncCaller = ME) -> ItemResult:
    (result,) = sync.push([one], caller).results
    return result


def text(world: World) -> str:
    return world.memory.notes.get(PATH).content


def levels(world: World, path: str) -> dict[str, int]:
    """The level of each line of a body."""
    core = world.memory.events._core
    note = core.reader.find(path)  # type: ignore[arg-type] - a path
    assert note is not None
    assert core.truths is not None
    lines = zip(note.text.split("\n"), core.truths.of(note).lines, strict=False)
    start = note.text[: len(note.text) - len(note.head.body)].count("\n")
    return {text: truth.level for text, truth in list(lines)[start:] if text}


def edited(world: World, old: str, new: str) -> str:
    return text(world).replace(old, new)


# --- push ------------------------------------------------------------------------------------


@pytest.mark.contract("C9", "C10")
def test_an_item_is_one_commit_and_its_answer_says_which(world: World, sync: SyncItems) -> None:
    before = len(world.messages())
    result = push(sync, item(world, edited(world, "mine", "changed")))
    assert (result.status, result.commit) == (PushStatus.WRITTEN, world.connector.head())
    assert result.sha == world.memory.notes.get(PATH).sha
    assert len(world.messages()) == before + 1
    assert result.version == before + 1
    assert "Pack-Origin: user:web" in world.messages()[0]
    assert_true_index(world)


def test_an_item_that_is_pushed_again_is_taken_once(world: World, sync: SyncItems) -> None:
    one = item(world, edited(world, "mine", "changed"))
    first = push(sync, one)
    world.memory.written_by(PERSON).notes.update(PATH, "# A\n\nlater\n", first.sha)
    count = len(world.messages())
    again = push(sync, one)
    assert (again.status, again.commit, again.version) == (
        PushStatus.WRITTEN, first.commit, first.version,
    )  # fmt: skip
    assert len(world.messages()) == count
    assert "later" in text(world)


@pytest.mark.contract("C1")
def test_without_an_id_the_same_change_can_be_made_again(world: World, sync: SyncItems) -> None:
    new = read_item({"entity_id": "b/b.md", "payload": {"content": "# B\n"}})
    made = push(sync, new)
    count = len(world.messages())
    assert push(sync, new).commit == made.commit
    assert len(world.messages()) == count
    gone = read_item({"entity_id": "b/b.md", "deleted": True, "sha": made.sha})
    for one, is_there in ((gone, False), (new, True)):
        assert push(sync, one).status is PushStatus.WRITTEN
        assert ("b/b.md" in world.listed()) == is_there


def test_a_push_that_another_one_of_the_same_item_has_overtaken(
    world: World, sync: SyncItems
) -> None:
    one = SyncItem("1", "b/b.md", content="# B\n")
    taking = Taking(world.memory.events._core, one, ME, claimed_by(one, ME))
    made = push(sync, one)
    with pytest.raises(TakenBefore) as error:
        taking.decide()
    assert error.value.commit == made.commit


def test_the_id_of_another_role_is_another_item(world: World, sync: SyncItems) -> None:
    push(sync, item(world, edited(world, "mine", "mine\n- one")), AI)
    result = push(sync, item(world, edited(world, "mine", "changed")))
    assert (result.status, "changed" in text(world)) == (PushStatus.WRITTEN, True)


def test_what_is_there_already_is_no_commit(world: World, sync: SyncItems) -> None:
    count = len(world.messages())
    assert push(sync, item(world, text(world))).status is PushStatus.UNCHANGED
    for path in ("context/none.md", "/context/none.md"):
        gone = SyncItem(f"item of {path}", path, deleted=True)
        assert push(sync, gone).status is PushStatus.UNCHANGED
    assert len(world.messages()) == count


def test_new_files_moves_and_deletions(world: World, sync: SyncItems) -> None:
    made = push(sync, SyncItem("1", "context/new.md", content="# New\n"))
    assert made.status is PushStatus.WRITTEN
    note = world.memory.notes.get("context/new.md")
    moved = SyncItem("2", "b/moved.md", content=note.content, sha=made.sha, moved_from=note.path)
    assert push(sync, moved).status is PushStatus.WRITTEN
    assert "b/moved.md" in world.listed()
    assert "context/new.md" not in world.listed()
    gone = SyncItem("3", "b/moved.md", deleted=True, sha=made.sha)
    assert push(sync, gone).status is PushStatus.WRITTEN
    assert "b/moved.md" not in world.listed()
    assert_true_index(world)


@pytest.mark.parametrize(
    "one",
    [
        SyncItem("1", "../x.md", content="x"),
        SyncItem("1", ".pack.yaml", content="version: 1\n"),
        SyncItem("1", "index.md", content="x"),
        SyncItem("1", PATH, content="x", tenant_id="another"),
        SyncItem("1", PATH, content="x", entity_type="device"),
        SyncItem("1", "context/b.md", content="x\ud800"),
        SyncItem("1", "context/b.md", content="x", moved_from="context/none.md"),
        SyncItem("1", PATH, content="x\ud800", sha=BlobId("1" * 40), truth_level=5),
        SyncItem("1", "/../x.md", deleted=True),
    ],
)
def test_what_cannot_be_taken_is_refused_and_the_rest_goes_on(
    world: World, sync: SyncItems, one: SyncItem
) -> None:
    count = len(world.messages())
    good = SyncItem("2", "context/good.md", content="good\n")
    first, second = sync.push([one, good], ME).results
    assert (first.status, first.error is not None) == (PushStatus.REFUSED, True)
    assert second.status is PushStatus.WRITTEN
    assert len(world.messages()) == count + 1


def test_a_push_has_its_limits(sync: SyncItems) -> None:
    many = [SyncItem(str(n), f"context/{n}.md", content="x\n") for n in range(101)]
    with pytest.raises(LimitExceeded):
        sync.push(many, ME)
    first, second = sync.push(many[:2], ME, has_time=lambda: False).results
    assert (first.status, second.status) == (PushStatus.WRITTEN, PushStatus.DEFERRED)


# --- who says so -----------------------------------------------------------------------------


@pytest.mark.parametrize("caller", [AI, RULE])
@pytest.mark.parametrize("is_accepted", [True, False])
@pytest.mark.contract("C1")
def test_a_claim_never_raises_a_level(
    world: World, sync: SyncItems, caller: SyncCaller, *, is_accepted: bool
) -> None:
    before = text(world)
    claims = {"origin_source": "user:desktop", "accepted_by_user": is_accepted}
    forged = item(world, edited(world, "mine", "theirs"), **claims)
    result = push(sync, forged, caller)
    assert result.status is PushStatus.PROPOSED
    assert [line.text for line in result.protected] == ["mine"]
    assert result.proposal is not None
    assert text(world) == before


def test_a_claim_that_is_too_high_is_told(world: World, sync: SyncItems) -> None:
    forged = SyncItem("1", "context/b.md", content="x\n", truth_level=1, accepted_by_user=True)
    result = push(sync, forged, AI)
    assert result.status is PushStatus.WRITTEN
    assert result.warnings == (
        "truth_level 1 counts as truth_level 5", "accepted_by_user counts as truth_level 5",
    )  # fmt: skip
    told = world.memory.events.page().events
    assert {(e.kind, e.path, e.kept) for e in told} == {
        (MemoryEventKind.LOWERED, "context/b.md", "truth_level 5")
    }
    (pulled,) = [one for one in sync.pull().items if one.entity_id == "context/b.md"]
    assert (pulled.truth_level, pulled.origin_source) == (5, "ai-cloud:claude")


def test_a_client_of_the_person_may_say_that_an_ai_wrote(world: World, sync: SyncItems) -> None:
    one = item(world, edited(world, "mine", "its"), truth_level=4, origin_source="ai-lan:box")
    assert push(sync, one).status is PushStatus.PROPOSED
    free = SyncItem("2", "context/b.md", content="x\n", truth_level=3, origin_source="ai-local:m")
    assert push(sync, free).status is PushStatus.WRITTEN
    assert "Pack-Origin: ai-local:m" in world.messages()[0]


def test_what_the_person_accepts_is_theirs_with_its_chain(world: World, sync: SyncItems) -> None:
    push(sync, SyncItem("1", "context/b.md", content="# B\n\nby an ai\n"), AI)
    note = world.memory.notes.get("context/b.md")
    link = ChainLink(5, "ai-cloud:claude", None, ("c" * 40,))
    accepted = SyncItem(
        "2", note.path, content=note.content, sha=note.sha, accepted_by_user=True,
        truth_level=5, origin_source="user:web", origin_chain=(link,),
    )  # fmt: skip
    assert push(sync, accepted).status is PushStatus.WRITTEN
    found = [one for one in sync.pull().items if one.entity_id == note.path]
    assert found[-1].truth_level == 1
    assert "by an ai\n" in (found[-1].content or "")
    assert "truth_level" not in (found[-1].content or "")  # it is wholly the person's
    kinds = [event.kind for event in world.memory.events.page().events]
    assert kinds == [MemoryEventKind.ACCEPTED]
    again = replace(accepted, id="3")
    assert push(sync, again).status is PushStatus.UNCHANGED


@pytest.mark.contract("C13")
def test_only_what_the_person_has_seen_is_accepted(world: World, sync: SyncItems) -> None:
    seen = push(sync, SyncItem("1", "b/b.md", content="# B\n\nby an ai, and seen\n"), AI)
    note = world.memory.notes.get("b/b.md")
    world.memory.notes.update(note.path, note.content + "by an ai, and not seen\n", seen.sha)
    accepted = SyncItem(
        "2", note.path, content=note.content.replace("# B", "# BB"), sha=seen.sha,
        accepted_by_user=True,
    )  # fmt: skip
    assert push(sync, accepted).status is PushStatus.MERGED
    assert levels(world, "b/b.md") == {
        "# BB": 1,
        "by an ai, and seen": 1,
        "by an ai, and not seen": 5,
    }


@pytest.mark.contract("C13")
@pytest.mark.parametrize(("lines", "level"), [(((1, 1),), 1), ((), 5), (None, 1)])
def test_the_person_may_accept_some_lines(
    world: World, sync: SyncItems, lines: tuple[tuple[int, int], ...] | None, level: int
) -> None:
    push(sync, SyncItem("1", "b/b.md", content="# B\n\nby an ai, one\nby an ai, two\n"), AI)
    note = world.memory.notes.get("b/b.md")
    one = note.content.split("\n").index("by an ai, one") + 1
    some = tuple((one, one) for _ in lines) if lines is not None else None
    push(
        sync,
        SyncItem(
            "2", note.path, content=note.content, sha=note.sha, accepted_by_user=True,
            accepted_lines=some,
        ),
    )  # fmt: skip
    found = levels(world, "b/b.md")
    assert (found["by an ai, one"], found["by an ai, two"]) == (level, 1 if lines is None else 5)


# --- two sides -------------------------------------------------------------------------------


@pytest.mark.contract("C1")
def test_changes_of_two_sides_are_merged(world: World, sync: SyncItems) -> None:
    one = item(world, text(world) + "from afar\n")
    note = world.memory.notes.get(PATH)
    world.memory.written_by(PERSON).notes.update(PATH, edited(world, "# A", "# AA"), note.sha)
    result = push(sync, one)
    assert result.status is PushStatus.MERGED
    assert "# AA\n\nmine\nfrom afar\n" in text(world)


@pytest.mark.contract("C1")
def test_two_texts_of_the_person_need_a_choice(world: World, sync: SyncItems) -> None:
    one = item(world, edited(world, "mine", "afar"))
    note = world.memory.notes.get(PATH)
    world.memory.written_by(PERSON).notes.update(PATH, edited(world, "mine", "here"), note.sha)
    count = len(world.messages())
    result = push(sync, one)
    assert (result.status, len(world.messages())) == (PushStatus.CONFLICT, count)
    assert result.current is not None
    assert "here" in (result.current.content or "")
    settled = sync.resolve(PATH, Choice.THEIRS, result.current.sha, ME, one.content)
    assert (settled.status, "afar" in text(world)) == (PushStatus.WRITTEN, True)
    (event,) = world.memory.events.page().events
    assert (event.kind, event.kept, event.discarded) == (
        MemoryEventKind.CONFLICT, settled.sha, result.current.sha,
    )  # fmt: skip


def test_an_ai_that_is_late_proposes(world: World, sync: SyncItems) -> None:
    one = item(world, edited(world, "mine", "its"))
    note = world.memory.notes.get(PATH)
    world.memory.written_by(PERSON).notes.update(PATH, edited(world, "mine", "here"), note.sha)
    before = text(world)
    assert push(sync, one, AI).status is PushStatus.PROPOSED
    assert text(world) == before


def test_the_person_overrides_what_a_machine_wrote_meanwhile(world: World, sync: SyncItems) -> None:
    push(sync, item(world, text(world) + "by an ai\n", truth_level=5), AI)
    late = item(world, edited(world, "by an ai", "by me"), id="2")
    note = world.memory.notes.get(PATH)
    world.memory.notes.update(PATH, edited(world, "by an ai", "by an ai again"), note.sha)
    result = push(sync, late)
    assert (result.status, "by me\n" in text(world)) == (PushStatus.MERGED, True)
    (event,) = world.memory.events.page().events
    assert event.kind is MemoryEventKind.DISCARDED


@pytest.mark.contract("C1")
@pytest.mark.parametrize(
    ("caller", "status"), [(ME, PushStatus.CONFLICT), (AI, PushStatus.CONFLICT)]
)
def test_a_deletion_of_what_the_person_has_changed_since(
    world: World, sync: SyncItems, caller: SyncCaller, status: PushStatus
) -> None:
    one = item(world, None)
    note = world.memory.notes.get(PATH)
    world.memory.written_by(PERSON).notes.update(PATH, edited(world, "mine", "here"), note.sha)
    assert push(sync, one, caller).status is status
    assert "here" in text(world)


def test_the_person_deletes_what_a_machine_went_on_writing(world: World, sync: SyncItems) -> None:
    one = item(world, None, last_modified_at=START + timedelta(hours=1))
    note = world.memory.notes.get(PATH)
    world.memory.notes.update(PATH, note.content + "by an ai\n", note.sha)
    assert push(sync, one).status is PushStatus.WRITTEN
    assert PATH not in world.listed()


def test_an_edit_of_what_was_deleted_meanwhile(world: World, sync: SyncItems) -> None:
    one = item(world, edited(world, "mine", "mine, and more"))
    note = world.memory.notes.get(PATH)
    world.memory.written_by(PERSON).notes.delete(PATH, note.sha)
    assert push(sync, replace(one, id="2"), AI).status is PushStatus.CONFLICT
    assert push(sync, one).status is PushStatus.WRITTEN
    assert "and more" in text(world)


# --- settling --------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", list(Choice))
def test_a_conflict_is_settled_in_one_commit(world: World, sync: SyncItems, choice: Choice) -> None:
    count, note = len(world.messages()), world.memory.notes.get(PATH)
    given = note.content.replace("mine", "afar")
    result = sync.resolve(PATH, choice, note.sha, ME, given)
    assert result.status is PushStatus.WRITTEN
    assert ("afar" in text(world)) == (choice is not Choice.OURS)
    assert len(world.messages()) == count + 1
    assert [event.kind for event in world.memory.events.page().events] == [MemoryEventKind.CONFLICT]


def test_an_ai_settles_nothing_of_the_persons(world: World, sync: SyncItems) -> None:
    note = world.memory.notes.get(PATH)
    given = note.content.replace("mine", "afar")
    assert sync.resolve(PATH, Choice.THEIRS, note.sha, AI, given).status is PushStatus.PROPOSED
    assert text(world) == note.content


def test_a_choice_names_what_was_seen(world: World, sync: SyncItems) -> None:
    with pytest.raises(BlobChanged):
        sync.resolve(PATH, Choice.OURS, BlobId("1" * 40), ME)
    with pytest.raises(InvalidRequest):
        sync.resolve(PATH, Choice.MERGED, world.memory.notes.get(PATH).sha, ME)
