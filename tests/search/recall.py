"""What a search engine finds of the evidence, and how long it takes.

Recall at k is the share of the notes holding evidence that are among the first k; the reciprocal
rank is that of the first note with evidence among the first ten, 0 if there is none. Both are
means over questions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median, pstdev
from time import perf_counter
from typing import NamedTuple

from tests.search.engines import Search
from tests.search.locomo import CATEGORIES, Conversation, Split


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one question went; `milliseconds` is the search alone."""

    conversation: str
    category: str
    recall_5: float
    recall_10: float
    reciprocal_rank: float
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Means:
    """The means of some questions."""

    questions: int
    recall_5: float
    recall_10: float
    mrr: float


@dataclass(frozen=True, slots=True)
class Report:
    """One engine on one way of splitting.

    Attributes:
        engine: Who was asked.
        split: What a note is.
        overall: All questions.
        categories: By name of the category.
        conversations: By name of the conversation.
        mean: Of the conversations, each counted once; `questions` is how many there are.
        spread: Standard deviation over the conversations.
        median_ms: Milliseconds of a search.
        p95_ms: 95 of 100 searches take no longer.
    """

    engine: str
    split: str
    overall: Means
    categories: dict[str, Means]
    conversations: dict[str, Means]
    mean: Means
    spread: Means
    median_ms: float
    p95_ms: float

    def as_json(self) -> dict[str, object]:
        return asdict(self)


class Asked(NamedTuple):
    """A question, its category, and the notes that hold the evidence."""

    text: str
    category: str
    wanted: frozenset[str]


def ask_all(search: Search, conversation: str, questions: Sequence[Asked]) -> list[Outcome]:
    """Every question of a conversation; the first is asked once more before, to warm up."""
    if questions:
        search(questions[0].text)
    outcomes = []
    for question in questions:
        start = perf_counter()
        found = search(question.text)
        milliseconds = (perf_counter() - start) * 1000
        wanted = question.wanted
        outcomes.append(
            Outcome(
                conversation,
                question.category,
                recall(found, wanted, 5),
                recall(found, wanted, 10),
                reciprocal_rank(found, wanted),
                milliseconds,
            )
        )
    return outcomes


def ask(search: Search, conversation: Conversation, split: Split) -> list[Outcome]:
    """Every question of a conversation of LoCoMo."""
    questions = [
        Asked(question.text, CATEGORIES[question.category], split.answers(question))
        for question in conversation.questions
    ]
    return ask_all(search, conversation.name, questions)


def recall(found: Sequence[str], wanted: frozenset[str], depth: int) -> float:
    """The share of what is wanted among the first `depth`."""
    return len(wanted & set(found[:depth])) / len(wanted)


def reciprocal_rank(found: Sequence[str], wanted: frozenset[str]) -> float:
    """1 for the first place, 1/2 for the second, …; 0 if nothing wanted is there."""
    return next((1 / place for place, path in enumerate(found, start=1) if path in wanted), 0.0)


def report(engine: str, split: str, outcomes: Sequence[Outcome]) -> Report:
    """The figures of all questions that were asked; at least one."""
    by_category = {
        name: means(outcome for outcome in outcomes if outcome.category == name)
        for name in sorted({outcome.category for outcome in outcomes})
    }
    names = dict.fromkeys(outcome.conversation for outcome in outcomes)
    by_conversation = {
        name: means(outcome for outcome in outcomes if outcome.conversation == name)
        for name in names
    }
    times = sorted(outcome.milliseconds for outcome in outcomes)
    return Report(
        engine,
        split,
        means(outcomes),
        by_category,
        by_conversation,
        _over(fmean, by_conversation.values()),
        _over(pstdev, by_conversation.values()),
        median(times),
        times[len(times) * 95 // 100],
    )


def means(outcomes: Iterable[Outcome]) -> Means:
    """The means of these questions; at least one."""
    group = list(outcomes)
    return Means(
        len(group),
        fmean(outcome.recall_5 for outcome in group),
        fmean(outcome.recall_10 for outcome in group),
        fmean(outcome.reciprocal_rank for outcome in group),
    )


def _over(measure: Callable[[Iterable[float]], float], groups: Collection[Means]) -> Means:
    return Means(
        len(groups),
        measure([group.recall_5 for group in groups]),
        measure([group.recall_10 for group in groups]),
        measure([group.mrr for group in groups]),
    )
