"""How answers look: JSON, diffs, and the result of a write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Final

from pack.core.past import Past
from pack.results import PlannedChange, WriteStatus, Written
from pack.times import format_time
from pack_servers.cli.shell.options import Format
from pack_servers.cli.shell.streams import printable, say
from pack_servers.cli.shell.wording import worded, worded_fields

_SHOWN_HELD: Final = 20


def show_json(answer: Mapping[str, object]) -> None:
    """Print one object as UTF-8; its messages name commands."""
    print(json.dumps(worded_fields(answer), ensure_ascii=False, indent=2))


def show(text: str) -> None:
    """Print one line of an answer; control characters in it cannot reach the terminal."""
    print(printable(text))


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def warn(warnings: tuple[str, ...]) -> None:
    """Print warnings about an answer on stderr."""
    for warning in warnings:
        say(f"warning: {worded(warning)}")


def past_fields(past: Past | None) -> dict[str, object]:
    """The fields by which JSON names a state of the past; none for the present."""
    return {} if past is None else {"commit": past.commit, "as_of": format_time(past.at)}


def say_past(past: Past | None) -> None:
    """Say on stderr which state of the past an answer is of, if it is of one."""
    if past is not None:
        say(f"as of {past.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, commit {past.commit[:7]}")


def show_written(done: Written, verb: str, answer: Format) -> None:
    """Show what a write did, or, for a dry run, what it would do.

    Args:
        done: The answer of the core.
        verb: What was done to the file, such as `stored`.
        answer: The format.
    """
    if answer is Format.JSON:
        show_json(written_fields(done))
        return
    warn(done.warnings)
    if is_dry_run(done):
        show_changes(done.changes)
    elif done.commit is not None:
        show(f"{verb} {done.path}")
        for name, value in (("sha", done.sha), ("commit", done.commit), ("url", done.commit_url)):
            if value:
                show(f"  {name:<7} {value}")
    show_held(done)


def is_dry_run(done: Written) -> bool:
    """Whether an answer only says what would be written."""
    return done.commit is None and (done.status is WriteStatus.WRITTEN or bool(done.changes))


def show_held(done: Written) -> None:
    """Show what of a write waits for the person, or was refused by them before."""
    if not done.tell:
        return
    if done.proposal is not None:
        verb = "refused before" if done.status is WriteStatus.REFUSED else "proposed"
        path = next((held.path for held in done.protected), None) or done.path
        show(f"{verb}: {path}\n  proposal  {done.proposal}")
    for held in done.protected[:_SHOWN_HELD]:
        show(f"  {held.path or done.path}:{held.line}  {held.text}")
    if len(done.protected) > _SHOWN_HELD:
        show(f"  and {len(done.protected) - _SHOWN_HELD} more")
    say(worded(done.tell))


def written_fields(done: Written) -> dict[str, object]:
    """The fields of a write, or of a dry run, for JSON."""
    if is_dry_run(done):
        changes = [
            {"path": change.path, "change": kind_of(change), "diff": difference(change)}
            for change in done.changes
        ]
        planned = {"dry_run": True, "path": done.path, "changes": changes}
        return {**planned, "warnings": done.warnings, **held_fields(done)}
    return {
        "path": done.path,
        "sha": done.sha,
        "commit": done.commit,
        "commit_url": done.commit_url,
        "index_updated": done.index_updated,
        "warnings": done.warnings,
        **held_fields(done),
    }


def held_fields(done: Written) -> dict[str, object]:
    """What has become of a write, and what of it waits for the person."""
    if not done.tell:
        return {"status": done.status}
    protected = [
        {"line": one.line, "text": one.text, **({"path": one.path} if one.path else {})}
        for one in done.protected
    ]
    return {
        "status": done.status,
        "proposal": done.proposal,
        "protected": protected,
        "diff": done.diff,
        "tell": done.tell,
    }


def show_changes(changes: tuple[PlannedChange, ...]) -> None:
    """Show what a dry run would change, as a patch."""
    for change in changes:
        print(printable(difference(change)), end="")
    say(f"dry run: one commit with {counted(len(changes), 'file')}; nothing was changed")


def kind_of(change: PlannedChange) -> str:
    """What would happen to a file, in one word."""
    if change.after is None:
        return "delete"
    if change.before is None:
        return "add"
    return "record" if change.before == change.after else "update"


def difference(change: PlannedChange) -> str:
    """A unified diff as git shows it; for a file that is only recorded, just the header."""
    from pack.history.differences.patch import hunks_of  # noqa: PLC0415 - only a dry run needs it

    old = "/dev/null" if change.before is None else f"a/{change.path}"
    new = "/dev/null" if change.after is None else f"b/{change.path}"
    return f"--- {old}\n+++ {new}\n{hunks_of(_text(change.before), _text(change.after))}"


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")
