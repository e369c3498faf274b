"""Many kits that are updated one after the other by one process, as `pack kit update` does.

What an update knows from the one before spares it work, and nothing else: each is still the commit
that an update alone would be, and sees what anybody else has done in between.
"""

import os
from contextlib import closing

import pytest
from pack_connectors.system.process_lock import ProcessLock

from pack.core.truths import TruthMode
from pack.kits.lock import LOCK, read_lock
from pack.kits.states import KitState
from pack.kits.updating import FileAction
from pack.provenance import Origin, Source
from tests.compat.local_git_support import Steps, assert_sound
from tests.support import World, assert_true_index, git
from tests.unit.kits.test_kits import TEXT, kit

pytestmark = pytest.mark.contract("C9", "C15")
SCRIPT = Origin(Source.AUTOMATION, "cli")
NAMES = ("alpha", "beta", "gamma")
MANY = 24
"""So many files that what happened to all is asked together."""
CRASHED = 9


def version(name, number):
    """Each version changes every other file, adds one and removes the one before."""
    notes = {f"f{n}_md": f"# F {n}\n\nas of {number if n % 2 else 0}\n" for n in range(MANY)}
    text = TEXT.replace("third", f"third, {number}")
    return kit(f"1.0.{number}", name, a_md=text, **notes, **{f"n{number}_md": f"# N {number}\n"})


def opened(world):
    return world.open(truth=TruthMode.ENFORCE).written_by(SCRIPT)


def begin(world):
    """A memory with the kits; in each, one file was changed here, and one was removed."""
    world.init()
    memory = opened(world)
    for name in NAMES:
        memory.kits.install(version(name, 0))
        path = f"kits/{name}/a.md"
        found = memory.notes.get(path)
        person = memory.written_by(Origin(Source.USER, "cli"))
        person.notes.update(path, found.content.replace("first", "first, mine"), found.sha)
        person.notes.delete(f"kits/{name}/f3.md", person.notes.get(f"kits/{name}/f3.md").sha)
    return memory


def made(world):
    """All that updates leave: every commit's files and words, and every base's."""
    connector = world.connector
    commits = git(world.folder, "log", "--format=%H", "HEAD").decode().split()
    bases = connector.side_refs("kits")
    return (
        [connector.tree_id(commit) for commit in commits],
        [message.replace("request-", "")[:200] for message in world.messages()],
        world.files()[LOCK],
        {name: connector.tree_id(commit) for name, commit in bases.items()},
    )


@pytest.mark.parametrize("rounds", [2])
def test_a_run_makes_the_commits_that_single_updates_make(git_world, tmp_path, rounds):
    single = World(tmp_path / "single")
    with closing(single):
        run = begin(git_world)
        begin(single)
        for number in range(1, rounds + 1):
            for name in NAMES:
                done = run.kits.update(version(name, number))
                alone = opened(single).kits.update(version(name, number))
                assert (done.files, done.after) == (alone.files, alone.after)
                assert done.commit == run.connector.head()
        assert made(git_world) == made(single)
    assert_true_index(git_world)
    assert git(git_world.folder, "status", "--porcelain") == b""
    assert_sound(git_world.folder)


def test_the_second_run_makes_nothing(git_world):
    memory = begin(git_world)
    for name in NAMES:
        memory.kits.update(version(name, 1))
    before = made(git_world)
    assert [memory.kits.update(version(name, 1)).commit for name in NAMES] == [None] * 3
    assert made(git_world) == before


def test_what_others_did_between_two_kits_of_a_run_is_kept(git_world):
    kits = begin(git_world).kits
    kits.update(version("alpha", 1))
    changed = git_world.files()["kits/beta/a.md"].decode().replace("second", "second, by git")
    git_world.commit({"kits/beta/a.md": changed, "notes/new.md": "# New\n"})
    theirs = git_world.connector.head()
    git_world.edit("kits/gamma/f1.md", "# F 1\n\nby hand\n")
    git_world.edit("kits/gamma/f5.md", None)
    for name in ("beta", "gamma"):
        kits.update(version(name, 1))
    files = git_world.files()
    assert files["notes/new.md"] == b"# New\n"
    text = files["kits/beta/a.md"].decode()
    assert all(words in text for words in ("first, mine", "second, by git", "third, 1"))
    assert theirs.encode() in git(git_world.folder, "log", "--format=%H")
    assert_true_index(git_world)
    assert (git_world.folder / "kits/gamma/f1.md").read_bytes() == b"# F 1\n\nby hand\n"
    status = git(git_world.folder, "status", "--porcelain").decode().splitlines()
    assert status[:2] == [" M kits/gamma/f1.md", " D kits/gamma/f5.md"]
    assert all(line.startswith("?? kits/gamma/f") for line in status[2:])  # upstream's, beside them


def test_a_commit_between_the_plan_and_the_write_is_noticed(git_world, monkeypatch):
    memory = begin(git_world)
    exclusive, waiting = memory.connector.exclusive, ["notes/new.md", "kits/alpha/f1.md"]

    def commit_first():
        if waiting:
            git_world.commit({path: f"# By git: {path}\n" for path in waiting})
            waiting.clear()
        return exclusive()

    monkeypatch.setattr(memory.connector, "exclusive", commit_first)
    done = memory.kits.update(version("alpha", 1))
    assert waiting == []
    actions = {one.path: one.action for one in done.files}
    assert actions["kits/alpha/f1.md"] is FileAction.CONFLICT
    files = git_world.files()
    assert files["kits/alpha/f1.md"] == b"# By git: kits/alpha/f1.md\n"
    assert files["notes/new.md"] == b"# By git: notes/new.md\n"
    assert git(git_world.folder, "status", "--porcelain") == b""


def test_another_process_may_write_while_a_run_waits_for_the_lock(git_world, monkeypatch):
    memory = begin(git_world)
    other = opened(git_world)
    lock, waiting = memory.connector._lock.acquire, ["once"]

    def after_another(*args, **kwargs):
        if waiting:
            waiting.clear()
            other.kits.update(version("beta", 1))
        return lock(*args, **kwargs)

    monkeypatch.setattr(memory.connector._lock, "acquire", after_another)
    memory.kits.update(version("alpha", 1))
    assert waiting == []
    kits = read_lock(git_world.files()[LOCK]).kits
    assert {name: one.version for name, one in kits.items()} == {
        "alpha": "1.0.1",
        "beta": "1.0.1",
        "gamma": "1.0.0",
    }
    assert git(git_world.folder, "status", "--porcelain") == b""
    assert_true_index(git_world)


@pytest.mark.parametrize(
    "stride", [197, pytest.param(3, marks=pytest.mark.soak)], ids=["some", "many"]
)
def test_a_run_that_is_killed_leaves_each_kit_old_or_new(git_world, stride, monkeypatch):
    begin(git_world)
    steps, number, at, ended = Steps(), 1 - stride, 0, False
    while not ended:
        number += stride
        child = os.fork()
        if not child:
            code = 1
            try:
                memory = opened(git_world)
                memory.kits.status([], lambda _: None)
                with steps.watched(monkeypatch, number, lambda _: os._exit(CRASHED)):
                    for name in NAMES:
                        memory.kits.update(version(name, at + 1))
                code = 0
            finally:
                os._exit(code)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        with closing(ProcessLock(git_world.folder / ".git/pack/lock", 60)) as lock, lock:
            pass  # until no child of its is at work
        memory = opened(git_world)
        found = [assert_whole(memory, name) for name in NAMES]
        assert found in [[at + (n < done) for n in range(3)] for done in range(4)]
        for name in NAMES:
            memory.kits.update(version(name, at + 1))
            assert assert_whole(memory, name) == at + 1
        assert_sound(git_world.folder, fsck=False)
        at += 1
    assert number > 2 * stride
    assert_sound(git_world.folder)


def assert_whole(memory, name):
    """The version of which a kit has each file, and the person's words; none of another one."""
    number = int(memory.kits.get(name).version.rpartition(".")[2])
    (found,) = memory.kits.status([name], lambda _: None)
    states = {path.removeprefix(f"kits/{name}/"): state for path, state in found.files.items()}
    assert (states.pop("a.md"), states.pop("f3.md")) == (KitState.MODIFIED, KitState.REMOVED_HERE)
    assert set(states.values()) == {KitState.PRISTINE}
    assert f"n{number}.md" in states
    assert f"n{number - 1}.md" not in states
    text = memory.notes.get(f"kits/{name}/a.md").content
    assert "first, mine" in text
    assert f"third, {number}\n" in text
    return number
