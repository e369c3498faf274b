"""`pack mesh` on how it stands: peers, status, verify, test, resync and doctor."""

from __future__ import annotations

from dataclasses import asdict

import typer

from pack.merge.heads import MERGE_VERSION
from pack.mesh.exchange import Probe
from pack_servers.cli.care.doctor import is_fine, show_checks
from pack_servers.cli.connect.mesh_call import INCOMPLETE, MeshCall
from pack_servers.cli.connect.mesh_text import show_applicants, show_peers, show_status
from pack_servers.cli.shell.output import show_json
from pack_servers.cli.shell.streams import working
from pack_servers.wiring.mesh import exchange_of, mesh_checks
from pack_servers.wiring.mesh_fields import (
    applicant_fields,
    peer_fields,
    probe_fields,
    status_fields,
    taken_fields,
)


def peers(call: MeshCall) -> None:
    """Show who belongs to the group, and who asks."""
    if call.is_json:
        full = {"asking_full": True} if call.mesh.approval.is_full() else {}
        asking = applicant_fields(call.mesh)
        show_json({"peers": peer_fields(call.mesh), "asking": asking, **full})
        return
    show_peers(call.mesh)
    show_applicants(call.mesh)


def status(call: MeshCall) -> None:
    """Show how far each peer is, and what is wrong."""
    if call.is_json:
        show_json(status_fields(call.mesh))
    else:
        show_status(call.mesh)


def verify(call: MeshCall) -> None:
    """Check everything again."""
    found = call.mesh.overview.verify()
    fields = {
        "ok": not found.problems,
        "head": found.head,
        "commits": found.commits,
        "problems": list(found.problems),
    }
    call.tell(fields, *(found.problems or ("everything is as it should be",)))
    if found.problems:
        raise typer.Exit(INCOMPLETE)


def resync(call: MeshCall) -> None:
    """Exchange everything with a peer again."""
    peer = call.peer()
    name = call.mesh.roster.name_of(peer)
    with working(f"exchanging everything with {name}"):
        met = exchange_of(call.settings, call.mesh).resync(peer)
    fields = {"peer_id": peer, "agreed": met.is_agreed, **taken_fields(met.taken)}
    call.tell(fields, f"{name}: {'in step' if met.is_agreed else 'not in step yet'}")
    if not met.is_agreed:
        raise typer.Exit(INCOMPLETE)


def test(call: MeshCall) -> None:
    """Look whether a peer can be reached, and how it is there."""
    peer = call.peer()
    name = call.mesh.roster.name_of(peer)
    with working(f"asking {name}"):
        found = exchange_of(call.settings, call.mesh).probe(peer)
    call.tell(probe_fields(peer, found), *_probe_lines(found))
    if not found.is_let_in:
        raise typer.Exit(INCOMPLETE)


def _probe_lines(found: Probe) -> list[str]:
    lines = [f"reach    {'answers' if found.is_reached else 'does not answer'}, {found.endpoint}"]
    if found.is_reached:
        lines.append(f"token    {'accepted' if found.is_let_in else 'not accepted'}")
    if found.problem:
        lines.append(f"         {found.problem}")
    if found.ahead is not None:
        words = "ahead of" if found.ahead >= 0 else "behind"
        lines.append(f"clock    {abs(found.ahead):.0f} seconds {words} this one")
    if found.health is not None:
        same = "as here" if found.health.merge_version == MERGE_VERSION else "not as here"
        rules = f"merges by version {found.health.merge_version}, {same}"
        lines.append(f"version  {found.health.version or 'not told'}; {rules}")
    return lines


def doctor(call: MeshCall) -> None:
    """Check the mesh as `pack doctor` does."""
    found = list(mesh_checks(call.mesh))
    if call.is_json:
        show_json({"ok": is_fine(found), "checks": [asdict(check) for check in found]})
    else:
        show_checks(found)
    if not is_fine(found):
        raise typer.Exit(INCOMPLETE)
