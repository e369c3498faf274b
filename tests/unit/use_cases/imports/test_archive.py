import pytest

from pack.memory import Memory
from pack.provenance import Origin, Source
from tests.support import World, assert_true_index

CHAT = "archive/chatgpt/2024/trip.md"
OTHER = "archive/claude/undated/bread.md"
OWN = "archive/old.md"
USER = Origin(Source.USER, "cli")


@pytest.fixture
def memory(world: World) -> Memory:
    memory = world.init()
    texts = {
        CHAT: "---\ntopic: Trip\nupdated: 2024-05-01\n---\n\n## You\n\nWhere is Rome?\n",
        OTHER: "---\ntopic: Bread\n---\n\nFlour, and a picture of Rome.\n",
        OWN: "# Old\n\nRomans lived in Rome.\n",
    }
    world.commit(texts)
    memory.notes.update("context/a.md", "Nothing of the sort.\n")
    return memory


def test_conversations_are_in_no_listing_search_or_index(world: World, memory: Memory) -> None:
    assert set(world.listed()) & {CHAT, OTHER, OWN} == {OWN}
    assert [one.path for one in memory.search.find("Rome").matches] == [OWN]
    index = world.files()["index.md"].decode()
    assert "old.md" in index
    assert "trip.md" not in index
    assert_true_index(world)
    assert "trip" not in memory.whole.get().content.lower()
    assert memory.care.validate() == []


@pytest.mark.parametrize("folder", ["archive", "archive/", "archive/chatgpt/2024"])
def test_whoever_asks_for_their_folder_gets_them(memory: Memory, folder: str) -> None:
    wanted = {CHAT} if "chatgpt" in folder else {CHAT, OTHER, OWN}
    assert {file.path for file in memory.notes.list(dir=folder).files} == wanted
    assert {one.path for one in memory.search.find("rome", dir=folder).matches} == wanted
    assert {line.path for line in memory.search.lines("R.me", dir=folder)} == wanted
    assert memory.search.find("nowhere", dir=folder).matches == ()


def test_a_listing_of_them_can_be_filtered(memory: Memory) -> None:
    found = memory.notes.list(dir="archive", since="2024-01-01", until="2024-12-31")
    assert [file.path for file in found.files] == [CHAT]


def test_one_is_read_changed_moved_and_deleted_like_any_note(world: World, memory: Memory) -> None:
    mine = memory.written_by(USER).notes
    found = mine.get(CHAT)
    assert "Where is Rome?" in found.content
    made = mine.update(CHAT, found.content.replace("Rome", "Ostia"), found.sha)
    moved = mine.move(CHAT, "notes/trip.md", made.sha)
    assert "notes/trip.md" in world.listed()
    back = mine.move("notes/trip.md", CHAT, moved.sha)
    assert "notes/trip.md" not in world.listed()
    mine.delete(CHAT, back.sha)
    assert CHAT not in world.files()
    assert_true_index(world)


def test_an_edit_by_hand_is_recorded(git_world: World) -> None:
    git_world.init()
    git_world.commit({CHAT: "one\n"})
    git_world.edit(CHAT, "two\n")
    assert git_world.memory.hand_edits.list() == [CHAT]
    git_world.memory.hand_edits.commit()
    assert git_world.files()[CHAT] == b"two\n"
