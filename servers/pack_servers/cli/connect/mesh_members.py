"""`pack mesh` on who belongs to the group, and what each may do."""

from __future__ import annotations

from typing import Final

from pack.errors import InvalidRequest, NotFound
from pack.mesh.members.keys import shown
from pack.mesh.rekeying import Rekeyed
from pack.mesh.state import Applicant
from pack_servers.cli.connect.mesh_call import MeshCall, needed
from pack_servers.cli.connect.mesh_text import member_words
from pack_servers.cli.shell.streams import say
from pack_servers.wiring.mesh_fields import member_fields

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


def add(call: MeshCall) -> None:
    """Say where a peer is, and what it may do."""
    peer = call.peer()
    member = call.mesh.roster.version().group.peer(peer)
    fields: dict[str, object] = {"peer_id": peer}
    lines = []
    if not (call.endpoint or call.roles or call.levels):
        raise InvalidRequest("this needs --endpoint, --role or --levels")
    if call.roles or call.levels:
        member = call.mesh.roster.grant(peer, call.roles or None, call.levels or None)
        fields |= member_fields(member)
        lines.append(f"{member.name} is {member_words(member)}")
    if call.endpoint:
        endpoint = call.mesh.place(peer, call.endpoint)
        fields["endpoint"] = endpoint
        lines.append(f"{member.name} is at {endpoint}")
    call.tell(fields, *lines)
    call.warn_of(call.endpoint)


def succession(call: MeshCall) -> None:
    """Say who may admit and remove, in which order."""
    names = [name.strip() for name in call.target.split(",") if name.strip()]
    if names:
        call.mesh.roster.set_owners([call.peer_called(name) for name in names])
    group = call.mesh.roster.version().group
    order = [group.peers[one].name for one in group.owners if one in group.peers]
    call.tell({"owners": list(group.owners), "names": order}, f"owners  {', '.join(order)}")


def approve(call: MeshCall) -> None:
    """Let in whoever asks."""
    one = _applicant(call)
    peer = call.mesh.approval.approve(one.key.peer, call.name, call.roles, call.levels)
    fields = {"peer_id": peer.id, "name": peer.name, **member_fields(peer)}
    call.tell(
        {"approved": fields},
        f"{peer.name} belongs to the group now",
        "  → It is in as soon as it asks again, by itself or with the same command.",
    )


def refuse(call: MeshCall) -> None:
    """Let whoever asks not in."""
    one = _applicant(call)
    call.mesh.approval.refuse(one.key.peer)
    call.tell({"refused": one.key.peer}, f"{one.name} is not let in")


def _applicant(call: MeshCall) -> Applicant:
    """Who is meant of those who ask, by its id or by a name that only one of them gave."""
    text = needed(call.target, "who asks; `pack mesh peers` lists them")
    plain = text.replace(" ", "").replace("-", "").lower()
    asking = call.mesh.approval.waiting()
    found = [one for one in asking if plain == one.key.peer or text == one.name]
    if len(found) > 1:
        raise InvalidRequest(f"several machines ask to be called {text[:64]!r}; give the id of one")
    if not found:
        raise NotFound(f"a request by {text[:64]!r}", "`pack mesh peers` lists who asks.")
    return found[0]
