"""The endpoints for administration: what answers a path."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pack_servers.http.access import ADMIN_PREFIX
from pack_servers.http.admin.groups import GroupAdmin
from pack_servers.http.admin.peers import PeerAdmin
from pack_servers.http.admin.serving import AdminServing, Manage
from pack_servers.http.peers.refusal import nothing_here, respond
from pack_servers.http.peers.serving import Threads

_MANY: Final = 128


class AdminEndpoints:
    """The ASGI application of the endpoints."""

    def __init__(self, serving: AdminServing) -> None:
        threads = Threads()
        self._routes: Mapping[tuple[str, str], Manage] = {
            **GroupAdmin(serving, threads).routes(),
            **PeerAdmin(serving, threads).routes(),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        await respond(scope, receive, send, self._answer)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path.removeprefix(f"{ADMIN_PREFIX}/")
        exact = self._routes.get((request.method, path))
        if exact is not None:
            return await exact(request, {})
        for (method, pattern), manage in self._routes.items():
            named = _named(pattern, path)
            if method == request.method and named is not None:
                return await manage(request, named)
        raise nothing_here()


@lru_cache(maxsize=_MANY)
def _named(pattern: str, path: str) -> Mapping[str, str] | None:
    """What a path names, by the words in braces; `None` where it is another one."""
    wanted, given = pattern.split("/"), path.split("/")
    pairs = list(zip(wanted, given, strict=False))
    if len(wanted) != len(given) or not all(given):
        return None
    if any(want != part for want, part in pairs if not want.startswith("{")):
        return None
    return {want[1:-1]: unquote(part) for want, part in pairs if want.startswith("{")}
