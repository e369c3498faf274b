"""Issues of a repository on GitHub.

Source: GitHub REST documentation, "Issues".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pack.errors import ConnectorError, Unavailable
from pack_connectors.github.address import parse_place
from pack_connectors.github.http import Request
from pack_connectors.github.repository import GithubRepository
from pack_connectors.github.session import GithubSession
from pack_connectors.system.retry import NoAnswer

_ATTEMPTS: Final = 4


class GithubIssues:
    """The issues of one repository.

    Args:
        session: Sends the requests.
        owner: User or organisation.
        name: Name of the repository.

    Raises:
        InvalidConfig: No repository can have such a name.
    """

    def __init__(self, session: GithubSession, owner: str, name: str) -> None:
        self._session = session
        self._repository = GithubRepository(session, parse_place(session.host.rest, owner, name))

    def open(self, title: str, body: str) -> str:
        """Open an issue, unless the same is open already; where people see it.

        Raises:
            ConnectorError: GitHub failed or refused.
        """
        request = Request(
            "POST", self._repository.path("issues"), body={"title": title, "body": body}
        )
        for _ in self._session.retry.attempts(_ATTEMPTS):
            for row in self._open_ones():
                if (row.get("title"), _plain(row.get("body"))) == (title, _plain(body)):
                    return str(row.get("html_url"))
            try:
                answer = self._session.write(request)
            except NoAnswer:
                continue
            if answer.status != 201:
                raise self._repository.refused(answer)
            return str(answer.json()["html_url"])
        raise Unavailable("GitHub cannot be written to: no answer came about the issue")

    def _open_ones(self) -> Iterator[Mapping[str, Any]]:
        """Those among the newest that are open; pull requests are issues, too, to GitHub."""
        query = {"state": "open", "sort": "created", "direction": "desc", "per_page": "100"}
        answer, rows = self._session.read_json(
            Request("GET", self._repository.path("issues"), query)
        )
        if answer.status != 200:
            raise self._repository.refused(answer)
        if not isinstance(rows, list):
            raise ConnectorError("GitHub's answer makes no sense: it is no list of issues")
        return (row for row in rows if isinstance(row, dict) and "pull_request" not in row)


def _plain(text: object) -> str:
    return str(text or "").replace("\r\n", "\n").strip()
