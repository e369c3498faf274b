"""The ways a commit takes to a target: as the whole memory, or as what it did to each file."""

import json

import pytest

from pack.errors import Unavailable
from pack.model import MemoryPath
from pack.sync.payload import PayloadVersion
from pack.sync.routes import Delivery, EventRoute, TargetFailed, WholeRoute, target_errors
from pack.sync.target import Delivered
from pack.sync.text import TextSource
from tests.support import World, note


class Told:
    """A target of either kind that remembers what it was given."""

    name = "told"

    def __init__(self):
        self.given = []
        self.is_closed = False

    def deliver(self, markdown, key, receipt):
        self.given.append((markdown, key, receipt))
        return Delivered("new", True)

    def send(self, key, body):
        self.given.append((key, json.loads(body)))

    def close(self):
        self.is_closed = True


@pytest.fixture
def world():
    made = World(None)
    made.init()
    yield made
    made.close()


def delivery(world, start, part=0):
    head = world.connector.head()
    return Delivery(start, world.connector.lineage(start, head).commits, head, "old", part)


def source(world):
    return TextSource(world.connector, MemoryPath(world.v1_path))


def test_a_page_is_given_the_whole_memory_as_one_text(world):
    start = world.connector.head()
    world.memory.notes.update("a/x.md", note(1))
    told = Told()
    route = WholeRoute(told, source(world))
    assert route.deliver(delivery(world, start), print) == Delivered("new", True)
    ((markdown, key, receipt),) = told.given
    assert "# General" in markdown
    assert "# Note 1" in markdown
    assert (key, receipt) == (world.connector.head(), "old")
    route.close()
    assert told.is_closed


@pytest.mark.parametrize("version", list(PayloadVersion))
def test_what_was_told_before_a_crash_is_not_told_again(world, version):
    start = world.connector.head()
    world.commit({"a/x.md": note(1), "a/y.md": note(2)})
    told, parts = Told(), []
    options = {"v1_path": MemoryPath(world.v1_path), "repo": "r", "version": version}
    route = EventRoute(told, world.connector, source(world), **options)
    route.deliver(delivery(world, start, part=1), parts.append)
    events = 2 if version is PayloadVersion.V2 else 1
    assert parts == [*range(2, events + 1)]
    route.deliver(delivery(world, start), parts.append)
    head = world.connector.head()
    keys = [key for key, _ in told.given][-events:]
    assert keys == [head, f"{head}:2"][:events]


def test_an_error_of_the_target_is_told_from_one_of_the_memory():
    with pytest.raises(TargetFailed) as raised, target_errors():
        raise Unavailable("down")
    assert isinstance(raised.value.error, Unavailable)
