"""Rate limits: waited for as GitHub says, announced, for no longer than allowed, cancellable."""

import threading
from datetime import timedelta

import pytest

from pack.errors import RateLimited, Unavailable
from pack.model import MemoryPath
from tests.github_support import NAME, GithubWorld, memory_of
from tests.standins.faults import FaultKind
from tests.standins.github_limits import Limits

A = MemoryPath("context/a.md")


@pytest.fixture
def world(tmp_path):
    with GithubWorld(tmp_path, memory_of({A: b"# A\n"})) as made:
        yield made


def test_a_wait_is_as_long_as_github_says_and_is_announced_before_it(world):
    world.service.faults.add(FaultKind.TOO_MANY, headers={"retry-after": "7"})
    began = world.service.clock()
    assert world.connect().head() == world.service.head(NAME)
    assert world.service.clock.waits == [7.0]
    (pause,) = world.pauses
    assert (pause.seconds, pause.until) == (7.0, began + timedelta(seconds=7))
    assert "rate limit" in pause.reason


def test_a_date_is_a_wait_too(world):
    world.service.faults.add(
        FaultKind.TOO_MANY, headers={"retry-after": "Sun, 01 Mar 2026 12:00:09 GMT"}
    )
    world.connect().head()
    assert world.service.clock.waits == [9.0]


def test_a_limit_that_says_nothing_is_waited_for_longer_each_time(world):
    world.service.faults.add(FaultKind.SECONDARY_LIMIT_BARE, times=3)
    world.connect(most_wait=1000.0).head()
    assert world.service.clock.waits == [60.0, 120.0, 240.0]


def test_the_primary_limit_is_waited_for_until_its_reset(world):
    world.service.faults.add(FaultKind.PRIMARY_LIMIT, status=429)
    world.connect(most_wait=4000.0).head()
    (waited,) = world.service.clock.waits
    assert 3600 <= waited <= 3602


@pytest.mark.parametrize(
    ("kind", "seconds"), [(FaultKind.PRIMARY_LIMIT, 3601), (FaultKind.SECONDARY_LIMIT_BARE, 60)]
)
def test_a_longer_wait_is_an_error_with_its_time(world, kind, seconds):
    world.service.faults.add(kind)
    began = world.service.clock()
    with pytest.raises(RateLimited) as caught:
        world.connect(most_wait=30.0).head()
    assert caught.value.retry_after == pytest.approx(seconds, abs=1)
    assert caught.value.until - began == timedelta(seconds=caught.value.retry_after)
    assert caught.value.until.strftime("%H:%M:%S") in str(caught.value)
    assert world.service.clock.waits == []
    assert world.pauses == []


def test_waits_of_one_request_count_together(world):
    world.service.faults.add(FaultKind.TOO_MANY, headers={"retry-after": "20"}, times=5)
    with pytest.raises(RateLimited):
        world.connect(most_wait=50.0).head()
    assert world.service.clock.waits == [20.0, 20.0]


@pytest.mark.parametrize("nonsense", ["", "soon", "nan", "-5", "1e999", "99999999999"])
def test_a_limit_in_nonsense_is_a_limit(world, nonsense):
    world.service.faults.add(FaultKind.TOO_MANY, headers={"retry-after": nonsense})
    connector = world.connect(most_wait=2 * 24 * 3600.0)
    connector.head()
    assert 1 <= sum(world.service.clock.waits) <= 24 * 3600


def test_graphql_says_it_in_its_own_way(world):
    connector = world.connect(most_wait=4000.0)
    connector.head()
    connector.write_method  # noqa: B018 - found out before the limit is reached
    connector.get_contents(A)
    world.service.limiter.exhaust(world.service.token, "graphql")
    connector.put_contents(A, b"new", connector.get_contents(A).sha, "m")
    assert world.service.files(NAME)[A] == b"new"
    (waited,) = world.service.clock.waits
    assert 3590 <= waited <= 3602


def test_the_documented_ceilings_are_kept_to_by_waiting(world):
    world.service.limiter.limits = Limits.documented()
    world.service.limiter.limits.content_per_minute = 5
    memory = world.open()
    for number in range(8):
        memory.notes.update(f"context/n{number}.md", "# Note\n")
    assert world.service.clock.waits
    assert set(world.service.clock.waits) == {60.0}
    assert len(world.service.messages(NAME)) == 9


def test_a_wait_ends_when_the_connector_is_closed(world):
    waiting = threading.Event()
    connector = world.connect(sleep=None, waiting=lambda pause: waiting.set())
    world.service.faults.add(FaultKind.TOO_MANY, headers={"retry-after": "60"})
    ended = []

    def read() -> None:
        with pytest.raises(Unavailable, match="cancelled"):
            connector.head()
        ended.append(True)

    reader = threading.Thread(target=read)
    reader.start()
    assert waiting.wait(20)
    connector.close()
    reader.join(20)
    assert ended == [True]


def test_a_refusal_is_no_limit(world):
    world.service.faults.add(FaultKind.FORBIDDEN)
    with pytest.raises(Exception, match="lacks a right"):
        world.connect().head()
    assert world.service.clock.waits == []
