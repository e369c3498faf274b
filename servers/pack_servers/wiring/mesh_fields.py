"""The fields in which `pack mesh` and the HTTP interface for administration answer programs."""

from __future__ import annotations

from pack.mesh.exchange import Probe
from pack.mesh.members.group import Peer
from pack.mesh.members.keys import PeerId
from pack.mesh.mesh import Mesh
from pack.mesh.views import PeerView, TakenIn
from pack.times import format_time


def peer_fields(mesh: Mesh) -> list[dict[str, object]]:
    """Every other peer of the group."""
    return [peer_of(one) for one in mesh.overview.peers()]


def status_fields(mesh: Mesh) -> dict[str, object]:
    """Where this peer is, and the others."""
    return {
        "group_id": mesh.roster.membership().group,
        "group": mesh.roster.version().group.name,
        "peer_id": mesh.me,
        **said_fields(mesh),
        "peers": peer_fields(mesh),
        "problems": [f"{one.text}. {one.remedy}" for one in mesh.troubles.found()],
    }


def member_fields(member: Peer) -> dict[str, object]:
    """What a peer may do."""
    return {"roles": sorted(member.roles), "levels": sorted(member.levels)}


def applicant_fields(mesh: Mesh) -> list[dict[str, object]]:
    """Who asks to be let in."""
    return [
        {
            "peer_id": one.key.peer,
            "name": one.name,
            "endpoint": one.endpoint,
            "asked_at": format_time(one.asked_at),
            **({"former_peer_id": one.former} if one.former is not None else {}),
        }
        for one in mesh.approval.waiting()
    ]


def said_fields(mesh: Mesh) -> dict[str, object]:
    """Where this peer is."""
    position = mesh.outbox.standpoint()
    return {"head": position.head, "height": position.height}


def taken_fields(taken: TakenIn) -> dict[str, object]:
    """What came of a bundle."""
    return {
        "received": taken.received,
        "quarantined": [
            {"peer_id": one.peer, "ref": one.ref, "commit": one.commit, "reason": one.reason}
            for one in taken.quarantined
        ],
        "pending": list(taken.pending),
        "waiting": list(taken.waiting),
        "head": taken.head,
        **({"restored": True} if taken.is_restored else {}),
        **({"cloned": True} if taken.is_cloned else {}),
    }


def peer_of(one: PeerView) -> dict[str, object]:
    """Another peer."""
    return {
        "peer_id": one.peer,
        "name": one.name,
        "endpoint": one.record.endpoint,
        "source": one.record.source,
        "ttl": one.record.gossip_ttl,
        "via": one.record.discovered_via,
        "status": one.record.status,
        "head": one.head,
        "lag": one.lag,
        "last_sync": one.record.last_sync_at or None,
        "last_error": one.record.last_error or None,
        **member_fields(one.member),
    }


def probe_fields(peer: PeerId, found: Probe) -> dict[str, object]:
    """What a look at a peer found."""
    health = found.health
    return {
        "peer_id": peer,
        "endpoint": found.endpoint,
        "reached": found.is_reached,
        "token_accepted": found.is_let_in,
        "clock_ahead": found.ahead,
        "version": health.version if health is not None else None,
        "merge_version": health.merge_version if health is not None else None,
        "problem": found.problem or None,
    }
