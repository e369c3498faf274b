"""`pack mesh` on who belongs to the group: invite, remove, rekey."""

from __future__ import annotations

from typing import Final

from pack.mesh.members.keys import shown
from pack.mesh.rekeying import Rekeyed
from pack_servers.cli.connect.mesh_call import MeshCall
from pack_servers.cli.shell.streams import say

_REKEYED: Final = {
    Rekeyed.DONE: (
        "this machine has a new key, and the group knows it",
        "  → The others hear of it with the next exchange. The former key counts no more.",
    ),
    Rekeyed.ASKED: (
        "this machine has a new key, and goes by the former one until an owner has heard of it",
        "  → Run: pack mesh sync, or pack mesh export FILE for an owner to import",
    ),
    Rekeyed.STRANGER: (
        "this machine has a new key, which nobody in the group knows",
        "  → An owner must let it in. Run: pack mesh sync, then there: pack mesh peers",
    ),
}


def invite(call: MeshCall) -> None:
    """Print an invitation."""
    line = call.mesh.admission.invite().line
    call.tell({"invite": line}, line)
    if not call.is_json:
        say("  → On the other machine, within a day: pack mesh join INVITATION --name NAME")


def remove(call: MeshCall) -> None:
    """Remove a peer for good."""
    peer = call.peer()
    name = call.mesh.roster.name_of(peer)
    call.mesh.roster.remove(peer)
    call.tell({"removed": peer}, f"{name} was removed from the group for good")


def rekey(call: MeshCall) -> None:
    """Give this machine a new key."""
    former = call.mesh.me
    done = call.mesh.rekeying.renew()
    asked = call.mesh.rekeying.asked_for()
    peer = asked.peer if asked is not None else call.mesh.me
    fields = {"peer_id": peer, "former_peer_id": former, "state": done}
    call.tell(fields, *_REKEYED[done], f"new key  {shown(peer)}")
