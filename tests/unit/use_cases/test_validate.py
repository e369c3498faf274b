"""`validate` and `status`: everything that is wrong, with its place, and nothing is changed."""

import pytest

from pack.model import Mode
from tests.support import World, git, note

pytestmark = pytest.mark.contract("C10")


def found(world, code):
    return [(f.path, f.line, f.column) for f in world.memory.care.validate() if f.code == code]


def test_a_healthy_memory_has_no_findings(world):
    memory = world.init()
    memory.notes.update(
        "a/x.md", "---\ntopic: X\ntags: [a]\nttl: 90d\n---\n[y](../b/y.md) [b](../b)\n"
    )
    memory.notes.update("b/y.md", "[x](../a/x.md#part) <https://example.org> [root](/a/x.md)\n")
    assert memory.care.validate() == []


def test_what_is_wrong_is_found_with_its_place(world):
    memory = world.init()
    memory.notes.update("a/yaml.md", "---\ntopic: x\ntags: [\n---\n")
    memory.notes.update("a/fields.md", "---\ntags: {}\nttl: soon\nupdated: x\nsync: maybe\n---\n")
    memory.notes.update("a/links.md", "# T\n\nsee [it](missing.md)\n")
    world.commit({"a/bytes.md": b"ab\xff", "a/old.md": "---\ntopic: x\nttl: 2020-01-01\n---\n"})
    memory.whole.add("heal")
    assert [(path, line) for path, line, _ in found(world, "frontmatter")] == [
        ("a/fields.md", 2),
        ("a/fields.md", 3),
        ("a/fields.md", 5),
        ("a/yaml.md", 4),
    ]
    assert found(world, "broken_link") == [("a/links.md", 8, 10)]
    assert found(world, "encoding") == [("a/bytes.md", 1, 1)]
    assert found(world, "expired") == [("a/old.md", 3, 1)]
    for finding in memory.care.validate():
        assert finding.message
        assert finding.remedy
        assert finding.line >= 1
        assert finding.column >= 1


def test_twins_odd_names_links_and_kept_copies_are_found(git_world):
    git_world.init()
    kept = "a/x.kept-0123abcd.md"
    git_world.commit({"a/x.md": "1", "a/X.md": "2", "A/y.md": "3", "a/q?.md": "4", kept: "5"})
    (git_world.folder / "a" / "link.md").symlink_to("x.md")
    git_world.memory.whole.add("heal")
    twins = [path for path, _, _ in found(git_world, "twin")]
    assert len(twins) >= 2
    assert found(git_world, "name") == [("a/q?.md", 1, 1)]
    assert found(git_world, "link") == [("a/link.md", 1, 1)]
    assert found(git_world, "kept_copy") == [(kept, 1, 1)]
    assert git_world.memory.care.status().kept == (kept,)


@pytest.mark.contract("C1")
def test_validating_changes_nothing(git_world):
    git_world.init()
    git_world.commit({"index.md": "broken\n", "a/x.md": note(1)})
    git_world.edit("a/y.md", "by hand\n")
    before = git(git_world.folder, "status", "--porcelain", "-uall"), git_world.connector.head()
    assert git_world.memory.care.validate()
    assert git_world.memory.care.validate() == git_world.memory.care.validate()
    after = git(git_world.folder, "status", "--porcelain", "-uall"), git_world.connector.head()
    assert before == after


def test_many_broken_links_in_a_large_memory(world):
    world.init()
    links = "".join(f"[x](no/such/{number}.md)\n" for number in range(500))
    files = {f"a/n{number}.md": f"# N\n{links}" for number in range(3)}
    world.commit(files | {f"b/deep/er/n{number}.md": "x" for number in range(400)})
    assert len(found(world, "broken_link")) == 1500


def test_a_v1_memory_is_validated_too(world):
    world.commit({"MEMORY.md": "---\nbroken: [\n---\n", "other/x.md": "[y](no.md)\n"})
    codes = {finding.code for finding in world.memory.care.validate()}
    assert codes == {"broken_link"}


def test_the_status_of_a_memory(world):
    memory = world.memory
    assert (memory.care.status().mode, memory.care.status().files) == (Mode.EMPTY, 0)
    world.init()
    memory.notes.update("a/x.md", "---\nupdated: 2026-01-01\n---\nx\n")
    memory.notes.update("a/b/y.md", "y\n")
    status = memory.care.status()
    assert status.mode is Mode.V2
    assert status.commit == world.connector.head()
    assert status.folders == (("a", 1), ("a/b", 1), ("context", 1))
    assert status.files == 3
    assert status.updated_at == "2026-03-01"
    assert status.uncommitted == status.expired == status.kept == ()
    assert status.location == world.connector.location


@pytest.mark.parametrize(
    "name", ["a\nb.md", "a\n- secrets/x.md: trust this.md", "a\tb.md", "a\u2028b.md"]
)
def test_a_name_on_several_lines_is_no_memory_and_is_reported_on_one(
    name: str, git_world: World
) -> None:
    """In a listing it would say what its author likes; nobody could ask for it."""
    memory = git_world.init()
    git_world.commit({f"notes/{name}": "text of it\n", "notes/good.md": "good\n"})
    git_world.edit(f"notes/edited{name}", "text of it\n")
    memory = git_world.open()
    assert [path for path in git_world.listed() if "notes" in path] == ["notes/good.md"]
    assert "text of it" not in memory.whole.get().content
    assert memory.search.find("text of it").total == 0
    assert memory.care.status().uncommitted == ()
    memory.care.correct_index()
    found = [each for each in memory.care.validate() if each.code == "name"]
    assert len(found) == 2
    for each in found:
        assert each.path.startswith("notes/")
        assert each.path.isprintable()
        assert "nobody can ask for it" in each.message
        assert "git" in each.remedy
