"""`pack kit`: sets of memory that somebody else keeps, installed here and updated with care."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from pack.errors import (
    InvalidContent,
    InvalidPath,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    PackError,
    RefusedForSafety,
)
from pack.kits.fitness import refuse_other_name
from pack.kits.results import Updated
from pack.kits.shipment import Kit, KitSource, unpack
from pack.kits.trust import Distrust
from pack.kits.updating import FileAction, UpdateMode
from pack_servers.cli.kits.agreeing import agrees
from pack_servers.cli.kits.call import KitCall
from pack_servers.cli.kits.indexes import index, search, sign
from pack_servers.cli.kits.kit_text import (
    installed_fields,
    problem_fields,
    show_info,
    show_preview,
    show_status,
    show_updated,
    status_fields,
    updated_fields,
)
from pack_servers.cli.kits.making import check, new
from pack_servers.cli.kits.sending import bug, contribute
from pack_servers.cli.kits.sharing import (
    asking_peers,
    grant,
    grants,
    offer,
    offered,
    revoke,
    warn_of_sharing,
    withdraw,
)
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    AsOption,
    DryRunOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    YesOption,
)
from pack_servers.cli.shell.output import show, show_json
from pack_servers.cli.shell.streams import can_ask, confirm, one_line, say, working, write_bytes
from pack_servers.cli.shell.wording import worded
from pack_servers.wiring.kits.indexes import named_kit
from pack_servers.wiring.kits.patches import patch_files, write_patches
from pack_servers.wiring.kits.sources import kit_sources, source_consent

EXAMPLES: Final = """\
  pack kit install ~/kits#observer    show what would come, ask, install it
  pack kit status                     what was changed here, and what is new
  pack kit update                     your edits stay
  pack kit diff observer              what you changed"""

_INCOMPLETE: Final = 1
_CONFLICT: Final = 2
_WITH_SOURCE: Final = 2
_NO_KIT: Final = (NotFound, InvalidContent, InvalidPath, LimitExceeded, RefusedForSafety)


class KitAction(StrEnum):
    """What to do."""

    INSTALL = "install"
    UPDATE = "update"
    STATUS = "status"
    LIST = "list"
    INFO = "info"
    DIFF = "diff"
    PATCH = "patch"
    ROLLBACK = "rollback"
    UNINSTALL = "uninstall"
    ADOPT = "adopt"
    CHECK = "check"
    NEW = "new"
    SEARCH = "search"
    INDEX = "index"
    BUG = "bug"
    CONTRIBUTE = "contribute"
    OFFER = "offer"
    OFFERED = "offered"
    WITHDRAW = "withdraw"
    GRANT = "grant"
    GRANTS = "grants"
    REVOKE = "revoke"


def run(  # noqa: PLR0917 - options
    action: Annotated[KitAction, typer.Argument(metavar="ACTION", help=", ".join(KitAction) + ".")],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="The source for install, check, offer; the folder for adopt and new; else kits.",
            show_default=False,
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Files that both sides changed stay as they are here.")
    ] = False,
    theirs: Annotated[
        bool, typer.Option("--theirs", help="Files that both sides changed become upstream's.")
    ] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="They are merged; what cannot be, is kept in a copy.")
    ] = False,
    purge: Annotated[
        bool, typer.Option("--purge", help="For uninstall: files that you changed go too.")
    ] = False,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="For status: ask sources on other machines, too.")
    ] = False,
    patch: Annotated[
        bool, typer.Option("--patch", help="For bug: show what you changed, too.")
    ] = False,
    send: Annotated[
        bool,
        typer.Option("--send", help="For bug and contribute: open an issue, or a pull request."),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="FILE", help="For contribute: where to write.", show_default=False
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key",
            metavar="FILE",
            help="For index sign: your SSH key, if it is not ~/.ssh/id_ed25519.",
            show_default=False,
        ),
    ] = None,
    accept_older: Annotated[
        bool, typer.Option("--accept-older", help="Take it although its source had a newer one.")
    ] = False,
    accept_signer: Annotated[
        bool,
        typer.Option("--accept-signer", help="Take it although another key signed it, or none."),
    ] = False,
    accept_moved: Annotated[
        bool,
        typer.Option("--accept-moved", help="Take it although its tag had other files before."),
    ] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    answer: FormatOption = Format.TEXT,
    *,
    local: LocalOption = None,
    github: GithubOption = None,
    writer: AsOption = None,
) -> None:
    """Install sets of memory that others keep, and update them; your edits always stay."""
    choice = _said(keep=keep, theirs=theirs, merge=merge)
    if action is KitAction.NEW:
        new(names or [], dry_run=dry_run, is_json=answer is Format.JSON)
        return
    if action is KitAction.INDEX and names and names[0] == "sign":
        sign(names[1:], key, dry_run=dry_run, is_json=answer is Format.JSON)
        return
    if action is KitAction.CHECK:
        check(names or [], is_json=answer is Format.JSON)
        return
    with (
        opened(local, github, writer=writer) as memory,
        asking_peers(memory) as peers,
        kit_sources(
            lambda address: peers().source(address),
            source_consent(memory.connector.location, agrees, dry_run=dry_run),
        ) as sources,
    ):
        call = KitCall(
            memory,
            sources,
            peers,
            names or [],
            choice,
            purge,
            fetch,
            patch,
            send,
            output,
            _accepted(older=accept_older, signer=accept_signer, moved=accept_moved),
            yes,
            dry_run,
            answer is Format.JSON,
        )
        _ACTIONS[action](call)


def _accepted(*, older: bool, signer: bool, moved: bool) -> frozenset[Distrust]:
    given = ((Distrust.OLDER, older), (Distrust.SIGNER, signer), (Distrust.MOVED, moved))
    return frozenset(kind for kind, is_on in given if is_on)


def _said(*, keep: bool, theirs: bool, merge: bool) -> UpdateMode | None:
    """What becomes of files that both sides changed; `None` if nothing was said."""
    named = ((UpdateMode.KEEP, keep), (UpdateMode.THEIRS, theirs), (UpdateMode.MERGE, merge))
    said = [choice for choice, is_on in named if is_on]
    if len(said) > 1:
        raise InvalidRequest("give one of --keep, --theirs and --merge")
    return said[0] if said else None


def _install(call: KitCall) -> None:
    source = call.first("a source, such as a folder or https://example.org/kits.git#observer")
    indexed = call.indexed
    if named_kit(source) is not None:
        indexed.ask()
    with working("fetching"):
        kit = indexed.kit(source, call.accepted)
    preview = call.kits.preview(kit)
    if not call.is_json:
        show_preview(preview)
    warn_of_sharing(call, kit)
    call.kits.refuse_doubtful(kit, call.accepted)
    if not call.dry_run:
        confirm(f"Install {kit.name} {kit.manifest.version}?", "installing a kit", yes=call.yes)
    done = call.kits.install(
        kit, call.choice or UpdateMode.MERGE, accepted=call.accepted, dry_run=call.dry_run
    )
    call.sources.agree(kit.shipment)
    if call.is_json:
        is_here = kit.name in call.kits.lock().kits
        now = call.kits.status([kit.name], lambda _: kit) if is_here else []
        show_json(installed_fields(done, preview, now))
    else:
        show_updated(done, planned=call.dry_run)
    _end([done])


def _update(call: KitCall) -> None:
    """Update each kit that can be; one that cannot holds up no other."""
    find = call.sources.newest(call.kits.as_installed(), far=True)
    named, newest, failed = (
        call.kits.installed(call.names),
        dict[str, Kit](),
        dict[str, PackError](),
    )
    call.sources.ask_about(named)
    for known in named:
        try:
            with working(f"looking for {known.name}"):
                kit = find(known)
            if kit is not None:
                refuse_other_name(known, kit)
                newest[known.name] = kit
        except PackError as error:
            failed[known.name] = error
    done = []
    for name in [*newest]:
        try:
            done.append(_update_one(call, newest[name], newest.values()))
        except PackError as error:
            failed[name] = error
            del newest[name]
    if failed and len(named) == 1:
        raise failed[named[0].name]
    _tell(call, done, failed)


def _update_one(call: KitCall, kit: Kit, beside: Collection[Kit]) -> Updated:
    update = partial(
        call.kits.update,
        kit,
        accepted=call.accepted,
        beside=beside,
        find_again=call.sources.again,
    )
    choice = _chosen(call, partial(update, dry_run=True))
    return update(choice, dry_run=call.dry_run)


def _rollback(call: KitCall) -> None:
    name, version = call.first("a kit"), call.names[1] if len(call.names) > 1 else None
    call.kits.regain(name, call.sources.again)
    choice = _chosen(call, lambda: call.kits.rollback(name, version, dry_run=True))
    _tell(call, [call.kits.rollback(name, version, choice, dry_run=call.dry_run)])


def _chosen(call: KitCall, plan: Callable[[], Updated]) -> UpdateMode:
    """What becomes of files that both sides changed: as said, or as the person answers."""
    if call.choice is not None or call.yes or call.dry_run:
        return call.choice or UpdateMode.MERGE
    planned = plan()
    clashes = [one for one in planned.files if one.action is FileAction.CONFLICT]
    if not clashes:
        return UpdateMode.MERGE
    if not can_ask():  # the default: merged as far as that goes, and nothing here is replaced
        return UpdateMode.MERGE
    show_updated(planned, planned=True)
    for path, patch in call.kits.diffs(planned.name):
        if any(one.path == path for one in clashes):
            show(patch)
    question = "Keep your text in these files, with upstream's in a copy beside it?"
    confirm(question, "updating a kit", yes=False)
    return UpdateMode.MERGE


def _tell(
    call: KitCall, done: Sequence[Updated], failed: Mapping[str, PackError] | None = None
) -> None:
    """Say what was done, and which kits could not be updated.

    Raises:
        Exit: Something is left for the person.
    """
    problems = failed or {}
    if call.is_json:
        fields: dict[str, object] = {"updated": [updated_fields(one) for one in done]}
        if problems:
            fields["problems"] = [problem_fields(*one) for one in problems.items()]
        show_json(fields)
    else:
        for one in done:
            show_updated(one, planned=call.dry_run)
        if not done and not problems:
            show("nothing to do")
        for name, error in problems.items():
            say(f"error: {name}: {one_line(str(error))}")
            say(f"  → {worded(error.remedy)}")
    if problems:
        raise typer.Exit(_INCOMPLETE)
    _end(done)


def _end(done: Sequence[Updated]) -> None:
    """Say by the exit status whether something is left for the person."""
    if any(file.action is FileAction.CONFLICT for one in done for file in one.files):
        raise typer.Exit(_CONFLICT)


def _uninstall(call: KitCall) -> None:
    name = call.first("a kit")
    planned = call.kits.uninstall(name, purge=call.purge, dry_run=True)
    if not call.dry_run:
        if not call.yes:
            show_updated(planned, planned=True)
        gone = sum(one.action is FileAction.REMOVED for one in planned.files)
        confirm(f"Remove {name}: {gone} files?", "removing a kit", yes=call.yes)
    _tell(call, [call.kits.uninstall(name, purge=call.purge, dry_run=call.dry_run)])


def _adopt(call: KitCall) -> None:
    folder = call.first("the folder of the kit in the memory")
    if len(call.names) < _WITH_SOURCE:
        raise InvalidRequest("this needs the source that the folder comes from, after the folder")
    source, _ = call.sources.find(call.names[1])
    with working("comparing"):
        done = call.kits.adopt(
            folder, _versions(source), accepted=call.accepted, dry_run=call.dry_run
        )
    call.sources.consent.add(source.address)
    _tell(call, [done])


def _versions(source: KitSource) -> Iterator[Kit]:
    """All that a source can ship and that is a kit, the newest first."""
    for ref in (None, *source.refs()):
        try:
            yield unpack(source.ship(ref))
        except _NO_KIT:  # it was none then, or one that nobody could install
            continue


def _status(call: KitCall) -> None:
    find = call.sources.newest(call.kits.as_installed(), far=call.fetch)
    if call.fetch:
        call.sources.ask_about(call.kits.installed(call.names))
    found = call.kits.status(call.names, find)
    if call.is_json:
        show_json(status_fields(found))
    else:
        show_status(found)


def _info(call: KitCall) -> None:
    kit = call.kits.get(call.first("a kit"))
    manifest = call.kits.manifest(kit)
    fields: dict[str, object] = {
        "name": kit.name,
        "version": kit.version,
        "description": manifest.description,
        "license": manifest.license,
        "source": kit.source,
        "ref": kit.ref,
        "commit": kit.commit,
        "installed_to": kit.installed_to,
        "homepage": manifest.homepage,
        "repository": manifest.repository,
        "bugs": manifest.bugs_url or manifest.bugs_email,
        "files": len(kit.files),
    }
    if call.is_json:
        show_json(fields)
    else:
        show_info(fields)


def _diff(call: KitCall) -> None:
    name = call.first("a kit")
    call.kits.regain(name, call.sources.again)
    found = dict(call.kits.diffs(name))
    if call.is_json:
        show_json({"files": [{"path": path, "patch": text} for path, text in found.items()]})
    else:
        for text in found.values():
            write_bytes(text.encode("utf-8"))


def _patch(call: KitCall) -> None:
    name = call.first("a kit")
    call.kits.regain(name, call.sources.again)
    kit = call.kits.get(name)
    texts = {path.removeprefix(kit.installed_to): one for path, one in call.kits.diffs(name)}
    files = patch_files(call.memory, name, texts)
    if not call.dry_run:
        write_patches(call.memory, name, files)
    if call.is_json:
        show_json({"name": name, "patches": [str(file) for file in files]})
    else:
        for file in files:
            show(str(file))
        if not files:
            changed = ", ".join(call.kits.changed(name))
            there = f"{name}: what was changed is no text ({changed})"
            show(there if changed else f"{name} is as it was installed")


_ACTIONS: Final[Mapping[KitAction, Callable[[KitCall], None]]] = {
    KitAction.INSTALL: _install,
    KitAction.UPDATE: _update,
    KitAction.STATUS: _status,
    KitAction.LIST: _status,
    KitAction.INFO: _info,
    KitAction.DIFF: _diff,
    KitAction.PATCH: _patch,
    KitAction.ROLLBACK: _rollback,
    KitAction.UNINSTALL: _uninstall,
    KitAction.ADOPT: _adopt,
    KitAction.BUG: bug,
    KitAction.SEARCH: search,
    KitAction.INDEX: index,
    KitAction.CONTRIBUTE: contribute,
    KitAction.OFFER: offer,
    KitAction.OFFERED: offered,
    KitAction.WITHDRAW: withdraw,
    KitAction.GRANT: grant,
    KitAction.GRANTS: grants,
    KitAction.REVOKE: revoke,
}
