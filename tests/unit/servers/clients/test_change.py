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
from pack_servers.clients.editing.syntax import Syntax
from pack_servers.clients.entries import is_of_pack, joined
from pack_servers.clients.records import Records

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


@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        (Syntax.JSON, "// what I wrote\n"),
        (Syntax.TOML, "# what I wrote\n"),
        (Syntax.YAML, "# what I wrote\n"),
    ],
)
@pytest.mark.parametrize("before", [None, b""])
def test_a_comment_that_was_written_since_stays(
    syntax: Syntax, text: str, before: bytes | None, tmp_path: Path, records: Records
) -> None:
    spot = Spot(tmp_path / "new" / "file", syntax, ("servers", "pack"))
    if before is not None:
        spot.file.parent.mkdir()
        spot.file.write_bytes(before)
    plan_setting({spot: ENTRY}, records).make(records)
    spot.file.write_text(text + spot.file.read_text())
    plan_removal([spot], records).make(records)
    assert text in spot.file.read_text()
    assert entry_at(spot) is None


def test_an_old_entry_that_somebody_has_done_without_does_not_come_back(
    spot: Spot, records: Records
) -> None:
    spot.file.write_text('{"servers": {"pack": {"command": "foreign"}}}')
    plan_setting({spot: ENTRY}, records).make(records)
    spot.file.write_text('{"servers": {}}')
    plan_setting({spot: ENTRY}, records).make(records)
    planned = plan_removal([spot], records)
    assert not planned.brings_back
    planned.make(records)
    assert spot.file.read_text() == '{"servers": {}}'


def test_only_the_part_of_a_record_that_still_holds_counts(spot: Spot, records: Records) -> None:
    work = Spot(spot.file, spot.syntax, ("servers", "work"))
    spot.file.write_text('{"servers": {"pack": {"command": "a"}, "work": {"command": "b"}}}')
    plan_setting({spot: ENTRY}, records).make(records)
    plan_setting({work: ENTRY}, records).make(records)
    spot.file.write_text('{"servers": {"work": {"command": "/bin/pack"}}}')  # pack is gone
    plan_setting({spot: ENTRY}, records).make(records)
    planned = plan_removal([spot, work], records)
    assert planned.brings_back  # that of `work`
    planned.make(records)
    assert (entry_at(spot), entry_at(work)) == (None, {"command": "b"})


def test_a_file_that_was_made_again_is_not_deleted(spot: Spot, records: Records) -> None:
    plan_setting({spot: ENTRY}, records).make(records)
    spot.file.unlink()
    spot.file.write_text("{}")
    plan_setting({spot: ENTRY}, records).make(records)
    plan_removal([spot], records).make(records)
    assert spot.file.read_text() == "{}"


def test_what_is_not_known_goes_only_if_it_is_ours(spot: Spot, records: Records) -> None:
    spot.file.write_text('{"servers": {"pack": {"command": "mine"}}}')
    before = spot.file.read_bytes()
    plan_setting({spot: ENTRY}, records).make(records)
    first = plan_removal([spot], records, is_of_pack)
    assert (first.kind, first.brings_back) == (SettingsChangeKind.REMOVED, True)
    first.make(records)
    second = plan_removal([spot], records, is_of_pack)
    assert (second.kind, second.is_foreign) == (SettingsChangeKind.UNCHANGED, True)
    second.make(records)
    assert spot.file.read_bytes() == before


def test_an_entry_that_somebody_put_in_the_place_of_ours_stays(
    spot: Spot, records: Records
) -> None:
    plan_setting({spot: ENTRY}, records).make(records)
    spot.file.write_text('{"servers": {"pack": {"command": "mine"}}}')
    planned = plan_removal([spot], records, is_of_pack)
    assert (planned.kind, planned.is_foreign) == (SettingsChangeKind.UNCHANGED, True)
    planned.make(records)
    assert entry_at(spot) == {"command": "mine"}


@pytest.mark.parametrize("syntax", Syntax)
def test_what_was_no_server_comes_back(syntax: Syntax, tmp_path: Path, records: Records) -> None:
    texts = {
        Syntax.JSON: '{"servers": {"pack": "x"}}\n',
        Syntax.TOML: '[servers]\npack = "x"\n',
        Syntax.YAML: "servers:\n  pack: x\n",
    }
    spot = Spot(tmp_path / "file", syntax, ("servers", "pack"))
    spot.file.write_text(texts[syntax])
    plan_setting({spot: ENTRY}, records, joined).make(records)
    assert entry_at(spot) == ENTRY
    spot.file.write_text(spot.file.read_text() + "\n")
    plan_removal([spot], records).make(records)
    assert entry_at(spot) == "x"


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
