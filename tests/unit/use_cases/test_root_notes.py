"""Notes at the root: memory where `.pack.yaml` says so, and nowhere else."""

import pytest

from pack.catalog.scope import PROJECT_FILE, read_scope
from pack.core import index_update as index_plan
from pack.core.truths import TruthMode
from pack.errors import InvalidConfig, InvalidPath, RefusedForSafety
from pack.index import format as index
from pack.model import Mode
from pack.paths import INDEX
from pack.provenance import Origin, Source
from pack.results import WriteStatus
from tests.github_support import GithubWorld
from tests.support import SCAFFOLD, World, assert_true_index, git
from tests.truth_support import PERSON

SAYS = "version: 1\nroot_notes: true\n"
VAULT = {
    "Bread.md": "# Bread\n\nneedle and flour\n",
    "notes/a.md": "a\n",
    "README.md": "needle\n",
    "Claude.md": "needle\n",
    "license.md": "needle\n",
    "picture.png": "PNG",
}


def never(notes):
    raise AssertionError(notes)


@pytest.mark.contract("C10")
def test_without_the_choice_the_root_is_no_place_for_notes(world):
    memory = world.init()
    world.commit(VAULT)
    assert world.listed() == ["context/general.md", "notes/a.md"]
    assert memory.notes.get("Bread.md").content == VAULT["Bread.md"]
    assert memory.search.find("needle").total == 0
    sha = memory.notes.get("notes/a.md").sha
    for write in (
        lambda: memory.notes.update("Bread.md", "x\n", memory.notes.get("Bread.md").sha),
        lambda: memory.notes.update("new.md", "x\n"),
        lambda: memory.notes.move("notes/a.md", "a.md", sha),
    ):
        with pytest.raises(InvalidPath, match="must be in a folder"):
            write()
    memory.notes.update("notes/b.md", "b\n")
    assert b"Bread" not in world.files()[INDEX]
    assert memory.lifecycle.init(SCAFFOLD).written is None


@pytest.mark.contract("C1", "C9", "C10")
def test_a_vault_becomes_a_memory_with_the_notes_at_its_root(world):
    world.commit(VAULT)
    made = world.memory.lifecycle.init(SCAFFOLD, root_notes=True, ask_root=never)
    assert len(world.messages()) == 2
    assert world.files()[PROJECT_FILE].decode().endswith(SAYS)
    assert made.outside == ("Claude.md", "README.md", "license.md")
    assert made.root_notes == []
    assert [(one.name, one.files) for one in made.joining.folders] == [("", 1), ("notes", 1)]
    assert world.listed() == ["Bread.md", "notes/a.md"]
    assert_true_index(world)
    assert world.memory.care.validate() == []
    files = world.files()
    assert {path: files[path].decode() for path in VAULT} == VAULT
    world.open()
    assert world.listed() == ["Bread.md", "notes/a.md"]
    assert "## At the root\n" in files[INDEX].decode()
    assert "| [Bread.md](Bread.md) |" in files[INDEX].decode()


@pytest.mark.contract("C9", "C10")
def test_they_are_read_written_moved_searched_and_removed_like_others(world):
    memory = world.init()
    world.commit({PROJECT_FILE: SAYS, **VAULT})
    assert [one.path for one in memory.search.find("needle").matches] == ["Bread.md"]
    assert "flour" in memory.whole.get().content
    assert memory.notes.list(dir="notes").total == 1
    sha = memory.notes.get("Bread.md").sha
    with pytest.raises(InvalidPath, match="confuse"):
        memory.notes.update("bread.md", "a twin\n")
    memory.notes.update("/Bread.md", "# Bread\n\nwater\n", sha)
    assert_true_index(world)
    memory.notes.move("Bread.md", "food/Bread.md", memory.notes.get("Bread.md").sha)
    memory.notes.move("notes/a.md", "a.md", memory.notes.get("notes/a.md").sha)
    assert_true_index(world)
    assert {"a.md", "food/Bread.md"} <= set(world.listed())
    memory.notes.delete("a.md", memory.notes.get("a.md").sha)
    assert_true_index(world)


@pytest.mark.parametrize(
    "path",
    ["README.md", "readme.de.md", "AGENTS.md", "Memory.md", "INDEX.md", "code_of_conduct.md"],
)
def test_what_git_and_tools_own_is_written_nowhere_at_the_root(path):
    world = World(None)
    world.init()
    world.commit({PROJECT_FILE: SAYS, path: "theirs\n"})
    assert world.listed() == ["context/general.md"]
    with pytest.raises(InvalidPath):
        world.memory.notes.update(path, "x\n", world.memory.notes.get(path).sha)
    assert world.files()[path] == b"theirs\n"
    if path != "INDEX.md":
        world.memory.notes.update(f"docs/{path}", "x\n")
        assert world.memory.care.validate() == []
    world.close()


def test_rules_hold_at_the_root_too():
    world = World(None)
    world.init()
    world.commit(
        {"a.md": "a\n", "b.draft.md": "b\n", PROJECT_FILE: f"{SAYS}exclude: ['*.draft.md']\n"}
    )
    assert world.listed() == ["a.md", "context/general.md"]
    with pytest.raises(InvalidPath, match=r"exclude: \*\.draft\.md"):
        world.memory.notes.get("b.draft.md")
    world.commit({PROJECT_FILE: f"{SAYS}include: [notes/]\n"})
    assert world.listed() == ["a.md", "b.draft.md"]
    world.commit({PROJECT_FILE: "version: 1\nroot_notes: perhaps\n"})
    with pytest.raises(InvalidConfig, match="true or false"):
        world.memory.notes.update("context/x.md", "x\n")
    world.commit({PROJECT_FILE: f"{SAYS}exlude: []\n"})  # what was memory does not vanish
    assert world.listed() == ["a.md", "b.draft.md", "context/general.md"]
    world.close()


def test_a_person_is_asked_where_notes_are_at_the_root():
    world = World(None)
    world.commit(VAULT)
    asked = []
    init = world.memory.lifecycle.init
    assert init(SCAFFOLD, ask_root=never, dry_run=True).root_notes == ["Bread.md"]
    made = init(SCAFFOLD, ask_root=lambda notes: bool(asked.append(notes)))
    assert asked == [[("Bread.md", len(VAULT["Bread.md"]))]]
    assert made.root_notes == ["Bread.md"]
    assert PROJECT_FILE not in world.files()
    init(SCAFFOLD, ask_root=never)
    world.close()


def test_a_vault_with_an_index_of_its_own_is_asked_about_too():
    world = World(None)
    world.commit({**VAULT, INDEX: "# Home\n"})
    made = world.memory.lifecycle.init(SCAFFOLD, ask_root=lambda _: True)
    assert "Bread.md" in world.listed()
    assert made.outside == ("Claude.md", "README.md", "license.md")
    assert world.files()["legacy/index.md"] == b"# Home\n"
    assert_true_index(world)
    world.close()


def test_nobody_is_asked_without_such_notes_or_where_it_is_said():
    for files in ({"README.md": "r\n"}, {"a.md": "a\n", PROJECT_FILE: "version: 1\n"}):
        world = World(None)
        world.commit(files)
        world.memory.lifecycle.init(SCAFFOLD, ask_root=never)
        assert "a.md" not in world.listed()
        world.close()


@pytest.mark.contract("C10")
def test_the_setting_answers_for_a_memory_that_is_there_and_never_against_its_file(world):
    memory = world.init()
    world.commit({"a.md": "a\n", "notes/b.md": "b\n"})
    made = memory.lifecycle.init(SCAFFOLD, root_notes=True)
    assert made.joining.files == 1
    assert "a.md" in world.listed()
    assert_true_index(world)
    assert memory.lifecycle.init(SCAFFOLD, root_notes=True).written is None
    said = "version: 1\nroot_notes: false\n"
    world.commit({PROJECT_FILE: said})
    assert memory.lifecycle.init(SCAFFOLD, root_notes=True).written is None
    assert world.files()[PROJECT_FILE].decode() == said
    assert "a.md" not in world.listed()


def test_a_new_memory_may_have_them_from_the_start():
    world = World(None)
    world.memory.lifecycle.init(SCAFFOLD, root_notes=True)
    world.memory.notes.update("idea.md", "x\n")
    assert world.listed() == ["context/general.md", "idea.md"]
    assert_true_index(world)
    world.close()


def test_imported_notes_stay_at_the_root_if_it_has_notes():
    notes = {"Bread.md": b"b\n", "README.md": b"r\n", "-readme.md": b"x\n", "Index.md": b"i\n"}
    world = World(None)
    pictures = {"p.png": b"PNG"}
    world.memory.lifecycle.init(SCAFFOLD, notes, attachments=pictures, root_notes=True)
    assert {path for path in world.files() if "/" not in path} - {".pack-dates.json"} == {
        *("Bread.md", INDEX, PROJECT_FILE, "p.png")
    }
    assert len(world.listed()) == 4
    assert_true_index(world)
    world.close()


@pytest.mark.contract("C1")
def test_a_folder_and_its_hand_edits(git_world):
    for path, content in VAULT.items():
        git_world.edit(path, content)
    made = git_world.memory.lifecycle.init(SCAFFOLD, root_notes=True)
    assert made.adopted == ("Bread.md", "notes/a.md")
    assert_true_index(git_world)
    git_world.edit("Bread.md", "by hand\n")
    git_world.edit("New.md", "# Sourdough\n")
    git_world.edit("README.md", "mine\n")
    memory = git_world.memory
    assert memory.hand_edits.list() == ["Bread.md", "New.md"]
    assert memory.search.find("sourdough").total == 1
    memory.hand_edits.commit()
    assert_true_index(git_world)
    git_world.edit("New.md", None)
    assert memory.hand_edits.list() == ["New.md"]
    assert "New.md" not in git_world.listed()
    sha = memory.notes.get("Bread.md").sha
    git_world.edit("Bread.md", "again\n")
    memory.notes.update("Bread.md", "by an agent\n", memory.notes.get("Bread.md").sha)
    assert git(git_world.folder, "show", "HEAD~1:Bread.md") == b"again\n"
    assert sha != memory.notes.get("Bread.md").sha
    assert_true_index(git_world)


@pytest.mark.contract("C5")
def test_on_github_it_is_the_same(tmp_path):
    files = {path: content.encode() for path, content in VAULT.items()}
    with GithubWorld(tmp_path, files) as github:
        memory = github.open()
        made = memory.lifecycle.init(SCAFFOLD, root_notes=True)
        assert made.root_notes == []
        memory.notes.update("New.md", "# New\n")
        for opened in (memory, github.open("another.sqlite")):
            listed = [note.path for note in opened.notes.list().files]
            assert listed == ["Bread.md", "New.md", "notes/a.md"]
            assert opened.care.validate() == []
        memory.notes.move("New.md", "notes/New.md", memory.notes.get("New.md").sha)
        assert "New.md" not in [note.path for note in github.open().notes.list().files]


def test_a_file_that_is_in_no_commit_is_not_changed(git_world):
    git_world.edit("a.md", "a\n")
    git_world.edit(PROJECT_FILE, "version: 1\nexclude: [x/]\n")
    with pytest.raises(RefusedForSafety, match="is in no commit"):
        git_world.memory.lifecycle.init(SCAFFOLD, root_notes=True)
    assert git_world.memory.mode() is Mode.EMPTY
    git_world.edit(PROJECT_FILE, SAYS)
    git_world.memory.lifecycle.init(SCAFFOLD)
    assert git_world.listed() == ["a.md"]
    assert read_scope(git_world.files()[PROJECT_FILE]).root_notes


@pytest.mark.contract("C10")
def test_many_notes_at_the_root_have_pages(monkeypatch):
    monkeypatch.setattr(index, "SHARD_INDEX_ABOVE", 5)
    monkeypatch.setattr(index_plan, "SHARD_INDEX_ABOVE", 5)
    monkeypatch.setattr(index, "_PAGE_MASK", 0x01)
    world = World(None)
    memory = world.init()
    world.commit({PROJECT_FILE: SAYS, **{f"n{number}.md": "x\n" for number in range(9)}})
    memory.notes.update("context/x.md", "x\n")
    assert_true_index(world)
    pages = [path for path in world.files() if path.startswith("index/")]
    assert pages
    assert all(path in world.files()[INDEX].decode() for path in pages)
    memory.notes.update("n10.md", "x\n")
    memory.notes.move("n1.md", "a/n1.md", memory.notes.get("n1.md").sha)
    assert_true_index(world)
    for number in range(2, 9):
        memory.notes.delete(f"n{number}.md", memory.notes.get(f"n{number}.md").sha)
        assert_true_index(world)
    assert not [path for path in world.files() if path.startswith("index/")]
    world.close()


SCRIPT = Origin(Source.AUTOMATION, "cli")


@pytest.mark.contract("C12")
def test_a_script_may_say_so_where_a_memory_begins(world):
    world.commit(VAULT)
    memory = world.open(truth=TruthMode.ENFORCE).written_by(SCRIPT)
    made = memory.lifecycle.init(SCAFFOLD, root_notes=True)
    assert (made.written.status, made.outside) == (
        WriteStatus.WRITTEN,
        ("Claude.md", "README.md", "license.md"),
    )
    assert world.listed() == ["Bread.md", "notes/a.md"]


@pytest.mark.contract("C12")
def test_a_script_begins_the_memory_and_the_persons_rules_wait(world):
    rules = "version: 1\nexclude: [x/]\n"
    world.commit({**VAULT, PROJECT_FILE: rules})
    memory = world.open(truth=TruthMode.ENFORCE).written_by(SCRIPT)
    made = memory.lifecycle.init(SCAFFOLD, root_notes=True)
    assert memory.mode() is Mode.V2
    assert (made.written.commit, made.written.status) == (
        world.connector.head(),
        WriteStatus.PROPOSED,
    )
    (line,) = made.written.protected
    assert (line.path, line.text) == (PROJECT_FILE, "version: 1")
    assert made.root_notes == ["Bread.md"]
    assert [(one.name, one.files) for one in made.joining.folders] == [("notes", 1)]
    assert world.files()[PROJECT_FILE].decode() == rules
    assert world.listed() == ["notes/a.md"]
    assert_true_index(world)
    (offer,) = memory.proposals.list()
    assert offer.proposal.path == PROJECT_FILE
    again = memory.lifecycle.init(SCAFFOLD, root_notes=True)
    assert (again.written.commit, again.written.proposal) == (None, offer.proposal.id)
    mine = memory.written_by(PERSON)
    mine.proposals.accept(offer.proposal.id, offer.shown, "tty")
    assert world.listed() == ["Bread.md", "notes/a.md"]
