"""A change of a kit is offered once, with write access or by a fork."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pack_connectors.github.forks import GithubOfferPlace
from pack_connectors.github.session import GithubSession

from pack.distribution.contributing import OfferPlace, offer
from pack.errors import AuthFailed, ConnectorError, InvalidRequest
from pack.kits.contribution import Contribution
from pack.model import CommitId, Identity, MemoryPath
from tests.github_support import NO_CERTIFICATES
from tests.standins.faults import FaultKind
from tests.standins.github import GithubStandIn
from tests.standins.github_state import Permission, Token

EVE = Identity("Eve", "eve@example.org")
AT = datetime(2026, 1, 30, 12, 0, 0, tzinfo=UTC)
PATH = "observer/a.md"


class Host:
    """The stand-in with a repository of kits, and Eve, who keeps none of them."""

    def __init__(self, service: GithubStandIn) -> None:
        self.service = service
        self.found = service.add_repository("ada/kits", {PATH: b"# A\n\none\n"}, private=False)
        service.state.add_user("eve")
        self.eve = service.add_token(Token("eve-test", "eve", administration=Permission.WRITE))
        self.sessions: list[GithubSession] = []

    def place(self, token: str = "") -> OfferPlace:
        """The repository, as another run sees it."""
        session = GithubSession(
            self.service.url,
            lambda: token or self.service.token,
            clock=self.service.clock,
            sleep=self.service.clock.sleep,
            transport=httpx.HTTPTransport(verify=NO_CERTIFICATES),
        )
        self.sessions.append(session)
        return GithubOfferPlace(session, "ada", "kits")

    @property
    def base(self) -> CommitId:
        return CommitId(self.service.head("ada/kits"))

    def pulls(self) -> list[tuple[str, str]]:
        """Where each pull request comes from, and its title."""
        found = self.found.tracker.pulls.values()
        return [(pull.head_repository.full_name, pull.issue.title) for pull in found]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with GithubStandIn(tmp_path / "github") as service:
        made = Host(service)
        yield made
        for session in made.sessions:
            session.close()
        assert service.take_violations() == []


def change(base: CommitId | None, minutes: int = 0) -> Contribution:
    branch = f"contrib/observer-{AT + timedelta(minutes=minutes):%Y%m%dT%H%M%SZ}"
    subject, trailer = "Say it better", "Pack-Kit: observer@1.0.0\n"
    return Contribution(
        "observer 1.0.0",
        base,
        branch,
        subject,
        f"{subject}\n\nChanged where observer 1.0.0 is installed.\n\n{trailer}",
        ["a.md line 3: a person, level 1"],
        [MemoryPath("a.md")],
        {PATH: b"# A\n\none, better\n"},
        "",
    )


def test_who_may_push_offers_a_branch_there(host: Host) -> None:
    sent = offer(change(host.base), host.place(), EVE, AT)
    assert (sent.repo, sent.pushed_to) == ("ada/kits", "ada/kits")
    assert host.pulls() == [("ada/kits", "Say it better")]
    assert sent.url is not None
    body = host.found.tracker.pulls[1].issue.body
    assert body is not None
    assert f"- `{PATH}`" in body
    assert "a person, level 1" in body


def test_who_may_not_push_offers_a_branch_of_a_fork(host: Host) -> None:
    sent = offer(change(host.base), host.place(host.eve), EVE, AT)
    assert (sent.repo, sent.pushed_to) == ("ada/kits", "eve/kits")
    assert host.pulls() == [("eve/kits", "Say it better")]
    fork = host.service.repository("eve/kits").git
    assert fork.git("show", f"{sent.commit}:{PATH}") == b"# A\n\none, better\n"
    assert fork.git("log", "-1", "--format=%an", sent.commit) == b"Eve\n"


@pytest.mark.parametrize("is_far", [False, True])
def test_a_change_that_is_offered_already_is_not_offered_again(host: Host, is_far: bool) -> None:
    token = host.eve if is_far else ""
    first = offer(change(host.base), host.place(token), EVE, AT)
    again = offer(change(host.base, minutes=5), host.place(token), EVE, AT + timedelta(minutes=5))
    assert again == first
    assert len(host.pulls()) == 1
    other = replace(change(host.base, minutes=9), writes={PATH: b"# A\n\nelse\n"})
    assert offer(other, host.place(token), EVE, AT).branch == other.branch


@pytest.mark.parametrize("operation", ["repos/create-fork", "git/create-ref", "pulls/create"])
def test_an_answer_that_is_lost_does_not_offer_it_twice(host: Host, operation: str) -> None:
    host.service.faults.add(FaultKind.CUT_AFTER, operation)
    with suppress(ConnectorError):
        offer(change(host.base), host.place(host.eve), EVE, AT)
    sent = offer(change(host.base, minutes=5), host.place(host.eve), EVE, AT)
    assert host.pulls() == [("eve/kits", "Say it better")]
    assert sent.pushed_to == "eve/kits"


def test_a_kit_of_no_repository_cannot_be_sent_anywhere(host: Host) -> None:
    with pytest.raises(InvalidRequest, match="no repository"):
        offer(change(None), host.place(), EVE, AT)


def test_who_may_not_fork_is_told_so(host: Host) -> None:
    host.service.state.add_user("mal")
    token = host.service.add_token(Token("mal-test", "mal"))
    with pytest.raises(AuthFailed):
        offer(change(host.base), host.place(token), EVE, AT)
    assert host.pulls() == []
