"""How much one peer may ask for."""

from contextlib import ExitStack

import pytest
from pack_servers.http.peers.limits import BURST, OF_ALL, OF_ONE_PEER, Places, push_rate
from pack_servers.http.peers.refusal import NotServed

from tests.mesh_support import public_key

DESK, PHONE, TABLET = (public_key(name).peer for name in ("desk", "phone", "tablet"))


class Clock:
    now = 5_000.0

    def __call__(self):
        return self.now


def retry_after(call):
    with pytest.raises(NotServed) as told:
        call()
    assert told.value.answer.status_code == 503
    return int(told.value.answer.headers["retry-after"])


def test_a_peer_may_push_a_hundred_commits_a_second_and_more_at_first():
    clock = Clock()
    rate = push_rate(clock)
    rate.check(DESK)
    rate.charge(DESK, BURST)
    rate.check(DESK)
    rate.charge(DESK, 500)
    assert retry_after(lambda: rate.check(DESK)) == 5
    rate.check(PHONE)
    clock.now += 5
    rate.check(DESK)
    for _ in range(10):
        rate.charge(DESK, 100)
        clock.now += 1
        rate.check(DESK)
    clock.now += 10_000
    rate.charge(DESK, BURST + 1)
    assert retry_after(lambda: rate.check(DESK)) == 1


def test_a_push_of_nothing_counts_and_no_pause_is_endless():
    rate = push_rate(Clock())
    for _ in range(BURST + 1):
        rate.charge(DESK, 0)
    assert retry_after(lambda: rate.check(DESK)) == 1
    rate.charge(DESK, 10**9)
    assert retry_after(lambda: rate.check(DESK)) == 60


def test_transfers_at_the_same_time_are_few_for_one_peer_and_for_all():
    places = Places()
    with ExitStack() as stack:
        for peer in (DESK, PHONE):
            for _ in range(OF_ONE_PEER):
                stack.enter_context(places.of(peer))
            assert retry_after(lambda one=peer: stack.enter_context(places.of(one))) == 2
        assert OF_ALL == 2 * OF_ONE_PEER
        assert retry_after(lambda: stack.enter_context(places.of(TABLET))) == 2
    with places.of(TABLET):
        pass
