"""`pack remote`, what the other commands say of it, and the exchange while a server runs."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder, Stdio
from tests.stories.test_cli_serve import POSIX, http

SECONDS = 100.0


@pytest.fixture
def bare(tmp_path: Path) -> Folder:
    folder = tmp_path / "remote.git"
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--initial-branch=main", folder], check=True
    )
    return Folder(folder)


@pytest.fixture
def one(bare: Folder, tmp_path: Path, git_identity: tuple[str, str]) -> Folder:
    """A memory that was made from an empty remote, and pushed to it."""
    memory = Folder(tmp_path / "one")
    memory.ok("init", "--clone", bare.path)
    assert memory.json("remote", "--sync")["exchange"]["outcome"] == "sent"
    return memory


@pytest.fixture
def two(bare: Folder, one: Folder, tmp_path: Path) -> Folder:
    memory = Folder(tmp_path / "two")
    assert "is already a memory" in memory.ok("init", "--clone", bare.path).text
    return memory


def pushed(bare: Folder) -> str:
    return bare.git("rev-parse", "refs/heads/main").strip()


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when a condition holds; nobody has to say when."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def by_hand(memory: Folder, *words: str) -> None:
    """A git command of a person, who tries again where a server holds a lock at that moment."""

    def is_done() -> bool:
        ended = subprocess.run(["git", *words], cwd=memory.path, capture_output=True, check=False)
        return ended.returncode == 0

    wait_for(is_done)


def test_two_machines_share_a_memory(bare: Folder, one: Folder, two: Folder) -> None:
    one.ok("update", "context/a.md", stdin="# A\n")
    assert "1 commit ahead" in one.ok("remote").text
    assert "1 commit ahead" in one.ok("status").text
    shown = one.ok("remote", "--sync").text
    assert shown.startswith("sent what is new here\n  sent      1 commit\n")
    assert pushed(bare) == one.head()
    answer = two.json("remote", "--sync")
    assert (answer["exchange"]["outcome"], answer["exchange"]["received"]) == ("received", 1)
    assert two.ok("get", "context/a.md").text.endswith("# A\n")
    assert answer["remote"]["branch"] == {"name": "origin", "url": str(bare.path), "branch": "main"}
    assert (answer["remote"]["ahead"], answer["remote"]["behind"]) == (0, 0)
    assert two.json("status")["remote"]["record"]["exchanged_at"]
    assert two.ok("doctor").text.count(f"{bare.path} answers") == 1


@pytest.mark.contract("C1")
def test_a_conflict_is_kept_and_shown_until_it_is_settled(one: Folder, two: Folder) -> None:
    for memory, word in ((one, "red"), (two, "green")):
        memory.ok("update", "context/a.md", stdin=f"# A\n\n{word}\n")
    one.ok("remote", "--sync")
    shown = two.ok("remote", "--sync").text
    (copy,) = two.json("status")["conflict_copies"]
    assert shown.startswith("merged what both sides changed\n")
    assert f"kept      {copy}: " in shown
    assert "kept by a merge" in two.ok("status").text
    ended = two.pack("validate")
    assert ended.status == 1
    assert f"{copy}:1:1: conflict_copy: " in ended.text
    two.ok("delete", copy, "--yes")
    assert two.pack("validate").status == 0


def test_an_edit_in_the_way_is_a_conflict(one: Folder, two: Folder) -> None:
    two.write({"context/a.md": "mine\n"})
    one.ok("update", "context/a.md", stdin="x")
    one.ok("remote", "--sync")
    before = two.state()
    ended = two.pack("remote", "--sync")
    assert ended.status == 2
    assert "WAITING: what is new on origin/main cannot be taken in yet" in ended.text
    assert two.state() == before
    assert "cannot be merged yet" in two.ok("list").err


def test_a_repository_that_takes_in_a_memory_says_so(
    bare: Folder, one: Folder, tmp_path: Path
) -> None:
    for number, words in enumerate(([], ["--format", "json"])):
        memory = Folder(tmp_path / f"new{number}")
        memory.path.mkdir()
        memory.git("init", "--quiet", "--initial-branch=main")
        memory.git("remote", "add", "origin", str(bare.path))
        ended = memory.ok("init", *words)
        assert memory.head() == one.head()
        assert memory.git("status", "--porcelain") == ""
        commits = memory.commits()
        if words:
            assert ended.json["received"] == {"from": "origin/main", "commits": commits}
            assert (ended.json["commit"], ended.json["was"]) == (None, "v2")
        else:
            said = f"is now a memory; {commits} commit taken in from origin/main\n"
            assert ended.text.endswith(said)
            assert "pack list" in ended.err
    assert memory.json("init")["received"] is None
    assert "already a memory; nothing was changed" in memory.ok("init").text


def test_plain_text_that_a_filter_is_to_hide_is_told_before_it_is_sent(
    bare: Folder, one: Folder
) -> None:
    one.ok("update", "private/key.md", stdin="plain")
    (one.path / ".gitattributes").write_text("private/* filter=git-crypt\n")
    one.git("add", ".gitattributes")
    one.git("commit", "--quiet", "-m", "hide it")
    before = pushed(bare)
    doctor = one.pack("doctor")
    assert doctor.status == 1
    assert "would send plain text of private/key.md" in doctor.text
    ended = one.pack("remote", "--sync")
    assert ended.status == 1
    assert "STOPPED: a push to origin/main would send plain text" in ended.text
    assert "git push" in ended.err
    assert pushed(bare) == before


def force_push(bare: Folder, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "--quiet", bare.path, other], check=True)
    Folder(other).git("commit", "--quiet", "--amend", "--message", "rewritten")
    Folder(other).git("push", "--quiet", "--force")


@pytest.mark.contract("C1")
def test_a_force_push_stops_until_a_person_decides(
    bare: Folder, one: Folder, tmp_path: Path
) -> None:
    one.ok("update", "context/a.md", stdin="x")
    one.ok("remote", "--sync")
    force_push(bare, tmp_path)
    there, here = pushed(bare), one.state()
    ended = one.pack("remote", "--sync")
    assert ended.status == 1
    assert "STOPPED: the history of origin/main was rewritten" in ended.text
    assert "rescue   refs/pack/rescue/" in ended.text
    assert "--accept-remote-history" in ended.err
    assert (pushed(bare), one.state()) == (there, here)
    for command in ("status", "remote"):
        assert "STOPPED" in one.ok(command).text
    assert "rewritten" in one.ok("list").err
    doctor = one.pack("doctor")
    assert doctor.status == 1
    assert "was rewritten" in doctor.text
    server = Stdio("--local", one.path, env={"PACK_REMOTE_INTERVAL": "0"})
    server.initialize()
    assert "was rewritten" in server.call("memory_list")["notice"]
    server.end()
    assert one.json("remote", "--accept-remote-history")["exchange"]["outcome"] == "merged"
    assert pushed(bare) == one.head()
    assert "STOPPED" not in one.ok("status").text


# --- several --------------------------------------------------------------------------------------


def add_remote(memory: Folder, name: str) -> Folder:
    """A new bare repository that a person lets take part."""
    folder = memory.path.with_name(f"{name}.git")
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--initial-branch=main", folder], check=True
    )
    memory.git("remote", "add", name, str(folder))
    memory.git("config", f"remote.{name}.pack", "true")
    return Folder(folder)


def test_one_remote_is_shown_as_ever_and_several_one_by_one(bare: Folder, one: Folder) -> None:
    def shape(*command: str) -> list[str]:
        return [*one.json(*command)]

    alone = shape("status"), shape("remote")
    assert alone[1] == ["remote", "exchange", "uncommitted"]
    assert [*one.json("remote")["remote"]] == ["branch", "ahead", "behind", "record"]
    backup = add_remote(one, "backup")
    for command, before in zip(("status", "remote"), alone, strict=True):
        assert {*shape(command)} == {*before, "remotes"}
        answer = one.json(command)
        assert [each["name"] for each in answer["remotes"]] == ["origin", "backup"]
        assert answer["remote"]["branch"]["name"] == "origin"
    assert shape("remote", "--name", "backup") == alone[1]

    ended = one.pack("remote", "--sync")
    assert ended.status == 1
    assert "this memory has several remotes: origin, backup" in ended.err
    assert "`--name NAME`" in ended.err
    assert one.pack("remote", "--accept-remote-history").status == 1
    shown = one.ok("remote", "--name", "backup", "--sync").text
    assert shown.startswith("sent what is new here\n")
    assert f"remote   {backup.path}\n" in shown
    assert str(bare.path) not in shown
    assert pushed(backup) == one.head()

    text = one.ok("remote").text
    assert text.index(f"remote   {bare.path}\nbranch   origin/main") < text.index(
        f"\n\nremote   {backup.path}\nbranch   backup/main"
    )
    lines = [line for line in one.ok("status").text.splitlines() if line.startswith("remote ")]
    assert [line.split()[1] for line in lines] == ["origin/main", "backup/main"]
    ended = one.pack("remote", "--name", "elsewhere", "--sync")
    assert ended.status == 1
    assert "`git config remote.elsewhere.pack true`" in ended.err


@pytest.mark.contract("C1")
def test_each_remote_says_what_is_wrong_with_it(bare: Folder, one: Folder, tmp_path: Path) -> None:
    backup, down = add_remote(one, "backup"), add_remote(one, "down")
    one.git("config", "remote.typo.pack", "true")
    one.ok("update", "context/a.md", stdin="x")
    for name in ("origin", "backup", "down"):
        one.ok("remote", "--name", name, "--sync")
    force_push(bare, tmp_path)
    down.path.rename(down.path.with_name("away"))
    ended = one.pack("remote", "--name", "origin", "--sync")
    assert ended.status == 1
    assert "`pack remote --name origin --accept-remote-history`" in ended.err
    assert one.pack("remote", "--name", "down", "--sync").status == 1

    problem = "the remote: remote.typo.pack is true, but typo has no URL"
    status = one.ok("status").text
    assert "remote   origin/main" in status
    assert "STOPPED: the history of origin/main was rewritten" in status
    assert f"remote   typo unknown: {problem}" in status
    shown = one.ok("remote")
    assert f"\n\nremote   typo: {problem}\n" in shown.text
    assert shown.err.count("--name origin --accept-remote-history`") == 1
    stop = one.json("remote")["remotes"][0]["record"]["stop"]
    assert "`pack remote --name origin --accept-remote-history`" in stop["remedy"]

    doctor = one.pack("doctor", "--format", "json").json
    checks = [check for check in doctor["checks"] if check["name"].startswith("remote")]
    assert [(check["name"], check["state"]) for check in checks] == [
        ("remote", "ok"),
        ("remote state", "problem"),
        ("remote", "ok"),
        ("remote", "problem"),
        ("remote", "problem"),
    ]
    assert [check["found"].split(":")[0] for check in checks] == [
        *("origin", "the history of origin/main was rewritten", "backup", "down", "typo")
    ]
    assert "--name origin --accept-remote-history" in checks[1]["remedy"]
    done = one.json("remote", "--name", "origin", "--accept-remote-history")
    assert done["exchange"]["outcome"] == "merged"
    assert "STOPPED" not in one.ok("status").text
    assert pushed(backup) != one.head()


def test_a_memory_without_a_remote_says_so(tmp_path: Path, home: Path) -> None:
    memory = Folder(tmp_path / "alone")
    memory.ok("init")
    assert memory.ok("remote").text == "this memory has no remote\n"
    assert memory.json("remote") == {"remote": None, "exchange": None, "uncommitted": []}
    assert memory.pack("remote", "--sync").status == 1


def test_a_remote_that_cannot_be_reached_is_told_and_nothing_fails(
    bare: Folder, one: Folder
) -> None:
    bare.path.rename(bare.path.with_name("away"))
    ended = one.pack("remote", "--sync")
    assert ended.status == 1
    assert "does not answer" in ended.err
    one.ok("update", "context/a.md", stdin="x")
    assert "1 failure since: the remote" in one.ok("status").text
    doctor = one.pack("doctor", "--format", "json").json
    (check,) = [check for check in doctor["checks"] if check["name"] == "remote"]
    assert (check["state"], doctor["ok"]) == ("problem", False)


def test_a_clone_that_fails_shows_no_secret(tmp_path: Path, home: Path) -> None:
    ended = Folder(tmp_path / "m").pack("init", "--clone", "https://user:canary@127.0.0.1:1/x")
    assert ended.status == 1
    assert "canary" not in ended.err + ended.text
    assert "127.0.0.1:1/x" in ended.err


# --- servers --------------------------------------------------------------------------------------


@pytest.mark.contract("C1")
def test_servers_exchange_in_the_background(bare: Folder, one: Folder, two: Folder) -> None:
    first = Stdio("--local", one.path, env={"PACK_REMOTE_INTERVAL": "0.5"})
    first.initialize()
    with http(two.path, PACK_REMOTE_INTERVAL="0.5"):
        answer = first.call("memory_update", path="context/a.md", content="from one")
        wait_for(lambda: pushed(bare) == answer["commit"])
        wait_for(lambda: two.head() == answer["commit"])
        two.write({"context/b.md": "by hand\n"})
        by_hand(two, "add", "--all")
        by_hand(two, "commit", "--quiet", "--message", "by hand")
        wait_for(lambda: (one.path / "context/b.md").exists() and one.head() == pushed(bare))
    assert first.call("memory_get", path="context/b.md")["content"] == "by hand\n"
    assert first.end() == (b"", "")
    for memory in (one, two):
        assert memory.git("status", "--porcelain") == ""


@pytest.mark.contract("C1")
def test_a_server_exchanges_each_remote_by_itself(
    bare: Folder, one: Folder, tmp_path: Path
) -> None:
    backup, gone = add_remote(one, "backup"), add_remote(one, "gone")
    gone.path.rename(gone.path.with_name("away"))
    force_push(bare, tmp_path)
    rewritten = pushed(bare)
    server = Stdio("--local", one.path, env={"PACK_REMOTE_INTERVAL": "0.5"})
    server.initialize()
    answer = server.call("memory_update", path="context/a.md", content="to those who take it")
    wait_for(lambda: backup.git("for-each-ref") != "" and pushed(backup) == answer["commit"])
    wait_for(lambda: one.json("remote", "--name", "gone")["remote"]["record"]["failures"] > 0)
    wait_for(lambda: bool(one.json("remote", "--name", "origin")["remote"]["record"]["stop"]))
    assert pushed(bare) == rewritten
    assert "with the remote origin: " in str(server.call("memory_list")["notice"])
    late = add_remote(one, "late")
    wait_for(lambda: late.git("for-each-ref") != "" and pushed(late) == answer["commit"])
    out, err = server.end()
    assert out == b""
    assert err.count("the remote gone: ") == 1


@POSIX
def test_a_server_ends_at_once_while_a_remote_does_not_answer(
    one: Folder, home: Path, tmp_path: Path
) -> None:
    script, asked = tmp_path / "hangs", tmp_path / "asked"
    script.write_text(f'#!/bin/sh\ntest "$1" = -G && exit 1\ntouch {asked}\nexec sleep 600\n')
    script.chmod(0o755)
    one.git("config", "--global", "core.sshCommand", str(script))
    one.git("remote", "set-url", "origin", "ssh://example.invalid/x")
    server = Stdio("--local", one.path, env={"PACK_REMOTE_INTERVAL": "0.1"})
    server.initialize()
    wait_for(asked.exists)
    server.call("memory_update", path="context/a.md", content="writes do not wait")
    begun = time.monotonic()
    assert server.end()[0] == b""
    assert server.process.returncode == 0
    assert time.monotonic() - begun < SECONDS
    assert (one.path / "context/a.md").exists()


def test_what_a_machine_elsewhere_did_to_your_words_is_told_and_decided_on(
    one: Folder, two: Folder
) -> None:
    one.ok("update", "context/a.md", stdin="# A\n\nNever push.\n")
    one.ok("remote", "--sync")
    two.ok("remote", "--sync")
    file = two.path / "context/a.md"
    file.write_text(file.read_text().replace("Never", "Always"))
    two.git("commit", "-qam", "x\n\nCo-authored-by: Claude <noreply@anthropic.com>")
    two.git("push", "-q", "origin", "HEAD")
    said = one.ok("remote", "--sync").text
    assert "waits     1 proposal: machines changed your text; run `pack review` to decide" in said
    assert "waiting  1 proposal" in one.ok("status").text
    two.ok("remote", "--sync")
    (known,), (found,) = (memory.json("proposals")["proposals"] for memory in (one, two))
    assert known == found
    assert (found["path"], found["added"], found["removed"]) == ("context/a.md", 1, 1)
    two.ok("proposals", "reject", found["id"])
    assert two.json("remote", "--sync")["exchange"]["proposals"] == []
    assert two.json("proposals") == {"proposals": []}
