"""Before a commit, guards see everything, and let it pass, change it or refuse it."""

from dataclasses import replace

import pytest

from pack.core.decision import Decision
from pack.errors import IgnoredPath, InvalidContent, ManagedPath
from pack.memory import Memory
from pack.model import ABSENT, MemoryPath, Mode, Put
from pack.provenance import EDITOR, Origin, Source
from tests.support import AGENT, assert_true_index

A = "context/a.md"


@pytest.fixture
def guards(monkeypatch):
    """The guards of the memories that are opened from here on."""
    found = []
    plain = Memory.over.__func__

    def over(cls, *args, **options):
        return plain(cls, *args, **options, guards=found)

    monkeypatch.setattr(Memory, "over", classmethod(over))
    return found


@pytest.fixture
def guarded(world, guards):
    world.open()
    world.init()
    return world


def test_a_guard_sees_the_decision_the_notes_before_and_after_and_who_writes(guarded, guards):
    seen = []

    def look(pending):
        path = MemoryPath(A)
        before, after = pending.before(path), pending.after(path)
        seen.append((before and before.head.body, after and after.head.body, pending.origin))
        return pending.decision

    memory = guarded.memory
    guards.append(look)
    first = memory.notes.update(A, "one\n")
    memory.written_by(Origin(Source.USER, "cli")).notes.update(A, "two\n", first.sha)
    found = memory.notes.get(A)
    memory.notes.move(A, "context/b.md", found.sha)
    assert seen == [
        (None, "one\n", AGENT),
        ("one\n", "two\n", Origin(Source.USER, "cli")),
        ("two\n", None, AGENT),
    ]


@pytest.mark.contract("C1", "C9")
def test_what_a_guard_refuses_is_not_written(guarded, guards):
    def refuse(pending):
        raise InvalidContent(f"{pending.decision.path} is not wanted")

    commits = guarded.messages()
    guards.append(refuse)
    for dry_run in (False, True):
        with pytest.raises(InvalidContent, match="is not wanted"):
            guarded.memory.notes.update(A, "one\n", dry_run=dry_run)
    assert guarded.messages() == commits
    guards.clear()
    assert guarded.memory.notes.update(A, "one\n").commit


@pytest.mark.contract("C9", "C10")
def test_what_a_guard_changes_is_what_is_written_and_listed(guarded, guards):
    def redirect(pending):
        (put,) = pending.decision.changes
        other = MemoryPath("proposals/a.md")
        content = put.content.replace(b"one", b"two")
        warnings = (*pending.decision.warnings, "kept as a proposal")
        return replace(
            pending.decision,
            path=other,
            changes=[Put(other, content, put.expect)],
            subject=f"{other}: propose",
            notes=(),
            warnings=warnings,
        )

    guards.append(redirect)
    written = guarded.memory.notes.update(A, "one\n")
    assert written.path == "proposals/a.md"
    assert "kept as a proposal" in written.warnings
    assert A not in guarded.files()
    assert guarded.files()["proposals/a.md"].endswith(b"two\n")
    assert guarded.messages()[0].startswith("proposals/a.md: propose")
    assert "proposals/a.md" in guarded.listed()
    assert_true_index(guarded)


def test_each_guard_sees_what_the_one_before_left(guarded, guards):
    said = []
    guards.append(lambda pending: replace(pending.decision, warnings=("first",)))
    guards.append(lambda pending: said.append(pending.decision.warnings) or pending.decision)
    assert guarded.memory.notes.update(A, "one\n").warnings == ("first",)
    assert said == [("first",)]


@pytest.mark.contract("C1")
def test_an_edit_made_by_hand_passes_the_guards_as_the_users_before_it_is_recorded(
    git_world, guards
):
    git_world.open()
    memory = git_world.init()
    written = memory.notes.update(A, "one\n")
    git_world.edit(A, "by hand\n")
    origins = []
    guards.append(lambda pending: origins.append(pending.origin) or pending.decision)
    memory.notes.update(A, "two\n", memory.notes.get(A).sha)
    assert EDITOR in origins
    assert [message.split("\n")[0] for message in git_world.messages()[:2]] == [
        f"{A}: update",
        f"{A}: record an edit made by hand",
    ]
    assert written.sha != memory.notes.get(A).sha


def test_the_guards_see_how_a_memory_begins(world, guards):
    seen = []
    guards.append(lambda pending: seen.append(pending.decision.path) or pending.decision)
    world.open()
    world.init()
    assert seen == ["index.md"]
    assert world.memory.mode() is Mode.V2


@pytest.mark.contract("C4")
def test_what_git_ignores_or_converts_is_refused_wherever_a_write_comes_from(world):
    world.init()
    world.commit({".gitignore": "private/\n", ".gitattributes": "locked/* filter=x\n"})
    write = world.memory._session.write
    for path, error in (("private/a.md", IgnoredPath), ("locked/a.md", ManagedPath)):
        put = Put(MemoryPath(path), b"x\n", ABSENT)
        with pytest.raises(error):
            write(lambda put=put: Decision(put.path, [put], f"{put.path}: add"))
    put = Put(MemoryPath("private/a.md"), b"x\n", ABSENT)
    write(lambda: Decision(put.path, [put], "merge", is_tracked=True))
    assert world.files()["private/a.md"] == b"x\n"
