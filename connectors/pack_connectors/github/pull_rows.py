"""A pull request as GitHub describes it.

Source: GitHub REST documentation, "Pull requests" (the schemas `pull-request-simple` and
`pull-request` have these members in common).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pack.distribution.ports import PullRequest, PullState
from pack.errors import ConnectorError
from pack.model import CommitId
from pack_connectors.github.repository import is_id


class PullRow:
    """One of them, with what the core does not ask about.

    Args:
        row: As GitHub answers it.

    Raises:
        ConnectorError: It does not have the documented shape.
    """

    def __init__(self, row: Mapping[str, Any]) -> None:
        try:
            self.value = _read(row)
            self.node_id = str(row["node_id"])
            self.is_own = _is_own(row)
            self.author = str((row["user"] or {}).get("login", ""))
            self.labels = _names(row, "labels", "name")
            asked = _names(row, "requested_reviewers", "login")
            owner = str(row["base"]["repo"]["owner"]["login"])
            teams = _names(row, "requested_teams", "slug")
            self.reviewers = [*asked, *(f"{owner}/{slug}" for slug in teams)]
            self.merges_itself = row.get("auto_merge") is not None
        except (KeyError, TypeError, AttributeError) as error:
            raise ConnectorError(
                "GitHub's answer makes no sense: a pull request lacks a member"
            ) from error


def _read(row: Mapping[str, Any]) -> PullRequest:
    state = PullState.OPEN if row["state"] == "open" else PullState.CLOSED
    if row["merged_at"] is not None:
        state = PullState.MERGED
    head = str(row["head"]["sha"])
    return PullRequest(
        number=int(row["number"]),
        url=str(row["html_url"]),
        branch=str(row["head"]["ref"]),
        head=CommitId(head) if is_id(head) else None,
        state=state,
        title=str(row["title"]),
        body=str(row["body"] or "").replace("\r\n", "\n"),
        is_locked=row["locked"] is True,
    )


def _is_own(row: Mapping[str, Any]) -> bool:
    """Whether it offers a branch of the repository itself: anybody may name one so in a fork."""
    source = row["head"]["repo"]
    return source is not None and source["full_name"] == row["base"]["repo"]["full_name"]


def _names(row: Mapping[str, Any], member: str, name: str) -> Sequence[str]:
    return [str(one[name]) for one in row.get(member) or ()]
