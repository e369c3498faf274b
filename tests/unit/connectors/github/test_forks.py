"""The fork of somebody who may not push; more in tests/unit/distribution/test_contributing.py."""

import httpx
import pytest
from pack_connectors.github.forks import GithubOfferPlace
from pack_connectors.github.session import GithubSession

from pack.errors import AuthFailed, Unavailable
from pack.model import CommitId
from tests.github_support import NO_CERTIFICATES
from tests.standins.github import GithubStandIn
from tests.standins.github_state import Permission, Token


@pytest.fixture
def service(tmp_path):
    with GithubStandIn(tmp_path / "github") as made:
        made.add_repository("ada/kits", {"a.md": b"1\n"}, private=False)
        made.state.add_user("eve")
        made.add_token(Token("eve-test", "eve", administration=Permission.WRITE))
        yield made
        assert made.take_violations() == []


@pytest.fixture
def session(service):
    made = GithubSession(
        service.url,
        lambda: "eve-test",
        clock=service.clock,
        sleep=service.clock.sleep,
        transport=httpx.HTTPTransport(verify=NO_CERTIFICATES),
    )
    yield made
    made.close()


def test_a_fork_that_is_slow_is_waited_for_but_not_for_ever(service, session):
    place = GithubOfferPlace(session, "ada", "kits")
    base = CommitId(service.head("ada/kits"))
    found, called = place.own(base)
    assert (found.address, called) == ("eve/kits", "eve:")
    service.repository("eve/kits").coming = 1000
    with pytest.raises(Unavailable, match="try again later"):
        place.own(CommitId("1" * 40))


def test_a_repository_that_is_not_there_is_said(session):
    with pytest.raises(AuthFailed, match="no repository"):
        GithubOfferPlace(session, "ada", "nothing").own(CommitId("1" * 40))
