"""A repository on GitHub that somebody offers a change to, and their fork of it.

Source: GitHub REST documentation, "Forks": a fork is made in the background, so its commits may
come a little later.
"""

from __future__ import annotations

from typing import Final

from pack.errors import ConnectorError, Unavailable
from pack.model import CommitId
from pack_connectors.github.address import parse_place
from pack_connectors.github.downstream import GithubDownstream
from pack_connectors.github.http import Request
from pack_connectors.github.repository import GithubRepository
from pack_connectors.github.session import GithubSession
from pack_connectors.system.retry import NoAnswer

_ATTEMPTS: Final = 8


class GithubOfferPlace:
    """See `OfferPlace`.

    Args:
        session: Sends the requests.
        owner: User or organisation of the repository that the change is offered to.
        name: Its name.

    Raises:
        InvalidConfig: No repository can have such a name.
    """

    def __init__(self, session: GithubSession, owner: str, name: str) -> None:
        self._session = session
        self._repository = GithubRepository(session, parse_place(session.host.rest, owner, name))
        self._target = GithubDownstream(session, owner, name)

    @property
    def target(self) -> GithubDownstream:
        """See `OfferPlace.target`."""
        return self._target

    def own(self, base: CommitId) -> tuple[GithubDownstream, str]:
        """See `OfferPlace.own`; the fork is made if need be.

        Raises:
            Unavailable: The fork was made, and its commits do not come.
        """
        if self._may_push():
            return self._target, ""
        owner, name = self._forked()
        fork = GithubRepository(self._session, parse_place(self._session.host.rest, owner, name))
        for _ in self._session.retry.attempts(_ATTEMPTS):
            answer, rows = fork.commits(start=base, count=1)
            if answer.status == 200 and rows:
                return GithubDownstream(self._session, owner, name), f"{owner}:"
        raise Unavailable(f"the fork {owner}/{name} has not got its commits yet; try again later")

    def _may_push(self) -> bool:
        answer, about = self._session.read_json(Request("GET", self._repository.place.path))
        if answer.status != 200:
            raise self._repository.refused(answer)
        allowed = about.get("permissions") if isinstance(about, dict) else None
        return isinstance(allowed, dict) and allowed.get("push") is True

    def _forked(self) -> tuple[str, str]:
        """The user's fork: asked for again, it is the one that is there."""
        request = Request("POST", self._repository.path("forks"), body={})
        for _ in self._session.retry.attempts(_ATTEMPTS):
            try:
                answer = self._session.write(request)
            except NoAnswer:
                continue
            if answer.status != 202:
                raise self._repository.refused(answer)
            made = answer.json()
            if not isinstance(made, dict) or not isinstance(made.get("owner"), dict):
                raise ConnectorError("GitHub's answer makes no sense: it is no repository")
            return str(made["owner"].get("login")), str(made.get("name"))
        raise Unavailable("GitHub cannot be written to: no answer came about the fork")
