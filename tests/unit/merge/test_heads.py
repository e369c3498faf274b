"""Merging heads: one tree for the same heads, and peers that come to rest."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from random import Random

import pytest

from pack.merge.copies import essence, is_conflict_copy
from pack.merge.heads import HeadMerger, fold, maximal
from pack.model import CommitId, MemoryPath
from tests.merge_support import LevelRules, MemoryGraph, pull, rounds_until_equal
from tests.support import examples

NOTE = "a/x.md"
BASE = "---\ntopic: X\nupdated: 2026-01-01\n---\n\n# X\n\n- one\n- two\n"
SEEDS = examples(3, soak=100)


def line_of(number: int) -> str:
    """What a writer makes of the second line, on a day of its own."""
    return BASE.replace("two", f"by {number}").replace("01-01", f"01-{number + 10}")


def said(*texts: str) -> list[str]:
    """What texts say, each as often as it is said."""
    return sorted(essence(text.encode()).decode() for text in texts)


# --- n writers of one line ------------------------------------------------------------------------


@pytest.mark.hypothesis  # `make soak` gives it many seeds
@pytest.mark.contract("C1", "C14")
@pytest.mark.parametrize("count", range(2, 8))
def test_n_writers_of_a_line_leave_n_texts(count: int) -> None:
    """In whatever order and groups they are merged: each peer ends with all texts, each once."""
    for seed in range(SEEDS):
        random, graph = Random(f"{seed} {count}"), MemoryGraph()
        base = graph.write(None, {NOTE: BASE})
        texts = [line_of(number) for number in range(count)]
        heads = [graph.write(base, {NOTE: text}) for text in texts]
        for _ in range(random.randrange(4)):
            pull(graph, heads, random, at_once=random.random() < 0.5)
        for head in heads:
            copies = [path for path in graph.texts(head) if is_conflict_copy(path)]
            assert len(copies) < count
        whole = graph.fold(heads)
        assert said(*graph.texts(whole).values()) == said(*texts)


@pytest.mark.hypothesis  # `make soak` gives it many seeds
@pytest.mark.contract("C1", "C12", "C14")
@pytest.mark.parametrize("count", range(2, 7))
def test_what_machines_wrote_beside_the_person_waits_for_them(count: int) -> None:
    """Each text is in place, in a copy or in a proposal, and once; the person's never in one."""
    for seed in range(SEEDS):
        random, rules = Random(f"{seed} {count}"), LevelRules()
        graph = MemoryGraph(rules)
        base = graph.write(None, {NOTE: BASE})
        heads, texts = [], [line_of(number) for number in range(count)]
        for number, text in enumerate(texts):
            heads.append(graph.write(base, {NOTE: text}))
            rules.levels[heads[-1]] = random.randint(2, 5) if number else 1
        before = list(heads)
        for _ in range(random.randrange(4)):
            pull(graph, heads, random, at_once=random.random() < 0.5)
        whole = graph.fold(heads)
        waiting = graph.waiting(whole)
        assert said(graph.text(whole, NOTE)) == said(texts[0])
        there = [graph.blobs[blob].decode() for _, blob, _ in waiting]
        assert set(said(*graph.texts(whole).values(), *there)) == set(said(*texts))
        assert before[0] not in {commit for _, _, commit in waiting}
        assert len({commit for _, _, commit in waiting}) == len(waiting)


@pytest.mark.contract("C12")
def test_a_clone_that_lacks_history_keeps_it_in_copies() -> None:
    """What it left out, nobody could find again."""
    rules = LevelRules()
    graph = MemoryGraph(rules)
    base = graph.write(None, {NOTE: BASE})
    heads = [graph.write(base, {NOTE: line_of(number)}) for number in range(2)]
    rules.levels[heads[1]] = 5
    merger = HeadMerger(graph, graph.blobs.__getitem__, rules, withholds=False)
    found = merger.merge(*heads)
    assert (found.withheld, len(found.files)) == ((), 2)
    assert len(HeadMerger(graph, graph.blobs.__getitem__, rules).merge(*heads).withheld) == 1


# --- peers that pull from each other --------------------------------------------------------------

Edit = Callable[[MemoryGraph, CommitId, int, Random], CommitId]


def append(graph: MemoryGraph, head: CommitId, peer: int, _: Random) -> CommitId:
    return graph.write(head, {NOTE: graph.text(head, NOTE) + f"- fact {peer}\n"})


def same_line(graph: MemoryGraph, head: CommitId, peer: int, _: Random) -> CommitId:
    return graph.write(head, {NOTE: line_of(peer)})


def key(graph: MemoryGraph, head: CommitId, peer: int, _: Random) -> CommitId:
    text = graph.text(head, NOTE).replace("topic: X", f"topic: X\nstatus: s{peer}\ntags: [t{peer}]")
    return graph.write(head, {NOTE: text})


def delete_or_edit(graph: MemoryGraph, head: CommitId, peer: int, _: Random) -> CommitId:
    return graph.write(head, {NOTE: "" if peer % 2 else line_of(peer)})


def move_or_edit(graph: MemoryGraph, head: CommitId, peer: int, _: Random) -> CommitId:
    if peer % 2:
        return graph.write(head, {NOTE: "", f"b/{peer}.md": graph.text(head, NOTE)})
    return append(graph, head, peer, _)


def twin(graph: MemoryGraph, head: CommitId, peer: int, _: Random) -> CommitId:
    names = ["a/new.md", "a/New.md", "A/new.md", "a/new.md/in.md", "a/NEW.md", "A/NEW.md", "a/n.md"]
    return graph.write(head, {names[peer % len(names)]: f"by {peer}\n"})


def anything(graph: MemoryGraph, head: CommitId, peer: int, random: Random) -> CommitId:
    for _ in range(random.randrange(1, 4)):
        edit = random.choice([append, same_line, key, delete_or_edit, move_or_edit, twin])
        if NOTE in graph.texts(head) or edit is twin:
            head = edit(graph, head, peer, random)
    return head


EDITS = [append, same_line, key, delete_or_edit, move_or_edit, twin, anything]
# The peers, and in how many rounds they come to rest where all pull at once or one by one.
ROUNDS = [(2, 2, 2), (3, 16, 8), (5, 60, 16)]


@pytest.mark.hypothesis  # `make soak` gives it many seeds
@pytest.mark.contract("C1", "C14")
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@pytest.mark.parametrize(("peers", "at_once", "one_by_one"), ROUNDS)
def test_peers_come_to_rest(edit: Edit, peers: int, at_once: int, one_by_one: int) -> None:
    for seed in range(SEEDS):
        random, rules = Random(f"{seed} {peers}"), LevelRules()
        graph = MemoryGraph(rules)
        base = graph.write(None, {NOTE: BASE, "a/y.md": "1\n2\n3\n"})
        begun = [edit(graph, base, peer, random) for peer in range(peers)]
        rules.levels.update((head, random.choice((1, 1, 2, 5))) for head in begun)
        for most, is_at_once in ((at_once, True), (one_by_one, False)):
            heads = list(begun)
            rounds_until_equal(graph, heads, random, most, at_once=is_at_once)
            known = len(graph.trees)
            for _ in range(50):
                pull(graph, heads, random, at_once=is_at_once)
            assert len(graph.trees) == known


@pytest.mark.contract("C14")
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@pytest.mark.parametrize("peers", [3, 7])
def test_whoever_knows_all_heads_is_done_at_once(edit: Edit, peers: int) -> None:
    """As after a partition, when each has what all others have."""
    random, graph = Random(peers), MemoryGraph()
    base = graph.write(None, {NOTE: BASE})
    heads = [edit(graph, base, peer, random) for peer in range(peers)]
    for _ in range(2):
        pull(graph, heads, random, at_once=True)
    assert len({graph.fold(random.sample(heads, peers)) for _ in range(5)}) == 1


# --- heads ----------------------------------------------------------------------------------------


def test_only_what_leads_to_no_other_head_is_merged() -> None:
    graph = MemoryGraph()
    base = graph.write(None, {NOTE: BASE})
    one, two = (graph.write(base, {NOTE: line_of(number)}) for number in range(2))
    met = graph.merge(one, two)
    for heads in permutations([base, one, two, one]):
        assert sorted(maximal(heads, graph.leads_to)) == sorted([one, two])
        assert graph.fold(heads) == met
    assert graph.fold([base, one, two, met]) == met
    assert fold([one], graph.leads_to, graph.merge) == one


def test_histories_that_share_nothing_are_merged_as_from_nothing() -> None:
    graph = MemoryGraph()
    one = graph.write(None, {NOTE: "one\n", "a/o.md": "o\n"})
    two = graph.write(None, {NOTE: "two\n", "a/t.md": "t\n"})
    texts = graph.texts(graph.merge(one, two))
    assert {"o\n", "t\n"} <= set(texts.values())
    assert said(*texts.values()) == said("one\n", "two\n", "o\n", "t\n")


def test_of_equals_the_side_with_more_commits_keeps_the_place() -> None:
    graph = MemoryGraph()
    base = graph.write(None, {NOTE: BASE})
    high = graph.write(graph.write(base, {"a/y.md": "1\n"}), {NOTE: line_of(1)})
    low = graph.write(base, {NOTE: line_of(2)})
    assert graph.text(graph.merge(high, low), NOTE) == line_of(1).replace("01-11", "01-12")


def test_several_bases_are_merged_first() -> None:
    """Two peers merged the same heads and went on; what they agree on is no change of either."""
    graph = MemoryGraph()
    base = graph.write(None, {NOTE: BASE})
    one = graph.write(base, {NOTE: BASE.replace("- one", "- ONE")})
    two = graph.write(base, {NOTE: BASE.replace("- two", "- TWO")})
    both = BASE.replace("- one", "- ONE").replace("- two", "- TWO")
    met = graph.merge(one, two)
    assert graph.text(met, NOTE) == both
    other = graph.commit([two, one], graph.trees[met])  # as a merge made by hand
    left = graph.write(met, {NOTE: both.replace("ONE", "one more")})
    right = graph.write(other, {NOTE: both.replace("TWO", "two more")})
    found = graph.texts(graph.merge(left, right))
    assert found == {NOTE: BASE.replace("- one", "- one more").replace("- two", "- two more")}


def test_peers_that_never_rest_are_merged_in_no_time() -> None:
    """Each has merged what the other had, again and again: every pair of bases has two bases."""
    graph = MemoryGraph()
    base = graph.write(None, {NOTE: BASE})
    left, right = (graph.write(base, {f"a/{side}.md": "0\n"}) for side in "lr")
    for step in range(1, 200):
        tree = graph.trees[left] | {MemoryPath("a/r.md"): graph.trees[right][MemoryPath("a/r.md")]}
        met, turned = graph.commit([left, right], tree), graph.commit([right, left], tree)
        left = graph.write(met, {"a/l.md": f"{step}\n"})
        right = graph.write(turned, {"a/r.md": f"{step}\n"})
    found = graph.texts(graph.merge(left, right))
    assert found == {NOTE: BASE, "a/l.md": "199\n", "a/r.md": "199\n"}
