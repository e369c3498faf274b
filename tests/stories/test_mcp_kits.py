"""An agent sees which kits there are and what was changed in them; it installs none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from mcp.client import Client
from pack_servers.mcp.server import build_server

from pack.kits.shipment import Shipment, ShippedFile, unpack
from pack.memory import Memory
from tests.stories.mcp_support import call, refused, run
from tests.support import World

A = "kits/observer/a.md"
SOURCE = "https://example.org/kits.git#observer"


@pytest.fixture
def memory() -> Iterator[Memory]:
    """A memory with a kit, and a file of it that was changed."""
    world = World(None)
    world.init()
    files = {
        "kit.yaml": b"schema: 1\nname: observer\nversion: 1.0.0\n",
        "a.md": b"# A\n\nfirst\n",
        "b.md": b"# B\n",
    }
    shipped = {path: ShippedFile(text) for path, text in files.items()}
    world.memory.kits.install(unpack(Shipment(SOURCE, None, None, shipped, "observer")))
    sha = world.memory.notes.get(A).sha
    world.memory.notes.update(A, "# A\n\nmine\u200b\n", sha)
    yield world.memory
    world.close()


def ask(memory: Memory, **arguments: Any) -> Any:
    async def story() -> Any:
        async with Client(build_server(memory, watch=False)) as client:
            shown = await call(client, "memory_kits", **arguments)
            assert (await refused(client, "memory_kits", name="other"))["code"] == "not_found"
            return shown

    return run(story)


def test_all_kits_are_named_with_how_they_stand(memory: Memory) -> None:
    head = memory.connector.head()
    row = {"name": "observer", "version": "1.0.0", "state": "MODIFIED", "source": SOURCE}
    assert ask(memory) == {"kits": [row]}
    assert memory.connector.head() == head


def test_one_kit_is_shown_with_what_was_changed(memory: Memory) -> None:
    (shown,) = ask(memory, name="observer")["kits"]
    assert shown["files"] == [{"path": A, "state": "MODIFIED"}]
    assert "-first\n" in shown["diff"]
    assert "\u200b" not in shown["diff"]


def test_without_kits_there_are_none() -> None:
    world = World(None)
    world.init()
    assert ask(world.memory) == {"kits": []}
    world.close()
