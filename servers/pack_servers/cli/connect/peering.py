"""A served memory among its peers, for as long as it belongs to a group."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pack.log import LogQuery
from pack_servers.background.following import following
from pack_servers.cli.shell.wording import worded_fields
from pack_servers.wiring.local import group_of, in_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from starlette.types import ASGIApp, Receive, Scope, Send

    from pack.log import CommitFacts
    from pack.memory import Memory
    from pack.mesh.meeting import PeerLine
    from pack.mesh.mesh import Mesh
    from pack.model import CommitId
    from pack_servers.config.settings import Settings


@dataclass(frozen=True, slots=True)
class _Met:
    """The memory as a peer, and what is told that something new came."""

    mesh: Mesh
    tell: Callable[[], object]


@contextmanager
def peering(memory: Memory, settings: Settings) -> Iterator[Peering]:
    """Meet other peers until the block ends, whenever the memory belongs to a group."""
    with following(lambda: group_of(memory.connector), lambda: _meeting(memory, settings)) as find:
        yield Peering(memory, settings, find)


@contextmanager
def _meeting(memory: Memory, settings: Settings) -> Iterator[_Met]:
    # Here, as few memories have peers.
    from pack_servers.background.mesh import MeshNews, meeting  # noqa: PLC0415
    from pack_servers.wiring.mesh import exchange_of, mesh_of  # noqa: PLC0415

    with mesh_of(settings, memory) as mesh, ExitStack() as stack:
        news, exchange = MeshNews(), exchange_of(settings, mesh)
        stack.enter_context(meeting(mesh, exchange, news, settings.pack_mesh_heartbeat))
        if settings.pack_mesh_mdns:
            stack.enter_context(_neighbouring(mesh, news.tell))
        yield _Met(mesh, news.tell)


def _neighbouring(mesh: Mesh, tell: Callable[[], object]) -> AbstractContextManager[None]:
    from pack_servers.background.neighbours import neighbouring  # noqa: PLC0415 - an extra
    from pack_servers.config.extras import MDNS  # noqa: PLC0415

    MDNS.require("PACK_MESH_MDNS")
    from pack_servers.wiring.mdns import listen  # noqa: PLC0415 - what `require` has just found

    return neighbouring(mesh, listen, tell)


class Peering:
    """What is served to other peers, and to the person who administers the mesh.

    Args:
        memory: The memory.
        settings: Those in force.
        find: Gives the memory as a peer, while it is one.
    """

    def __init__(self, memory: Memory, settings: Settings, find: Callable[[], _Met | None]) -> None:
        self._memory = memory
        self._settings = settings
        self._find = find
        self._admin: ASGIApp | None = None
        self._endpoints_of = lru_cache(maxsize=1)(self._made)

    @property
    def mesh(self) -> Mesh | None:
        """The memory as a peer; `None` while it belongs to no group."""
        met = self._find()
        return met.mesh if met is not None else None

    def tell(self) -> None:
        """Have all peers asked now."""
        if (met := self._find()) is not None:
            met.tell()

    def endpoints(self) -> ASGIApp | None:
        """What other peers talk to; `None` while there are none."""
        met = self._find()
        return self._endpoints_of(met) if met is not None else None

    def _made(self, met: _Met) -> ASGIApp:
        from pack_servers.http.peers.endpoints import MeshEndpoints  # noqa: PLC0415 - rarely needed
        from pack_servers.http.peers.serving import serving_of  # noqa: PLC0415

        return MeshEndpoints(serving_of(self._settings, self._memory, met.mesh, met.tell))

    def admin(self) -> ASGIApp | None:
        """What the mesh is administered with; `None` where the memory can have no peers."""
        return self._administer if in_folder(self._memory.connector) else None

    async def _administer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._admin is None:  # at first use, as few servers are ever asked
            from pack_servers.http.admin.endpoints import AdminEndpoints  # noqa: PLC0415
            from pack_servers.http.admin.serving import AdminServing  # noqa: PLC0415

            serving = AdminServing(
                self._settings,
                self._memory,
                self._commits,
                self._line,
                self.tell,
                worded_fields,
            )
            self._admin = AdminEndpoints(serving)
        await self._admin(scope, receive, send)

    def _commits(self, head: CommitId) -> Sequence[CommitFacts]:
        return list(self._memory.connector.log(LogQuery(head, with_files=True)))[::-1]

    def _line(self, endpoint: str, *, by_person: bool = False) -> PeerLine:
        from pack_servers.wiring.mesh import find_line  # noqa: PLC0415 - as above

        mesh = self.mesh
        here = mesh.roster.membership().endpoint if mesh is not None else ""
        return find_line(self._settings, here)(endpoint, by_person=by_person)
