"""What was changed in a kit, offered to whoever keeps it: a commit there, and a pull request.

Nobody who may not push there needs to: then it goes to a fork of theirs. The same change is offered
once, however often it is asked for: a branch that has it is found by a digest in its message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from pack.distribution.ports import Downstream, WantedCommit
from pack.distribution.values import PullRequestText
from pack.errors import InvalidRequest
from pack.kits.contribution import Contribution
from pack.log import trailers_of
from pack.model import CommitId, Identity

_DIGEST: Final = "Pack-Contribution"


class OfferPlace(Protocol):
    """A repository that a change is offered to, for somebody who may not push there."""

    @property
    def target(self) -> Downstream:
        """The repository."""

    def own(self, base: CommitId) -> tuple[Downstream, str]:
        """What this user may push to, which has a commit; and what the target calls it.

        That is the repository itself, which is called nothing, or a fork, called `USER:`.

        Args:
            base: The commit.

        Raises:
            ConnectorError: There is none, and none could be made.
        """


@dataclass(frozen=True, slots=True)
class DirectPlace:
    """A repository that this user may push to; see `OfferPlace`."""

    target: Downstream

    def own(self, base: CommitId) -> tuple[Downstream, str]:
        """See `OfferPlace.own`."""
        del base
        return self.target, ""


@dataclass(frozen=True, slots=True)
class SentContribution:
    """A change that was offered.

    Attributes:
        repo: Where it is offered.
        pushed_to: The repository that has the branch.
        branch: The branch.
        commit: Its commit.
        text: The pull request as it was asked for.
        url: Where people see it; `None` where there is no host, and it is text only.
    """

    repo: str
    pushed_to: str
    branch: str
    commit: CommitId
    text: PullRequestText
    url: str | None


def offer(
    change: Contribution, place: OfferPlace, author: Identity, at: datetime
) -> SentContribution:
    """Offer a change.

    Args:
        change: The change.
        place: Whom it is offered to.
        author: Who offers it.
        at: When.

    Raises:
        InvalidRequest: The kit comes from no commit that a branch could begin at.
        ConnectorError: The repository or its host failed or refused.
    """
    if change.base is None:
        error = InvalidRequest("the kit comes from no repository, so there is nowhere to send it")
        error.remedy = "Write the change into a file, and give that to whoever keeps the kit."
        raise error
    own, called = place.own(change.base)
    branch, commit = _found(own, change) or _pushed(own, change, author, at)
    text = PullRequestText(change.subject, _body(change), (), (), f"{called}{branch}")
    pulls = place.target.pull_requests
    base, _ = place.target.default_branch()
    url = pulls.open(text, base).url if pulls is not None else None
    return SentContribution(place.target.address, own.address, branch, commit, text, url)


def _found(own: Downstream, change: Contribution) -> tuple[str, CommitId] | None:
    """The branch that has the change already."""
    digest, prefix = _digest(change.writes), change.branch.rpartition("-")[0]
    for name, head in own.branches(f"{prefix}-").items():
        newest = next(own.log(head, change.base), None)
        if newest is not None and trailers_of(newest.message).get(_DIGEST) == digest:
            return name, head
    return None


def _pushed(
    own: Downstream, change: Contribution, author: Identity, at: datetime
) -> tuple[str, CommitId]:
    message = f"{change.message}{_DIGEST}: {_digest(change.writes)}\n"
    wanted = WantedCommit(change.base, message, change.writes, (), author, at)
    commit = own.commit(wanted)
    own.move_branch(change.branch, commit, None)
    return change.branch, commit


def _digest(writes: Mapping[str, bytes]) -> str:
    found = hashlib.sha256()
    for path, content in sorted(writes.items()):
        found.update(f"{path}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def _body(change: Contribution) -> str:
    files = "\n".join(f"- `{path}`" for path in sorted(change.writes))
    wrote = "\n".join(f"- `{line}`" for line in change.wrote)
    return (
        f"## What this changes\n\n{files}\n\n"
        f"It was changed where {change.kit} is installed, and is offered from there.\n\n"
        f"## Who wrote it\n\n{wrote}\n\n"
        "## Checks\n\n"
        "- Only files that the kit ships are changed.\n"
        "- The new lines were searched for secrets and private paths; none were found.\n"
    )
