"""The keys of a machine with several memories, each of which goes by one."""

import pytest
from pack_connectors.peers.key_file import KeyFile, public_half
from pack_connectors.peers.machine_keys import MachineKeys

from pack.errors import NotFound
from tests.mesh_support import public_key


class Memory:
    """One memory, and the key that it goes by."""

    def __init__(self, file):
        self.peer = None
        self.keys = MachineKeys(file, lambda: self.peer, "laptop")

    @property
    def key(self):
        return public_half(self.keys.load())


@pytest.fixture
def file(tmp_path):
    made = KeyFile(tmp_path / "mesh" / "key")
    made.load_or_make("laptop")
    return made


def test_a_new_key_is_the_machines_and_each_memory_takes_it_when_it_is_ready(file):
    one, other = Memory(file), Memory(file)
    old = one.peer = other.peer = one.key.peer
    new = one.keys.next_key()
    assert new.peer != old
    assert one.key.peer == old  # until the group knows
    assert one.keys.machine_key() == new
    assert one.keys.next_key() == new  # asked once more
    one.peer = new.peer
    assert one.key == new
    assert other.keys.next_key() == new  # no third one for the other memory
    assert other.key.peer == old
    assert public_half(other.keys.of(new)) == new
    assert public_half(one.keys.of(other.key)) == other.key  # by which others may still know it
    assert one.keys.next_key() not in (new, other.key)
    assert one.key == new
    assert other.key.peer == old


def test_no_key_is_readable_by_others(file):
    memory = Memory(file)
    old = memory.key.peer
    memory.keys.next_key()
    folder = file.path.parent
    assert {one.name for one in folder.iterdir()} == {
        "key",
        "key.pub",
        f"key.{old}",
        f"key.{old}.pub",
    }
    for one in folder.iterdir():
        assert one.stat().st_mode & 0o777 == (0o644 if one.suffix == ".pub" else 0o600)
    assert file.public_path.read_text().endswith(" laptop\n")


def test_where_the_key_of_a_memory_is_lost_it_is_the_machines(file):
    memory = Memory(file)
    memory.peer = public_key("lost").peer
    assert memory.key == public_half(file.load())
    assert memory.keys.next_key() == memory.key
    with pytest.raises(NotFound, match="this key"):
        memory.keys.of(public_key("lost"))


def test_a_memory_is_each_peer_that_the_machine_ever_was(file):
    memory = Memory(file)
    old = memory.key
    new = memory.keys.next_key()
    assert [public_half(memory.keys.of_peer(one.peer)) for one in (old, new)] == [old, new]
    for stranger in (None, public_key("lost").peer):
        assert public_half(memory.keys.of_peer(stranger)) == memory.key
