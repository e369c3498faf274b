"""The pull requests of a downstream on GitHub."""

from dataclasses import replace

import httpx
import pytest
from pack_connectors.github import pulls as pulls_module
from pack_connectors.github.downstream import GithubDownstream
from pack_connectors.github.session import GithubSession

from pack.distribution.ports import PullState
from pack.distribution.values import PullRequestText
from pack.errors import AuthFailed, ConnectorError, RateLimited
from tests.github_support import NO_CERTIFICATES
from tests.standins.faults import FaultKind
from tests.standins.github import GithubStandIn
from tests.standins.github_protection import BranchRule
from tests.standins.github_state import Permission, Token

BRANCH = "pack-sync/v1.0.0/guides"
WANTED = PullRequestText("A title", "Text\n\nmore", ("pack-sync",), ("bob",), BRANCH)
WRITES = ("POST", "PATCH", "PUT", "DELETE")


class Host:
    """The stand-in with a downstream.

    Attributes:
        service: The stand-in.
        found: The repository there.
    """

    def __init__(self, service):
        self.service = service
        self.found = service.add_repository("ada/webapp", {"a.md": b"1\n"})
        for login in ("bob", "cleo", "eve"):
            service.state.add_user(login)
        for login in ("bob", "cleo"):
            self.found.collaborators[login] = Permission.WRITE
        self.sessions = []

    def open(self, token=None):
        """The pull requests, as another run sees them."""
        session = GithubSession(
            self.service.url,
            lambda: token or self.service.token,
            clock=self.service.clock,
            sleep=self.service.clock.sleep,
            transport=httpx.HTTPTransport(verify=NO_CERTIFICATES),
        )
        self.sessions.append(session)
        return GithubDownstream(session, "ada", "webapp").pull_requests

    def branch(self, name=BRANCH, content=b"new\n"):
        start = [self.service.head("ada/webapp")]
        return self.service.state.commit(
            "ada/webapp", {"new.md": content}, branch=name, parents=start
        )

    def pull(self, number=1):
        return self.found.tracker.pulls[number]

    def issue(self, number=1):
        return self.found.tracker.issues[number]


@pytest.fixture
def host(tmp_path):
    with GithubStandIn(tmp_path / "github") as standin:
        made = Host(standin)
        yield made
        for session in made.sessions:
            session.close()


def writes_of(log):
    return [one.operation for one in log if one.method in WRITES]


def test_one_is_opened_found_edited_and_closed(host):
    head = host.branch()
    pulls = host.open()
    assert pulls.list("pack-sync/") == []
    made = pulls.open(WANTED, "main")
    assert (made.number, made.state, made.branch, made.head) == (1, PullState.OPEN, BRANCH, head)
    assert (made.title, made.body, made.is_locked) == (WANTED.title, WANTED.body, False)
    assert made.url.endswith("/ada/webapp/pull/1")
    assert pulls.list("pack-sync/") == host.open().list("pack-sync/") == [made]
    changed = pulls.edit(made, replace(WANTED, title="Other"))
    assert pulls.list("pack-sync/") == [changed]
    pulls.close(changed)
    (found,) = host.open().list("pack-sync/")
    assert (found.title, found.state) == ("Other", PullState.CLOSED)


def test_a_second_run_writes_nothing(host):
    host.branch()
    pulls = host.open()
    made = pulls.open(WANTED, "main")
    assert pulls.ask(made, ("bob",)) == []
    assert pulls.label(made, ("pack-sync", "auto-generated")) == ()
    pulls.comment(made, "Somebody changed this.")
    again = host.open()
    with host.service.log.counting() as asked:
        (found,) = again.list("pack-sync/")
        assert again.edit(found, WANTED) == found
        assert again.label(found, ("Pack-Sync", "auto-generated")) == ()
        assert again.ask(found, ("bob",)) == []
        again.comment(found, "Somebody changed this.\n")
    assert writes_of(asked) == []
    assert asked.paid == 2


def test_one_that_is_open_already_is_that_one(host):
    host.branch()
    pulls, made = host.open(), host.open().open(WANTED, "main")
    assert pulls.open(replace(WANTED, title="Other"), "main") == made
    assert len(host.found.tracker.pulls) == 1


def test_an_answer_that_was_lost_makes_no_second_one(host):
    host.branch()
    host.service.faults.add(FaultKind.CUT_AFTER, "pulls/create")
    made = host.open().open(WANTED, "main")
    host.service.faults.add(FaultKind.CUT_AFTER, "issues/create-comment")
    host.open().comment(made, "Said once.")
    assert not host.service.faults.waiting
    assert len(host.found.tracker.pulls) == 1
    assert [one.body for one in host.issue().comments] == ["Said once."]


def test_a_branch_that_is_not_seen_yet_is_offered_later(host):
    host.branch()
    host.found.unseen[BRANCH] = 2
    assert host.open().open(WANTED, "main").number == 1


def test_a_branch_that_is_not_there_is_refused(host):
    with pytest.raises(ConnectorError, match="422"):
        host.open().open(WANTED, "main")


def test_what_offers_nothing_is_refused(host):
    host.found.git.git("branch", BRANCH, "main")
    with pytest.raises(ConnectorError, match="422"):
        host.open().open(WANTED, "main")


def test_states_are_told_apart_the_newest_first(host):
    pulls = host.open()
    for number in range(1, 4):
        name = f"pack-sync/v{number}.0.0/guides"
        host.branch(name, b"%d\n" % number)
        pulls.open(replace(WANTED, branch=name), "main")
    host.service.client().put("/repos/ada/webapp/pulls/1/merge", json={"merge_method": "squash"})
    host.service.client().patch("/repos/ada/webapp/pulls/2", json={"state": "closed"})
    host.issue(3).locked = True
    host.branch("other")
    pulls.open(replace(WANTED, branch="other"), "main")
    found = host.open().list("pack-sync/")
    assert [(one.number, one.state) for one in found] == [
        (3, PullState.OPEN),
        (2, PullState.CLOSED),
        (1, PullState.MERGED),
    ]
    assert [one.is_locked for one in found] == [True, False, False]
    assert [one.number for one in host.open().list("pack-sync/v2.0.0/guides")] == [2]


def test_a_branch_of_that_name_in_a_fork_is_not_ours(host):
    fork = host.service.state.fork(host.found, "eve/webapp", delay=0)
    host.found.private = fork.private = False
    start = host.service.head("eve/webapp")
    host.service.state.commit("eve/webapp", {"e.md": b"e\n"}, branch=BRANCH, parents=[start])
    eve = host.service.client(host.service.add_token(Token("github_pat_canary_eve", "eve")))
    body = {"title": "T", "head": f"eve:{BRANCH}", "base": "main"}
    assert eve.post("/repos/ada/webapp/pulls", json=body).status_code == 201
    assert host.open().list("pack-sync/") == []
    host.branch()
    assert host.open().open(WANTED, "main").number == 2


def test_of_very_many_those_that_are_open_are_found(host, monkeypatch):
    monkeypatch.setattr(pulls_module, "_MOST_PAGES", 1)
    pulls = host.open()
    host.branch()
    pulls.open(WANTED, "main")
    for number in range(2, 103):
        issue = host.service.state.new_issue(host.found, "bob", f"{number}", "")
        host.found.tracker.pulls[number] = replace(host.pull(), issue=issue, head_branch="gone")
        issue.set_state("closed", "bob", host.service.clock())
    assert [one.number for one in host.open().list("pack-sync/")] == [1]


# --- what cannot be done is said -----------------------------------------------------------------


def test_reviewers_who_may_not_review_do_not_keep_the_others_away(host):
    host.branch()
    host.found.teams.add("writers")
    pulls = host.open()
    made = pulls.open(WANTED, "main")
    wanted = ("eve", "bob", "ada/writers", "ada/nobody", "ada", "ann@example.org", "bob")
    notes = pulls.ask(made, wanted)
    assert host.pull().reviewers == ["bob"]
    assert host.pull().teams == ["writers"]
    assert [note.partition(" ")[0] for note in notes] == ["ann@example.org", "eve", "ada/nobody"]
    assert "not a collaborator" in notes[1]
    assert host.open().ask(made, ("bob", "ada/writers", "Cleo", "cleo")) != ()


def test_labels_that_cannot_be_set_are_said(host):
    host.branch()
    pulls = host.open()
    made = pulls.open(WANTED, "main")
    notes = pulls.label(made, ("pack-sync", "x" * 60))
    assert len(notes) == 1
    assert "Validation Failed" in notes[0]
    assert host.issue().labels == []


def test_nothing_is_said_where_nobody_may_comment(host):
    host.branch()
    pulls = host.open()
    made = pulls.open(WANTED, "main")
    host.issue().locked = True
    pulls.comment(made, "Hello")
    (found,) = host.open().list("pack-sync/")
    with host.service.log.counting() as asked:
        pulls.comment(found, "Hello")
    assert (len(asked), host.issue().comments) == (0, [])


def test_many_comments_are_read(host):
    host.branch()
    pulls = host.open()
    made = pulls.open(WANTED, "main")
    for number in range(120):
        host.found.tracker.comment(host.issue(), "bob", f"{number}", host.service.clock())
    pulls.comment(made, "119")
    assert len(host.issue().comments) == 120


def test_a_token_without_the_right_is_told_which(host):
    host.branch()
    weak = Token("github_pat_canary_weak", "ada", pull_requests=Permission.READ)
    pulls = host.open(host.service.add_token(weak))
    with pytest.raises(AuthFailed) as found:
        pulls.open(WANTED, "main")
    assert "Pull requests: read and write" in found.value.remedy


def test_a_limit_is_passed_on(host):
    host.branch()
    host.service.faults.add(FaultKind.PRIMARY_LIMIT, "pulls/create")
    with pytest.raises(RateLimited):
        host.open().open(WANTED, "main")


# --- merging -------------------------------------------------------------------------------------


def test_it_is_merged_by_the_host_only_where_that_is_allowed_and_something_is_waited_for(host):
    host.branch()
    pulls = host.open()
    made = pulls.open(WANTED, "main")
    assert "does not allow auto-merge" in pulls.merge_when_ready(made)
    host.found.allows_auto_merge = True
    assert "clean status" in host.open().merge_when_ready(made)
    host.found.rules.append(BranchRule("main", checks=("ci",)))
    host.found.merge_methods = {"rebase"}
    assert host.open().merge_when_ready(made) is None
    again = host.open()
    (found,) = again.list("pack-sync/")
    with host.service.log.counting() as asked:
        assert again.merge_when_ready(found) is None
    assert writes_of(asked) == []
    assert host.service.head("ada/webapp") != host.pull().head
    host.service.pass_check("ada/webapp", 1, "ci")
    assert host.open().list("pack-sync/")[0].state is PullState.MERGED


def test_one_that_people_must_look_at_is_left_to_them(host):
    host.branch()
    host.found.allows_auto_merge = True
    host.found.rules.append(BranchRule("main", checks=("ci",)))
    pulls = host.open()
    made = pulls.open(WANTED, "main")
    with host.service.log.counting() as asked:
        pulls.leave_to_people(made)
    assert len(asked) == 0
    assert pulls.merge_when_ready(made) is None
    again = host.open()
    (found,) = again.list("pack-sync/")
    host.service.faults.add(FaultKind.CUT_AFTER, "graphql/mutation")
    again.leave_to_people(found)
    again.leave_to_people(found)
    assert not host.service.faults.waiting
    assert host.pull().auto_merge is None
    host.service.pass_check("ada/webapp", 1, "ci")
    assert host.open().list("pack-sync/")[0].state is PullState.OPEN


def test_one_that_cannot_be_left_to_people_is_said(host):
    host.branch()
    host.found.allows_auto_merge = True
    host.found.rules.append(BranchRule("main", checks=("ci",)))
    pulls = host.open()
    made = pulls.open(WANTED, "main")
    assert pulls.merge_when_ready(made) is None
    host.service.service.serves_graphql = False
    with pytest.raises(ConnectorError, match="still merged by itself"):
        pulls.leave_to_people(made)


def test_a_head_that_moved_is_not_merged_by_itself(host):
    host.branch()
    host.found.allows_auto_merge = True
    host.found.rules.append(BranchRule("main", checks=("ci",)))
    pulls = host.open()
    made = pulls.open(WANTED, "main")
    host.branch(content=b"theirs\n")
    assert "expected value" in pulls.merge_when_ready(made)
    assert host.pull().auto_merge is None


def test_a_server_without_graphql_is_said(host):
    host.branch()
    host.found.allows_auto_merge = True
    host.service.service.serves_graphql = False
    pulls = host.open()
    assert "404" in pulls.merge_when_ready(pulls.open(WANTED, "main"))
