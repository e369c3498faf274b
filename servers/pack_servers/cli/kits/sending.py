"""`pack kit bug` and `pack kit contribute`: drafts for whoever keeps a kit. Nothing is sent."""

from __future__ import annotations

from pack.errors import InvalidRequest
from pack.kits.contribution import Message
from pack_servers.cli.kits.call import KitCall
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.streams import say, write_bytes
from pack_servers.wiring.kits import author_of, write_new

_WITH_TITLE = 2
_WITH_TEXT = 3


def bug(call: KitCall) -> None:
    """Print the draft of a report, and where to send it."""
    name = call.first("a kit, and what is wrong with it in a few words")
    if len(call.names) < _WITH_TITLE:
        raise InvalidRequest("this needs what is wrong in a few words, after the kit")
    call.kits.regain(name, call.sources.again)
    said = call.names[2] if len(call.names) >= _WITH_TEXT else ""
    found = call.kits.upstream.report(name, call.names[1], said, with_patch=call.patch)
    if call.is_json:
        show_json({"address": found.address, "title": found.title, "body": found.body})
        return
    show(f"# {found.title}\n\n{found.body.rstrip()}")
    say(f"this is a draft, and nothing was sent; report it at {found.address}")


def contribute(call: KitCall) -> None:
    """Print or write the patch with what was changed here."""
    name = call.first("a kit")
    call.kits.regain(name, call.sources.again)
    subject = call.names[1] if len(call.names) >= _WITH_TITLE else ""
    message = Message(subject, author_of(call.memory), call.memory.now())
    found = call.kits.upstream.contribution(name, message)
    if call.output is not None and not call.dry_run:
        write_new(call.output, found.text)
    if call.is_json:
        fields = {"name": name, "branch": found.branch, "subject": found.subject}
        where = str(call.output) if call.output is not None else None
        show_json({**fields, "files": found.files, "output": where, "patch": found.text})
        return
    if call.output is None or call.dry_run:
        write_bytes(found.text.encode("utf-8"))
    else:
        say(f"wrote {call.output}: {counted(len(found.files), 'file')}")
    say(f"nothing was sent; upstream: `git switch -c {found.branch}`, then `git am` the patch")
