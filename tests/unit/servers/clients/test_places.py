"""Which of a client's files is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from pack_servers.clients.change import plan_removal, plan_setting
from pack_servers.clients.machine import Machine, System
from pack_servers.clients.places import spot_of
from pack_servers.clients.records import Records
from pack_servers.clients.table import client_named

ENTRY = '{"mcp": {"pack": {"type": "local", "command": ["/bin/pack", "serve"]}}}'
CLIENT = client_named("opencode")


@pytest.fixture
def folder(home: Path) -> Path:
    place = home / ".config" / "opencode"
    place.mkdir(parents=True)
    return place


def chosen(home: Path) -> str:
    return spot_of(CLIENT, Machine(System.LINUX, str(home), {}), "pack").file.name


def test_the_file_that_has_the_entry_is_meant(home: Path, folder: Path) -> None:
    assert chosen(home) == "opencode.json"
    (folder / "opencode.jsonc").write_text(ENTRY)
    assert chosen(home) == "opencode.jsonc"
    (folder / "opencode.json").write_text("{}")
    assert chosen(home) == "opencode.jsonc"
    (folder / "opencode.json").write_text(ENTRY)
    assert chosen(home) == "opencode.json"


def test_a_file_that_cannot_be_read_hides_no_other(home: Path, folder: Path) -> None:
    (folder / "opencode.json").write_text("{broken")
    (folder / "opencode.jsonc").write_text(ENTRY)
    assert chosen(home) == "opencode.jsonc"


def test_without_an_entry_the_file_that_had_it_is_meant(home: Path, folder: Path) -> None:
    (folder / "opencode.jsonc").write_text("{}")
    machine, records = Machine(System.LINUX, str(home), {}), Records()
    plan_setting({spot_of(CLIENT, machine, "pack"): {"x": 1}}, records).make(records)
    (folder / "opencode.jsonc").write_text("{}")
    (folder / "opencode.json").write_text("{}")
    assert chosen(home) == "opencode.jsonc"
    assert plan_removal([spot_of(CLIENT, machine, "pack")], records).after == b"{}"
