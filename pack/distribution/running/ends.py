"""The two ends of a distribution, as whoever runs it provides them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pack.distribution.ports import Downstream, UpstreamHistory


class Downstreams(Protocol):
    """Opens what rules name; each is opened once."""

    def open(self, repo: str) -> Downstream:
        """A downstream. Nothing is asked of it yet.

        Args:
            repo: As a rule names it.

        Raises:
            InvalidConfig: It cannot be one.
        """

    def place(self, repo: str) -> str:
        """The same text for all names of one repository."""

    def host(self, repo: str) -> str:
        """The same text for all repositories that one host limits together."""

    def is_upstream(self, repo: str, named_in: str | None = None) -> bool:
        """Whether it is the memory itself, or another place of its repository.

        Args:
            repo: As a rule names it.
            named_in: The downstream that the rule is in, as a rule here names that; `None` for a
                rule of the memory.
        """


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends.

    Attributes:
        upstream: What has been released.
        downstreams: Who gets it.
        name: What the memory is called where nothing was recorded yet.
    """

    upstream: UpstreamHistory
    downstreams: Downstreams
    name: str
