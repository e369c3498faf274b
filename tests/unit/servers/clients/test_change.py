"""Planned changes of settings files: made only if the file is still what the plan was made for."""

from __future__ import annotations

from pathlib import Path

import pytest
from pack_servers.clients.change import (
    SettingsChangeKind,
    Spot,
    entry_at,
    plan_removal,
    plan_setting,
)
from pack_servers.clients.records import Records
from pack_servers.clients.table import Syntax

from pack.errors import PreconditionFailed, Unavailable

ENTRY = {"command": "/bin/pack"}


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "setup")


@pytest.fixture
def spot(tmp_path: Path) -> Spot:
    return Spot(tmp_path / "mcp.json", Syntax.JSON, ("servers", "pack"))


def test_a_file_that_has_changed_since_the_plan_is_left_alone(spot: Spot, records: Records) -> None:
    spot.file.write_text("{}")
    planned = plan_setting({spot: ENTRY}, records)
    spot.file.write_text('{"more": 1}')
    with pytest.raises(PreconditionFailed, match=r"mcp\.json was changed meanwhile"):
        planned.make(records)
    assert spot.file.read_text() == '{"more": 1}'
    plan_setting({spot: ENTRY}, records).make(records)
    plan_removal([spot], records).make(records)
    assert spot.file.read_text() == '{"more": 1}'


def test_a_file_that_has_come_since_the_plan_is_left_alone(spot: Spot, records: Records) -> None:
    planned = plan_setting({spot: ENTRY}, records)
    spot.file.write_text("mine")
    with pytest.raises(PreconditionFailed):
        planned.make(records)
    assert spot.file.read_text() == "mine"


def test_several_entries_of_a_file_change_and_go_together(spot: Spot, records: Records) -> None:
    other = Spot(spot.file, spot.syntax, ("enabled",))
    spot.file.write_text('{\n  // mine\n  "enabled": false\n}\n')
    before = spot.file.read_bytes()
    planned = plan_setting({spot: ENTRY, other: True}, records)
    assert planned.kind is SettingsChangeKind.UPDATED
    planned.make(records)
    assert (entry_at(spot), entry_at(other)) == (ENTRY, True)
    assert plan_setting({spot: ENTRY, other: True}, records).kind is SettingsChangeKind.UNCHANGED
    plan_removal([spot, other], records).make(records)
    assert spot.file.read_bytes() == before


def test_an_entry_that_was_there_before_can_be_removed_too(spot: Spot, records: Records) -> None:
    mine = Spot(spot.file, spot.syntax, ("servers", "mine"))
    spot.file.write_text('{"servers": {"mine": {"command": "a"}}}')
    plan_setting({spot: ENTRY}, records).make(records)
    plan_removal([mine], records).make(records)
    assert (entry_at(mine), entry_at(spot)) == (None, ENTRY)
    plan_removal([spot], records).make(records)
    assert spot.file.read_text() == '{"servers": {}}'


def test_without_a_record_only_the_entry_goes(spot: Spot, records: Records, tmp_path: Path) -> None:
    spot.file.write_text('{"servers": {"pack": {}, "mine": {}}}')
    plan_removal([spot], records).make(records)
    assert spot.file.read_text() == '{"servers": {"mine": {}}}'
    plan_setting({spot: ENTRY}, records).make(records)
    for file in (tmp_path / "setup").glob("*.json"):
        file.write_text("broken")
    plan_removal([spot], records).make(records)
    assert spot.file.read_text() == '{"servers": {"mine": {}}}'


def test_copies_and_records_are_the_users_alone(spot: Spot, records: Records) -> None:
    spot.file.write_text('{"token": "canary"}')
    copy = plan_setting({spot: ENTRY}, records).make(records)
    assert copy is not None
    assert copy.read_text() == '{"token": "canary"}'
    assert {file.stat().st_mode & 0o077 for file in records.folder.iterdir()} == {0}
    assert records.folder.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_an_error(spot: Spot, records: Records) -> None:
    spot.file.write_text("{}")
    records.folder.write_text("a file")
    with pytest.raises(Unavailable):
        plan_setting({spot: ENTRY}, records).make(records)
    assert spot.file.read_text() == "{}"
