"""Peers: see them, say where one is, pause, rename or remove one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from pack.errors import InvalidRequest
from pack.mesh.members.endpoints import check_endpoint
from pack.mesh.members.keys import PeerId
from pack.mesh.mesh import Mesh
from pack_servers.http.admin.serving import (
    AdminServing,
    Asked,
    Manage,
    peer_named,
    read_asked,
)
from pack_servers.http.peers.serving import Threads
from pack_servers.wiring.mesh_fields import peer_fields, peer_of, probe_fields

_CREATED = 201


class _Add(Asked):
    peer: str = Field(min_length=1)
    endpoint: str = Field(min_length=1)


class _Change(Asked):
    status: Literal["paused", "active"] | None = None
    endpoint: str | None = None
    name: str | None = None


class PeerAdmin:
    """Answers what is asked of peers."""

    def __init__(self, serving: AdminServing, threads: Threads) -> None:
        self._serving = serving
        self._threads = threads

    def routes(self) -> Mapping[tuple[str, str], Manage]:
        """The paths below `/api/v1/sync`; a word in braces stands for any one part."""
        return {
            ("POST", "peers"): self._add,
            ("GET", "peers"): self._list,
            ("GET", "peers/{peer}"): self._show,
            ("PATCH", "peers/{peer}"): self._change,
            ("DELETE", "peers/{peer}"): self._remove,
            ("POST", "peers/{peer}/test"): self._test,
        }

    async def _list(self, request: Request, named: Mapping[str, str]) -> Response:
        del request, named
        return self._serving.answer({"peers": await self._threads.run(self._listed)})

    def _listed(self) -> list[dict[str, object]]:
        with self._serving.mesh() as mesh:
            return peer_fields(mesh)

    async def _show(self, request: Request, named: Mapping[str, str]) -> Response:
        del request
        return self._serving.answer(await self._threads.run(self._shown, named["peer"]))

    def _shown(self, name: str) -> dict[str, object]:
        with self._serving.mesh() as mesh:
            return _fields(mesh, _other(mesh, name))

    async def _add(self, request: Request, named: Mapping[str, str]) -> Response:
        del named
        asked = await read_asked(request, _Add)
        return self._serving.answer(await self._threads.run(self._added, asked), _CREATED)

    def _added(self, asked: _Add) -> dict[str, object]:
        with self._serving.mesh() as mesh:
            peer = _other(mesh, asked.peer)
            mesh.place(peer, asked.endpoint)
            fields = _fields(mesh, peer)
        self._serving.on_news()
        return fields

    async def _change(self, request: Request, named: Mapping[str, str]) -> Response:
        asked = await read_asked(request, _Change)
        return self._serving.answer(await self._threads.run(self._changed, named["peer"], asked))

    def _changed(self, name: str, asked: _Change) -> dict[str, object]:
        with self._serving.mesh() as mesh:
            peer = _other(mesh, name)
            if asked.endpoint:
                check_endpoint(asked.endpoint)  # before anything changes
            if asked.name is not None:
                mesh.roster.rename(peer, asked.name)
            if "endpoint" in asked.model_fields_set:
                mesh.place(peer, asked.endpoint or "")
            if asked.status is not None:
                mesh.book.pause(peer, is_paused=asked.status == "paused")
            fields = _fields(mesh, peer)
        self._serving.on_news()
        return fields

    async def _remove(self, request: Request, named: Mapping[str, str]) -> Response:
        del request
        return self._serving.answer(
            {"removed": await self._threads.run(self._removed, named["peer"])}
        )

    def _removed(self, name: str) -> PeerId:
        with self._serving.mesh() as mesh:
            peer = _other(mesh, name)
            mesh.roster.remove(peer)
            return peer

    async def _test(self, request: Request, named: Mapping[str, str]) -> Response:
        del request
        return self._serving.answer(await self._threads.run(self._tested, named["peer"]))

    def _tested(self, name: str) -> dict[str, object]:
        with self._serving.mesh() as mesh:
            peer = _other(mesh, name)
            return probe_fields(peer, self._serving.exchange(mesh).probe(peer))


def _other(mesh: Mesh, name: str) -> PeerId:
    """A peer that is not this one."""
    peer = peer_named(mesh, name)
    if peer == mesh.me:
        raise InvalidRequest("this is this machine itself")
    return peer


def _fields(mesh: Mesh, peer: PeerId) -> dict[str, object]:
    return next(peer_of(one) for one in mesh.overview.peers() if one.peer == peer)
