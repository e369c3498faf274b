"""Groups: begin or join one, see how it stands, leave it. A memory belongs to one at most."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from pack.errors import InvalidRequest, NotFound
from pack.mesh.exchange import join_over
from pack.mesh.members.invitation import Invitation
from pack.mesh.members.keys import PeerId
from pack.mesh.mesh import Mesh
from pack_servers.http.admin.serving import AdminServing, Asked, Manage, peer_named, read_asked
from pack_servers.http.peers.events import page_of, paging
from pack_servers.http.peers.serving import Threads
from pack_servers.wiring.bundle_files import bundle_file
from pack_servers.wiring.mesh_fields import peer_fields, said_fields, status_fields, taken_fields

_CREATED = 201


class _Create(Asked):
    name: str = Field(min_length=1)
    group: str = "memory"
    endpoint: str = ""


class _Join(Asked):
    invite: str = Field(min_length=1)
    name: str = Field(min_length=1)
    endpoint: str = ""
    allow_unrelated: bool = False


class _Resync(Asked):
    peer: str = Field(min_length=1)


class GroupAdmin:
    """Answers what is asked of groups."""

    def __init__(self, serving: AdminServing, threads: Threads) -> None:
        self._serving = serving
        self._threads = threads

    def routes(self) -> Mapping[tuple[str, str], Manage]:
        """The paths below `/api/v1/sync`; a word in braces stands for any one part."""
        return {
            ("POST", "groups"): self._create,
            ("GET", "groups"): self._list,
            ("POST", "groups/join"): self._join,
            ("GET", "groups/{group}"): self._show,
            ("DELETE", "groups/{group}"): self._leave,
            ("POST", "groups/{group}/resync"): self._resync,
            ("GET", "groups/{group}/events"): self._events,
        }

    async def _create(self, request: Request, named: Mapping[str, str]) -> Response:
        del named
        asked = await read_asked(request, _Create)
        return self._serving.answer(await self._threads.run(self._created, asked), _CREATED)

    def _created(self, asked: _Create) -> dict[str, object]:
        with self._serving.mesh(make_key=True) as mesh:
            made = mesh.begin(asked.name, asked.group, asked.endpoint)
            return {"peer_id": mesh.me, "group_id": made.group, "group": asked.group}

    async def _join(self, request: Request, named: Mapping[str, str]) -> Response:
        del named
        asked = await read_asked(request, _Join)
        return self._serving.answer(await self._threads.run(self._joined, asked), _CREATED)

    def _joined(self, asked: _Join) -> dict[str, object]:
        invitation = Invitation.parse(asked.invite)
        if not invitation.endpoints:
            raise InvalidRequest("the invitation names no address at which its peer is reached")
        with self._serving.mesh(make_key=True) as mesh:
            taken = join_over(
                mesh,
                self._serving.find_line(invitation.endpoints[0], by_person=True),
                bundle_file,
                invitation,
                asked.name,
                asked.endpoint,
                unrelated=asked.allow_unrelated,
            )
            return {
                "peer_id": mesh.me,
                "group_id": mesh.roster.membership().group,
                "peers": peer_fields(mesh),
                **taken_fields(taken),
            }

    async def _list(self, request: Request, named: Mapping[str, str]) -> Response:
        del request, named
        return self._serving.answer({"groups": await self._threads.run(self._listed)})

    def _listed(self) -> list[dict[str, object]]:
        try:
            with self._serving.mesh() as mesh:
                fields = {
                    "group_id": mesh.roster.membership().group,
                    "group": mesh.roster.version().group.name,
                    "peer_id": mesh.me,
                    **said_fields(mesh),
                }
        except NotFound:  # no key, or no group: the memory belongs to none
            return []
        return [fields]

    async def _show(self, request: Request, named: Mapping[str, str]) -> Response:
        del request
        return self._serving.answer(await self._threads.run(self._shown, named["group"]))

    def _shown(self, group: str) -> dict[str, object]:
        with self._serving.mesh() as mesh:
            refuse_other(mesh, group)
            return status_fields(mesh)

    async def _leave(self, request: Request, named: Mapping[str, str]) -> Response:
        del request
        untold = await self._threads.run(self._left, named["group"])
        return self._serving.answer({"left": True, "untold": untold})

    def _left(self, group: str) -> list[PeerId]:
        with self._serving.mesh() as mesh:
            refuse_other(mesh, group)
            return self._serving.exchange(mesh).leave()

    async def _resync(self, request: Request, named: Mapping[str, str]) -> Response:
        asked = await read_asked(request, _Resync)
        return self._serving.answer(
            await self._threads.run(self._resynced, named["group"], asked.peer)
        )

    def _resynced(self, group: str, name: str) -> dict[str, object]:
        with self._serving.mesh() as mesh:
            refuse_other(mesh, group)
            peer = peer_named(mesh, name)
            met = self._serving.exchange(mesh).resync(peer)
            return {"peer_id": peer, "agreed": met.is_agreed, **taken_fields(met.taken)}

    async def _events(self, request: Request, named: Mapping[str, str]) -> Response:
        since, limit = paging(request)
        page = await self._threads.run(self._page, named["group"], since, limit)
        return self._serving.answer(page)

    def _page(self, group: str, since: str, limit: int) -> dict[str, object]:
        with self._serving.mesh() as mesh:
            refuse_other(mesh, group)
            head = mesh.outbox.head()
        return page_of(self._serving.commits(head) if head else (), since, limit)


def refuse_other(mesh: Mesh, group: str) -> None:
    """Do nothing, unless a group is not the one that the memory belongs to."""
    if group != mesh.roster.membership().group:
        raise NotFound("this group", "The list of groups names the one of this memory.")
