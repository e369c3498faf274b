"""Merges of heads with real git: what any machine makes of two heads is one commit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pack.core.truths import TruthMode
from pack.merge.copies import is_conflict_copy
from pack.model import CommitId
from pack.provenance import Origin, Source
from pack.remote.remote import Outcome
from pack.truth.sync_items.pulling import pull
from pack.use_cases.merging import MergeVerdict, Merging
from tests.compat.remote_support import Machine, Net, make_template

pytestmark = [pytest.mark.contract("C1", "C14"), pytest.mark.usefixtures("git_identity")]

A = "context/a.md"
USER = Origin(Source.USER, "cli")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Net:
    return make_template(tmp_path_factory.mktemp("net"))


@pytest.fixture
def net(template: Net, tmp_path: Path) -> Iterator[Net]:
    copied = template.copy_to(tmp_path / "net")
    yield copied
    copied.close()


def merging(machine: Machine) -> Merging:
    return Merging(machine.memory.events._core, machine.local)


def merge_with(machine: Machine, other: Machine) -> CommitId:
    """Fetch from another machine, and be at the merge of both heads; none is moved there."""
    machine.git("fetch", "--quiet", str(other.folder), "HEAD")
    theirs, ours = CommitId(machine.git("rev-parse", "FETCH_HEAD")), CommitId(machine.head())
    if machine.git("merge-base", ours, theirs) == theirs:
        return ours
    if machine.git("merge-base", ours, theirs) == ours:
        return machine.local.fast_forward(ours, theirs).id
    planner = merging(machine)
    planned = planner.plan(ours, theirs)
    return machine.local.merge(ours, planned.commit, planner.changes(planned, ours)).id


def verdict(machine: Machine, commit: str) -> MergeVerdict:
    return merging(machine).verdict(CommitId(commit))


def unlike(machine: Machine) -> None:
    """Have a machine whose settings are others in everything that must not count."""
    for name, value in {
        "user.name": "Somebody Else",
        "user.email": "else@example.org",
        "commit.gpgSign": "true",
        "user.signingKey": "none",
        "core.autocrlf": "true",
        "i18n.commitEncoding": "latin1",
        "merge.renames": "false",
        "core.hooksPath": "hooks",
    }.items():
        machine.git("config", name, value)
    exclude = machine.folder / ".git/info/exclude"
    exclude.write_text("context/z.md\nprojects/red.md\n", encoding="utf-8")
    hook = machine.folder / ".git/hooks/post-commit"
    hook.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)


def write_both(net: Net) -> tuple[Machine, Machine]:
    """Two machines with every kind of difference between them, and of settings."""
    one = net.open(net.folder / "one", truth=TruthMode.ENFORCE)
    two = net.open(net.folder / "two", truth=TruthMode.OFF)
    for path, text in {A: "# A\n\nblue\n", "context/z.md": "z\n", "context/b.md": "b\n"}.items():
        one.memory.written_by(USER).notes.update(path, text)
    (one.folder / "run.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    one.git("add", "run.sh")
    one.git("commit", "--quiet", "-m", "by hand")
    one.exchange()
    two.exchange()
    unlike(two)
    for machine, word in ((one, "red"), (two, "green")):
        person = machine.memory.written_by(USER)
        found = person.notes.get(A)
        person.notes.update(A, found.content.replace("blue", word), found.sha)
        machine.memory.notes.update(f"projects/{word}.md", f"{word}\n")
        machine.clock.advance(hours=7)
    two.memory.written_by(USER).notes.delete(
        "context/b.md", two.memory.notes.get("context/b.md").sha
    )
    agent = one.memory.notes.get("context/b.md")
    one.memory.notes.update("context/b.md", agent.content + "- by a machine\n", agent.sha)
    (two.folder / "run.sh").chmod(0o755)
    (two.folder / "link").symlink_to("run.sh")
    two.git("-c", "commit.gpgSign=false", "add", "run.sh", "link")
    two.git("-c", "commit.gpgSign=false", "commit", "--quiet", "-m", "by hand")
    return one, two


def test_two_machines_make_one_commit_of_two_heads(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = write_both(net)
    before = CommitId(one.head()), CommitId(two.head())
    made = merge_with(one, two)
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    net.clock.advance(hours=5)
    two.git("fetch", "--quiet", str(one.folder), before[0])
    for head in before:  # what the person says of commits on one machine alone
        commit = CommitId(two.git("log", "-1", "--format=%H", head, "--", A))
        note = "Pack-Truth-Level: 5\nPack-Origin: ai-cloud:x\n"
        two.local.write_notes(two.local.notes_head(), {commit: note}, "assign")
        planner = merging(two)
        planned = planner.plan(before[1], before[0])
        assert planned == merging(two).plan(*before)
    assert (
        two.local.merge(before[1], planned.commit, planner.changes(planned, before[1])).id == made
    )
    raw = one.git("cat-file", "commit", made)
    assert raw.startswith(f"tree {one.git('rev-parse', made + '^{tree}')}\nparent {min(before)}\n")
    assert "PACK merge <merge@pack.invalid>" in raw
    assert "gpgsig" not in raw
    assert "encoding" not in raw
    for machine in (one, two):
        machine.assert_sound()
        assert verdict(machine, made) is MergeVerdict.TRUE
        assert verdict(machine, before[0]) is MergeVerdict.NONE
        assert len([path for path in machine.files() if is_conflict_copy(path)]) == 1
        assert {one.code for one in machine.memory.care.validate()} == {"conflict_copy"}
    if os.name == "posix":
        assert (one.folder / "run.sh").stat().st_mode & 0o100
        assert (one.folder / "link").readlink() == Path("run.sh")


def test_what_a_commit_says_of_itself_is_computed_again(net: Net) -> None:
    one, two = write_both(net)
    before = CommitId(one.head()), CommitId(two.head())
    made = merge_with(one, two)
    message = one.git("log", "-1", "--format=%B", made)

    def like(tree: str, *parents: str, said: str = message) -> str:
        heads = [word for parent in parents for word in ("-p", parent)]
        return one.git("commit-tree", tree, *heads, "-m", said)

    tree, (first, second) = f"{made}^{{tree}}", sorted(before)
    by_another = like(tree, first, second)
    assert verdict(one, by_another) is MergeVerdict.FALSE
    assert verdict(one, like(f"{first}^{{tree}}", first, second)) is MergeVerdict.FALSE
    assert verdict(one, like(tree, second, first)) is MergeVerdict.FALSE
    assert verdict(one, like(tree, first)) is MergeVerdict.FALSE
    unknown = message.replace("Pack-Merge: 1", "Pack-Merge: 2")
    assert verdict(one, like(tree, first, second, said=unknown)) is MergeVerdict.UNKNOWN
    assert verdict(one, like(tree, first, second, said="by hand")) is MergeVerdict.NONE


def test_a_merge_on_part_of_the_history_does_not_say_that_it_is_everybodys(net: Net) -> None:
    one, two = write_both(net)
    heads = CommitId(one.head()), CommitId(two.head())
    one.git("fetch", "--quiet", str(two.folder), "HEAD")
    assert "Pack-Merge: 1" in merging(one).plan(*heads).commit.message
    root = one.git("rev-list", "--max-parents=0", "HEAD")
    (one.folder / ".git/shallow").write_text(f"{root}\n", encoding="ascii")
    planned = merging(one).plan(*heads)
    assert "Pack-Merge" not in planned.commit.message


def test_two_machines_that_fetch_from_each_other_come_to_rest(net: Net) -> None:
    one, two = write_both(net)
    heads = one.head(), two.head()
    merge_with(one, two)
    two.git("fetch", "--quiet", str(one.folder), heads[0])
    made = one.head()
    assert merge_with(two, one) == made
    for _ in range(3):
        assert merge_with(one, two) == merge_with(two, one) == made


def test_clients_of_either_machine_are_told_what_the_other_brought(net: Net) -> None:
    """Whichever parent the merge names first."""
    one, two = write_both(net)
    heads = [machine.head() for machine in (one, two)]
    known = [pulled(machine, None) for machine in (one, two)]
    made = merge_with(one, two)
    two.git("fetch", "--quiet", str(one.folder), heads[0])
    assert merge_with(two, one) == made
    for machine, (before, version), brought in zip(
        (one, two), known, ("green", "red"), strict=True
    ):
        after, later = pulled(machine, version)
        assert later > version
        assert f"projects/{brought}.md" in after
        now = {**before, **after}
        shown = {path: text for path, text in now.items() if text is not None}
        held = {note.path: machine.text(note.path) for note in machine.memory.notes.list().files}
        assert shown == held


def pulled(machine: Machine, since: int | None) -> tuple[dict[str, str | None], int]:
    """The last text of each file that changed after a version, and the version that is reached."""
    core = machine.memory.events._core
    found = pull(core, None if since is None else str(since), None, 200, each=False, max_level=5)
    assert found.next_cursor is None
    return {item.entity_id: item.content for item in found.items}, found.version


def test_what_a_fast_forward_would_bring_and_may_not_is_a_merge_like_any(net: Net) -> None:
    one = net.open(net.folder / "one", truth=TruthMode.ENFORCE)
    two = net.open(net.folder / "two", truth=TruthMode.ENFORCE)
    one.memory.written_by(USER).notes.update(A, "# A\n\nNever on Fridays.\n")
    one.exchange()
    two.exchange()
    text = one.text(A).replace("Never", "Always")
    (one.folder / A).write_text(text, encoding="utf-8")
    agent = "agent\n\nCo-authored-by: Claude <noreply@anthropic.com>"
    one.git("commit", "--quiet", "--all", "-m", agent)
    one.git("push", "--quiet", "origin", "HEAD")
    assert two.exchange().outcome is Outcome.MERGED
    assert "Never" in two.text(A)
    assert verdict(two, two.head()) is MergeVerdict.TRUE


def test_three_machines_around_a_remote_come_to_rest(net: Net) -> None:
    one, two = write_both(net)
    three = net.clone("three")
    three.memory.written_by(USER).notes.update("context/c.md", "three\n")
    machines = [one, two, three]
    for machine in (*machines, *machines):
        machine.exchange()
    assert {machine.head() for machine in machines} == {net.head()}
    count = one.git("rev-list", "--count", "--all")
    for machine in machines:
        assert machine.exchange().outcome is Outcome.UP_TO_DATE
        assert machine.git("status", "--porcelain") == ""
        assert one.git("rev-list", "--count", "--all") == count
        for merge in machine.git("rev-list", "--merges", "HEAD").split():
            assert verdict(machine, merge) is MergeVerdict.TRUE
