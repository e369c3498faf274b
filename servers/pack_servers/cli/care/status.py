"""`pack status`."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Final

from pack.model import Mode
from pack.results import Status
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import Format, FormatOption, GithubOption, LocalOption
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.remote_text import remote_fields, remote_words
from pack_servers.cli.shell.streams import say
from pack_servers.cli.shell.sync_text import status_words

EXAMPLES: Final = """\
  pack status
  pack status --format json"""

_SHOWN: Final = 10
_NEXT: Final = {
    Mode.V1: "this is a v1 memory; run `pack migrate --dry-run` to see it as a v2 memory",
    Mode.EMPTY: "this is not a memory yet; run `pack init` to make it one",
}


def run(
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Show where the memory is, what is in it, and what needs attention."""
    with opened(local, github) as memory:
        status = memory.care.status()
    if answer is Format.JSON:
        folders = [{"folder": folder, "files": files} for folder, files in status.folders]
        fields = asdict(replace(status, remotes=()))
        del fields["remotes"]
        targets = fields.pop("targets")
        remotes = remote_fields(status.remotes)
        show_json({**fields, "folders": folders, **remotes, "targets": targets})
    else:
        _show(status)


def _show(status: Status) -> None:
    named = (one for one in status.folders if one[0] or status.mode is Mode.V2)
    folders = ", ".join(f"{folder or 'at the root'} {files}" for folder, files in named)
    show(f"memory   {status.location} ({status.mode})")
    show(f"commit   {status.commit or 'none yet'}")
    show(f"files    {status.files}{f' ({folders})' if folders else ''}")
    show(f"updated  {status.updated_at or 'unknown'}")
    for remote in status.remotes:
        name = f"{remote.name} " if remote.branch is None and len(status.remotes) > 1 else ""
        show(f"remote   {name}{remote_words(remote)}")
    for target in status.targets:
        show(f"target   {target.name}: {status_words(target)}")
    if status.proposals:
        show(f"waiting  {counted(status.proposals, 'proposal')}; run `pack review` to decide")
    managed = tuple(f"{file.path} ({file.place}: {file.rule})" for file in status.managed)
    for words, paths in (
        ("changed by hand, not committed; run `pack commit` to record them", status.uncommitted),
        ("expired; run `pack prune` to delete them", status.expired),
        ("kept copies of edits; merge what you need, then delete them", status.kept),
        ("kept by a merge; take what you need, then delete them", status.conflict_copies),
        ("managed by a git filter, so PACK leaves them alone", managed),
    ):
        if paths:
            show(f"\n{counted(len(paths), 'file')} {words}:")
            for path in paths[:_SHOWN]:
                show(f"  {path}")
            if len(paths) > _SHOWN:
                show(f"  … and {len(paths) - _SHOWN} more")
    if status.mode in _NEXT:
        say(_NEXT[status.mode])
