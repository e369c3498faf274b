"""`pack validate`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import typer

from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import Format, FormatOption, GithubOption, LocalOption
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.streams import say, working
from pack_servers.cli.shell.wording import worded

EXAMPLES: Final = """\
  pack validate
  pack validate --format json
  pack validate && git push    findings end with status 1"""


def run(
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Report problems in files, links and the index; change nothing."""
    with opened(local, github) as memory, working("reading the memory"):
        findings = memory.care.validate()
        files = memory.care.status().files
    if answer is Format.JSON:
        show_json({"findings": [asdict(found) for found in findings], "files": files})
    else:
        for found in findings:
            place = f"{found.path}:{found.line}:{found.column}"
            show(f"{place}: {found.code}: {found.message}\n  → {worded(found.remedy)}")
        of_files = counted(files, "file")
        say(f"{counted(len(findings), 'problem') if findings else 'no problems'} in {of_files}")
    if findings:
        raise typer.Exit(1)
