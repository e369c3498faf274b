"""`pack mesh`: this memory in a group of machines that keep it together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from pack.errors import AdmissionPending, InvalidRequest, PackError, reason_of
from pack.mesh.exchange import join_openly, join_over
from pack.mesh.members.endpoints import check_endpoint
from pack.mesh.members.group import Role, check_name
from pack.mesh.members.invitation import Invitation
from pack.mesh.members.keys import parse_peer_id, shown
from pack.mesh.views import TakenIn
from pack_servers.cli.connect import mesh_care, mesh_members
from pack_servers.cli.connect.mesh_call import INCOMPLETE, MeshCall, needed, parse_levels
from pack_servers.cli.connect.mesh_text import show_status, show_taken
from pack_servers.cli.shell.options import Format, FormatOption, LocalOption
from pack_servers.cli.shell.output import show_json
from pack_servers.cli.shell.streams import say, working
from pack_servers.cli.shell.wording import worded
from pack_servers.config.settings import load_settings
from pack_servers.wiring.bundle_files import bundle_file
from pack_servers.wiring.mesh import exchange_of, find_line, open_mesh
from pack_servers.wiring.mesh_fields import (
    peer_fields,
    said_fields,
    status_fields,
    taken_fields,
)
from pack_servers.wiring.places import choose_place

EXAMPLES: Final = """\
  pack mesh init --name laptop              begin a group with this machine
  pack mesh invite                          print an invitation for one more
  pack mesh join INVITATION --name desk     on the other machine
  pack mesh export FILE; pack mesh import FILE    by a USB stick or mail"""

_SMALL: Final = 64 * 1024
_ADDRESSES: Final = ("http://", "https://")


class MeshAction(StrEnum):
    """What to do."""

    INIT = "init"
    INVITE = "invite"
    JOIN = "join"
    PEERS = "peers"
    APPROVE = "approve"
    REFUSE = "refuse"
    ADD = "add"
    SUCCESSION = "succession"
    STATUS = "status"
    SYNC = "sync"
    EXPORT = "export"
    IMPORT = "import"
    RESYNC = "resync"
    TEST = "test"
    VERIFY = "verify"
    DOCTOR = "doctor"
    REMOVE = "remove"
    REKEY = "rekey"
    LEAVE = "leave"


def run(  # noqa: PLR0917 - options
    action: Annotated[
        MeshAction,
        typer.Argument(metavar="ACTION", help=", ".join(MeshAction) + "."),
    ],
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[TARGET]",
            help="An invitation for join, a file for export and import, a peer for the others.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="What this machine is called; for approve, the other one.",
            show_default=False,
        ),
    ] = None,
    group: Annotated[
        str, typer.Option("--group", metavar="NAME", help="What the new group is called.")
    ] = "memory",
    endpoint: Annotated[
        str,
        typer.Option(
            "--endpoint",
            metavar="URL",
            help="Where others reach this machine, such as https://192.168.1.10:3006.",
            show_default=False,
        ),
    ] = "",
    request: Annotated[
        Path | None,
        typer.Option(
            "--request",
            metavar="FILE",
            help="For join without a network: write the request that the inviter imports.",
            show_default=False,
        ),
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle",
            metavar="FILE",
            help="For join without a network: what the inviter exported after that.",
            show_default=False,
        ),
    ] = None,
    role: Annotated[
        list[Role] | None,
        typer.Option(
            "--role",
            help="For add and approve: what the peer may do; may be given more than once.",
            show_default=False,
        ),
    ] = None,
    levels: Annotated[
        str,
        typer.Option(
            "--levels",
            metavar="N,N",
            help="For add and approve: the truth levels that it may claim, such as 3,4,5.",
            show_default=False,
        ),
    ] = "",
    unrelated: Annotated[
        bool,
        typer.Option(
            "--allow-unrelated", help="For join: merge this memory's own history with the group's."
        ),
    ] = False,
    *,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
) -> None:
    """Keep this memory together with those of other machines, without a server in the middle."""
    settings = load_settings()
    place = choose_place(settings, local, None, say)
    begins = action in (MeshAction.INIT, MeshAction.JOIN, MeshAction.REKEY)
    if action in (MeshAction.INIT, MeshAction.JOIN):  # before there is a key or a folder
        check_name(needed(name or "", "--name"))
        check_name(group)
        if endpoint:
            check_endpoint(endpoint)
    if action is MeshAction.JOIN:
        _check_target(target or "")
        place.begin_on_use(create=True)
    with open_mesh(settings, place, say, make_key=begins) as mesh:
        is_json = answer is Format.JSON
        call = MeshCall(
            settings,
            mesh,
            target or "",
            name or "",
            group,
            endpoint,
            request,
            bundle,
            unrelated,
            frozenset(role or ()),
            parse_levels(levels),
            is_json,
        )
        _ACTIONS[action](call)


def _check_target(target: str) -> None:
    """Do nothing, unless there is no invitation and no address to join with.

    Raises:
        InvalidRequest: There is none.
    """
    target = needed(target, "the invitation, or the address of a machine of the group")
    if target.startswith(_ADDRESSES):
        check_endpoint(target)
    else:
        Invitation.parse(target)


def _init(call: MeshCall) -> None:
    made = call.mesh.begin(needed(call.name, "--name"), call.group, call.endpoint)
    fields = {"peer_id": call.mesh.me, "group_id": made.group, "group": call.group}
    call.tell(
        fields,
        f"this machine is {made.name}, and the first of the group {call.group}",
        "  → For one more machine, run here: pack mesh invite",
    )
    call.warn_of(call.endpoint)


def _join(call: MeshCall) -> None:
    target = call.target
    call.warn_of(call.endpoint)
    if target.startswith(_ADDRESSES):
        _join_openly(call, target)
        return
    invitation = Invitation.parse(target)
    name = needed(call.name, "--name")
    if call.request is not None:
        content = call.mesh.admission.ask(invitation, name, call.endpoint)
        _write(call.request, content)
        call.tell(
            {"peer_id": call.mesh.me, "request": str(call.request)},
            f"wrote the request to {call.request}",
            "  → The inviter runs: pack mesh import FILE, then: pack mesh export FILE",
        )
        return
    if call.bundle is not None:
        file = str(call.bundle.absolute())
        joined = call.mesh.inbox.join(
            invitation, file, name, call.endpoint, unrelated=call.unrelated
        )
        _tell_joined(call, joined)
        return
    if not invitation.endpoints:
        raise InvalidRequest("give --request FILE to ask, then --bundle FILE with the answer")
    line = find_line(call.settings)(invitation.endpoints[0], by_person=True)
    with working("asking the inviter"):
        taken = join_over(
            call.mesh,
            line,
            bundle_file,
            invitation,
            name,
            call.endpoint,
            unrelated=call.unrelated,
        )
    _tell_joined(call, taken)


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise InvalidRequest(f"{file}: {error.strerror}") from error


def _join_openly(call: MeshCall, at: str) -> None:
    name = needed(call.name, "--name")
    line = find_line(call.settings)(check_endpoint(at), by_person=True)
    try:
        with working("asking to be let in"):
            taken = join_openly(
                call.mesh, line, bundle_file, at, name, call.endpoint, unrelated=call.unrelated
            )
    except AdmissionPending as told:
        call.tell(
            {"peer_id": call.mesh.me, "pending": True, "asked": told.peer},
            "asked to be let in; somebody must approve of it there",
            f"this key   {shown(call.mesh.me)}",
            f"their key  {shown(parse_peer_id(told.peer))}",
            "  → Compare both keys with those that `pack mesh peers` shows there.",
            f"  → There: pack mesh approve {name}; then run this command again.",
        )
        raise typer.Exit(INCOMPLETE) from told
    _tell_joined(call, taken)


def _tell_joined(call: MeshCall, taken: TakenIn) -> None:
    peers = peer_fields(call.mesh)
    fields = {
        "peer_id": call.mesh.me,
        "group_id": call.mesh.roster.membership().group,
        "peers": peers,
        **({"waiting": list(taken.waiting)} if taken.waiting else {}),
    }
    call.tell(fields, f"joined the group {call.mesh.roster.version().group.name}")
    if not call.is_json:
        show_taken(taken)
    if taken.waiting or taken.quarantined:
        raise typer.Exit(INCOMPLETE)


def _sync(call: MeshCall) -> None:
    exchange = exchange_of(call.settings, call.mesh)
    failed: dict[str, str] = {}
    due = exchange.due(all_of_them=True)
    if not due and call.mesh.overview.peers():
        say("nobody was asked, as no other machine has an address here")
        say("  → Say where one is: pack mesh add NAME --endpoint URL. Or exchange files:")
        say("    pack mesh export FILE here, and pack mesh import FILE there")
    for peer in due:
        name = call.mesh.roster.name_of(peer)
        with working(f"asking {name}"):
            try:
                exchange.meet(peer)
            except PackError as error:
                failed[name] = worded(f"{reason_of(error)}. {error.remedy}")
    if call.is_json:
        show_json({**status_fields(call.mesh), "failed": failed})
    else:
        show_status(call.mesh)
        for name, why in failed.items():
            say(f"{name}: {why}")
    if failed:
        raise typer.Exit(INCOMPLETE)


def _export(call: MeshCall) -> None:
    file = Path(needed(call.target, "the file"))
    is_written = call.mesh.outbox.export(str(file.absolute()))
    call.tell(
        {"file": str(file), "written": is_written, **said_fields(call.mesh)},
        f"wrote {file}" if is_written else "there is nothing to write",
    )


def _import(call: MeshCall) -> None:
    file = Path(needed(call.target, "the file")).absolute()
    if _is_request(file):
        peer = call.mesh.admission.admit(file.read_bytes())
        call.tell(
            {"admitted": {"peer_id": peer.id, "name": peer.name}},
            f"{peer.name} belongs to the group now",
            f"  → Run: pack mesh export FILE, and give the file to {peer.name}",
        )
        return
    taken = call.mesh.inbox.take(str(file))
    if call.is_json:
        show_json(taken_fields(taken))
    else:
        show_taken(taken)
    if taken.pending or taken.waiting or taken.quarantined:
        raise typer.Exit(INCOMPLETE)


def _is_request(file: Path) -> bool:
    if file.exists() and not file.is_file():  # a pipe, say, which is read once
        raise InvalidRequest(f"{file}: this is no file")
    try:
        with file.open("rb") as opened:
            return opened.read(_SMALL).lstrip().startswith(b"{")
    except OSError as error:
        raise InvalidRequest(f"{file}: {error.strerror}") from error


def _leave(call: MeshCall) -> None:
    with working("telling the others"):
        untold = exchange_of(call.settings, call.mesh).leave()
    call.tell({"left": True, "untold": untold}, "this memory has left its group; its history stays")


_ACTIONS: Final[Mapping[MeshAction, Callable[[MeshCall], None]]] = {
    MeshAction.INIT: _init,
    MeshAction.INVITE: mesh_members.invite,
    MeshAction.JOIN: _join,
    MeshAction.PEERS: mesh_care.peers,
    MeshAction.ADD: mesh_members.add,
    MeshAction.SUCCESSION: mesh_members.succession,
    MeshAction.APPROVE: mesh_members.approve,
    MeshAction.REFUSE: mesh_members.refuse,
    MeshAction.STATUS: mesh_care.status,
    MeshAction.TEST: mesh_care.test,
    MeshAction.RESYNC: mesh_care.resync,
    MeshAction.DOCTOR: mesh_care.doctor,
    MeshAction.SYNC: _sync,
    MeshAction.EXPORT: _export,
    MeshAction.IMPORT: _import,
    MeshAction.VERIFY: mesh_care.verify,
    MeshAction.REMOVE: mesh_members.remove,
    MeshAction.REKEY: mesh_members.rekey,
    MeshAction.LEAVE: _leave,
}
