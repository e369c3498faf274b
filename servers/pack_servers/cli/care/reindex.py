"""`pack reindex`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pack.catalog.refresh import Progress
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import Format, FormatOption, GithubOption, LocalOption
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.streams import is_terminal

EXAMPLES: Final = """\
  pack reindex
  pack reindex --local notes --format json"""


def run(
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Rebuild the search index from the files. Nothing can be lost: it holds nothing else."""
    with opened(local, github) as memory, _progress() as report:
        files = memory.care.reindex(report)
    if answer is Format.JSON:
        show_json({"files": files})
    else:
        show(f"indexed {counted(files, 'file')}")


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
