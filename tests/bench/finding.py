"""What finding costs over MCP: searches of each kind, and the first page of the list."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Final

from tests.bench.client import StdioServer
from tests.bench.corpus import FOLDERS, Corpus
from tests.bench.figures import Figure, value
from tests.bench.setting import WARM_UP, Setting

SMALL: Final = 10_000
SEARCH_LIMIT_MS: Final = 5.0
LARGE_SEARCH_LIMIT_MS: Final = 25.0
"""In a memory of more than `SMALL` notes."""
QUESTION_LIMIT_MS: Final = 10.0
LARGE_QUESTION_LIMIT_MS: Final = 30.0
"""Of 10 to 25 words, as agents ask."""
_QUESTION_WORDS: Final = 10, 25
_COMMON_IN_QUESTIONS: Final = ("what did we say about", "when was the last time that", "how is it")
LIST_TOKENS: Final = 1_500
_RARE: Final = 1000
"""So many of the rarest words are taken as rare ones, and as many of the commonest as common."""
_COMMON: Final = 100


def measure_searches(setting: Setting) -> list[Figure]:
    """Time of `memory_search`, each time for other words."""
    limit = SEARCH_LIMIT_MS if setting.notes <= SMALL else LARGE_SEARCH_LIMIT_MS
    is_small = setting.notes <= SMALL
    question_limit = QUESTION_LIMIT_MS if is_small else LARGE_QUESTION_LIMIT_MS
    asked = questions(setting.corpus, setting.rounds + WARM_UP)
    with setting.pack() as server:
        found = [
            value(f"search, {kind}", setting.notes, "ms", _search_ms(server, wanted), limit)
            for kind, wanted in queries(setting.corpus, setting.rounds + WARM_UP).items()
        ]
        for kind, more in (("question", {}), ("question in a folder", {"dir": FOLDERS[0]})):
            took = _search_ms(server, asked, **more)
            found.append(value(f"search, {kind}", setting.notes, "ms", took, question_limit))
    return found


def queries(corpus: Corpus, count: int) -> Mapping[str, list[str]]:
    """Queries of each kind: words as seldom and as often as a person looks for."""
    pick = random.Random(count)
    by_rank = corpus.words
    common, rare = by_rank[:_COMMON], by_rank[-_RARE:]
    return {
        "rare word": pick.choices(rare, k=count),
        "common word": pick.choices(common, k=count),
        "three words": [" ".join(corpus.words_of(3)) for _ in range(count)],
        "no hit": [f"zq{number}xw" for number in range(count)],
    }


def questions(corpus: Corpus, count: int) -> list[str]:
    """Whole questions, of 10 to 25 words."""
    pick = random.Random(count)
    asked = []
    for _ in range(count):
        begin = pick.choice(_COMMON_IN_QUESTIONS)
        size = pick.randint(*_QUESTION_WORDS) - len(begin.split())
        asked.append(f"{begin} {' '.join(corpus.words_of(size))}?")
    return asked


def _search_ms(server: StdioServer, wanted: Iterable[str], **more: str) -> float:
    times = []
    for query in wanted:
        start = time.perf_counter()
        server.call("memory_search", {"query": query, **more})
        times.append(1000 * (time.perf_counter() - start))
    return median(times[WARM_UP:])


def measure_list(setting: Setting) -> Figure:
    """Estimated tokens of what `memory_list` answers by default; see `serving.measure_tools`."""
    with setting.pack() as server:
        listed = server.call("memory_list", {})
    text = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
    tokens = len(text.encode()) / 4
    return value("memory_list, bytes / 4", setting.notes, "tokens", tokens, LIST_TOKENS)
