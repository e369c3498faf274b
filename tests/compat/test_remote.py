"""Two machines share a memory through a real bare repository."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.remote.remote import GitRemote

from pack.errors import ConnectorError, InvalidConfig, RepositoryBusy, Unavailable
from pack.model import CommitId
from pack.paths import INDEX
from pack.provenance import Origin, Source
from pack.remote.remote import Exchange, Outcome, RemoteRecord, StopKind
from tests.compat.remote_support import Machine, Net, git, make_template, with_remote

USER = Origin(Source.USER, "cli")

A, B = "context/a.md", "context/b.md"

pytestmark = pytest.mark.usefixtures("git_identity")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Net:
    return make_template(tmp_path_factory.mktemp("net"))


@pytest.fixture
def net(template: Net, tmp_path: Path) -> Iterator[Net]:
    net = template.copy_to(tmp_path / "net")
    yield net
    net.close()


@pytest.fixture
def one(net: Net) -> Machine:
    return net.open(net.folder / "one")


@pytest.fixture
def two(net: Net, one: Machine) -> Machine:
    return net.open(net.folder / "two")


def meet(*machines: Machine) -> None:
    """Exchange until all have the same, which takes each machine two turns at most."""
    for machine in (*machines, *machines):
        assert machine.exchange().stop is None
        heads = {machine.head() for machine in machines}
        if machine is machines[-1] and len(heads) == 1:
            break
    assert len(heads) == 1
    for machine in machines:
        machine.assert_sound()
        assert machine.memory.history.changes_since(None).head == machine.head()


# --- going well -----------------------------------------------------------------------------------


def test_what_one_machine_writes_the_other_reads(net: Net, one: Machine, two: Machine) -> None:
    one.write(A, "# Zebra\n")
    assert one.exchange() == Exchange(Outcome.SENT, sent=1, agreed=CommitId(one.head()))
    assert net.head() == one.head()
    done = two.exchange()
    assert (done.outcome, done.received, done.sent) == (Outcome.RECEIVED, 1, 0)
    assert two.memory.notes.get(A).content == one.memory.notes.get(A).content
    assert [found.path for found in two.memory.search.find("zebra").matches] == [A]
    assert two.outcome() == "up_to_date"
    meet(one, two)


def test_an_empty_remote_gets_the_memory_and_an_empty_clone_takes_it(tmp_path: Path) -> None:
    net = Net(tmp_path)
    early = net.clone("early")
    assert early.outcome() == "up_to_date"
    one = net.begin()
    assert early.outcome() == "received"
    assert early.files() == one.files()
    early.assert_sound()
    assert early.memory.care.status().files == 1
    net.close()


@pytest.mark.contract("C1", "C9", "C10")
def test_what_both_wrote_is_merged_in_one_commit_with_a_true_index(
    net: Net, one: Machine, two: Machine
) -> None:
    one.write(A, "# A\n\n- first\n")
    meet(one, two)
    one.write(A, one.text(A) + "- from one\n")
    one.write("projects/one.md", "1")
    two.write(A, two.text(A) + "- from two\n")
    two.write("projects/two.md", "2")
    ours, theirs = two.head(), one.head()
    assert one.outcome() == "sent"
    done = two.exchange()
    assert (done.outcome, done.received, done.sent, done.copies) == (Outcome.MERGED, 2, 3, ())
    assert two.git("log", "-1", "--format=%P").split() == sorted([ours, theirs])
    message = two.git("log", "-1", "--format=%an%n%B")
    brought = "projects/two.md" if theirs < ours else "projects/one.md"
    assert message.startswith(f"PACK merge\n{A}: merge both sides and 1 more\n\n{brought}\n")
    assert "Pack-Origin: automation:merge\nPack-Truth-Level: 2\n" in message
    assert message.endswith("\nPack-Merge: 1")
    assert net.head() == two.head()
    meet(one, two)
    assert one.body(A).startswith("# A\n\n- first\n- from ")
    assert sorted(one.body(A).splitlines()[3:]) == ["- from one", "- from two"]
    assert {"projects/one.md", "projects/two.md"} < one.files().keys()
    assert list(one.memory.care.validate()) == list(two.memory.care.validate()) == []


@pytest.mark.contract("C1")
def test_notes_at_the_root_arrive_with_the_choice_and_are_merged(
    one: Machine, two: Machine
) -> None:
    one.write("context/one.md", "one\n")
    Path(two.folder, "idea.md").write_text("a\n\nb\n", encoding="utf-8")
    two.git("add", "idea.md")
    two.git("commit", "--quiet", "-m", "by hand")
    meet(one, two)
    assert "idea.md" not in {note.path for note in one.memory.notes.list().files}
    one.memory.written_by(USER).lifecycle.init({}, root_notes=True)
    two.write("context/two.md", "two\n")
    meet(one, two)
    for machine, text in ((one, "1\n\nb\n"), (two, "a\n\n2\n")):
        assert "idea.md" in {note.path for note in machine.memory.notes.list().files}
        sha = machine.memory.notes.get("idea.md").sha
        machine.memory.written_by(USER).notes.update("idea.md", text, sha)
    meet(one, two)
    assert "1\n\n2\n" in two.text("idea.md")
    assert one.text("index.md") == two.text("index.md")
    assert [found.code for found in two.memory.care.validate()] == []


@pytest.mark.parametrize(("says", "outcome"), [(True, "received"), (False, "stopped")])
def test_a_remote_with_only_notes_at_the_root_is_a_memory_if_it_says_so(
    one: Machine, two: Machine, says: bool, outcome: str
) -> None:
    Path(two.folder, "idea.md").write_text("a\n", encoding="utf-8")
    if says:
        Path(two.folder, ".pack.yaml").write_text("version: 1\nroot_notes: true\n")
        two.git("add", ".pack.yaml")
    two.git("add", "idea.md")
    two.git("rm", "--quiet", "-r", "context", "index.md")
    two.git("commit", "--quiet", "-m", "by hand")
    two.git("push", "--quiet", "origin", "HEAD")
    assert one.outcome() == outcome


def test_what_cannot_be_merged_is_whole_on_both_sides(one: Machine, two: Machine) -> None:
    one.write(A, "# A\n\nblue\n")
    meet(one, two)
    one.write(A, "# A\n\nred\n")
    two.write(A, "# A\n\ngreen\n")
    heads = {"# A\n\nred\n": one.head(), "# A\n\ngreen\n": two.head()}
    stays, goes = sorted(heads, key=heads.__getitem__)
    one.exchange()
    done = two.exchange()
    (copy,) = done.copies
    assert two.body(A) == stays
    assert two.body(copy) == goes
    meet(one, two)
    for machine in (one, two):
        assert machine.memory.care.status().conflict_copies == (copy,)
        (finding,) = machine.memory.care.validate()
        assert (finding.code, finding.path) == ("conflict_copy", copy)
        assert not any(b"<<<<<<<" in content for content in machine.files().values())
    one.memory.notes.delete(copy, one.memory.notes.get(copy).sha)
    meet(one, two)
    assert list(two.memory.care.validate()) == []


@pytest.mark.contract("C10")
def test_the_order_for_sync_is_merged(one: Machine, two: Machine) -> None:
    for path in (A, B, "context/c.md"):
        one.write(path, "x")
    meet(one, two)

    def order(machine: Machine) -> list[str]:
        text = machine.text(INDEX)
        return [line[4:] for line in text.split("---\n")[1].splitlines() if line.startswith("  - ")]

    assert order(one) == ["context/general.md", A, B, "context/c.md"]
    text = one.text(INDEX).replace(f"  - {A}\n  - {B}\n", f"  - {B}\n  - {A}\n")
    (one.folder / INDEX).write_text(text, encoding="utf-8")
    one.write(A, "y")
    two.write("context/d.md", "new")
    meet(one, two)
    assert order(two) == order(one)
    assert order(two)[1:3] == [B, A]
    assert "context/d.md" in order(two)
    assert list(two.memory.care.validate()) == []


def test_a_deletion_and_a_move_arrive(one: Machine, two: Machine) -> None:
    one.write(A, "a")
    one.write(B, "b")
    meet(one, two)
    one.memory.notes.delete(A, one.memory.notes.get(A).sha)
    one.memory.notes.move(B, "projects/deep/b.md", one.memory.notes.get(B).sha)
    two.write("context/c.md", "c")
    meet(one, two)
    assert not (two.folder / A).exists()
    assert not (two.folder / B).exists()
    assert two.body("projects/deep/b.md") == "b"


def test_several_branches_and_remotes_are_what_git_says(
    net: Net, one: Machine, tmp_path: Path
) -> None:
    other = tmp_path / "other.git"
    git(tmp_path, "init", "--quiet", "--bare", str(other))
    one.git("remote", "add", "backup", str(other))
    one.git("switch", "--quiet", "--create", "work")
    one.git("config", "branch.work.remote", "backup")
    one.git("config", "branch.work.merge", "refs/heads/everything")
    one.write(A, "x")
    assert one.outcome() == "sent"
    assert git(other, "rev-parse", "refs/heads/everything") == one.head()
    branch = one.status.branch
    assert branch is not None
    assert branch.label == "backup/everything"
    one.git("switch", "--quiet", "main")
    assert one.outcome() == "up_to_date"
    assert net.head() == one.head()


def test_the_url_to_push_to_may_be_another(net: Net, one: Machine, tmp_path: Path) -> None:
    twin = tmp_path / "by-another-way"
    twin.symlink_to(net.bare)
    one.git("remote", "set-url", "--push", "origin", str(twin))
    one.write(A, "x")
    assert one.outcome() == "sent"
    assert net.head() == one.head()


def test_git_itself_shows_how_far_both_sides_are_apart(one: Machine, two: Machine) -> None:
    one.write(A, "x")
    assert one.memory.care.status().remotes[0].ahead == 1
    one.exchange()
    two.write(B, "y")
    two.remote.fetch(two.remote.heads()["main"])
    assert two.git("status", "--short", "--branch").startswith("## main...origin/main [ahead 1, b")
    assert (two.status.ahead, two.status.behind) == (1, 1)


def test_an_exchange_without_news_asks_git_little(
    one: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    start = GitRunner.start

    def noted(runner: GitRunner, args: Sequence[str], *rest: Any, **options: Any) -> Any:
        asked.append(args[0])
        return start(runner, args, *rest, **options)

    assert one.outcome() == "up_to_date"
    monkeypatch.setattr(GitRunner, "start", noted)
    assert one.outcome() == "up_to_date"
    seldom = {"check-ref-format", "rev-parse", "merge-base", "rev-list", "log"}
    assert seldom.isdisjoint(asked)


def test_a_memory_without_a_remote_has_none(net: Net, one: Machine) -> None:
    one.git("remote", "remove", "origin")
    assert one.memory.remotes.statuses() == []
    assert one.outcome() == "no_remote"
    assert one.memory.care.status().remotes == ()


# --- who is faster --------------------------------------------------------------------------------


class Overtaken(GitRemote):
    """A remote to which somebody else pushes at the worst moment."""

    others: Iterator[Machine]

    def push(self, commit: CommitId, theirs: CommitId | None) -> None:
        for other in self.others:
            other.write(f"context/{other.folder.name}.md", "faster")
            other.exchange()
            break
        super().push(commit, theirs)


@pytest.mark.contract("C1")
def test_a_push_that_was_overtaken_merges_and_pushes_again(
    net: Net, one: Machine, two: Machine
) -> None:
    third = net.clone("three")
    slow = Overtaken(one.local, "origin")
    slow.others = iter([two, third])
    one.write(A, "x")
    one.memory = with_remote(one.memory, slow)
    done = one.exchange()
    assert (done.outcome, done.received) == (Outcome.MERGED, 3)
    assert {A, "context/two.md", "context/three.md"} < one.files().keys()
    assert net.head() == one.head()
    meet(one, two, third)


def test_somebody_always_faster_is_told_and_nothing_is_lost(
    net: Net, one: Machine, two: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("pack.use_cases.exchange._ATTEMPTS", 2)

    class Always(GitRemote):
        def push(self, commit: CommitId, theirs: CommitId | None) -> None:
            two.write(f"context/{two.head()[:8]}.md", "faster")
            two.exchange()
            super().push(commit, theirs)

    one.write(A, "x")
    one.memory = with_remote(one.memory, Always(one.local, "origin"))
    with pytest.raises(RepositoryBusy):
        one.exchange()
    one.memory = with_remote(one.memory, one.remote)
    meet(one, two)
    assert A in two.files()


def test_an_exchange_that_is_given_up_says_nothing_of_the_remote(net: Net, one: Machine) -> None:
    leaving = net.open(one.folder, lambda: True)
    before = one.remote.record()
    with pytest.raises(Unavailable, match="given up"):
        leaving.exchange()
    assert one.remote.record() == before


def test_one_process_exchanges_at_a_time(net: Net, one: Machine) -> None:
    again = net.open(one.folder)
    with one.remote.exclusive(), pytest.raises(RepositoryBusy):
        again.exchange()
    assert again.status.record.failures == 0
    assert again.outcome() == "up_to_date"


# --- what the user has in the way -----------------------------------------------------------------


def news(one: Machine, two: Machine) -> None:
    """`two` has not taken in yet a new version of A, a new file B, and the removal of C."""
    one.write(A, "# A\n\nold\n")
    one.write("context/c.md", "c")
    meet(one, two)
    one.write(A, "# A\n\nnew\n")
    one.write(B, "b\n")
    one.memory.notes.delete("context/c.md", one.memory.notes.get("context/c.md").sha)
    one.exchange()


def edit(machine: Machine) -> None:
    (machine.folder / A).write_text("mine\n", encoding="utf-8")


def stage(machine: Machine) -> None:
    before = machine.text(A)
    edit(machine)
    machine.git("add", A)
    (machine.folder / A).write_text(before, encoding="utf-8")


def add_untracked(machine: Machine) -> None:
    (machine.folder / B).write_text("mine\n", encoding="utf-8")


def remove(machine: Machine) -> None:
    (machine.folder / A).unlink()


def edit_what_goes(machine: Machine) -> None:
    (machine.folder / "context/c.md").write_text("mine\n", encoding="utf-8")


def make_folder(machine: Machine) -> None:
    (machine.folder / B).mkdir()
    (machine.folder / B / "inside").write_text("mine\n", encoding="utf-8")


def link_folder(machine: Machine) -> None:
    (machine.folder / "context").rename(machine.folder / "elsewhere")
    (machine.folder / "context").symlink_to("elsewhere")


def begin_merge(machine: Machine) -> None:
    Path(machine.folder, ".git/MERGE_HEAD").write_text(f"{machine.head()}\n", encoding="ascii")


IN_THE_WAY = (
    edit,
    stage,
    add_untracked,
    remove,
    edit_what_goes,
    make_folder,
    link_folder,
    begin_merge,
)


@pytest.mark.contract("C1")
@pytest.mark.parametrize("also_here", [False, True], ids=["fast-forward", "merge"])
def test_an_exchange_waits_for_what_the_user_has_in_the_way(
    one: Machine, two: Machine, also_here: bool
) -> None:
    news(one, two)
    if also_here:
        two.write("projects/two.md", "2")
    for obstruct in IN_THE_WAY:
        obstruct(two)
        before = state(two)
        done = two.exchange()
        assert done.outcome is Outcome.WAITING, obstruct
        assert done.reason
        assert done.remedy
        assert state(two) == before, obstruct
        record = two.remote.record()
        assert record.is_waiting
        assert record.stop is None
        (notice,) = two.memory.notes.list().notices
        assert "cannot be merged yet" in notice
        two.folder.joinpath(".git/MERGE_HEAD").unlink(missing_ok=True)
        two.git("reset", "--quiet", "--hard")
        two.git("clean", "-ffdxq")
    assert two.outcome() == ("merged" if also_here else "received")
    two.assert_sound()


def state(machine: Machine) -> tuple[object, ...]:
    listing = machine.git("status", "--porcelain"), machine.git("ls-files", "-s")
    return machine.head(), machine.files(), *listing


@pytest.mark.contract("C1")
def test_it_goes_on_when_the_edit_is_committed(one: Machine, two: Machine) -> None:
    news(one, two)
    edit(two)
    assert two.outcome() == "waiting"
    two.git("commit", "--quiet", "--all", "--message", "mine")
    assert two.outcome() == "merged"
    assert "mine" in two.text(A)
    meet(one, two)
    assert two.memory.notes.list().notices == ()


@pytest.mark.contract("C1")
def test_what_is_not_in_the_way_stays_as_it_is(one: Machine, two: Machine) -> None:
    news(one, two)
    two.write("context/d.md", "d\n")
    (two.folder / "context/d.md").write_text("edited\n", encoding="utf-8")
    (two.folder / "context/staged.md").write_text("staged\n", encoding="utf-8")
    two.git("add", "context/staged.md")
    (two.folder / "context/new.md").write_text("untracked\n", encoding="utf-8")
    (two.folder / B).write_bytes((one.folder / B).read_bytes())  # the same bytes are no obstacle
    status = two.git("status", "--porcelain").replace(f"?? {B}\n", "")
    assert two.outcome() == "merged"
    two.assert_sound(status)
    assert two.text("context/d.md") == "edited\n"
    assert two.text("context/new.md") == "untracked\n"


def test_a_detached_head_is_told(one: Machine) -> None:
    one.git("checkout", "--quiet", "--detach")
    assert one.status.branch is None
    assert "detached" in str(one.status.record.problem)


# --- links, programs, and files that are no memory ------------------------------------------------


def commit_all(machine: Machine) -> None:
    machine.git("add", "--all")
    machine.git("commit", "--quiet", "--message", "by hand")


@pytest.mark.skipif(os.name != "posix", reason="Windows has neither")
@pytest.mark.parametrize("also_here", [False, True], ids=["fast-forward", "merge"])
def test_links_and_permissions_are_carried_along(
    one: Machine, two: Machine, also_here: bool
) -> None:
    link, script, plain = one.folder / "link", one.folder / "run.sh", one.folder / "plain.txt"
    link.symlink_to("index.md")
    one.folder.joinpath("gone").symlink_to("index.md")
    script.write_text("#!/bin/sh\n", encoding="utf-8")
    plain.write_bytes(b"\0binary")
    commit_all(one)
    meet(one, two)
    assert (two.folder / "link").readlink() == Path("index.md")
    one.folder.joinpath("gone").unlink()
    link.unlink()
    link.symlink_to("context")
    script.chmod(0o755)
    one.folder.joinpath("new.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    one.folder.joinpath("new.sh").chmod(0o755)
    one.folder.joinpath("fresh").symlink_to("plain.txt")
    commit_all(one)
    one.exchange()
    if also_here:
        two.write(A, "x")
    assert two.outcome() == ("merged" if also_here else "received")
    two.assert_sound()
    assert (two.folder / "link").readlink() == Path("context")
    assert (two.folder / "fresh").readlink() == Path("plain.txt")
    assert not os.path.lexists(two.folder / "gone")
    for name in ("run.sh", "new.sh"):
        assert (two.folder / name).stat().st_mode & stat.S_IXUSR
    meet(one, two)
    one.folder.joinpath("run.sh").chmod(0o644)
    commit_all(one)
    meet(one, two)
    assert not (two.folder / "run.sh").stat().st_mode & stat.S_IXUSR


@pytest.mark.skipif(os.name != "posix", reason="Windows has no links for everybody")
def test_a_link_that_both_changed_waits_for_git(one: Machine, two: Machine) -> None:
    for machine, target in ((one, "index.md"), (two, "context")):
        machine.folder.joinpath("link").symlink_to(target)
        commit_all(machine)
    one.exchange()
    before = two.head()
    done = two.exchange()
    assert done.outcome is Outcome.WAITING
    assert "git pull" in done.remedy
    assert two.head() == before
    two.assert_sound()


def test_many_files_arrive_at_once(one: Machine, two: Machine) -> None:
    for number in range(200):
        file = one.folder / f"notes/{number % 7}/n{number}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# Note {number}\n", encoding="utf-8")
    commit_all(one)
    meet(one, two)
    assert two.memory.care.status().files == 201


# --- offline --------------------------------------------------------------------------------------


@pytest.mark.contract("C1")
def test_offline_is_a_state_and_nothing_waits_for_it(net: Net, one: Machine, two: Machine) -> None:
    away = net.bare.with_name("away")
    net.bare.rename(away)
    for number in range(3):
        one.write(A, f"offline {number}\n")
        with pytest.raises(Unavailable, match="does not answer"):
            one.exchange()
        record = one.remote.record()
        assert (record.failures, record.stop) == (number + 1, None)
        assert one.memory.remotes.due(1) == []
        net.clock.advance(days=7)
        assert one.memory.remotes.due(1_000_000) == ["origin"]
    assert one.status.ahead == 3
    away.rename(net.bare)
    assert one.outcome() == "sent"
    record = one.remote.record()
    assert (record.failures, record.problem, record.not_before) == (0, None, None)
    assert one.memory.remotes.due(1) == []
    meet(one, two)
    assert two.body(A) == "offline 2\n"


@pytest.mark.contract("C1")
def test_a_push_that_fails_after_the_merge_is_made_up_for(
    net: Net, one: Machine, two: Machine
) -> None:
    one.write(A, "x")
    one.exchange()
    two.write(B, "y")
    hook = net.bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no room, ask https://u:secret@h/ >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ConnectorError, match="refused") as refusal:
        two.exchange()
    assert "no room" in str(refusal.value)
    assert "secret" not in str(refusal.value)
    merged = two.head()
    hook.unlink()
    assert two.outcome() == "sent"
    assert two.head() == merged == net.head()
    meet(one, two)


def test_a_damaged_record_is_an_empty_one(one: Machine) -> None:
    for content in (b"", b"{", b"[]", b'{"stop": 5}', b'{"stop": null, "x": 1}', b"\xff"):
        Path(one.folder, ".git/pack/remote-origin.json").write_bytes(content)
        assert one.remote.record() == RemoteRecord()
    assert one.outcome() == "up_to_date"
    assert one.remote.record().exchanged_at is not None


# --- stops ----------------------------------------------------------------------------------------


def rewrite(net: Net, one: Machine) -> None:
    """Somebody amends what was pushed, and pushes by force."""
    other = net.clone("other")
    other.git("commit", "--quiet", "--amend", "--message", "rewritten")
    (other.folder / "context/other.md").write_text("other\n", encoding="utf-8")
    commit_all(other)
    other.git("push", "--quiet", "--force", "origin", "main")


def set_back(net: Net, one: Machine) -> None:
    net.git("update-ref", "refs/heads/main", "refs/heads/main~1")


def drop(net: Net, one: Machine) -> None:
    net.git("update-ref", "-d", "refs/heads/main")


def empty(net: Net, one: Machine) -> None:
    other = net.clone("other")
    other.git("rm", "-r", "--quiet", ".")
    other.git("commit", "--quiet", "--message", "empty")
    other.git("push", "--quiet", "origin", "main")


def replace_all(net: Net, one: Machine) -> None:
    other = net.clone("other")
    other.git("checkout", "--quiet", "--orphan", "fresh")
    other.git("commit", "--quiet", "--message", "another history")
    other.git("push", "--quiet", "--force", "origin", "fresh:main")


def wipe_with_a_new_root(net: Net, one: Machine) -> None:
    """What a server did to memories twice: letta-ai/letta-code#2203."""
    other = net.clone("other")
    other.git("checkout", "--quiet", "--orphan", "fresh")
    other.git("rm", "-r", "--quiet", "--force", ".")
    (other.folder / "persona.md").write_text("a fresh start\n", encoding="utf-8")
    commit_all(other)
    other.git("push", "--quiet", "--force", "origin", "fresh:main")


STOPS = [
    (rewrite, StopKind.REWRITTEN),
    (set_back, StopKind.REWRITTEN),
    (drop, StopKind.VANISHED),
    (empty, StopKind.EMPTIED),
    (replace_all, StopKind.REWRITTEN),
    (wipe_with_a_new_root, StopKind.REWRITTEN),
]


@pytest.mark.contract("C1")
@pytest.mark.parametrize(("harm", "kind"), STOPS, ids=[harm.__name__ for harm, _ in STOPS])
def test_harm_at_the_remote_stops_the_exchange_and_deletes_nothing(
    net: Net, one: Machine, harm: object, kind: StopKind
) -> None:
    one.write(A, "kept\n")
    one.exchange()
    seen = one.head()
    if harm is not set_back:  # which looks the same to a machine with nothing new
        one.write(B, "new\n")
    files, head = one.files(), one.head()
    harm(net, one)  # type: ignore[operator]  # one of the functions above
    there = net.git("for-each-ref")
    for _ in range(2):
        done = one.exchange()
        assert done.outcome is Outcome.STOPPED
        assert done.stop is not None
        assert done.stop.kind is kind
    assert (one.files(), one.head()) == (files, head)
    assert net.git("for-each-ref") == there
    one.assert_sound()
    record = one.remote.record()
    assert record.stop == done.stop
    (notice,) = one.memory.notes.list().notices
    assert done.stop.reason in notice
    # Both histories survive git's housekeeping, whatever happens to the branches.
    one.git("reflog", "expire", "--expire=now", "--all")
    one.git("gc", "--quiet", "--prune=now")
    kept = one.git("for-each-ref", "--format=%(objectname)", "refs/pack/rescue/").split()
    assert {seen, head} <= set(kept)
    # Writes go on, and are not sent.
    one.write("context/later.md", "x")
    assert one.outcome() == "stopped"
    assert net.git("for-each-ref") == there
    assert one.git("for-each-ref", "--format=%(objectname)", "refs/pack/rescue/").split() == kept


@pytest.mark.contract("C1")
def test_a_rewritten_history_can_be_accepted(net: Net, one: Machine) -> None:
    one.write(A, "kept\n")
    one.exchange()
    rewrite(net, one)
    one.write(B, "new\n")
    assert one.outcome() == "stopped"
    assert one.outcome(accept=True) == "merged"
    assert {A, B, "context/other.md"} < one.files().keys()
    assert net.head() == one.head()
    assert one.remote.record().stop is None
    meet(one, net.machines[-1])
    assert {A, B} < net.machines[-1].files().keys()


def test_a_branch_that_vanished_can_be_made_anew(net: Net, one: Machine) -> None:
    drop(net, one)
    assert one.outcome() == "stopped"
    assert one.outcome(accept=True) == "sent"
    assert net.head() == one.head()
    assert one.outcome() == "up_to_date"


def test_a_history_that_was_set_back_gets_the_commits_again_when_accepted(
    net: Net, one: Machine
) -> None:
    one.write(A, "kept\n")
    one.exchange()
    set_back(net, one)
    assert one.outcome() == "stopped"
    assert one.outcome(accept=True) == "sent"
    assert net.head() == one.head()


def test_an_emptied_branch_can_be_meant(net: Net, one: Machine) -> None:
    one.write(A, "x\n")
    one.exchange()
    empty(net, one)
    assert one.outcome(accept=True) == "received"
    assert one.files() == {}
    assert one.git("show", f"HEAD~1:{A}")


def test_a_stop_goes_away_with_its_cause(net: Net, one: Machine) -> None:
    before = net.head()
    one.write(A, "x\n")
    one.exchange()
    after = net.head()
    set_back(net, one)
    assert one.outcome() == "stopped"
    assert net.head() == before
    net.git("update-ref", "refs/heads/main", after)
    assert one.outcome() == "up_to_date"
    assert one.memory.notes.list().notices == ()


@pytest.mark.contract("C1")
def test_unrelated_histories_are_merged_only_if_that_is_allowed(
    net: Net, one: Machine, tmp_path: Path
) -> None:
    (tmp_path / "apart").mkdir()
    apart = Net(tmp_path / "apart")
    stranger = apart.begin()
    net.machines.append(stranger)
    stranger.write("context/stranger.md", "s\n")
    stranger.git("remote", "set-url", "origin", str(net.bare))
    for ref in stranger.git("for-each-ref", "--format=%(refname)", "refs/pack").split():
        stranger.git("update-ref", "-d", ref)
    done = stranger.exchange()
    assert done.stop is not None
    assert done.stop.kind is StopKind.UNRELATED
    assert stranger.outcome(unrelated=True) == "merged"
    assert net.head() == stranger.head()
    meet(one, stranger)
    assert {"context/stranger.md", "context/general.md"} < one.files().keys()


def test_a_history_merged_by_hand_needs_no_decision(net: Net, one: Machine) -> None:
    one.write(A, "kept\n")
    one.exchange()
    rewrite(net, one)
    assert one.outcome() == "stopped"
    one.git("fetch", "--quiet", "origin")
    one.git("merge", "--quiet", "-X", "ours", "origin/main")
    assert one.outcome() == "sent"
    assert net.head() == one.head()


# --- how it is set up -----------------------------------------------------------------------------


def test_an_address_that_pack_does_not_use_is_named_as_such(one: Machine) -> None:
    urls = ("ext::touch pwned", "http://h/x", "git://h/x", "-oProxy=x", "fd::7", "https://a\nb")
    for number, url in enumerate(urls, start=1):
        one.git("config", "remote.origin.url", url)
        with pytest.raises(InvalidConfig):
            one.exchange()
        assert one.status.branch is None
        assert one.remote.record().failures == number
    assert not (one.folder / "pwned").exists()


def test_a_remote_with_an_impossible_name_is_refused(one: Machine) -> None:
    one.git("config", "remote.a..b.url", "x")
    one.git("config", "branch.main.remote", "a..b")
    with pytest.raises(InvalidConfig, match="git cannot use its name"):
        one.exchange()
    one.git("config", "branch.main.remote", "origin")
    one.git("config", "branch.main.merge", "refs/pull/1/head")
    with pytest.raises(InvalidConfig, match="names no branch"):
        one.exchange()
