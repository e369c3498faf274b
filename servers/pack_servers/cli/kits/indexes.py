"""`pack kit search` and `pack kit index`: kits that are found by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import typer

from pack.errors import InvalidRequest
from pack.kits.indexes.entries import matching
from pack_servers.cli.kits.call import KitCall
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.streams import one_line, say, working
from pack_servers.cli.shell.wording import worded
from pack_servers.wiring.clock import clock
from pack_servers.wiring.kits.indexes import seen_indexes

_INCOMPLETE: Final = 1
_WITH_ADDRESS: Final = 2
_KEY: Final = Path("~/.ssh/id_ed25519")


def search(call: KitCall) -> None:
    """Print the kits that can be installed by name."""
    indexed = call.indexed
    indexed.ask()
    with working("reading the indexes"):
        indexes, unread = indexed.read()
    found = [entry for one in indexes for entry in matching(one.entries, call.names)]
    problems = [f"{one.address}: {said}" for one in indexes for said in one.problems]
    problems += [f"{one.address}: {one.reason} {worded(one.remedy)}" for one in unread]
    if call.is_json:
        show_json({"kits": [asdict(entry) for entry in found], "problems": problems})
    else:
        for entry in found:
            version = f" {one_line(entry.version)}" if entry.version else ""
            show(f"{entry.name}{version}  {one_line(entry.description.strip())}".rstrip())
            show(f"  {one_line(entry.source)}  ({one_line(entry.index)})")
        for said in problems:
            say(f"warning: {one_line(said)}")
        if not found:
            say("no kit is called or described so")
    if unread:
        raise typer.Exit(_INCOMPLETE)


def index(call: KitCall) -> None:
    """Change or print the list of indexes."""
    what = call.names[0] if call.names else "list"
    if what not in _INDEX:
        raise InvalidRequest(
            "an index is added, listed, removed or signed: add ADDRESS, list, remove ADDRESS, "
            "sign FOLDER"
        )
    _INDEX[what](call)


def _list(call: KitCall) -> None:
    known, seen = call.kits.indexes.list(), seen_indexes()
    signed = {one: found for one in known if (found := seen.find(one)) and found.signer}
    if call.is_json:
        rows = {
            address: {"signer": one.signer, "version": one.version}
            for address, one in signed.items()
        }
        show_json({"indexes": known, **({"signed": rows} if rows else {})})
        return
    for address in known:
        show(one_line(address))
        if address in signed:
            show(f"  version {signed[address].version}, signed by {signed[address].signer}")
    if not known:
        say("there is no index; PACK's own kits are found without one")
        say("  → pack kit index add https://example.org/index.git")


def _add(call: KitCall) -> None:
    source, ref = call.sources.find(_address(call))
    if ref is not None:
        raise InvalidRequest("an index is always read as it is now; leave out the @REF")
    with working("reading the index"):
        found = call.indexed.read_one(source, accepted=call.accepted, dry_run=call.dry_run)
    commit = call.kits.indexes.add(source.address, dry_run=call.dry_run)
    call.sources.consent.add(source.address)
    if call.is_json:
        fields = {"index": source.address, "kits": len(found.entries), "commit": commit}
        signed = {"signer": found.signer, "version": found.version}
        show_json({**fields, **(signed if found.signer else {})})
    else:
        show(f"{one_line(source.address)}: {counted(len(found.entries), 'kit')}")
        for said in found.problems:
            say(f"warning: {one_line(said)}")


def _remove(call: KitCall) -> None:
    address = _address(call)
    known = call.kits.indexes.list()
    name = _known_name(call, address, known)
    commit = call.kits.indexes.remove(name, dry_run=call.dry_run)
    if call.is_json:
        show_json({"index": name, "commit": commit})
    else:
        show(f"removed {one_line(name)}")


def sign(words: Sequence[str], key: Path | None, *, dry_run: bool, is_json: bool) -> None:
    """Sign an index that somebody keeps in a folder; this needs no memory."""
    # Here, as few people keep an index.
    from pack_servers.wiring.kits.signing import sign_index  # noqa: PLC0415

    if not words:
        raise InvalidRequest("this needs the folder of the index")
    done = sign_index(Path(words[0]), key or _KEY, clock().date(), dry_run=dry_run)
    if is_json:
        expires = str(done.expires) if done.expires is not None else None
        fields = {"signer": done.signer, "version": done.version, "kits": done.kits}
        show_json({**fields, "expires": expires, "changed": done.is_new})
        return
    if done.is_new:
        show(f"version {done.version} with {counted(done.kits, 'kit')}, signed by {done.signer}")
    else:
        show(f"version {done.version} is signed already, by {done.signer}")
    if done.expires is None:
        say("it names no `expires` in index.yaml, so nobody notices who goes on serving an old one")


def _known_name(call: KitCall, address: str, known: Sequence[str]) -> str:
    """How the list names an index, also if that is not there any more."""
    for name in (address, str(Path(address).expanduser().resolve())):
        if name in known:
            return name
    return call.sources.find(address)[0].address


def _address(call: KitCall) -> str:
    if len(call.names) < _WITH_ADDRESS:
        raise InvalidRequest("this needs the address of the index")
    return call.names[1]


_INDEX: Final[Mapping[str, Callable[[KitCall], None]]] = {
    "add": _add,
    "list": _list,
    "remove": _remove,
}
