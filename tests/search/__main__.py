"""`python -m tests.search`: ask PACK, plain FTS5 and plain BM25 the questions of both sets."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final

from tests.search.beam import Chat, load_chats
from tests.search.engines import Search, bm25, fts5, memory_of, pack, searching
from tests.search.locomo import Conversation, Split, by_session, by_turn, load
from tests.search.recall import Asked, Means, Outcome, Report, ask, ask_all, report

DEFAULT_FILE: Final = Path(__file__).resolve().parents[3] / "shared/data/locomo-dev.json"
ENGINES: Final[Mapping[str, Callable[[Mapping[str, str]], AbstractContextManager[Search]]]] = {
    "fts5": fts5,
    "bm25": bm25,
    "pack": pack,
}
SPLITS: Final[Mapping[str, Callable[[Conversation], Split]]] = {
    "session": by_session,
    "turn": by_turn,
}

_ROW: Final = "{:<9} {:<8} {:<24} {:>9}  {:>8}  {:>9}  {:>6}  {}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures; a poor figure is a figure, not a failure, and so is a set left out."""
    options = _parse(arguments)
    reports: list[Report] = []
    if options.locomo.is_file():
        reports += _measure(load(options.locomo), options.engine)
    else:
        print("LoCoMo is left out; name its file with --locomo FILE", file=sys.stderr)
    if options.beam is not None:
        reports += _measure_beam(load_chats(options.beam), options.engine)
    else:
        print("BEAM is left out; name its folder with --beam PATH", file=sys.stderr)
    print(_table(reports))
    if options.json is not None:
        text = json.dumps([found.as_json() for found in reports], indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.search", description=__doc__)
    parser.add_argument(
        "--locomo", type=Path, default=DEFAULT_FILE, help="file with the conversations of LoCoMo"
    )
    parser.add_argument("--beam", type=Path, help="folder with the repository of BEAM")
    parser.add_argument("--engine", choices=ENGINES, help="ask only this one (default: all)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args(arguments)
    if options.locomo != DEFAULT_FILE and not options.locomo.is_file():
        parser.error("the file with the conversations is not there; name one with --locomo FILE")
    if options.beam is not None and not options.beam.is_dir():
        parser.error("the folder of BEAM is not there; name one with --beam PATH")
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


def _measure_beam(chats: Sequence[Chat], only: str | None) -> Iterator[Report]:
    """The figures of the chats with odd numbers, which may be tuned on, and of the others."""
    for engine_name in ENGINES:
        if only not in {None, engine_name}:
            continue
        print(f"asking {engine_name}, a note for each message", file=sys.stderr)
        outcomes: dict[int, list[Outcome]] = {0: [], 1: []}
        with _searches_of(engine_name, chats) as search_of:
            for chat in chats:
                asked = [Asked(one.text, one.kind, one.evidence) for one in chat.questions]
                with search_of(chat) as search:
                    outcomes[chat.number % 2] += ask_all(search, chat.folder, asked)
        for number, name in ((1, "beam odd"), (0, "beam even")):
            if outcomes[number]:
                yield report(engine_name, name, outcomes[number])


@contextmanager
def _searches_of(
    engine: str, chats: Sequence[Chat]
) -> Iterator[Callable[[Chat], AbstractContextManager[Search]]]:
    """What searches a chat: PACK a folder of one memory of all chats; the others the chat alone."""
    if engine != "pack":
        yield lambda chat: ENGINES[engine](chat.notes)
        return
    with memory_of({path: text for chat in chats for path, text in chat.notes.items()}) as memory:
        yield lambda chat: nullcontext(searching(memory, chat.folder))


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
