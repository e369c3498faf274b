"""A downstream on GitHub: what it costs, and what GitHub does that git does not.

What every downstream must do is in tests/conformance/downstream_contract.py.
"""

import httpx
import pytest
from pack_connectors.github.downstream import GithubDownstream
from pack_connectors.github.pull_rows import PullRow
from pack_connectors.github.session import GithubSession

from pack.distribution.values import PullRequestText
from pack.errors import (
    AuthFailed,
    ConnectorError,
    InvalidConfig,
    NotFound,
    RateLimited,
    RefusedForSafety,
)
from pack.model import blob_id
from tests.conformance.downstream_contract import contents, head_of, new_commit
from tests.github_support import NO_CERTIFICATES
from tests.standins.faults import FaultKind
from tests.standins.github import GithubStandIn
from tests.standins.github_state import Permission

BRANCH = "pack-sync/v1.0.0/guides"


@pytest.fixture
def service(tmp_path):
    with GithubStandIn(tmp_path / "github") as standin:
        standin.add_repository("ada/webapp", {"a.md": b"1\n", "b.md": b"2\n"})
        yield standin


@pytest.fixture
def session(service):
    made = GithubSession(
        service.url,
        lambda: service.token,
        clock=service.clock,
        sleep=service.clock.sleep,
        transport=httpx.HTTPTransport(verify=NO_CERTIFICATES),
    )
    yield made
    made.close()


@pytest.fixture
def downstream(session):
    made = GithubDownstream(session, "ada", "webapp")
    yield made
    made.close()


def test_a_sync_takes_few_requests(service, downstream):
    with service.log.counting() as asked:
        head = head_of(downstream)
        assert downstream.branches("pack-sync/") == {}
        downstream.files(head)
        list(downstream.log(head, head))
        writes = {f"docs/{number}.md": b"# %d\n" % number for number in range(200)}
        made = downstream.commit(new_commit(head, writes=writes, removes=("b.md",)))
        downstream.move_branch(BRANCH, made, None)
    assert dict(asked.operations()) == {
        "repos/get": 1,
        "repos/list-commits": 1,
        "git/list-matching-refs": 1,
        "git/get-tree": 1,
        "git/create-tree": 1,
        "git/create-commit": 1,
        "git/create-ref": 1,
    }


def test_a_second_run_only_reads(service, session, downstream):
    wanted = new_commit(head_of(downstream), writes={"c.md": b"3\n"})
    downstream.move_branch(BRANCH, downstream.commit(wanted), None)
    again = GithubDownstream(session, "ada", "webapp")
    with service.log.counting() as asked:
        head = head_of(again)
        (offered,) = again.branches("pack-sync/").values()
        contents(again, offered)
        assert [one.id for one in again.log(offered, head)] == [offered]
        assert again.commit(wanted) == offered
        again.close()
    assert {one.method for one in asked} == {"GET"}


def test_many_files_come_at_once(service, session, downstream):
    files = {f"n/{number}.md": b"# %d\n" % number for number in range(50)}
    commit = service.commit("ada/webapp", files)
    with service.log.counting() as asked:
        assert contents(downstream, commit)["n/49.md"] == b"# 49\n"
    assert asked.paid <= 3
    again = GithubDownstream(session, "ada", "webapp")
    assert head_of(again) == commit
    with service.log.counting() as asked:
        assert contents(again, commit)["n/49.md"] == b"# 49\n"
    assert {one.method for one in asked} == {"GET"}
    assert asked.operations()["repos/download-tarball-archive"] == 1


def test_a_large_tree_is_read_folder_by_folder(service, downstream):
    service.service.sizes.tree_entries = 4
    files = {f"{folder}/{number}.md": b"x\n" for folder in "cd" for number in range(3)}
    commit = service.commit("ada/webapp", files)
    assert len(downstream.files(commit)) == 8


def test_a_long_log_is_read_page_by_page(service, downstream):
    for number in range(4):
        service.commit("ada/webapp", {"n.md": b"%d\n" % number})
    head = head_of(downstream)
    git = service.repository("ada/webapp").git
    tree = git.commit_data(head).tree
    lines = [
        f"commit refs/heads/main\ncommitter A <a@x> 1770000000 +0000\ndata 1\n{n % 10}\n"
        for n in range(230)
    ]
    lines[0] += f"from {head}\nM 040000 {tree} \n"
    git.git("fast-import", "--quiet", "--force", stdin="".join(lines).encode())
    newest = service.head("ada/webapp")
    with service.log.counting() as asked:
        next(downstream.log(newest))
    assert asked.paid == 1
    assert len(list(downstream.log(newest))) == 235
    assert len(list(downstream.log(newest, head))) == 230


def test_histories_without_a_common_commit_have_all_of_theirs(service, downstream):
    other = service.state.commit("ada/webapp", {"o.md": b"o\n"}, branch="other", parents=[])
    assert [one.id for one in downstream.log(other, head_of(downstream))] == [other]


def test_a_default_branch_of_another_name_is_used(service, downstream):
    found = service.repository("ada/webapp")
    found.git.git("branch", "-m", "main", "trunk")
    found.default_branch = "trunk"
    assert downstream.default_branch() == ("trunk", service.head("ada/webapp"))


def test_a_repository_without_a_commit_is_offered_nothing(service, session):
    service.add_repository("ada/empty")
    downstream = GithubDownstream(session, "ada", "empty")
    with pytest.raises(RefusedForSafety, match="no commit yet"):
        downstream.commit(new_commit(None, writes={"a.md": b"a\n"}))


def test_a_name_that_no_repository_has_is_refused(session):
    with pytest.raises(InvalidConfig):
        GithubDownstream(session, "ada", "../webapp")


def test_an_archived_repository_and_an_unknown_token_are_said(service, session, downstream):
    wanted = new_commit(head_of(downstream), writes={"c.md": b"3\n"})
    service.repository("ada/webapp").archived = True
    with pytest.raises(RefusedForSafety, match="archived"):
        downstream.commit(wanted)
    service.token = "github_pat_canary_unknown"
    with pytest.raises(AuthFailed):
        GithubDownstream(session, "ada", "webapp").default_branch()


def test_a_limit_is_passed_on_and_the_rest_goes_on_later(service, session, downstream):
    wanted = new_commit(head_of(downstream), writes={"c.md": b"3\n"})
    service.faults.add(FaultKind.PRIMARY_LIMIT, "git/create-commit")
    with pytest.raises(RateLimited):
        downstream.commit(wanted)
    service.clock.advance(7200)
    again = GithubDownstream(session, "ada", "webapp")
    again.move_branch(BRANCH, again.commit(wanted), None)
    assert list(again.branches("pack-sync/")) == [BRANCH]


@pytest.mark.parametrize("operation", ["git/create-tree", "git/create-commit", "git/create-blob"])
def test_an_answer_that_was_lost_makes_the_same_commit(service, downstream, operation):
    wanted = new_commit(head_of(downstream), writes={"c.md": b"3\n", "d.bin": b"\xff"})
    service.faults.add(FaultKind.CUT_AFTER, operation)
    made = downstream.commit(wanted)
    assert not service.faults.waiting
    assert downstream.commit(wanted) == made
    assert downstream.files(made)["c.md"].blob == blob_id(b"3\n")


def test_a_commit_that_is_not_there_is_not_found(downstream):
    for ask in (downstream.files, lambda one: next(downstream.log(one))):
        with pytest.raises(NotFound):
            ask("1" * 40)


@pytest.mark.parametrize("row", [{}, {"state": "open"}, {"state": "open", "merged_at": None}])
def test_a_pull_request_without_its_members_is_no_answer(row):
    with pytest.raises(ConnectorError, match="lacks a member"):
        PullRow(row)


# --- trouble -------------------------------------------------------------------------------------

TEXT = PullRequestText("A title", "Text", ("pack-sync",), ("bob",), BRANCH)
WRITE_OPERATIONS = (
    "git/create-tree",
    "git/create-blob",
    "git/create-commit",
    "git/create-ref",
    "pulls/create",
    "pulls/request-reviewers",
    "issues/add-labels",
    "issues/create-comment",
)
LOST = (
    FaultKind.CUT_AFTER,
    *(
        pytest.param(kind, marks=pytest.mark.soak)
        for kind in (FaultKind.CUT, FaultKind.BAD_GATEWAY_AFTER, FaultKind.GARBAGE)
    ),
)


def sync(session):
    """All that is done for one rule, as a run does it."""
    downstream = GithubDownstream(session, "ada", "webapp")
    head = head_of(downstream)
    offered = downstream.branches("pack-sync/").get(BRANCH)
    writes = {"c.md": b"3\n", "d.bin": b"\xff"}
    made = downstream.commit(new_commit(head, writes=writes, removes=("b.md",)))
    if made != offered:
        downstream.move_branch(BRANCH, made, offered)
    pulls = downstream.pull_requests
    pull = next(iter(pulls.list("pack-sync/")), None) or pulls.open(TEXT, "main")
    notes = [*pulls.ask(pull, TEXT.reviewers), *pulls.label(pull, TEXT.labels)]
    pulls.comment(pull, "Said once.")
    downstream.close()
    return notes


def assert_done_once(service):
    found = service.repository("ada/webapp")
    (pull,) = found.tracker.pulls.values()
    assert (pull.reviewers, pull.issue.labels) == (["bob"], ["pack-sync"])
    assert [one.body for one in pull.issue.comments] == ["Said once."]
    assert len(found.git.log(f"main..{BRANCH}")) == 1
    tree = found.git.git("ls-tree", "-r", "--name-only", BRANCH).decode().split()
    assert tree == ["a.md", "c.md", "d.bin"]


@pytest.fixture
def reviewer(service):
    service.state.add_user("bob")
    service.repository("ada/webapp").collaborators["bob"] = Permission.WRITE


@pytest.mark.parametrize("operation", WRITE_OPERATIONS)
@pytest.mark.parametrize("kind", LOST)
@pytest.mark.usefixtures("reviewer")
def test_an_answer_that_is_lost_does_nothing_twice(service, session, operation, kind):
    service.faults.add(kind, operation)
    assert sync(session) == []
    assert not service.faults.waiting
    assert_done_once(service)
    with service.log.counting() as asked:
        assert sync(session) == []
    assert {one.method for one in asked} == {"GET"}


@pytest.mark.parametrize("operation", WRITE_OPERATIONS)
@pytest.mark.usefixtures("reviewer")
def test_a_run_that_was_ended_by_a_limit_goes_on_where_it_was(service, session, operation):
    service.faults.add(FaultKind.PRIMARY_LIMIT, operation)
    with pytest.raises(RateLimited):
        sync(session)
    service.clock.advance(7200)
    assert sync(session) == []
    assert_done_once(service)
