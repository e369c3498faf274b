"""A served memory among its peers, from the moment at which it belongs to a group."""

from __future__ import annotations

from contextlib import ExitStack
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pack.log import LogQuery
from pack_servers.config.settings import Settings
from pack_servers.wiring.local import in_folder, is_peer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from pack.log import CommitFacts
    from pack.memory import Memory
    from pack.mesh.meeting import PeerLine
    from pack.mesh.mesh import Mesh
    from pack.model import CommitId
    from pack_servers.background.mesh import MeshNews


class Peering:
    """Meets other peers while its block runs. May be used from any thread.

    Args:
        memory: The memory.
        settings: Those in force.
    """

    def __init__(self, memory: Memory, settings: Settings) -> None:
        self._memory = memory
        self._settings = settings
        self._running = ExitStack()
        self._lock = Lock()
        self._met: tuple[Mesh, MeshNews] | None = None
        self._endpoints: ASGIApp | None = None
        self._admin: ASGIApp | None = None

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.__exit__(kind, error, trace)

    def begin(self) -> None:
        """Meet others from now on, if the memory belongs to a group."""
        with self._lock:
            if self._met is None and is_peer(self._memory.connector):
                self._met = self._begun()

    def _begun(self) -> tuple[Mesh, MeshNews]:
        # Here, as few memories have peers.
        from pack_servers.background.mesh import MeshNews, meeting  # noqa: PLC0415
        from pack_servers.wiring.mesh import exchange_of, mesh_of  # noqa: PLC0415

        settings, news = self._settings, MeshNews()
        mesh = self._running.enter_context(mesh_of(settings, self._memory))
        exchange = exchange_of(settings, mesh)
        self._running.enter_context(meeting(mesh, exchange, news, settings.pack_mesh_heartbeat))
        return mesh, news

    @property
    def mesh(self) -> Mesh | None:
        """The memory as a peer; `None` while it belongs to no group."""
        return self._met[0] if self._met is not None else None

    def tell(self) -> None:
        """Have all peers asked now."""
        if self._met is not None:
            self._met[1].tell()

    def endpoints(self) -> ASGIApp | None:
        """What other peers talk to; `None` while there are none."""
        with self._lock:
            if self._endpoints is None and self._met is not None:
                from pack_servers.http.peers.endpoints import MeshEndpoints  # noqa: PLC0415
                from pack_servers.http.peers.serving import serving_of  # noqa: PLC0415

                mesh, news = self._met
                serving = serving_of(self._settings, self._memory, mesh, news.tell)
                self._endpoints = MeshEndpoints(serving)
            return self._endpoints

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
                self.begin,
                self.tell,
            )
            self._admin = AdminEndpoints(serving)
        await self._admin(scope, receive, send)

    def _commits(self, head: CommitId) -> Sequence[CommitFacts]:
        return list(self._memory.connector.log(LogQuery(head, with_files=True)))[::-1]

    def _line(self, endpoint: str, *, by_person: bool = False) -> PeerLine:
        from pack_servers.wiring.mesh import find_line  # noqa: PLC0415 - as above

        return find_line(self._settings)(endpoint, by_person=by_person)
