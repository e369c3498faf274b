"""Generated histories of releases, people and runs: branches of people stay, and ways lead back."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from pack.distribution.content.placing import DECISIONS
from pack.distribution.ports import DownstreamEntry
from pack.distribution.running.results import RunStatus
from pack.model import blob_id
from tests.distribution_repository import MemoryEngine
from tests.support import examples

HOW = ("merge", "squash", "rebase", "ff")
OURS = ("docs/", ".pack-sync-state/")
STATE = ".pack-sync-state/guides.json"


def lines(**changed):
    return "".join(f"{changed.get(f'n{n}', f'line {n}')}\n\n" for n in range(1, 7)).encode()


def begun():
    engine = MemoryEngine()
    engine.upstream.release("v1.0.0", {"guides/a.md": lines(), "guides/b.md": b"# B\n"})
    return engine


def ours(files):
    return {path: text for path, text in files.items() if path.startswith(OURS)}


class Walk:
    """One history, step by step; `before` has what was there before each version landed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.engine = MemoryEngine()
        self.down = self.engine.downstream
        self.source = {f"guides/{name}.md": lines() for name in "abc"}
        self.minor = 0
        self.landed = []
        self.touched = set()
        self.release()

    def release(self):
        choice = self.random.random()
        names = sorted(self.source)
        if choice < 0.2 and len(names) > 2:
            del self.source[self.random.choice(names)]
        elif choice < 0.4:
            name = self.random.choice(names)
            self.source[f"guides/r{self.minor}.md"] = self.source.pop(name)
        else:
            name, number = self.random.choice(names), self.random.randrange(1, 7)
            self.source[name] = lines(**{f"n{number}": f"upstream {self.minor}"})
        self.engine.upstream.release(f"v1.{self.minor}.0", self.source)
        self.minor += 1

    def run(self):
        heads = dict(self.down.heads)
        done = self.engine.run()
        assert done.status is not RunStatus.FAILED, done
        for branch in self.touched & heads.keys():
            assert self.down.heads[branch] == heads[branch], "somebody's branch was pushed to"
        before = [*self.down.pushes]
        again = self.engine.run()
        assert self.down.pushes == before, (done, again)
        assert not again.has_written

    def offered(self):
        return [name for name in self.down.heads if "-sync/" in name]

    def merge(self):
        for branch in self.offered()[:1]:
            before = ours(self.down.now())
            self.down.merge(branch, self.random.choice(HOW))
            self.landed.append(before)
            self.touched.discard(branch)

    def elsewhere(self):
        self.down.change({f"src/{self.random.randrange(5)}.py": b"%d" % self.random.randrange(99)})

    def push_to_theirs(self):
        for branch in self.offered()[:1]:
            self.down.change({"src/extra.py": b"mine"}, branch)
            self.touched.add(branch)

    def close(self):
        for branch in self.offered()[:1]:
            del self.down.heads[branch]
            self.touched.discard(branch)

    def take_back(self):
        if not self.landed or STATE not in self.down.now():
            return
        done = self.engine.take_back()
        self.down.merge(done.branch, self.random.choice(HOW))
        assert ours(self.down.now()) == self.landed.pop()

    def step(self):
        steps: list[tuple[Callable[[], None], int]] = [
            (self.release, 4),
            (self.run, 4),
            (self.merge, 4),
            (self.elsewhere, 2),
            (self.push_to_theirs, 1),
            (self.close, 1),
            (self.take_back, 2),
        ]
        chosen = self.random.choices([one for one, _ in steps], [weight for _, weight in steps])
        chosen[0]()


@pytest.mark.parametrize("seed", range(examples(12)))
def test_in_every_history_rollbacks_restore_the_bytes_and_branches_of_people_stay(seed):
    walk = Walk(seed)
    for _ in range(25):
        walk.step()


def test_a_second_run_writes_nothing():
    engine = begun()
    assert engine.run().status is RunStatus.OPENED
    pushes = [*engine.downstream.pushes]
    registry = engine.registry
    assert engine.run().status is RunStatus.UNCHANGED
    assert (engine.downstream.pushes, engine.registry) == (pushes, registry)


def test_a_plan_says_what_a_run_does_and_writes_nothing():
    engine = begun()
    planned = engine.run(dry_run=True)
    assert engine.downstream.pushes == []
    done = engine.run()
    assert (planned.status, planned.branch, planned.added) == (done.status, done.branch, done.added)
    assert planned.commit is None


def test_an_older_version_comes_only_if_it_is_named():
    engine = begun()
    engine.upstream.release("v1.1.0", {"guides/a.md": lines(n2="two"), "guides/b.md": b"# B\n"})
    engine.downstream.merge(engine.run().branch, "squash")
    del engine.upstream.tags["v1.1.0"]
    assert engine.run().status is RunStatus.UNCHANGED
    found = engine.run("v1.0.0")
    assert found.status is RunStatus.OPENED
    assert engine.downstream.now(found.branch)["docs/a.md"] == lines()


def test_a_rule_that_meets_nothing_any_more_removes_nothing():
    engine = begun()
    engine.downstream.merge(engine.run().branch, "squash")
    engine.upstream.release("v1.1.0", {"other/a.md": lines()})
    found = engine.run()
    assert found.status is RunStatus.FAILED
    assert "docs/a.md" in engine.downstream.now()


def test_failures_are_counted_until_one_does_not_fail():
    engine = begun()
    engine.upstream.release("v1.1.0", {"guides/a.md": b"[x](missing.md)\n"})
    for count in (1, 2):
        assert engine.run().status is RunStatus.BLOCKED
        assert engine.registry.find("guides").failures == count
    engine.upstream.release("v1.2.0", {"guides/a.md": lines()})
    assert engine.run().status is RunStatus.OPENED
    assert engine.registry.find("guides").failures == 0
    assert engine.registry.find("guides").version == "v1.2.0"


@pytest.mark.parametrize("how", HOW[:3])
def test_a_branch_of_theirs_stays_though_its_version_landed_and_the_rule_changed(how):
    engine = begun()
    branch = engine.run().branch
    engine.downstream.change({"src/mine.py": b"mine"}, branch)
    theirs = engine.downstream.heads[branch]
    engine.downstream.merge(branch, how)
    engine.downstream.heads[branch] = theirs
    engine.downstream.change({"src/more.py": b"more"}, branch)
    theirs = engine.downstream.heads[branch]
    engine.rule = replace(engine.rule, target_path="other/")
    engine.run()
    assert engine.downstream.heads[branch] == theirs


@pytest.mark.parametrize("strategy", ["copy", "reference"])
@pytest.mark.parametrize("links", [[], [{"strip_internal_links": True}]])
def test_a_rule_on_change_comes_to_rest_while_its_offer_waits_and_afterwards(strategy, links):
    engine = MemoryEngine(frequency="on_change", strategy=strategy, transforms=links)
    files = {"guides/a.md": lines(), ".pack/registry.yaml": b"0"}
    engine.upstream.commit(files)
    first = engine.run()
    assert first.status is RunStatus.OPENED
    for number in range(1, 4):  # as each run records something
        engine.upstream.commit({**files, ".pack/registry.yaml": b"%d" % number})
        again = engine.run()
        assert (again.status, again.branch) == (RunStatus.UNCHANGED, first.branch)
    engine.downstream.merge(first.branch, "squash")
    engine.upstream.commit({**files, ".pack/registry.yaml": b"4"})
    assert (engine.run().status, engine.run().branch) == (RunStatus.UNCHANGED, None)
    assert len(engine.downstream.pushes) == 1
    engine.upstream.commit({**files, "guides/a.md": lines(n2="two")})
    assert engine.run().status is RunStatus.OPENED


@pytest.mark.parametrize("strategy", ["copy", "reference"])
def test_what_was_taken_back_on_change_stays_away_until_something_changes(strategy):
    engine = MemoryEngine(frequency="on_change", strategy=strategy)
    secret = b"---\ninternal: true\n---\n"
    engine.upstream.commit({"guides/a.md": lines()})
    engine.downstream.merge(engine.run().branch, "squash")
    done = engine.take_back()
    engine.downstream.merge(done.branch, "squash")
    engine.upstream.commit({"guides/a.md": lines(), "guides/b.md": secret, "other.md": b"x"})
    again = engine.run()
    assert (again.status, again.branch) == (RunStatus.UNCHANGED, None)
    assert "pinned out" in again.message
    engine.upstream.commit({"guides/a.md": lines(n1="one")})
    assert engine.run().status is RunStatus.OPENED


def test_an_offer_from_before_a_rollback_is_made_again():
    engine = begun()
    engine.downstream.merge(engine.run().branch, "squash")
    texts = {"guides/a.md": lines(n2="two"), "guides/b.md": b"# B\n"}
    engine.upstream.release("v1.1.0", texts)
    engine.downstream.merge(engine.run().branch, "squash")
    engine.upstream.release("v1.2.0", {**texts, "guides/b.md": b"# Other\n"})
    offered = engine.run()
    engine.downstream.merge(engine.take_back().branch, "squash")
    done = engine.run()
    assert (done.status, done.branch) == (RunStatus.UPDATED, offered.branch)
    assert engine.run().status is RunStatus.UNCHANGED
    engine.downstream.merge(done.branch, "merge")
    assert engine.downstream.now()["docs/a.md"] == lines(n2="two")
    assert engine.downstream.now()["docs/b.md"] == b"# Other\n"


def test_what_is_in_the_way_of_a_file_is_no_text_that_anybody_chose():
    engine = begun()
    down = engine.downstream
    head = down.change({"x": b"x"})
    down.blobs[blob_id(b"elsewhere")] = b"elsewhere"
    link = DownstreamEntry("120000", blob_id(b"elsewhere"))
    down.trees[head] = {**down.trees[head], "docs/a.md": link}
    done = engine.run()
    assert done.status is RunStatus.CONFLICT
    (one,) = done.conflicts
    assert (one.path, one.lines) == ("docs/a.md", [])
    assert "a link is there" in one.what
    assert DECISIONS not in down.now(done.branch)
    assert "the whole file" not in done.pull_request.body


def test_the_log_of_decisions_is_no_place_for_a_file_of_the_memory():
    engine = MemoryEngine({DECISIONS: b"# Ours\n"}, target_path="")
    engine.upstream.release(
        "v1.0.0", {"guides/a.md": lines(), "guides/DECISIONS.md": b"# Theirs\n"}
    )
    done = engine.run()
    assert (done.status, done.added) == (RunStatus.OPENED, ["a.md"])
    assert "guides/DECISIONS.md does not go" in " ".join(done.notes)
    assert "guides/DECISIONS.md" not in done.pull_request.body
    assert engine.downstream.now(done.branch)[DECISIONS] == b"# Ours\n"
