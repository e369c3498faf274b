"""`pack serve`: the MCP server, on standard input and output or over HTTP."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pack.callers import ClientOrigins
from pack.errors import NotFound
from pack.memory import Memory
from pack.provenance import Source
from pack_servers.background.cataloguing import cataloguing
from pack_servers.background.hand_edits import committing
from pack_servers.background.remote import exchanging
from pack_servers.cli.connect.peering import Peering, peering
from pack_servers.cli.shell.exit import FAILED
from pack_servers.cli.shell.options import GithubOption, LocalOption
from pack_servers.cli.shell.startup import importing
from pack_servers.cli.shell.streams import say
from pack_servers.cli.shell.wording import worded
from pack_servers.clients.own_command import own_server
from pack_servers.config.extras import REPLICAS
from pack_servers.config.origins import client_origins
from pack_servers.config.settings import Settings, load_settings, split_list
from pack_servers.config.sync_tokens import sync_tokens
from pack_servers.config.unread import unread_settings
from pack_servers.wiring import memory as wiring
from pack_servers.wiring.here import memory_here
from pack_servers.wiring.place import MissingMemory, Place
from pack_servers.wiring.places import choose_place, refuse_copies

if TYPE_CHECKING:
    from mcp.server.subscriptions import SubscriptionBus
    from starlette.types import ASGIApp

    from pack.mesh.mesh import Mesh
    from pack.use_cases.lifecycle import Initialised
    from pack_servers.http.tls import TlsForPeers

EXAMPLES: Final = """\
  pack serve                       for clients that start it themselves (stdio)
  pack serve --http                on 127.0.0.1:3005/mcp, with lines to paste
  pack serve --local notes --http --port 3010
  pack serve --github me/memory --http --stateless"""


def _source(text: str) -> Source:
    try:
        return Source(text)
    except ValueError:
        raise typer.BadParameter(f"must be one of {', '.join(Source)}") from None


def run(
    http: Annotated[bool, typer.Option("--http", help="Serve over HTTP instead of stdio.")] = False,
    host: Annotated[
        str | None,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="With --http: the address to listen on; 127.0.0.1 by default.",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="N",
            help="With --http: the port, or 0 for any free one; 3005 by default.",
        ),
    ] = None,
    sse_only: Annotated[
        bool, typer.Option("--sse-only", help="Serve over HTTP with the legacy SSE transport.")
    ] = False,
    stateless: Annotated[
        bool,
        typer.Option(
            "--stateless",
            help="With --http: keep no sessions, so that any of several servers can answer.",
        ),
    ] = False,
    origin: Annotated[
        Source | None,
        typer.Option(
            "--origin",
            metavar="SOURCE",
            parser=_source,
            help="What clients are: ai-cloud (default), ai-lan, ai-local, automation, user.",
        ),
    ] = None,
    create: Annotated[
        bool,
        typer.Option("--create", help="Make the memory's folder if it does not exist."),
    ] = False,
    *,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Serve the memory to MCP clients."""
    # Set up before the SDK's own logging, which would draw boxes; stdout is the protocol's.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    if not (http or sse_only):
        for name, value in (("--host", host), ("--port", port)):
            if value is not None:
                raise typer.TyperException(f"{name}: use it with --http")
    if stateless and (sse_only or not http):
        raise typer.TyperException("--stateless: use it with --http and without --sse-only")
    settings = load_settings()
    place = _place(settings, local, github, is_by_client=not (http or sse_only))
    _tell_unread()
    served = _Served(place, settings, client_origins(settings, origin))
    transport = None
    if http or sse_only:
        where = (host or "127.0.0.1", settings.mcp_sse_port if port is None else port)
        transport = _Transport(*where, sse_only=sse_only, stateless=stateless)
    try:
        _serve(served, transport, create=create)
    except MissingMemory as error:
        if transport is not None:
            raise
        _serve_refusals(served, error)
        raise typer.Exit(FAILED) from error


def _serve(served: _Served, transport: _Transport | None, *, create: bool) -> None:
    settings, leaving = served.settings, Event()
    begun = wiring.open_or_begin(settings, served.place, _announce, leaving.is_set, create=create)
    with (
        begun as (memory, made),
        exchanging(memory, settings.pack_remote_interval, leaving),
        committing(memory, settings.pack_commit_hand_edits),
        _syncing(memory),
        peering(memory, settings) as peers,
    ):
        if transport is not None:
            _serve_http(memory, made, served, transport, peers)
        else:
            _serve_stdio(memory, served)


def _place(
    settings: Settings, local: Path | None, github: str | None, *, is_by_client: bool
) -> Place:
    """The memory to serve.

    A client starts a server wherever it happens to be, which may be in somebody else's memory, and
    shows nobody what the server says. So for a client only settings and options name one.

    Raises:
        InvalidConfig: As `choose_place` and `refuse_copies`.
    """
    if not is_by_client:
        place = choose_place(settings, local, github, say)
        refuse_copies(settings, place)
        return place
    place = choose_place(settings, local, github)
    if local is None and (here := memory_here()) not in (None, Path(str(place))):
        wiring.note(f"serving {place}, not the memory in {here}; for that one, add --local {here}")
    return place


def _tell_unread() -> None:
    """Say once what is set and not read, as nobody looks for a setting that seems to be there."""
    for each in unread_settings():
        wiring.note(f"{each.found}. {each.remedy}")


def _syncing(memory: Memory) -> AbstractContextManager[None]:
    """Deliver to the sync targets of a memory while it is served."""
    if memory.sync is None:
        return nullcontext()
    # Imported here: most servers have no targets.
    from pack_servers.background.sync import Log, syncing  # noqa: PLC0415

    return syncing(memory, Log(worded))


def _announce(text: str) -> None:
    """Say that a store makes us wait: in the log, and to the client whose call waits."""
    from pack_servers.mcp.server import tell_caller  # noqa: PLC0415 - already imported by then

    wiring.note(text)
    tell_caller(text)


@dataclass(frozen=True, slots=True)
class _Served:
    """Which memory is served, with which settings, and what its clients count as."""

    place: Place
    settings: Settings
    source: ClientOrigins


@dataclass(frozen=True, slots=True)
class _Transport:
    """Where HTTP clients find the server, and which transport it speaks."""

    host: str
    port: int
    sse_only: bool
    stateless: bool


def _serve_stdio(memory: Memory, served: _Served) -> None:
    with importing():
        # Imported here: it takes half a second, and no other command needs it.
        from pack_servers.mcp.server import build_server  # noqa: PLC0415

    if sys.stdin.isatty():
        say("waiting for an MCP client on standard input; for HTTP, run pack serve --http")
    server = build_server(
        memory,
        source=served.source,
        bus=_bus(served),
        whole_tokens=served.settings.pack_whole_memory_tokens,
        asks=served.settings.pack_accept_by_elicitation,
    )
    with cataloguing(memory, wiring.note):  # not before, as clients wait for the imports
        server.run()


def _serve_refusals(served: _Served, error: MissingMemory) -> None:
    """Tell the client why there is no memory, with every call, until it leaves."""
    with importing():
        from pack_servers.mcp.server import build_server  # noqa: PLC0415 - as above
        from pack_servers.wiring.missing import refusing_memory  # noqa: PLC0415 - rarely needed

    say(f"error: {error}")
    say(f"  → {worded(error.remedy)}")
    build_server(refusing_memory(error), source=served.source, watch=False).run()


def _serve_http(
    memory: Memory,
    made: Initialised | None,
    served: _Served,
    transport: _Transport,
    peers: Peering,
) -> None:
    with importing():
        from pack_servers.http.app import HttpSettings, More, serve  # noqa: PLC0415 - as above
        from pack_servers.mcp.server import build_server  # noqa: PLC0415

    settings = served.settings
    http = HttpSettings(
        host=transport.host,
        port=transport.port,
        token=settings.pack_http_token,
        sse_only=transport.sse_only,
        stateless=transport.stateless,
        allowed_hosts=split_list(settings.pack_http_hosts),
        allowed_origins=split_list(settings.pack_http_origins),
        more_tokens=frozenset(served.source.tokens),
        sync_tokens=frozenset(sync_tokens(settings)),
    )

    def announce(url: str) -> None:
        lines = _announcement(memory, made, served.place, url, has_token=http.token is not None)
        print(lines, flush=True)

    def health() -> Mapping[str, object]:
        return {"mode": memory.mode()}

    server = build_server(
        memory,
        source=served.source,
        bus=_bus(served),
        whole_tokens=settings.pack_whole_memory_tokens,
        sees_all=not transport.stateless and settings.pack_redis_url is None,
        asks=settings.pack_accept_by_elicitation,
    )
    more = More(
        _sync_items(memory, settings), peers.endpoints, peers.admin(), _PeerTls(settings, peers)
    )
    with cataloguing(memory, wiring.note):
        serve(server, http, health, announce, more)


def _sync_items(memory: Memory, settings: Settings) -> ASGIApp | None:
    """What serves clients without git; `None` where no token lets one in."""
    tokens = sync_tokens(settings)
    if not tokens:
        return None
    from pack_servers.http.sync import SyncApi, SyncEndpoints  # noqa: PLC0415 - rarely needed

    return SyncEndpoints(SyncApi(memory), tokens)


class _PeerTls:
    """Finds where other peers are served over TLS; another place for another address or key."""

    def __init__(self, settings: Settings, peers: Peering) -> None:
        self._settings = settings
        self._peers = peers
        self._endpoint = ""
        self._found: TlsForPeers | None = None

    def __call__(self) -> TlsForPeers | None:
        """See `FindTls`.

        Raises:
            PackError: The address or the key cannot be read.
        """
        mesh = self._peers.mesh
        try:
            endpoint = mesh.roster.membership().endpoint if mesh is not None else ""
        except NotFound:  # it has just left its group
            endpoint = ""
        if mesh is None or endpoint != self._endpoint:
            self._found = self._made(mesh) if mesh is not None and endpoint else None
            self._endpoint = endpoint
        return self._found

    def _made(self, mesh: Mesh) -> TlsForPeers | None:
        from pack_servers.http.tls import TlsForPeers  # noqa: PLC0415 - rarely needed
        from pack_servers.wiring.mesh import own_tls  # noqa: PLC0415

        found = own_tls(self._settings, mesh)
        if found is None:
            return None
        endpoint, context = found
        say(f"other machines of the group reach this one at {endpoint.url}")
        return TlsForPeers(endpoint.host, endpoint.port or 443, context)


def _bus(served: _Served) -> SubscriptionBus | None:
    """What carries news to the clients of other servers, where that is configured."""
    if served.settings.pack_redis_url is None:
        return None
    REPLICAS.require("PACK_REDIS_URL")
    # Here, as it is an extra that only several servers of one memory need.
    from pack_servers.mcp.redis import RedisBus  # noqa: PLC0415

    return RedisBus(served.settings.pack_redis_url.get_secret_value(), str(served.place))


def _announcement(
    memory: Memory, made: Initialised | None, place: Place, url: str, *, has_token: bool
) -> str:
    """What a person needs to connect a client. Holds no token."""
    location = memory.connector.location
    begun = made.written.commit if made and made.written else None
    commit = f"first commit {begun}" if begun else f"commit {memory.connector.head()}"
    started = own_server(place.arguments)
    remote: dict[str, object] = {"type": "sse" if url.endswith("/sse") else "http", "url": url}
    if has_token:
        remote["headers"] = {"Authorization": "Bearer <the value of PACK_HTTP_TOKEN>"}
    return "\n".join(
        (
            f"memory   {location}, {commit}",
            f"serving  {url}{' (clients must send the bearer token)' if has_token else ''}",
            "",
            "For clients that connect to a URL (Claude Code, Cursor):",
            _as_config(remote),
            "",
            "For clients that start the server themselves (Claude Desktop):",
            _as_config({"command": started.command, "args": list(started.arguments)}),
            "",
            "Press Ctrl-C to stop.",
        )
    )


def _as_config(server: Mapping[str, object]) -> str:
    return json.dumps({"mcpServers": {"pack": server}}, ensure_ascii=False, indent=2)
