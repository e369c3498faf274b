"""Branches on GitHub, where each step is a request that may fail.

What every place must do with them is in tests/conformance/downstream_contract.py.
"""

import httpx
import pytest
from pack_connectors.github.address import parse_place
from pack_connectors.github.branches import GithubBranches
from pack_connectors.github.repository import GithubRepository
from pack_connectors.github.session import GithubSession

from pack.errors import ConnectorError, RefusedForSafety, StaleBase, Unavailable
from tests.github_support import NO_CERTIFICATES
from tests.standins.faults import FaultKind
from tests.standins.github import GithubStandIn
from tests.standins.github_protection import BranchRule

NAME = "pack-sync/v1/guides"


@pytest.fixture
def service(tmp_path):
    with GithubStandIn(tmp_path / "github") as standin:
        standin.add_repository("ada/webapp", {"a.md": b"1\n"})
        yield standin


@pytest.fixture
def branches(service):
    session = GithubSession(
        service.url,
        lambda: service.token,
        clock=service.clock,
        sleep=service.clock.sleep,
        transport=httpx.HTTPTransport(verify=NO_CERTIFICATES),
    )
    yield GithubBranches(GithubRepository(session, parse_place(service.url, "ada", "webapp")))
    session.close()


@pytest.fixture
def commits(service):
    return [service.head("ada/webapp"), service.commit("ada/webapp", {"a.md": b"2\n"})]


@pytest.mark.parametrize("operation", ["git/create-ref", "git/update-ref", "git/delete-ref"])
@pytest.mark.parametrize("kind", [FaultKind.CUT, FaultKind.CUT_AFTER])
def test_an_answer_that_was_lost_is_looked_for(service, branches, commits, operation, kind):
    one, other = commits
    if operation != "git/create-ref":
        branches.swap(NAME, one, None)
    service.faults.add(kind, operation)
    if operation == "git/create-ref":
        branches.swap(NAME, one, None)
        assert branches.matching("pack-sync/") == {NAME: one}
    elif operation == "git/update-ref":
        branches.swap(NAME, other, one)
        assert branches.at(NAME) == other
    else:
        branches.delete(NAME, one)
        assert branches.at(NAME) is None
    assert not service.faults.waiting


def test_a_branch_that_moves_at_this_moment_is_not_taken_where_it_goes_forward(
    service, branches, commits
):
    one, other = commits
    branches.swap(NAME, one, None)
    theirs = service.state.commit("ada/webapp", {"t.md": b"t\n"}, branch="t", parents=[one])
    git = service.repository("ada/webapp").git
    git.before_ref_update = lambda: git.swap(f"refs/heads/{NAME}", theirs, one)
    with pytest.raises(StaleBase):
        branches.swap(NAME, other, one, is_forward=True)
    assert branches.at(NAME) == theirs


def test_a_branch_of_the_name_of_a_folder_is_in_the_way(branches, commits):
    branches.swap("pack-sync", commits[0], None)
    with pytest.raises(ConnectorError, match="cannot make the branch") as found:
        branches.swap(NAME, commits[0], None)
    assert "`pack-sync`" in found.value.remedy


def test_a_rule_that_forbids_new_branches_is_respected(service, branches, commits):
    service.repository("ada/webapp").rules.append(BranchRule("pack-sync/*", may_create=False))
    with pytest.raises(RefusedForSafety, match="creations being restricted"):
        branches.swap("pack-sync/x", commits[0], None)


def test_a_server_that_does_not_answer_is_given_up(service, branches, commits):
    service.faults.add(FaultKind.CUT, "git/create-ref", times=9)
    with pytest.raises(Unavailable, match="nothing was written"):
        branches.swap(NAME, commits[0], None)
    service.faults.clear()


def test_there_may_be_many(service, branches, commits):
    lines = "".join(f"create refs/heads/pack-sync/{n:03} {commits[0]}\n" for n in range(70))
    service.repository("ada/webapp").git.git("update-ref", "--stdin", stdin=lines.encode())
    assert len(branches.matching("pack-sync/")) == 70
