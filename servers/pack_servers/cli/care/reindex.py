"""`pack reindex`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pack.catalog.refresh import Progress
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import Format, FormatOption, GithubOption, LocalOption
from pack_servers.cli.shell.output import counted, show, show_json, warn
from pack_servers.cli.shell.streams import is_terminal

EXAMPLES: Final = """\
  pack reindex
  pack reindex --local notes --format json"""


def run(
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Rebuild the search index, and correct index.md in a commit if it needs it."""
    with opened(local, github) as memory, _progress() as report:
        files = memory.care.reindex(report)
        corrected = memory.care.correct_index()
    commit = corrected.commit if corrected else None
    if answer is Format.JSON:
        show_json({"files": files, "commit": commit})
        return
    warn(corrected.warnings if corrected else ())
    show(f"indexed {counted(files, 'file')}")
    if commit is not None:
        show("corrected index.md")
        show(f"  commit  {commit}")


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A progress bar for a person; nothing for a program."""
    if not is_terminal():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("indexing"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("indexing", total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield report
