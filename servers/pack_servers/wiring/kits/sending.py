"""Where drafts about kits go: the repository that a kit comes from, and the issues of a host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from pack_connectors.github.forks import GithubOfferPlace
from pack_connectors.github.issues import GithubIssues
from pack_connectors.local_git.distribution.downstream import GitDownstream
from pack_connectors.local_git.distribution.scratch import Scratch

from pack.distribution.contributing import DirectPlace, OfferPlace
from pack.errors import InvalidRequest
from pack.kits.bug_report import BugReport
from pack_servers.config.settings import Settings
from pack_servers.wiring.github import github_session
from pack_servers.wiring.kits.sources import PEER
from pack_servers.wiring.place import Announce

_NEW_ISSUE = "/issues/new"


@contextmanager
def offer_place(source: str, settings: Settings, announce: Announce) -> Iterator[OfferPlace]:
    """The repository that a kit comes from, as one to offer a change to.

    Args:
        source: As the lock names it.
        settings: Those in force.
        announce: Told of each wait that a host asks for.

    Raises:
        InvalidRequest: It comes from another peer, who takes none.
        InvalidConfig: The address cannot be used, or there is no token for its host.
    """
    if source.startswith(PEER):
        error = InvalidRequest("a kit of another peer takes no changes from here")
        error.remedy = "Give the patch to whoever keeps it; --output writes it to a file."
        raise error
    address = source.partition("#")[0]
    with github_session(settings, announce, address) as found:
        if found is not None:
            yield GithubOfferPlace(*found)
            return
        with closing(Scratch()) as scratch:
            yield DirectPlace(GitDownstream(address, scratch))


def send_report(report: BugReport, settings: Settings, announce: Announce) -> str:
    """Open an issue for a report; where people see it.

    Raises:
        InvalidRequest: It goes to no issues that PACK can open.
        ConnectorError: The host failed or refused.
    """
    repository = report.address.removesuffix(_NEW_ISSUE).removesuffix("/issues")
    with github_session(settings, announce, repository) as found:
        if found is None:
            error = InvalidRequest(f"only issues on GitHub can be opened, not {report.address}")
            error.remedy = "Send the draft there yourself."
            raise error
        return GithubIssues(*found).open(report.title, report.body)
