"""What was typed after `pack mesh`, and what its commands have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pack.errors import InvalidRequest, NotFound, UnusableInput
from pack.mesh.members.keys import PeerId, parse_peer_id
from pack.mesh.mesh import Mesh
from pack_servers.cli.shell.output import show, show_json
from pack_servers.config.settings import Settings

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
    is_json: bool

    def tell(self, fields: Mapping[str, object], *lines: str) -> None:
        """Answer, for a program or a person."""
        if self.is_json:
            show_json(fields)
            return
        for line in lines:
            show(line)

    def peer(self) -> PeerId:
        """The peer that is meant, by its name or its id.

        Raises:
            InvalidRequest: None was named.
            NotFound: None is called so.
        """
        text = needed(self.target, "the peer")
        for peer, one in self.mesh.roster.version().group.peers.items():
            if one.name == text:
                return peer
        try:
            return parse_peer_id(text)
        except UnusableInput as error:
            found = f"a peer called {text[:64]!r}"
            raise NotFound(found, "`pack mesh peers` lists them.") from error


def needed(value: str, what: str) -> str:
    """What was given.

    Raises:
        InvalidRequest: Nothing.
    """
    if not value:
        raise InvalidRequest(f"this needs {what}")
    return value
