"""What a memory is in a group of peers, as a running server looks for it."""

import pytest
from pack_servers.wiring.local import group_of

from tests.mesh_machines import machines_in, pair_in


@pytest.fixture
def laptop(tmp_path):
    pair_in(tmp_path)
    with machines_in(tmp_path, "laptop", "phone") as made:
        yield made[0]


def test_with_a_new_key_a_memory_is_another_peer_so_that_a_server_takes_that_up(laptop):
    group, before = group_of(laptop.git)
    assert (group, before) == (laptop.mesh.roster.membership().group, laptop.id)
    laptop.mesh.rekeying.renew()
    assert group_of(laptop.git) == (group, laptop.mesh.me)
    laptop.mesh.roster.leave()
    assert group_of(laptop.git) is None
