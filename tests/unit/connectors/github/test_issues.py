"""An issue is opened once."""

import httpx
import pytest
from pack_connectors.github.issues import GithubIssues
from pack_connectors.github.session import GithubSession

from pack.errors import ConnectorError
from tests.github_support import NO_CERTIFICATES
from tests.standins.faults import FaultKind
from tests.standins.github import GithubStandIn


@pytest.fixture
def service(tmp_path):
    with GithubStandIn(tmp_path / "github") as made:
        made.add_repository("ada/kits", {"a.md": b"1\n"})
        yield made
        assert made.take_violations() == []


@pytest.fixture
def issues(service):
    session = GithubSession(
        service.url,
        lambda: service.token,
        clock=service.clock,
        sleep=service.clock.sleep,
        transport=httpx.HTTPTransport(verify=NO_CERTIFICATES),
    )
    yield GithubIssues(session, "ada", "kits")
    session.close()


def titles(service):
    return [issue.title for issue in service.repository("ada/kits").tracker.issues.values()]


def test_the_same_is_opened_once(service, issues):
    url = issues.open("It fails", "Line\n\nline\n")
    assert issues.open("It fails", "Line\n\nline") == url
    assert issues.open("It fails", "Something else") != url
    assert titles(service) == ["It fails", "It fails"]


@pytest.mark.parametrize("kind", [FaultKind.CUT, FaultKind.CUT_AFTER])
def test_an_answer_that_is_lost_opens_no_second_one(service, issues, kind):
    service.faults.add(kind, "issues/create")
    assert issues.open("It fails", "Line").endswith("/1")
    assert titles(service) == ["It fails"]


def test_what_github_refuses_is_said(service, issues):
    service.faults.add(FaultKind.FORBIDDEN, "issues/create")
    with pytest.raises(ConnectorError):
        issues.open("It fails", "Line")
    assert titles(service) == []
