"""`pack distribute` with pull requests on GitHub: opened, updated, left to people, taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.standins.faults import FaultKind
from tests.standins.github import GithubStandIn
from tests.standins.github_protection import BranchRule
from tests.standins.github_state import Permission
from tests.standins.github_tracker import Issue, Pull
from tests.stories.cli_driver import Ended
from tests.stories.distributing import FIRST, RULE, Memory, make_pair
from tests.support import make_again

WEB = "ada/web"
BRANCH = "memory-sync/v1.0.0/guides"
CHANGED = FIRST["projects/web/a.md"].replace("line 4", "line four")
WRITES = ("POST", "PATCH", "PUT", "DELETE")


@dataclass
class Story:
    """A memory, and GitHub with a repository that gets parts of it."""

    memory: Memory
    service: GithubStandIn

    def pack(self, *words: str, **settings: str) -> Ended:
        env = {
            "GITHUB_TOKEN": self.service.token,
            "GITHUB_API_URL": self.service.url,
            "PACK_GITHUB_WAIT": "0",
            **settings,
        }
        ended = self.memory.pack("distribute", *words, "--format", "json", env=env)
        assert self.service.token not in ended.text + ended.err
        return ended

    def run(self, *words: str, status: int = 0) -> dict[str, Any]:
        ended = self.pack("run", *words)
        assert ended.status == status, ended
        (found,) = ended.json["results"]
        return dict(found)

    def pull(self, number: int = 1) -> Pull:
        return self.service.repository(WEB).tracker.pulls[number]

    def issue(self, number: int = 1) -> Issue:
        return self.service.repository(WEB).tracker.issues[number]

    def close(self, number: int = 1) -> None:
        """As a person does."""
        self.issue(number).set_state("closed", "bob", self.service.clock())

    def merge(self, number: int = 1, how: str = "squash") -> None:
        path = f"/repos/{WEB}/pulls/{number}/merge"
        self.service.client().put(path, json={"merge_method": how}).raise_for_status()

    def push(self, branch: str, files: Mapping[str, bytes | None]) -> str:
        """Somebody's commit on a branch."""
        head = self.service.repository(WEB).git.ref(f"refs/heads/{branch}")
        assert head is not None
        return self.service.state.commit(WEB, files, branch=branch, parents=[head])

    def written(self) -> list[str]:
        """The requests that write, since this was asked last."""
        found = [
            f"{one.method} {one.path}"
            for one in self.service.log
            if one.method in WRITES and not one.path.startswith("/graphql")
        ]
        self.service.log.clear()
        return found


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    make_again(make_pair, tmp_path / "story")
    memory = Memory(tmp_path / "story" / "memory")
    memory.rule(RULE.replace("../down", WEB))
    owners = b"* @bob\n/docs/ @cleo @ghost\n"
    with GithubStandIn(tmp_path / "github") as service:
        found = service.add_repository(WEB, {"README.md": b"# Web\n", "CODEOWNERS": owners})
        for login in ("bob", "cleo"):
            service.state.add_user(login)
            found.collaborators[login] = Permission.WRITE
        yield Story(memory, service)
        assert service.take_violations() == []


def test_a_pull_request_is_opened_with_all_that_belongs_to_it(story: Story) -> None:
    done = story.run()
    assert (done["status"], done["branch"]) == ("opened", BRANCH)
    issue, pull = story.issue(), story.pull()
    assert done["pull_request"]["url"].endswith("/pull/1")
    assert issue.title == "sync(memory): Update guides from v1.0.0"
    assert issue.body == done["pull_request"]["body"]
    assert issue.labels == ["memory-sync", "auto-generated"]
    assert (pull.head_branch, pull.head, pull.base_branch) == (BRANCH, done["commit"], "main")
    assert pull.reviewers == ["cleo"]
    assert any("ghost" in note for note in done["notes"])


def test_a_second_run_makes_no_request_that_writes(story: Story) -> None:
    story.run()
    before = story.memory.state()
    assert story.written()
    done = story.run()
    assert (done["status"], story.written()) == ("unchanged", [])
    assert story.memory.state() == before
    story.merge()
    story.written()
    assert story.run()["status"] == "unchanged"
    assert story.written() == []


@pytest.mark.parametrize("how", ["merge", "squash", pytest.param("rebase", marks=pytest.mark.soak)])
def test_what_was_merged_is_known_and_taken_back(story: Story, how: str) -> None:
    story.run()
    story.merge(1, how)
    before = story.service.files(WEB)
    story.memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    assert story.run()["status"] == "opened"
    story.merge(2, how)
    ended = story.pack("rollback", "guides")
    assert ended.status == 0, ended
    done = ended.json
    assert done["restored_to"] == "v1.0.0"
    assert done["pull_request"]["url"].endswith("/pull/3")
    story.merge(3, how)
    after = story.service.files(WEB)
    assert after.pop("DECISIONS.md")
    assert after == before
    assert story.run()["status"] == "unchanged"


def test_a_newer_version_updates_the_same_untouched_pull_request(story: Story) -> None:
    story.run()
    story.memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    done = story.run()
    assert done["status"] == "updated"
    assert len(story.service.repository(WEB).tracker.pulls) == 1
    assert story.issue().title.endswith("from v1.1.0")
    assert story.pull().head == done["commit"]
    story.written()
    assert story.run()["status"] == "unchanged"
    assert story.written() == []


def test_a_branch_with_commits_of_others_gets_a_comment_once(story: Story) -> None:
    story.run()
    theirs = story.push(BRANCH, {"docs/guides/a.md": b"# Mine\n"})
    story.memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    for _ in range(2):
        assert story.run(status=1)["status"] == "blocked"
    assert story.service.repository(WEB).git.ref(f"refs/heads/{BRANCH}") == theirs
    (comment,) = story.issue().comments
    assert "v1.1.0" in comment.body
    assert len(story.service.repository(WEB).tracker.pulls) == 1


def test_a_locked_pull_request_gets_no_comment_and_no_push(story: Story) -> None:
    story.run()
    story.push(BRANCH, {"docs/guides/a.md": b"# Mine\n"})
    story.issue().locked = True
    story.memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    assert story.run(status=1)["status"] == "blocked"
    assert story.issue().comments == []


def test_what_people_closed_stays_closed_for_that_version(story: Story) -> None:
    story.run()
    story.close()
    done = story.run()
    assert (done["status"], done["pull_request"]) == ("unchanged", None)
    assert story.issue().state == "closed"
    story.memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    assert story.run()["pull_request"]["url"].endswith("/pull/2")


def test_a_source_that_was_reverted_closes_the_pull_request_with_a_comment(story: Story) -> None:
    story.run()
    story.merge()
    story.memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    story.run()
    story.memory.release("v1.2.0", {"projects/web/a.md": FIRST["projects/web/a.md"]})
    assert story.run()["status"] == "updated"
    assert story.issue(2).state == "closed"
    assert len(story.issue(2).comments) == 1
    assert story.run()["status"] == "unchanged"


def test_a_protected_branch_is_an_error_of_that_repository(story: Story) -> None:
    rule = BranchRule("memory-sync/*/*", may_create=False)
    story.service.repository(WEB).rules.append(rule)
    done = story.run(status=1)
    assert (done["status"], done["branch"]) == ("failed", None)
    assert done["message"]
    assert story.service.repository(WEB).tracker.pulls == {}


def test_only_what_passes_all_checks_is_merged_by_the_host(story: Story) -> None:
    found = story.service.repository(WEB)
    found.allows_auto_merge = True
    found.rules.append(BranchRule("main", checks=("ci",)))
    story.run()
    assert story.pull().auto_merge is None  # the files name no version
    story.close()
    tagged = {
        name: f"---\nversion: v1.1.0\n---\n{text}" for name, text in FIRST.items() if "web/" in name
    }
    story.memory.release("v1.1.0", tagged)
    done = story.run()
    assert {check["status"] for check in done["checks"]} == {"pass"}
    assert story.pull(2).auto_merge is not None
    story.memory.release("v1.2.0", {"projects/web/a.md": CHANGED})
    assert story.run()["status"] == "updated"
    assert story.pull(2).auto_merge is None  # one of its files names no version


def test_what_people_pushed_is_not_merged_by_the_host(story: Story) -> None:
    found = story.service.repository(WEB)
    found.allows_auto_merge = True
    found.rules.append(BranchRule("main", checks=("ci",)))
    tagged = {
        name: f"---\nversion: v1.1.0\n---\n{text}" for name, text in FIRST.items() if "web/" in name
    }
    story.memory.release("v1.1.0", tagged)
    branch = story.run()["branch"]
    assert story.pull().auto_merge is not None
    story.push(branch, {"src/more.py": b"x = 1\n"})
    assert story.run()["status"] == "unchanged"
    assert story.pull().auto_merge is None


def test_what_an_ended_rule_offers_is_withdrawn_unless_it_is_somebodys(story: Story) -> None:
    story.run()
    ended = story.pack("remove", "guides")
    assert ended.status == 0, ended
    assert story.issue().state == "closed"
    assert BRANCH in " ".join(ended.json["notes"])
    story.memory.rule(RULE.replace("../down", WEB))
    story.run("--reopen")
    found = story.service.repository(WEB)
    found.allows_auto_merge = True
    story.push(BRANCH, {"src/more.py": b"x = 1\n"})
    ended = story.pack("remove", "guides")
    assert story.issue(2).state == "open"
    assert "commits of others" in " ".join(ended.json["notes"])


def test_what_was_withdrawn_is_nobodys_refusal(story: Story) -> None:
    story.run()
    story.merge()
    story.memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    story.run()
    story.memory.release("v1.2.0", {"projects/web/a.md": FIRST["projects/web/a.md"]})
    story.run()
    assert story.issue(2).state == "closed"
    assert story.run("--tag", "v1.1.0")["status"] == "opened"


def test_a_version_with_build_metadata_that_people_closed_stays_closed(story: Story) -> None:
    story.memory.release("v1.1.0+b1", {"projects/web/a.md": CHANGED})
    assert story.run()["version"] == "v1.1.0+b1"
    story.close()
    assert story.run()["status"] == "unchanged"
    assert len(story.service.repository(WEB).tracker.pulls) == 1


def test_an_older_version_comes_back_if_it_is_named(story: Story) -> None:
    story.run()
    story.merge()
    story.memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    story.run()
    story.merge(2)
    assert story.run("--tag", "v1.0.0")["status"] == "opened"


def test_a_rate_limit_ends_a_run_that_the_next_one_goes_on_with(story: Story) -> None:
    names = [f"ada/repo-{number}" for number in range(3)]
    for number, name in enumerate(names):
        story.service.add_repository(name, {"README.md": b"# R\n"})
        text = RULE.replace("../down", name).replace("guides", f"r{number}", 1)
        story.memory.rule(text, f"r{number}")
    story.service.faults.add(FaultKind.PRIMARY_LIMIT, skip=25)
    ended = story.pack("run")
    assert ended.status == 1, ended
    statuses = [one["status"] for one in ended.json["results"]]
    assert statuses[0] == "opened"
    assert statuses[-1] == "failed"
    story.service.clock.sleep(3700)
    ended = story.pack("run")
    assert ended.status == 0, ended
    assert {one["status"] for one in ended.json["results"]} == {"opened", "unchanged"}
    for name in (WEB, *names):
        assert len(story.service.repository(name).tracker.pulls) == 1


@pytest.mark.parametrize(
    "operation",
    ["git/create-commit", "git/create-ref", "pulls/create", "pulls/list", "repos/get"],
)
def test_a_failure_is_never_green_and_the_next_run_goes_on(story: Story, operation: str) -> None:
    story.service.faults.add(FaultKind.FORBIDDEN, operation)
    done = story.run(status=1)
    assert (done["status"], done["pull_request"]) == ("failed", None)
    registry = (story.memory.path / ".pack/distribution/registry.yaml").read_text("utf-8")
    assert "failures: 1" in registry
    assert story.run()["status"] == "opened"
    assert story.issue().labels == ["memory-sync", "auto-generated"]
    assert len(story.service.repository(WEB).tracker.pulls) == 1


def test_an_answer_that_was_lost_is_found_again(story: Story) -> None:
    for operation in ("git/create-commit", "git/create-ref", "pulls/create", "issues/add-labels"):
        story.service.faults.add(FaultKind.CUT_AFTER, operation)
    assert story.run()["status"] == "opened"
    assert story.issue().labels == ["memory-sync", "auto-generated"]
    assert len(story.service.repository(WEB).tracker.pulls) == 1
