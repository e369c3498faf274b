"""`python -m tests.bench`: measure, print the table, and write the figures where asked."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.beginning import measure_context
from tests.bench.blaming import measure_blame
from tests.bench.cataloguing import measure_catalog
from tests.bench.copying import measure_hanging_targets
from tests.bench.corpus import Corpus
from tests.bench.far import measure_far
from tests.bench.figures import Figure, compare
from tests.bench.finding import measure_list, measure_searches
from tests.bench.past import measure_past
from tests.bench.remembering import measure_history
from tests.bench.report import machine, table
from tests.bench.repositories import clean_environment, make_memory
from tests.bench.serving import measure_memory, measure_reads, measure_starts, measure_tools
from tests.bench.setting import Setting
from tests.bench.undoing import measure_undo
from tests.bench.writes import measure_writes

GROWTH_LIMIT: Final = 2.0
MEMORY_GROWTH_MB: Final = 40.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table; missing a target is a figure, not a failure."""
    options = parse(arguments)
    figures: list[Figure] = []
    for size in options.sizes:
        print(f"measuring {size:,} notes", file=sys.stderr)
        figures += measure(size, options.rounds, options.pause)
    figures += growth(figures)
    on = machine()
    print(table(figures, on))
    if options.json is not None:
        result = {"machine": on, "figures": [figure.as_json() for figure in figures]}
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, or the end of the program with a usage message."""
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(size) for size in text.split(",")],
        default=[100, 1_000, 10_000],
        help="notes in the memory, separated by commas (default: 100,1000,10000)",
    )
    parser.add_argument("--rounds", type=int, default=30, help="pairs of each measurement")
    parser.add_argument("--pause", type=float, default=0.05, help="seconds after a write")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args(arguments)


def measure(size: int, rounds: int, pause: float) -> list[Figure]:
    """All figures at one size, in a temporary folder."""
    # A git process in the background may still be at work in the folder when it goes.
    with tempfile.TemporaryDirectory(prefix="pack-bench-", ignore_cleanup_errors=True) as name:
        home = Path(name) / "home"
        home.mkdir()
        env = clean_environment(home)
        corpus = Corpus()
        notes = list(corpus.notes(size))
        memory = make_memory(Path(name) / "memory", notes, env)
        setting = Setting(memory, [note.path for note in notes], corpus, env, rounds, pause)
        return [
            *measure_catalog(setting),
            *measure_searches(setting),
            measure_list(setting),
            *measure_blame(setting),
            *measure_writes(setting),
            *measure_undo(setting),
            measure_hanging_targets(setting),
            measure_reads(setting),
            *measure_past(setting),
            measure_starts(setting),
            measure_memory(setting),
            measure_tools(setting),
            *measure_history(setting),
            *measure_context(setting),
            *measure_far(setting),
        ]


def growth(figures: Sequence[Figure]) -> list[Figure]:
    """How much dearer an update is, and how much more memory a server takes, in the largest one."""
    found = _ends(figures, "update") + _ends(figures, "resident")
    if len(found) != 4:
        return []
    small, large, less, more = found
    limit = GROWTH_LIMIT if (small.notes, large.notes) == (100, 10_000) else None
    name = f"update / update at {small.notes:,} notes"
    memory = f"resident memory - at {small.notes:,} notes"
    return [
        compare(name, large.notes, "ms", [large.measured], [small.measured], limit),
        compare(
            memory,
            more.notes,
            "MB",
            [more.measured],
            [less.measured],
            MEMORY_GROWTH_MB,
            "difference",
        ),
    ]


def _ends(figures: Sequence[Figure], name: str) -> list[Figure]:
    """The first figure of a name in the smallest and in the largest memory, if there are two."""
    found = sorted(
        (figure for figure in figures if figure.name.startswith(name)),
        key=lambda figure: figure.notes,
    )
    first = {figure.notes: figure for figure in reversed(found)}
    sizes = sorted(first)
    return [first[sizes[0]], first[sizes[-1]]] if len(sizes) > 1 else []


if __name__ == "__main__":
    main()
