"""The commits of the memory as a list in pages, for people and other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pack.errors import InvalidRequest, NotFound
from pack.log import CommitFacts
from pack.mesh.members.keys import PeerId
from pack.times import format_time
from pack_servers.http.peers.serving import MeshServing, Routes, Threads

PAGE: Final = 500
MOST_EVENTS: Final = 1000


class EventRoutes:
    """Answers which commits there are."""

    def __init__(self, serving: MeshServing, threads: Threads) -> None:
        self._serving = serving
        self._threads = threads

    def group_routes(self) -> Routes:
        """The paths below a group."""
        return {("GET", "events"): self._events}

    async def _events(self, request: Request, caller: PeerId) -> Response:
        del caller
        since, limit = paging(request)
        return JSONResponse(await self._threads.run(self._page, since, limit))

    def _page(self, since: str, limit: int) -> dict[str, object]:
        self._serving.mesh.outbox.refuse_part()
        head = self._serving.mesh.outbox.heard().head
        return page_of(self._serving.commits(head) if head else (), since, limit)


def page_of(commits: Sequence[CommitFacts], since: str, limit: int) -> dict[str, object]:
    """Some of all commits.

    Args:
        commits: All of them, the oldest first.
        since: After which one to begin: its id, or how many to leave out.
        limit: How many.

    Raises:
        NotFound: There is no such commit.
    """
    start = _start(commits, since)
    shown = commits[start : start + limit]
    events = [_event(start + n, one) for n, one in enumerate(shown, 1)]
    end = start + len(shown)
    return {"events": events, "next_seq": end, "has_more": end < len(commits)}


def paging(request: Request) -> tuple[str, int]:
    """After what a request wants to go on, and how many it wants."""
    query = parse_qs(request.url.query)
    since = query.get("since", ["0"])[-1]
    text = query.get("limit", [str(PAGE)])[-1]
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 7):
        raise InvalidRequest("limit must be a whole number")
    return since, max(1, min(int(text), MOST_EVENTS))


def _start(commits: Sequence[CommitFacts], since: str) -> int:
    """How many of the commits the caller has."""
    if since.isascii() and since.isdecimal() and len(since) < 10:
        return min(int(since), len(commits))
    for number, one in enumerate(commits, 1):
        if one.id == since:
            return number
    raise NotFound("the commit to go on after", "Begin with since=0.")


def _event(seq: int, commit: CommitFacts) -> dict[str, object]:
    origin = commit.trailers.get("Pack-Origin")
    level = commit.trailers.get("Pack-Truth-Level", "")
    return {
        "seq": seq,
        "id": commit.id,
        "parents": list(commit.parents),
        "at": format_time(commit.at),
        "origin": origin,
        "level": int(level) if level in tuple("12345") else None,
        "subject": commit.message.partition("\n")[0][:200],
        "paths": [change.path for change in commit.files or ()],
    }
