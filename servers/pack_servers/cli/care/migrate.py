"""`pack migrate`: from the single file of v1 to the files of a v2 memory."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from pack.memory import Memory
from pack.model import MemoryPath
from pack.results import Written
from pack.use_cases.beside import Beside
from pack.use_cases.originals import Original, in_words
from pack.v1.divide import MigrationPlan, checklist, parse_plan
from pack.v1.links import Repair
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    DryRunOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    YesOption,
)
from pack_servers.cli.shell.output import counted, show, show_held, show_json, written_fields
from pack_servers.cli.shell.streams import confirm, is_terminal, say, working
from pack_servers.cli.shell.wording import worded

EXAMPLES: Final = """\
  pack migrate --dry-run                             see which section goes where
  pack migrate --dry-run --format json > plan.json   save the plan, to edit it
  pack migrate --plan plan.json"""

_SHOWN: Final = 10


def run(
    plan_file: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="A plan from --dry-run that you have edited."),
    ] = None,
    with_others: Annotated[
        bool,
        typer.Option("--all", help="Make the other notes in the repository memory as well."),
    ] = False,
    fix_links: Annotated[
        bool,
        typer.Option("--fix-links", help="Repair the links afterwards, in a second commit."),
    ] = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    *,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Split a v1 MEMORY.md into files; the original is kept."""
    with opened(local, github) as memory:
        if originals := memory.lifecycle.divided_originals():
            _leave_out(memory, originals, answer, dry_run=dry_run, yes=yes)
            return
        with working("checking that every line is kept"):
            plan = memory.lifecycle.plan_migration() if plan_file is None else _read_plan(plan_file)
            beside = memory.lifecycle.beside_v1(with_others=with_others)
            # It proves the plan before anybody is asked.
            memory.lifecycle.migrate(plan, with_others=with_others, dry_run=True)
            links = memory.lifecycle.check_links(plan, with_others=with_others)
        if answer is Format.TEXT:
            _show_plan(plan)
        # Whoever reads JSON has to know it too, before they are asked.
        _show_beside(beside, show if answer is Format.TEXT else say)
        if dry_run and answer is Format.JSON:
            print(plan.to_json(), end="")
            return
        if answer is Format.TEXT:
            _show_links(links, will_fix=fix_links)
        if dry_run:
            say("dry run: every line is in exactly one file; nothing was changed")
            return
        files = counted(len(plan.files), "file")
        confirm(f"Split {plan.source} into {files}?", f"migrating {plan.source}", yes=yes)
        done = memory.lifecycle.migrate(plan, with_others=with_others)
        fixed = memory.lifecycle.fix_links(plan) if fix_links and done.commit else None
    result = _Result(plan, done, beside, links, fixed)
    if answer is Format.JSON:
        show_json(_fields(result))
    elif done.commit is None:
        show_held(done)
    else:
        _show_done(result)


def _leave_out(
    memory: Memory, originals: Sequence[Original], answer: Format, *, dry_run: bool, yes: bool
) -> None:
    """Leave out of the memory what an earlier migration has divided."""
    named = [original.path for original in originals]
    for original in originals:
        say(in_words(original))
    done = None
    if not dry_run:
        memory.lifecycle.leave_out_originals(dry_run=True)  # it refuses before anybody is asked
        confirm("Leave it out of the memory?", f"leaving out {', '.join(named)}", yes=yes)
        done = memory.lifecycle.leave_out_originals()
    if answer is Format.JSON:
        fields = written_fields(done) if done else {"commit": None}
        show_json({**fields, "left_out" if done else "counted_twice": named})
    elif done and done.commit is None:
        show_held(done)
    elif done:
        show(f"left out {', '.join(named)}; the files stay as they are\n  commit  {done.commit}")
    else:
        say("dry run: nothing was changed")


@dataclass(frozen=True, slots=True)
class _Result:
    """What a migration did."""

    plan: MigrationPlan
    done: Written
    beside: Beside
    links: Repair
    fixed: Written | None


def _fields(result: _Result) -> dict[str, object]:
    return {
        **written_fields(result.done),
        "files": [file.path for file in result.plan.files],
        "joined": [path for path, _ in result.beside.joining],
        "joined_bytes": sum(size for _, size in result.beside.joining),
        "outside": [path for path, _ in result.beside.outside],
        "outside_bytes": sum(size for _, size in result.beside.outside),
        "links": {
            "repaired": result.links.repaired if result.fixed else 0,
            "commit": result.fixed.commit if result.fixed else None,
            "dead": [
                {"path": one.path, "line": one.line, "target": one.target}
                for one in result.links.dead
            ],
            "kept": [
                {"path": one.path, "line": one.line, "target": one.target, "now": one.now}
                for one in result.links.kept
            ],
        },
        "checklist": checklist(result.plan),
    }


def _read_plan(file: Path) -> MigrationPlan:
    try:
        return parse_plan(file.read_bytes())
    except OSError as error:
        raise typer.TyperException(f"--plan: {file}: {error.strerror}") from error


def _show_plan(plan: MigrationPlan) -> None:
    # Imported here: rich is slow to import, and programs do not need it.
    from pack_servers.cli.shell.terminal import show_table, styled  # noqa: PLC0415

    rows = [
        (file.path, file.topic, ", ".join(file.tags), ", ".join(map(_range, file.lines)))
        for file in plan.files
    ]
    show_table(("new file", "topic", "tags", "lines"), [list(map(styled, row)) for row in rows])


def _show_beside(beside: Beside, tell: Callable[[str], None]) -> None:
    """What becomes of the notes that lie beside the v1 file."""
    if beside.joining:
        tell(f"\njoining the memory: {_described(beside.joining)}")
    if beside.outside:
        tell(f"\nstaying outside: {_described(beside.outside)}")
        say("  → pack migrate --all   take in those that are in folders")


def _show_links(links: Repair, *, will_fix: bool) -> None:
    """What becomes of the links, and which of them lead nowhere."""
    if links.repaired:
        number = counted(links.repaired, "link")
        show(f"\n{number} to repair, because the text they lead to moves")
        if not will_fix:
            say("  → pack migrate --fix-links   repair them in a second commit")
    _show_some("leads nowhere", [f"{one.path}:{one.line}: {one.target}" for one in links.dead])
    kept = [
        f"{one.path}:{one.line}: {one.target}" + (f" (now {one.now})" if one.now else "")
        for one in links.kept
    ]
    _show_some("still leads to the original", kept)


def _show_some(word: str, places: Sequence[str]) -> None:
    for place in places[:_SHOWN]:
        show(f"{word}: {place}")
    if len(places) > _SHOWN:
        show(f"{word}: {len(places) - _SHOWN} more links")


def _described(files: Sequence[tuple[MemoryPath, int]]) -> str:
    """How many files, how large they are, and where they lie."""
    places = Counter(path.partition("/")[0] + "/" if "/" in path else path for path, _ in files)
    named = [f"{place} ({n})" if place.endswith("/") else place for place, n in places.items()]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    size = sum(size for _, size in files)
    return f"{counted(len(files), 'file')}, {size:,} bytes: {', '.join(named[:_SHOWN])}{more}"


def _range(lines: tuple[int, int]) -> str:
    first, last = lines
    return str(first) if first == last else f"{first}-{last}"


def _show_done(result: _Result) -> None:
    files = counted(len(result.plan.files), "file")
    show(f"\nmigrated {result.plan.source} to {files}\n  commit  {result.done.commit}")
    if result.fixed is not None:
        show(f"repaired {counted(result.links.repaired, 'link')}\n  commit  {result.fixed.commit}")
    show("\nTo check now:")
    for point in checklist(result.plan):
        show(_point(worded(point)))


def _point(text: str) -> str:
    """A point of the list, wrapped to the width of the terminal."""
    width = shutil.get_terminal_size().columns if is_terminal() else sys.maxsize
    return textwrap.fill(
        text,
        width,
        initial_indent="  - ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
