"""How `pack mesh` answers."""

from __future__ import annotations

from pack.mesh.mesh import Mesh
from pack.mesh.state import PeerRecord
from pack.mesh.views import TakenIn
from pack_servers.cli.shell.output import counted, show


def show_taken(taken: TakenIn) -> None:
    """Print what came of a bundle."""
    if taken.pending:
        show(f"it builds on {counted(len(taken.pending), 'commit')} that have not arrived here yet")
        show("  → It is kept, and taken in once you import what was sent before it.")
        return
    show(f"took in what is new from {counted(taken.received, 'peer')}")
    for one in taken.quarantined:
        show(f"refused  {one.ref}: {one.reason}")
    for why in taken.waiting:
        show(f"waits    {why}")
    if taken.is_restored:
        show("this machine had lost what it once announced, and has it back: was it restored?")
    if taken.is_cloned:
        show("another machine uses the key of this one")
        show("  → Is one a copy of the other? Stop using one of them.")


def show_peers(mesh: Mesh) -> None:
    """Print the group and its peers."""
    group, position = mesh.roster.version().group, mesh.outbox.standpoint()
    show(f"group  {group.name}  {mesh.roster.membership().group[:12]}")
    show(f"here   {mesh.roster.membership().name}  {(position.head or 'empty')[:12]}")
    for one in mesh.overview.peers():
        lag = "in step" if one.lag == 0 else f"{counted(one.lag, 'commit')} behind"
        known = lag if one.head else "not heard from yet"
        show(f"peer   {one.name}  {one.record.status}  {known}  {_where(mesh, one.record)}")
        if one.record.last_error:
            show(f"       {one.record.last_error}")


def _where(mesh: Mesh, record: PeerRecord) -> str:
    """The address of a peer, and who gave it."""
    if not record.endpoint:
        return "no address"
    by = f", by {mesh.roster.name_of(record.discovered_via)}" if record.discovered_via else ""
    return f"{record.endpoint} ({record.source}{by})"
