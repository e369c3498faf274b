"""Webhooks of a memory on GitHub that has trouble: nothing is lost, and it is left alone."""

from __future__ import annotations

import pytest
from pack_connectors.sync_states import SyncFiles

from pack.model import MemoryPath
from pack.sync.engine import Sync
from pack.sync.payload import PayloadVersion
from pack.sync.results import Standing, Urgency
from pack.sync.routes import Destination, EventRoute
from pack.sync.text import TextSource
from tests.github_support import NAME, GithubWorld, memory_of
from tests.standins.faults import FaultKind

pytestmark = pytest.mark.contract("C1", "C5", "C8")
TROUBLE = (FaultKind.SECONDARY_LIMIT, FaultKind.UNAVAILABLE, FaultKind.CUT_IN_BODY)


class Hook:
    """Takes everything."""

    name = "hook"

    def __init__(self):
        self.keys = []

    def send(self, key, body):
        self.keys.append(key)

    def close(self):
        self.keys.append("closed")


class Far:
    """A memory on the stand-in with a hook; each `start` is a new process with an empty cache."""

    def __init__(self, folder):
        self.world = GithubWorld(folder, memory_of({"context/a.md": b"a\n"}))
        self.service, self.hook = self.world.service, Hook()
        self.states = SyncFiles(folder / "sync")

    def start(self):
        connector = self.world.connect(most_wait=0.0, cache_dir=None)
        path = MemoryPath("MEMORY.md")
        version = PayloadVersion.V2
        source = TextSource(connector, path)
        route = EventRoute(
            self.hook, connector, source, v1_path=path, repo=NAME, version=version
        )  # fmt: skip
        hook = Destination("hook", "hook", "", only_newest=False, open=lambda: route)
        return Sync(connector, [hook], self.states, self.service.clock, lambda: 1.0)

    def others(self, count):
        return [
            self.service.commit(
                NAME, {f"context/o{number}.md": b"x\n", "context/p.md": b"%d" % number}
            )
            for number in range(count)
        ]


@pytest.fixture
def far(tmp_path):
    made = Far(tmp_path)
    with made.world:
        made.start().deliver("hook")
        yield made
    made.states.close()


# Each request has one trouble, and each trouble has several requests; `make soak` has all pairs.
ALL_PAIRS = [
    pytest.param(
        skip,
        kind,
        id=f"{skip}-{kind.name}",
        marks=[pytest.mark.soak] * (number != skip % len(TROUBLE)),
    )
    for skip in range(7)
    for number, kind in enumerate(TROUBLE)
]


@pytest.mark.parametrize(("skip", "kind"), ALL_PAIRS)
def test_trouble_at_any_request_loses_nothing_and_a_named_time_is_kept(far, kind, skip):
    commits = far.others(3)
    expected = [key for commit in commits for key in (commit, f"{commit}:2")]
    far.service.faults.add(kind, skip=skip, times=1000)
    sync = far.start()
    failed = sync.deliver("hook")
    struck = len(far.service.faults.struck)
    if struck == 0:
        assert failed.standing is Standing.DELIVERED
        assert far.hook.keys == expected
        return
    assert failed.standing is Standing.WAITING
    with far.service.log.counting() as asked:
        assert not sync.is_due("hook")
        assert far.start().deliver("hook").standing is Standing.WAITING
        if kind is FaultKind.SECONDARY_LIMIT:
            assert far.start().deliver("hook", Urgency.NOW).standing is Standing.WAITING
    assert len(asked) == 0
    far.service.faults.clear()
    far.service.clock.advance(61)
    assert far.start().deliver("hook").standing is Standing.DELIVERED
    assert far.hook.keys == expected


def test_a_look_costs_one_request_that_is_free(far):
    sync = far.start()
    assert not sync.is_due("hook")
    with far.service.log.counting() as asked:
        assert not sync.is_due("hook")
    assert (len(asked), asked.not_modified, asked.paid) == (1, 1, 0)


def test_many_commits_cost_a_tree_and_the_new_blobs_of_each(far):
    commits = far.others(20)
    sync = far.start()
    with far.service.log.counting() as asked:
        assert sync.deliver("hook").commits == 20
    assert far.hook.keys[::2] == commits
    # One more asks what is current, whose rules say which files may be shared.
    assert len(asked) <= 4 * len(commits) + 5
