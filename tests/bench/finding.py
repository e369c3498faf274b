"""What finding costs over MCP: searches of each kind, and the first page of the list."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Final

from tests.bench.client import StdioServer
from tests.bench.corpus import Corpus
from tests.bench.figures import Figure, value
from tests.bench.setting import WARM_UP, Setting

SMALL: Final = 10_000
SEARCH_LIMIT_MS: Final = 5.0
LARGE_SEARCH_LIMIT_MS: Final = 25.0
"""In a memory of more than `SMALL` notes."""
LIST_TOKENS: Final = 1_500
_RARE: Final = 1000
"""So many of the rarest words are taken as rare ones, and as many of the commonest as common."""
_COMMON: Final = 100


def measure_searches(setting: Setting) -> list[Figure]:
    """Time of `memory_search`, each time for other words."""
    limit = SEARCH_LIMIT_MS if setting.notes <= SMALL else LARGE_SEARCH_LIMIT_MS
    with setting.pack() as server:
        return [
            value(f"search, {kind}", setting.notes, "ms", _search_ms(server, wanted), limit)
            for kind, wanted in queries(setting.corpus, setting.rounds + WARM_UP).items()
        ]


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


def _search_ms(server: StdioServer, wanted: Iterable[str]) -> float:
    times = []
    for query in wanted:
        start = time.perf_counter()
        server.call("memory_search", {"query": query})
        times.append(1000 * (time.perf_counter() - start))
    return median(times[WARM_UP:])


def measure_list(setting: Setting) -> Figure:
    """Estimated tokens of what `memory_list` answers by default; see `serving.measure_tools`."""
    with setting.pack() as server:
        listed = server.call("memory_list", {})
    text = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
    tokens = len(text.encode()) / 4
    return value("memory_list, bytes / 4", setting.notes, "tokens", tokens, LIST_TOKENS)
