"""`pack kit bug` and `pack kit contribute`: drafts for whoever keeps a kit, sent only if asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pack.errors import InvalidRequest
from pack.kits.contribution import Contribution, Message
from pack_servers.cli.kits.call import KitCall
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.streams import confirm, one_line, say, working, write_bytes
from pack_servers.config.settings import load_settings
from pack_servers.wiring.kits.sources import author_of, write_new

if TYPE_CHECKING:
    from pack.distribution.contributing import SentContribution

_WITH_TITLE = 2
_WITH_TEXT = 3


def bug(call: KitCall) -> None:
    """Print the draft of a report, and where to send it; or send it."""
    name = call.first("a kit, and what is wrong with it in a few words")
    if len(call.names) < _WITH_TITLE:
        raise InvalidRequest("this needs what is wrong in a few words, after the kit")
    call.kits.regain(name, call.sources.again)
    said = call.names[2] if len(call.names) >= _WITH_TEXT else ""
    found = call.kits.upstream.report(name, call.names[1], said, with_patch=call.patch)
    if not call.is_json:
        show(f"# {found.title}\n\n{found.body.rstrip()}")
    url = None
    if call.send and not call.dry_run:
        confirm(f"Send this to {found.address}?", "sending a report", yes=call.yes)
        # Here, as only this talks to a host.
        from pack_servers.wiring.kits.sending import send_report  # noqa: PLC0415

        with working("sending"):
            url = send_report(found, load_settings(), say)
    if call.is_json:
        fields = {"address": found.address, "title": found.title, "body": found.body}
        show_json({**fields, "url": url} if call.send else fields)
    elif url is not None:
        say(f"sent: {url}")
    else:
        say(f"this is a draft, and nothing was sent; report it at {one_line(found.address)}")


def contribute(call: KitCall) -> None:
    """Print or write the patch with what was changed here; or offer it to upstream."""
    name = call.first("a kit")
    call.kits.regain(name, call.sources.again)
    subject = call.names[1] if len(call.names) >= _WITH_TITLE else ""
    message = Message(subject, author_of(call.memory), call.memory.now())
    found = call.kits.upstream.contribution(name, message)
    if call.output is not None and not call.dry_run:
        write_new(call.output, found.text)
    sent = _sent(call, name, found, message) if call.send and not call.dry_run else None
    if call.is_json:
        fields: dict[str, object] = {
            "name": name,
            "branch": found.branch,
            "subject": found.subject,
            "files": found.files,
            "output": str(call.output) if call.output is not None else None,
            "patch": found.text,
        }
        show_json(fields | _sent_fields(sent) if sent else fields)
        return
    if call.output is not None and not call.dry_run:
        say(f"wrote {call.output}: {counted(len(found.files), 'file')}")
    elif sent is None:
        write_bytes(found.text.encode("utf-8"))
    if sent is None:
        say(f"nothing was sent; upstream: `git switch -c {found.branch}`, then `git am` the patch")
        return
    show(f"{sent.url or sent.pushed_to}  {sent.branch}")
    if sent.url is None:
        say(f"the branch is there; ask whoever keeps {name} to merge it")


def _sent(call: KitCall, name: str, found: Contribution, message: Message) -> SentContribution:
    """Show what would go, ask, and offer it."""
    kit = call.kits.get(name)
    call.sources.of_kit(kit)  # what goes there goes with the person's keys
    source = kit.source
    if not call.is_json:
        write_bytes(found.text.encode("utf-8"))
    confirm(f"Offer this to {source}?", "offering a change", yes=call.yes)
    # Here, as only this talks to a host.
    from pack.distribution.contributing import offer  # noqa: PLC0415
    from pack_servers.wiring.kits.sending import offer_place  # noqa: PLC0415

    with working("sending"), offer_place(source, load_settings(), say) as place:
        return offer(found, place, message.author, message.at)


def _sent_fields(sent: SentContribution) -> dict[str, object]:
    return {
        "branch": sent.branch,
        "repo": sent.repo,
        "pushed_to": sent.pushed_to,
        "commit": sent.commit,
        "pull_request": {"title": sent.text.title, "body": sent.text.body, "url": sent.url},
    }
