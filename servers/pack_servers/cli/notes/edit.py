"""`pack edit`: change parts of a file, or open it in an editor."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from pack.files.edits import Append, Edit, Replace, ReplaceSection
from pack_servers.cli.shell.editor import edited
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    ApplyRestOption,
    AsOption,
    DryRunOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    MessageOption,
    NowShaOption,
    PathArgument,
)
from pack_servers.cli.shell.output import show_written
from pack_servers.cli.shell.streams import read_text, say

EXAMPLES: Final = """\
  pack edit projects/website.md                 in $VISUAL or $EDITOR
  pack edit projects/website.md --replace "in May" "in June"
  pack edit projects/website.md --append "- new idea" --section Ideas
  pack edit projects/website.md --section Plan --text - < plan.md"""


def run(
    path: PathArgument,
    *,
    replace: Annotated[
        tuple[str, str] | None,
        typer.Option("--replace", metavar="OLD NEW", help="Replace a text that occurs once."),
    ] = None,
    everywhere: Annotated[
        bool, typer.Option("--all", help="With --replace: every occurrence.")
    ] = False,
    append: Annotated[
        str | None,
        typer.Option(
            "--append", metavar="TEXT", help="Add text at the end of the file or section."
        ),
    ] = None,
    section: Annotated[
        str | None,
        typer.Option("--section", metavar="HEADING", help="The section to append to or replace."),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="TEXT", help="The new text of --section; - reads stdin."),
    ] = None,
    sha: NowShaOption = None,
    message: MessageOption = None,
    apply_rest: ApplyRestOption = False,
    dry_run: DryRunOption = False,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
    writer: AsOption = None,
) -> None:
    """Change parts of a file, or open it in your editor."""
    wanted = _wanted(replace, everywhere, append, section, text)
    with opened(local, github, writer=writer) as memory:
        if wanted is not None:
            done = memory.notes.edit(
                path, [wanted], sha, message, dry_run=dry_run, apply_rest=apply_rest
            )
        else:
            found = memory.notes.get(path)
            with edited(path, found.content) as copy:
                if copy.text == found.content:
                    say("the text is the same; nothing was changed")
                    return
                base = sha or found.sha
                done = memory.notes.update(
                    path, copy.text, base, message, dry_run=dry_run, apply_rest=apply_rest
                )
    show_written(done, "stored", answer)


def _wanted(
    replace: tuple[str, str] | None,
    everywhere: bool,
    append: str | None,
    section: str | None,
    text: str | None,
) -> Edit | None:
    """The edit that the options ask for; `None` means the editor.

    Raises:
        TyperException: They ask for several edits, or only half of one.
    """
    if sum(option is not None for option in (replace, append, text)) > 1:
        raise typer.TyperException("pack edit: use one of --replace, --append and --text at a time")
    if everywhere and replace is None:
        raise typer.TyperException("--all: use it with --replace")
    if replace is not None and section is not None:
        raise typer.TyperException("--section: use it with --append or --text")
    if (text is None) != (section is None) and append is None:
        raise typer.TyperException("--section: use it with --text or --append; --text needs it")
    if replace is not None:
        old, new = replace
        if not old:
            raise typer.TyperException("--replace: the text to replace is empty")
        return Replace(old=old, new=new, all=everywhere)
    if append is not None:
        return Append(text=_given(append), section=section)
    if text is not None and section is not None:
        return ReplaceSection(section=section, text=_given(text))
    return None


def _given(text: str) -> str:
    return read_text() if text == "-" else text
