"""What administration is done with, and how its requests are read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pack.errors import NotFound, UnusableInput
from pack.log import CommitFacts
from pack.memory import Memory
from pack.mesh.exchange import FindLine, PeerExchange
from pack.mesh.members.keys import PeerId
from pack.mesh.mesh import Mesh
from pack.model import CommitId
from pack_servers.config.settings import Settings
from pack_servers.wiring.bundle_files import bundle_file
from pack_servers.wiring.clock import clock
from pack_servers.wiring.mesh import mesh_of

Manage = Callable[[Request, Mapping[str, str]], Awaitable[Response]]
"""Answers a request; the second argument is what its path names."""


@dataclass(frozen=True, slots=True)
class AdminServing:
    """What administration is done with.

    Attributes:
        settings: Those in force.
        memory: The memory.
        commits: The commits of a head, the oldest first.
        find_line: The ways to other peers.
        on_news: Called when something is to be sent or asked at once.
        worded: Puts the messages of an answer into words for the person.
    """

    settings: Settings
    memory: Memory
    commits: Callable[[CommitId], Sequence[CommitFacts]]
    find_line: FindLine
    on_news: Callable[[], object]
    worded: Callable[[object], object] = field(default=lambda fields: fields)

    def answer(self, fields: Mapping[str, object], status: int = 200) -> Response:
        """An answer with these fields."""
        return JSONResponse(self.worded(fields), status)

    @contextmanager
    def mesh(self, *, make_key: bool = False) -> Iterator[Mesh]:
        """The memory as a peer.

        Raises:
            NotFound: This machine has no key yet, and none is made.
            PackError: The key cannot be used.
        """
        with mesh_of(self.settings, self.memory, make_key=make_key) as mesh:
            yield mesh

    def exchange(self, mesh: Mesh) -> PeerExchange:
        """What exchanges the memory with its peers."""
        return PeerExchange(mesh, self.find_line, bundle_file, clock)


class Asked(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


_Kind = TypeVar("_Kind", bound=Asked)


async def read_asked(request: Request, kind: type[_Kind]) -> _Kind:
    """What a request asks for.

    Raises:
        InvalidContent: It is something else.
    """
    try:
        return kind.model_validate_json(await request.body() or b"{}")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise UnusableInput(f"{where}: {first['msg']}") from error


def peer_named(mesh: Mesh, text: str) -> PeerId:
    """A peer of the group, by its id or its name.

    Raises:
        NotFound: There is none.
    """
    for peer, one in mesh.roster.version().group.peers.items():
        if text in (peer, one.name):
            return peer
    raise NotFound(f"a peer called {text[:64]!r}", "The list of peers names them.")
