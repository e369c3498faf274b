"""What was typed after `pack mesh`, and what its commands have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pack.errors import InvalidRequest, NotFound, UnusableInput
from pack.mesh.members.endpoints import Endpoint
from pack.mesh.members.group import ALL_LEVELS, Role
from pack.mesh.members.keys import PeerId, parse_peer_id
from pack.mesh.mesh import Mesh
from pack_servers.cli.shell.output import show, show_json
from pack_servers.cli.shell.streams import say
from pack_servers.cli.shell.wording import worded
from pack_servers.config.settings import Settings
from pack_servers.wiring.mesh import safe_networks

INCOMPLETE: Final = 1
"""The exit status where something was refused, waits, or could not be reached."""


@dataclass(frozen=True, slots=True)
class MeshCall:
    """What was typed.

    Attributes:
        settings: Those in force.
        mesh: The memory as a peer.
        target: The argument, if the action has one.
        name: `--name`.
        group: `--group`.
        endpoint: `--endpoint`.
        request: `--request`.
        bundle: `--bundle`.
        unrelated: `--allow-unrelated`.
        roles: `--role`, each time that it was given.
        levels: `--levels`.
        is_json: Whether the answer is for programs.
    """

    settings: Settings
    mesh: Mesh
    target: str
    name: str
    group: str
    endpoint: str
    request: Path | None
    bundle: Path | None
    unrelated: bool
    roles: frozenset[Role]
    levels: frozenset[int]
    is_json: bool

    def tell(self, fields: Mapping[str, object], *lines: str) -> None:
        """Answer, for a program or a person."""
        if self.is_json:
            show_json(fields)
            return
        for line in lines:
            show(worded(line))

    def warn_of(self, endpoint: str) -> None:
        """Say so where nothing will be sent to an address that was given."""
        found = Endpoint.parse(endpoint) if endpoint else None
        if found is None or found.is_tls or safe_networks(self.settings).holds(found.host):
            return
        say(f"nothing is sent to {found}: it is reached without TLS, and others could read it")
        say("  → Use https with a port of its own, or name a network that encrypts by itself in")
        say("    PACK_MESH_PLAIN_HTTP, on this machine and on the others.")

    def peer(self) -> PeerId:
        """The peer that is meant, by its name or its id.

        Raises:
            InvalidRequest: None was named.
            NotFound: As `peer_called`.
        """
        return self.peer_called(needed(self.target, "the peer"))

    def peer_called(self, text: str) -> PeerId:
        """The peer of a name or an id.

        Raises:
            NotFound: None is called so.
        """
        found = self.mesh.roster.version().group.find(text)
        if found is not None:
            return found
        try:
            return parse_peer_id(text)  # also one that was a member once
        except UnusableInput as error:
            missing = f"a peer called {text[:64]!r}"
            raise NotFound(missing, "`pack mesh peers` lists them.") from error


def parse_levels(text: str) -> frozenset[int]:
    """The truth levels in a list such as `3,4,5`; none in an empty one.

    Raises:
        InvalidRequest: It is no such list.
    """
    words = [word.strip() for word in text.split(",")] if text else []
    known = {str(level): level for level in ALL_LEVELS}
    if not all(word in known for word in words):
        raise InvalidRequest(f"--levels takes numbers such as 3,4,5, not {text[:40]!r}")
    return frozenset(known[word] for word in words)


def needed(value: str, what: str) -> str:
    """What was given.

    Raises:
        InvalidRequest: Nothing.
    """
    if not value:
        raise InvalidRequest(f"this needs {what}")
    return value
