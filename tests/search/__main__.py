"""`python -m tests.search`: ask the questions of LoCoMo, of PACK and of plain FTS5 in one run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from tests.search.engines import Search, fts5, pack
from tests.search.locomo import Conversation, Split, by_session, by_turn, load
from tests.search.recall import Means, Report, ask, report

DEFAULT_FILE: Final = Path(__file__).resolve().parents[3] / "shared/data/locomo-dev.json"
ENGINES: Final[Mapping[str, Callable[[Mapping[str, str]], AbstractContextManager[Search]]]] = {
    "fts5": fts5,
    "pack": pack,
}
SPLITS: Final[Mapping[str, Callable[[Conversation], Split]]] = {
    "session": by_session,
    "turn": by_turn,
}

_ROW: Final = "{:<8} {:<8} {:<16} {:>9}  {:>8}  {:>9}  {:>6}  {}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures; a poor figure is a figure, not a failure."""
    options = _parse(arguments)
    conversations = load(options.locomo)
    reports = list(_measure(conversations, options.engine))
    print(_table(reports))
    if options.json is not None:
        text = json.dumps([found.as_json() for found in reports], indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.search", description=__doc__)
    parser.add_argument(
        "--locomo", type=Path, default=DEFAULT_FILE, help="file with the conversations"
    )
    parser.add_argument("--engine", choices=ENGINES, help="ask only this one (default: both)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args(arguments)
    if not options.locomo.is_file():
        parser.error("the file with the conversations is not there; name one with --locomo FILE")
    return options


def _measure(conversations: Sequence[Conversation], only: str | None) -> Iterator[Report]:
    for split_name, split_by in SPLITS.items():
        for engine_name, engine in ENGINES.items():
            if only not in {None, engine_name}:
                continue
            print(f"asking {engine_name}, a note for each {split_name}", file=sys.stderr)
            outcomes = []
            for conversation in conversations:
                split = split_by(conversation)
                with engine(split.notes) as search:
                    outcomes += ask(search, conversation, split)
            yield report(engine_name, split_name, outcomes)


def _table(reports: Sequence[Report]) -> str:
    head = ("note", "engine", "questions of", "questions", "recall@5", "recall@10", "MRR", "")
    lines = [_ROW.format(*head).rstrip()]
    for found in reports:
        times = f"{found.median_ms:.1f} ms a query (median), {found.p95_ms:.1f} ms (p95)"
        lines.append(_line(found, "all", found.overall, times))
        lines += [_line(found, name, group) for name, group in found.categories.items()]
        lines += [_line(found, name, group) for name, group in found.conversations.items()]
        lines.append(_line(found, "(mean of these)", found.mean))
        lines.append(_line(found, "(their spread)", found.spread))
    return "\n".join(lines)


def _line(found: Report, name: str, group: Means, note: str = "") -> str:
    figures = (f"{figure:.3f}" for figure in (group.recall_5, group.recall_10, group.mrr))
    cells = (found.split, found.engine, name, group.questions, *figures, note)
    return _ROW.format(*cells).rstrip()


if __name__ == "__main__":
    main()
