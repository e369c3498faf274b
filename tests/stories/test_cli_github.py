"""The installed command on a memory on GitHub: begun, used, looked at; and what it never tells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.standins.faults import FaultKind
from tests.standins.github import GithubStandIn
from tests.standins.github_state import Permission, Token
from tests.standins.receiver import SECRET, Receiver
from tests.stories.cli_driver import Ended, run

pytestmark = pytest.mark.contract("C5")
REPOSITORY = "ada/memory"
NOTE = "context/žluťoučký kůň #1 100%+.md"


@dataclass(frozen=True)
class Github:
    """The stand-in, and the command that uses it."""

    service: GithubStandIn
    folder: Path

    def pack(self, *words: str, stdin: str = "", **settings: str) -> Ended:
        environment = {
            "GITHUB_TOKEN": self.service.token,
            "GITHUB_API_URL": self.service.url,
            "PACK_CACHE_DIR": str(self.folder / "cache"),
            "PACK_GITHUB_WAIT": "0",
            **settings,
        }
        ended = run(*words, stdin=stdin, env=environment, cwd=self.folder)
        assert self.service.token not in ended.text + ended.err
        return ended

    def ok(self, *words: str, stdin: str = "", **settings: str) -> Ended:
        ended = self.pack(*words, stdin=stdin, **settings)
        assert ended.status == 0, ended
        return ended


@pytest.fixture
def github(tmp_path: Path) -> Iterator[Github]:
    with GithubStandIn(tmp_path / "github") as service:
        folder = tmp_path / "work"
        folder.mkdir()
        yield Github(service, folder)
        for file in (folder / "cache").rglob("*"):
            assert file.is_dir() or service.token.encode() not in file.read_bytes()


@pytest.fixture
def memory(github: Github) -> Github:
    github.service.add_repository(REPOSITORY)
    github.ok("init", "--github", REPOSITORY)
    return github


def test_a_memory_from_the_first_day_to_the_last(github: Github) -> None:
    place = ("--github", REPOSITORY)
    begun = github.ok("init", *place)
    assert "created the private repository ada/memory" in begun.err
    assert github.service.repository(REPOSITORY).private
    assert f"created the memory in github:{REPOSITORY}" in begun.text

    made = github.ok("update", NOTE, *place, "--format", "json", stdin="# Kůň\n\nBelhá se.\n").json
    assert made["commit_url"].startswith(github.service.url)
    read = github.ok("get", NOTE, *place).text
    assert read.endswith("# Kůň\n\nBelhá se.\n")
    assert NOTE in github.ok("list", *place).text
    found = github.ok("search", "belhá", *place, "--format", "json").json
    assert [match["path"] for match in found["matches"]] == [NOTE]
    github.ok("edit", NOTE, "--append", "Už ne.\n", *place)
    stale = github.pack("update", NOTE, "--sha", made["sha"], *place, stdin="x\n")
    assert (stale.status, "changed" in stale.err) == (2, True), stale
    github.ok("move", NOTE, "projects/horse.md", *place)
    github.ok("delete", "projects/horse.md", "--yes", *place)
    github.ok("validate", *place)
    assert github.ok("init", *place).text == (
        f"github:{REPOSITORY} is already a memory; nothing was changed\n"
    )
    subjects = [text.splitlines()[0] for text in github.service.messages(REPOSITORY)]
    assert len(subjects) == 5
    assert all("Pack-Origin: user:cli" in text for text in github.service.messages(REPOSITORY))


def test_the_settings_choose_the_repository(memory: Github) -> None:
    owner, name = REPOSITORY.split("/")
    chosen = {"GITHUB_OWNER": owner, "GITHUB_REPO": name}
    status = memory.ok("status", "--format", "json", **chosen).json
    assert status["location"].endswith(f"/{REPOSITORY}")
    half = memory.pack("status", GITHUB_OWNER=owner)
    assert (half.status, "GITHUB_REPO" in half.err) == (1, True), half
    local = memory.pack("status", **chosen, PACK_DIR=str(memory.folder / "elsewhere"))
    assert "there is no memory in" in local.err
    assert str(memory.folder / "elsewhere") in local.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--github", "memory"), "OWNER/REPO"),
        (("--github", "a/b/c"), "OWNER/REPO"),
        (("--github", "/b"), "OWNER/REPO"),
        (("--github", "a b/c"), "only letters"),
        (("--github", "../c"), "only letters"),
        (("--github", REPOSITORY, "--local", "."), "given twice"),
    ],
)
def test_a_place_that_is_none_is_an_error(github: Github, words: tuple[str], said: str) -> None:
    refused = github.pack("list", *words)
    assert (refused.status, said in refused.err) == (1, True), refused


def test_a_public_repository_is_used_only_if_that_is_meant(github: Github) -> None:
    github.service.add_repository(REPOSITORY).private = False
    asked = github.pack("init", "--github", REPOSITORY)
    assert asked.status == 1
    assert "WARNING: ada/memory is PUBLIC" in asked.err
    assert "--yes" in asked.err
    assert github.service.messages(REPOSITORY) == []
    github.ok("init", "--github", REPOSITORY, "--yes")
    assert "anyone can read this memory" in github.ok("doctor", "--github", REPOSITORY).text


def test_a_v1_memory_is_told_about_migrate(github: Github) -> None:
    github.service.add_repository(REPOSITORY, {"MEMORY.md": b"# Me\n\n## Work\n\nx\n"})
    begun = github.ok("init", "--github", REPOSITORY)
    assert f"pack migrate --github {REPOSITORY}" in begun.err
    assert "nothing was changed" in begun.text
    github.ok("migrate", "--yes", "--github", REPOSITORY)
    files = github.service.files(REPOSITORY)
    assert files["legacy/MEMORY.md"] == files["MEMORY.md"] == b"# Me\n\n## Work\n\nx\n"


def test_notes_are_taken_over_in_one_commit(github: Github) -> None:
    notes = github.folder / "vault"
    notes.mkdir()
    (notes / "Ideas.md").write_text("# Ideas\n", encoding="utf-8")
    planned = github.pack("init", "--github", REPOSITORY, "--from", "vault", "--dry-run")
    assert (planned.status, "to create it" in planned.err) == (1, True), planned
    github.service.add_repository(REPOSITORY)
    planned = github.ok("init", "--github", REPOSITORY, "--from", "vault", "--dry-run")
    assert "Ideas.md" in planned.text
    assert github.service.messages(REPOSITORY) == []
    github.ok("init", "--github", REPOSITORY, "--from", "vault")
    assert any(path.endswith("Ideas.md") for path in github.service.files(REPOSITORY))


def test_the_doctor_says_how_commits_are_made(memory: Github) -> None:
    seen = memory.ok("doctor", "--github", REPOSITORY, "--format", "json").json
    checks = {check["name"]: check["found"] for check in seen["checks"]}
    assert checks["commits by"] == "graphql"
    assert checks["token"] == "a token is set"
    assert checks["catalog"].startswith("2 files, ")
    memory.service.service.serves_graphql = False
    fresh = memory.ok("doctor", "--github", REPOSITORY, PACK_CACHE_DIR=str(memory.folder / "fresh"))
    assert "git-data" in fresh.text


def test_the_doctor_says_what_the_token_lacks(memory: Github) -> None:
    memory.service.state.add_user("eve")
    memory.service.repository(REPOSITORY).collaborators["eve"] = Permission.READ
    eve = "github_pat_canary_eve"
    memory.service.add_token(Token(eve, "eve"))
    seen = memory.pack("doctor", "--github", REPOSITORY, GITHUB_TOKEN=eve)
    assert (seen.status, "the token can only read" in seen.text) == (1, True), seen
    unknown = memory.pack("doctor", "--github", REPOSITORY, GITHUB_TOKEN="github_pat_canary_no")
    assert (unknown.status, "does not know the token" in unknown.text) == (1, True), unknown
    missing = memory.pack("doctor", "--github", "ada/nothing")
    assert (missing.status, "pack init --github ada/nothing" in missing.text) == (1, True), missing
    without = memory.pack("list", "--github", REPOSITORY, GITHUB_TOKEN="")
    assert (without.status, "GITHUB_TOKEN" in without.err) == (1, True), without


def test_the_token_may_come_from_gh(memory: Github) -> None:
    programs = memory.folder / "bin"
    programs.mkdir()
    gh = programs / "gh"
    gh.write_text(
        f'#!/bin/sh\n[ "$1 $2 $3" = "auth token --hostname" ] && echo {memory.service.token}\n'
    )
    gh.chmod(0o755)
    path = {"PATH": f"{programs}:/usr/bin:/bin", "GITHUB_TOKEN": ""}
    memory.ok("list", "--github", REPOSITORY, PACK_GITHUB_TOKEN_FROM="gh", **path)
    gh.write_text("#!/bin/sh\nexit 1\n")
    refused = memory.pack("list", "--github", REPOSITORY, PACK_GITHUB_TOKEN_FROM="gh", **path)
    assert (refused.status, "gh auth login" in refused.err) == (1, True), refused


def test_a_limit_is_an_error_that_names_the_time(memory: Github) -> None:
    memory.service.faults.add(FaultKind.PRIMARY_LIMIT, times=50)
    refused = memory.pack("get", "index.md", "--github", REPOSITORY, "--format", "json")
    assert refused.status == 1
    assert re.search(r"until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", refused.err), refused
    memory.service.faults.clear()


def test_without_a_network_it_says_so(memory: Github) -> None:
    with memory.service.down():
        refused = memory.pack("list", "--github", REPOSITORY)
    assert refused.status == 1
    assert "GitHub" in refused.err
    assert "Traceback" not in refused.err


@pytest.mark.contract("C8")
def test_webhooks_of_a_memory_on_github(memory: Github) -> None:
    place = ("--github", REPOSITORY, "--format", "json")
    with Receiver() as receiver:
        hook = {
            "PACK_WEBHOOK_URL": receiver.url("/canary"),
            "PACK_WEBHOOK_ALLOW": "127.0.0.1",
            "PACK_WEBHOOK_SECRET": SECRET,
        }
        memory.ok("sync", *place, **hook)
        made = memory.ok("update", NOTE, *place, stdin="# Kůň\n", **hook).json
        beside = memory.service.commit(REPOSITORY, {"context/b.md": b"b\n"})
        (done,) = memory.ok("sync", *place, **hook).json["targets"]
        assert (done["standing"], done["commits"]) == ("delivered", 2)
        assert [call.key for call in receiver.calls] == [made["commit"], beside]
        payload = json.loads(receiver.calls[0].body)
        assert (payload["repo"], payload["commit_url"]) == (REPOSITORY, made["commit_url"])
        assert receiver.unverified == []
    kept = [file for file in (memory.folder / "cache").rglob("*.json") if "webhook" in file.name]
    assert [b"canary" in file.read_bytes() for file in kept] == [False]


def test_the_past_of_a_memory_on_github(memory: Github) -> None:
    place = ("--github", REPOSITORY, "--format", "json")
    made = memory.ok("update", "a/x.md", *place, stdin="# X\n\nOpens in May.\n").json
    memory.ok("move", "a/x.md", "b/y.md", *place, "--sha", made["sha"])
    edited = memory.ok("edit", "b/y.md", *place, "--replace", "May", "June").json
    shown = memory.ok("diff", "b/y.md", "--github", REPOSITORY).text
    assert "Opens in [-May-]{+June+}." in shown
    lines = memory.ok("blame", "b/y.md", *place).json["lines"]
    by = {line["text"]: line["commit"] for line in lines}
    assert (by["# X"], by["Opens in June."]) == (made["commit"], edited["commit"])
    (file,) = memory.ok("show", made["commit"][:9], *place).json["files"]
    assert (file["path"], file["change"]) == ("a/x.md", "added")
    changed = memory.ok("diff", "b/y.md", made["commit"], *place).json["files"]
    assert [(file["old_path"], file["change"]) for file in changed] == [("a/x.md", "moved")]


def test_the_log_needs_no_clone(memory: Github) -> None:
    memory.ok("update", "--github", REPOSITORY, "notes/a.md", stdin="# A\n")
    sha = json.loads(
        memory.ok("get", "--github", REPOSITORY, "notes/a.md", "--format", "json").text
    )
    moved = ("notes/a.md", "notes/b.md", "--sha", sha["sha"])
    memory.ok("move", "--github", REPOSITORY, *moved)

    def found(command: str, *words: str) -> dict[str, list[dict[str, object]]]:
        ended = memory.ok(command, "--github", REPOSITORY, "--format", "json", *words)
        return dict(json.loads(ended.text))

    of_file = found("log", "notes/b.md")["commits"]
    assert [commit["files"][0]["change"] for commit in of_file] == ["moved", "added"]  # type: ignore[index]
    assert len(found("log")["commits"]) == 3
    assert found("log", "--until", str(of_file[1]["commit"])[:10], "--limit", "1")["commits"] == [
        of_file[1]
    ]
    (new,) = found("changes", "--since", str(of_file[1]["commit"]))["files"]
    assert (new["path"], new["change"], new["old_path"]) == ("notes/b.md", "moved", "notes/a.md")
    found("changes")
    assert found("changes")["files"] == []


def test_changes_on_github_are_undone_redone_and_restored(memory: Github) -> None:
    place = ("--github", REPOSITORY, "--format", "json")
    made = memory.ok("update", "a/x.md", *place, stdin="one\n").json
    edited = memory.ok("update", "a/x.md", *place, "--sha", made["sha"], stdin="two\n").json
    undone = memory.ok("undo", *place).json
    assert undone["undone"][0]["commit"] == edited["commit"]
    assert memory.ok("get", "a/x.md", *place).json["sha"] == made["sha"]
    memory.ok("redo", *place)
    assert memory.ok("get", "a/x.md", *place).json["sha"] == edited["sha"]
    memory.ok("delete", "a/x.md", *place, "--yes")
    assert memory.ok("restore", "a/x.md", *place).json["sha"] == edited["sha"]
    memory.ok("undo", edited["commit"], *place)
    assert memory.ok("get", "a/x.md", *place).json["sha"] == made["sha"]
    assert memory.pack("validate", "--github", REPOSITORY).status == 0
