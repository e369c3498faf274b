"""`pack kit offer`, `grant` and their kin: kits that this machine gives to other peers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Final

from pack.errors import InvalidContent, InvalidRequest, NotFound
from pack.kits.manifest import Visibility
from pack.kits.sharing.offer import Grant, KitOffer
from pack.kits.shipment import Kit
from pack.mesh.members.keys import PeerId, parse_peer_id
from pack_servers.cli.kits.call import KitCall
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.streams import confirm, one_line, say, working
from pack_servers.config.settings import load_settings

if TYPE_CHECKING:
    from pack.kits.sharing.offers import KitOffers, OfferChange
    from pack.memory import Memory
    from pack_servers.wiring.kits.peers import PeerKits

_WITH_PEER: Final = 2
_WHO: Final = {
    Visibility.PUBLIC: "every peer of the group sees it and may have it",
    Visibility.UNLISTED: "every peer of the group that knows its name may have it",
    Visibility.PRIVATE: "only the peers that you grant it to may have it",
}


@contextmanager
def asking_peers(memory: Memory) -> Iterator[Callable[[], PeerKits]]:
    """What asks other peers for kits, put together when it is first needed."""
    with ExitStack() as opened:

        @cache
        def peers() -> PeerKits:
            # Here, as few kits are of a peer.
            from pack_servers.wiring.kits.peers import PeerKits  # noqa: PLC0415

            return opened.enter_context(PeerKits(load_settings(), memory, say))

        yield peers


def offer(call: KitCall) -> None:
    """Offer a kit on this machine to other peers."""
    # Here and below, as few memories have peers.
    from pack_servers.wiring.kits.giving import kit_to_offer  # noqa: PLC0415

    kit = kit_to_offer(call.sources, call.first("the folder of a kit"))
    if not call.is_json:
        _show_kit(kit)
    if kit.manifest.visibility is not Visibility.PRIVATE and not call.dry_run:
        confirm(f"Offer {kit.name} to every peer?", "offering a kit", yes=call.yes)
    _tell(call, _offers(call).offer(kit, dry_run=call.dry_run), "offered")


def withdraw(call: KitCall) -> None:
    """Offer a kit no more."""
    name = call.first("a kit that is offered")
    _tell(call, _offers(call).withdraw(name, dry_run=call.dry_run), "withdrawn")


def grant(call: KitCall) -> None:
    """Let a peer have a private kit."""
    name, peer = _named(call)
    _tell(call, _offers(call).grant(name, peer, dry_run=call.dry_run), "granted")


def revoke(call: KitCall) -> None:
    """Let a peer have a private kit no more."""
    name, peer = _named(call, once=True)
    _tell(call, _offers(call).revoke(name, peer, dry_run=call.dry_run), "revoked")
    if not call.is_json and not call.dry_run:
        say("what was installed there stays there; nothing newer is given")


def grants(call: KitCall) -> None:
    """Print what is offered, and to whom it was granted: when, and by whom."""
    offers = _offers(call)
    found = offers.every(call.names[0]) if call.names else offers.offered()
    if call.is_json:
        show_json({"kits": [_fields(call, one) for one in found]})
        return
    for one in found:
        _show_offer(call, one)
    if not found:
        say("no kit is offered")
        say("  → pack kit offer FOLDER")


def offered(call: KitCall) -> None:
    """Print the kits that another peer offers to this machine."""
    peers = call.peers()
    name = call.first("a peer")
    with working("asking"):
        found = peers.listed(name)
    if call.is_json:
        rows = [
            {"name": one.name, "description": one.description, "visibility": one.visibility}
            for one in found
        ]
        show_json({"kits": rows})
        return
    for one in found:
        show(f"peer:{name}/{one.name}  {one_line(one.description.strip())}".rstrip())
    if not found:
        say(f"{name} tells this machine of no kit")


def _offers(call: KitCall) -> KitOffers:
    from pack_servers.wiring.kits.giving import kit_offers  # noqa: PLC0415

    return kit_offers(call.memory)


def _named(call: KitCall, *, once: bool = False) -> tuple[str, PeerId]:
    """The kit and the peer that were named; the group is that of this memory.

    With `once`, the id of a peer will do that is no member any more, or by another key.
    """
    if len(call.names) < _WITH_PEER:
        raise InvalidRequest("this needs a kit that is offered, and a peer")
    mesh, text = call.peers().own, call.names[1]
    peer = mesh.roster.version().group.find(text)
    if peer is None and once:
        with suppress(InvalidContent):
            peer = parse_peer_id(text)
    if peer is None:
        raise NotFound(f"a peer called {text[:64]!r}", "`pack mesh peers` lists them.")
    if peer == mesh.me:
        raise InvalidRequest("this machine has the kit already; name another peer")
    return call.names[0], peer


def _tell(call: KitCall, change: OfferChange, done: str) -> None:
    one = change.offer
    if call.is_json:
        show_json({"changed": change.is_new, **_fields(call, one)})
        return
    if not change.is_new:
        show(f"{one.name}: nothing to do")
    elif not call.dry_run:
        show(f"{one.name}: {done}")


def _fields(call: KitCall, one: KitOffer) -> dict[str, object]:
    return {
        "name": one.name,
        "source": one.source,
        "visibility": one.visibility,
        "offered_at": one.at,
        "offered_by": one.by,
        "withdrawn_at": one.withdrawn_at or None,
        "withdrawn_by": one.withdrawn_by or None,
        "grants": [_grant_fields(call, each) for each in one.grants],
    }


def _grant_fields(call: KitCall, one: Grant) -> Mapping[str, object]:
    return {
        "peer": _name_of(call, one.peer),
        "peer_id": one.peer,
        "granted_at": one.at,
        "granted_by": one.by,
        "revoked_at": one.revoked_at or None,
        "revoked_by": one.revoked_by or None,
    }


def _name_of(call: KitCall, peer: str) -> str | None:
    """What a peer is called; `None` if it is a member no more, or goes by another key."""
    group = call.peers().own.roster.version().group
    return next((one.name for id_, one in group.peers.items() if id_ == peer), None)


def _show_kit(kit: Kit) -> None:
    manifest = kit.manifest
    show(f"{kit.name} {manifest.version}  {one_line(manifest.description.strip())}".rstrip())
    show(f"  from     {one_line(kit.shipment.source)}")
    show(f"  files    {len(kit.files)}, {sum(map(len, kit.files.values())):,} bytes")
    show(f"  {manifest.visibility:<8} {_WHO[manifest.visibility]}")
    for left in kit.left_out:
        show(f"  left out {one_line(left.path)}: {one_line(left.reason)}")


def _show_offer(call: KitCall, one: KitOffer) -> None:
    show(f"{one.name}  {one.visibility if one.is_offered else 'withdrawn'}")
    show(f"  from     {one_line(one.source)}")
    show(f"  offered  {one.at}  by {one_line(one.by)}")
    if not one.is_offered:
        show(f"  withdrawn  {one.withdrawn_at}  by {one_line(one.withdrawn_by)}")
    for each in one.grants:
        name = _name_of(call, each.peer) or f"{each.peer} (no member, or under another key now)"
        show(f"  granted  {one_line(name)}  {each.at}  by {one_line(each.by)}")
        if not each.is_in_force:
            show(f"    revoked  {each.revoked_at}  by {one_line(each.revoked_by)}")


def warn_of_sharing(call: KitCall, kit: Kit) -> None:
    """Say so where a private kit would go to machines that it was not granted to.

    Raises:
        RefusedForSafety: An agent would have it go there.
    """
    # Here, as few kits are private.
    from pack_servers.wiring.local import group_of  # noqa: PLC0415

    if kit.manifest.visibility is not Visibility.PRIVATE or not group_of(call.memory.connector):
        return
    call.kits.refuse_sharing_by_machine()
    others = len(call.peers().own.roster.version().group.peers) - 1
    say(f"warning: {kit.name} is private, and what is in this memory goes to its whole group")
    say(f"  ({counted(others, 'other machine')}); --local FOLDER names another memory for it")
