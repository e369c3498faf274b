"""Webhooks of a memory on GitHub: the installed command and its servers, git, a real receiver."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.standins.github import GithubStandIn
from tests.standins.receiver import SECRET, Receiver, status
from tests.stories.cli_driver import Ended, Stdio, run
from tests.support import is_soak

pytestmark = pytest.mark.contract("C5", "C8")
REPOSITORY = "ada/memory"
PLACE = ("--github", REPOSITORY)


@dataclass(frozen=True)
class Far:
    """A memory on the stand-in with a webhook, its servers and commands, and a clone of a person.

    Attributes:
        service: The stand-in.
        receiver: What the webhook calls.
        folder: Where caches and the clone are.
    """

    service: GithubStandIn
    receiver: Receiver
    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        return {
            **self.elsewhere,
            "PACK_CACHE_DIR": str(self.folder / "cache"),
            "PACK_WEBHOOK_URL": self.receiver.url("/hook"),
            "PACK_WEBHOOK_ALLOW": "127.0.0.1",
            "PACK_WEBHOOK_SECRET": SECRET,
        }

    @property
    def elsewhere(self) -> dict[str, str]:
        """The settings on another machine, which has no webhook."""
        return {
            "GITHUB_TOKEN": self.service.token,
            "GITHUB_API_URL": self.service.url,
            "PACK_CACHE_DIR": str(self.folder / "other cache"),
            "PACK_GITHUB_WAIT": "0",
        }

    def pack(self, *words: str, stdin: str = "", elsewhere: bool = False) -> Ended:
        settings = self.elsewhere if elsewhere else self.settings
        command, *rest = words
        return run(command, *PLACE, *rest, stdin=stdin, env=settings, cwd=self.folder)

    def sync(self, *words: str) -> Any:
        """What `pack sync` says of the webhook."""
        ended = self.pack("sync", "--format", "json", *words)
        (target,) = ended.json["targets"]
        return target

    def serve(self) -> Stdio:
        server = Stdio(*PLACE, env=self.settings)
        server.initialize()
        return server

    def settle(self) -> None:
        """Return when a server has sent what there is, and has stored that."""
        while self.sync("--dry-run")["backlog"]:
            pass

    def git(self, *words: str) -> str:
        clone = self.folder / "clone"
        clone.mkdir(exist_ok=True)
        command = ["git", "-C", str(clone), *words]
        environment = os.environ | {"GIT_ALLOW_PROTOCOL": "http"}
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def clone(self) -> None:
        self.git("clone", "--quiet", self.service.clone_url(REPOSITORY), ".")

    def commit_by_hand(self, name: str) -> str:
        file = self.folder / "clone" / "context" / name
        file.write_text(f"{name}\n", encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "-qm", f"add {name}")
        return self.git("rev-parse", "HEAD")

    def others(self, count: int, start: int = 0) -> list[str]:
        """Commits of somebody else."""
        return [
            self.service.commit(REPOSITORY, {f"context/o{number}.md": b"x\n"})
            for number in range(start, start + count)
        ]

    @property
    def keys(self) -> list[str]:
        return [call.key for call in self.receiver.calls]


@pytest.fixture
def far(tmp_path: Path, git_identity: None) -> Iterator[Far]:
    with GithubStandIn(tmp_path / "github") as service, Receiver() as receiver:
        service.add_repository(REPOSITORY)
        made = Far(service, receiver, tmp_path)
        begun = made.pack("init", elsewhere=True)
        assert begun.status == 0, begun
        yield made
        assert receiver.unverified == []


@pytest.mark.contract("C1", "C9")
def test_every_commit_is_sent_once_and_in_order_whoever_made_it(far: Far) -> None:
    server = far.serve()
    sent = [server.call("memory_update", path="context/a.md", content="a\n")["commit"]]
    far.receiver.wait_for(1)
    far.pack("update", "context/b.md", stdin="b\n", elsewhere=True)
    sent.append(str(far.service.head(REPOSITORY)))
    far.clone()
    sent.append(far.commit_by_hand("c.md"))
    far.git("checkout", "-q", "-b", "side")
    far.commit_by_hand("side1.md")
    far.commit_by_hand("side2.md")
    far.git("checkout", "-q", "-")
    sent.append(far.commit_by_hand("d.md"))
    far.git("merge", "-q", "--no-ff", "-m", "take the side in", "side")
    merge = far.git("rev-parse", "HEAD")
    far.git("push", "-q", "origin", "HEAD")
    sent += [merge, f"{merge}:2"]
    sent.append(server.call("memory_update", path="context/e.md", content="e\n")["commit"])
    far.receiver.wait_for(len(sent))
    far.settle()
    _, said = server.end()
    assert far.keys == sent
    assert said == ""
    assert far.sync()["standing"] == "up_to_date"
    first = json.loads(far.receiver.calls[0].body)
    assert (first["repo"], first["path"]) == (REPOSITORY, "context/a.md")


@pytest.mark.contract("C1", "C6")
def test_what_came_while_offline_and_where_the_cursor_is(far: Far) -> None:
    assert far.sync()["standing"] == "started"
    taken = 98 if is_soak() else 18  # and more than a page of the log, for which there is a unit
    commits = far.others(taken + 5)
    far.receiver.plans.extend([status(204)] * taken + [status(503)])
    failed = far.sync()
    assert (failed["standing"], failed["commits"]) == ("waiting", taken)
    done = far.sync()
    assert (done["standing"], done["commits"]) == ("delivered", 5)
    assert far.keys == [*commits[: taken + 1], *commits[taken:]]
    shutil.rmtree(far.folder / "cache")
    missed = far.others(1, 200)
    assert far.sync()["standing"] == "started"  # as README says: a new one, from here on
    (last,) = far.others(1, 201)
    assert far.sync()["commits"] == 1
    assert missed[0] not in far.keys
    assert far.keys[-1] == last


@pytest.mark.contract("C1")
def test_a_forced_push_is_told_and_the_events_go_on_from_the_last_common_commit(far: Far) -> None:
    far.clone()
    far.sync()
    kept = far.commit_by_hand("kept.md")
    far.commit_by_hand("gone.md")
    far.git("push", "-q", "origin", "HEAD")
    assert far.sync()["commits"] == 2
    far.git("reset", "-q", "--hard", kept)
    new = [far.commit_by_hand("new1.md"), far.commit_by_hand("new2.md")]
    far.git("push", "-q", "--force", "origin", "HEAD")
    done = far.sync()
    assert (done["standing"], done["commits"]) == ("delivered", 2)
    assert "the history was rewritten" in done["warnings"][0]
    assert far.keys[2:] == new


@pytest.mark.contract("C1", "C6")
def test_a_cache_that_is_deleted_under_a_server_costs_no_event(far: Far) -> None:
    server = far.serve()
    sent = [server.call("memory_update", path="context/a.md", content="a\n")["commit"]]
    far.settle()
    (far.folder / "cache").rename(far.folder / "gone")
    sent.append(server.call("memory_update", path="context/b.md", content="b\n")["commit"])
    far.receiver.wait_for(2)
    far.settle()
    _, said = server.end()
    assert far.keys == sent
    assert said == ""
    assert far.sync()["standing"] == "up_to_date"
