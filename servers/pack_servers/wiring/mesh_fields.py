"""The fields in which `pack mesh` and the HTTP interface for administration answer programs."""

from __future__ import annotations

from pack.mesh.mesh import Mesh
from pack.mesh.views import PeerView, TakenIn


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
    }


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
    }
