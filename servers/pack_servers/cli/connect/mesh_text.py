"""How `pack mesh` answers."""

from __future__ import annotations

from pack.mesh.approval import MOST_APPLICANTS
from pack.mesh.members.group import ALL_LEVELS, Peer
from pack.mesh.members.keys import shown
from pack.mesh.mesh import Mesh
from pack.mesh.troubles import TroubleKind
from pack.mesh.views import TakenIn
from pack_servers.cli.shell.output import counted, show
from pack_servers.cli.shell.wording import worded


def member_words(member: Peer) -> str:
    """What a peer may do, for people."""
    levels = ", ".join(map(str, sorted(member.levels)))
    which = "all levels" if member.levels == frozenset(ALL_LEVELS) else f"levels {levels or 'none'}"
    return f"{' and '.join(sorted(member.roles))}, {which}"


def show_applicants(mesh: Mesh) -> None:
    """Print who asks to be let in, with the key to compare."""
    waiting = mesh.approval.waiting()
    for one in waiting:
        what = "asks to be let in" if one.former is None else "asks for a new key"
        show(f"asks   {one.name}  {what}")
        show(f"       {shown(one.key.peer)}")
    if waiting:
        show("  → Is this the key that the other machine shows? Then: pack mesh approve NAME")
    if mesh.approval.is_full():
        show(f"full   {MOST_APPLICANTS} machines ask, so no other one is kept")
        show("  → Those that you do not know: pack mesh refuse ID")


def show_taken(taken: TakenIn) -> None:
    """Print what came of a bundle."""
    if taken.pending:
        show(f"it builds on {counted(len(taken.pending), 'commit')} that have not arrived here yet")
        show("  → It is kept, and taken in once you import what was sent before it.")
        for why in taken.waiting:
            show(worded(why))
        return
    show(f"took in what is new from {counted(taken.received, 'peer')}")
    for one in taken.quarantined:
        show(f"refused  {one.ref}: {worded(one.reason)}")
    for why in taken.waiting:
        show(f"waits    {worded(why)}")
    if taken.is_restored:
        show("this machine had lost what it once announced, and has it back: was it restored?")
    if taken.is_cloned:
        show("another machine uses the key of this one")
        show("  → Is one a copy of the other? Run on one of them: pack mesh rekey")


def show_peers(mesh: Mesh) -> None:
    """Print who belongs to the group: what each may do, its key and its address."""
    group = mesh.roster.version().group
    show(f"group  {group.name}  {mesh.roster.membership().group[:12]}")
    mine = group.peers.get(mesh.me)
    show(f"here   {_my_name(mesh)}  {member_words(mine) if mine else 'not in the group'}")
    show(f"       {shown(mesh.me)}")
    for one in mesh.overview.peers():
        where = one.record.endpoint or "no address"
        show(f"peer   {one.name}  {member_words(one.member)}  {where} ({one.record.source})")
        show(f"       {shown(one.peer)}")


def show_status(mesh: Mesh) -> None:
    """Print how far each peer is, when it was last in step, and what is wrong."""
    group, position = mesh.roster.version().group, mesh.outbox.standpoint()
    show(f"group  {group.name}  {mesh.roster.membership().group[:12]}")
    show(f"here   {_my_name(mesh)}  {(position.head or 'empty')[:12]}")
    for one in mesh.overview.peers():
        lag = "in step" if one.lag == 0 else f"{counted(one.lag, 'commit')} behind"
        known = lag if one.head else "not heard from yet"
        last = one.record.last_sync_at
        show(f"peer   {one.name}  {one.record.status}  {known}{f'  met {last}' if last else ''}")
        if one.record.last_error:
            show(f"       {worded(one.record.last_error)}")
    for trouble in mesh.troubles.found():
        if trouble.kind is not TroubleKind.PEER:  # it stands beside its peer
            show(f"wrong  {worded(trouble.text)}")
            show(f"  → {worded(trouble.remedy)}")
    waiting = len(mesh.approval.waiting())
    if waiting:
        show(f"asks   {counted(waiting, 'machine')}; pack mesh peers shows which")


def _my_name(mesh: Mesh) -> str:
    mine = mesh.roster.version().group.peers.get(mesh.me)
    return mine.name if mine is not None else mesh.roster.membership().name
