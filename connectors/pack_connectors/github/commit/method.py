"""How commits are made on a server: by GraphQL, or by the Git Data API if it has none."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final

from pack_connectors.github.cache import GithubCache
from pack_connectors.github.http import Answer
from pack_connectors.github.session import GithubSession

_FACT: Final = "write method"
_VALID_SECONDS: Final = 24 * 3600.0
_NONE: Final = (404, 405, 501)
_PROBE: Final = "query { rateLimit { cost } }"


class WriteMethod(StrEnum):
    """A way to make a commit of several files."""

    GRAPHQL = "graphql"
    """`createCommitOnBranch`: one request, signed by GitHub, in the name of the account."""
    GIT_DATA = "git-data"
    """A tree, a commit, and the branch: three requests, in the name of any author."""


class GithubMethod:
    """Which method a server supports, found out once and kept for a day.

    Args:
        session: Asks it.
        cache: Keeps the answer between two runs.
        clock: Tells the time.
        chosen: The method to use in any case; `None` to find out.
    """

    def __init__(
        self,
        session: GithubSession,
        cache: GithubCache,
        clock: Callable[[], datetime],
        chosen: WriteMethod | None,
    ) -> None:
        self._session = session
        self._cache = cache
        self._clock = clock
        self._is_fixed = chosen is not None
        self._known = chosen or self._kept()

    @property
    def has_graphql(self) -> bool:
        """Whether GraphQL is worth a try."""
        return self._known is not WriteMethod.GIT_DATA

    def find_out(self) -> WriteMethod:
        """The method that is used; one request if it is not known yet.

        Raises:
            ConnectorError: The server cannot be asked.
        """
        if self._known is None:
            answer, _ = self._session.query(_PROBE, {})
            self.note(answer)
        return self._known or WriteMethod.GRAPHQL

    def note(self, answer: Answer) -> None:
        """Learn from an answer to a GraphQL query."""
        if self._is_fixed:
            return
        found = WriteMethod.GIT_DATA if answer.status in _NONE else None
        if answer.status == 200:
            found = WriteMethod.GRAPHQL
        if found is not None and found is not self._known:
            self._known = found
            kept = json.dumps([found, self._clock().timestamp()])
            self._cache.keep_fact(_FACT, kept)

    def _kept(self) -> WriteMethod | None:
        try:
            method, at = json.loads(self._cache.fact(_FACT) or "")
            is_valid = 0 <= self._clock().timestamp() - at < _VALID_SECONDS
            return WriteMethod(method) if is_valid else None
        except (ValueError, TypeError):
            return None
