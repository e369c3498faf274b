"""The extension for Gemini CLI: only what PACK wrote into its folder changes and goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pack_servers.clients.extension import extension_here, has_extension, plan_extension
from pack_servers.clients.plugins import EXTENSION
from pack_servers.clients.records import Records

from pack.errors import InvalidRequest, Unavailable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "extensions" / "pack"


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "setup")


def put(folder: Path, records: Records, *arguments: str) -> None:
    plan_extension(folder, extension_here(arguments), records).make(records)


def test_a_file_of_the_user_stays_through_updates_and_removal(
    folder: Path, records: Records
) -> None:
    put(folder, records)
    (folder / ".env").write_text("KEY=mine")
    (folder / "commands" / "mine.toml").write_text("mine")
    put(folder, records, "--local", "/m")
    planned = plan_extension(folder, {}, records)
    assert set(planned.lines()) == {f"- {folder / name}" for name in extension_here([])}
    planned.make(records)
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert left == {".env", "commands/mine.toml"}
    assert not has_extension(folder)
    put(folder, records)  # what was left is no extension of somebody else
    assert has_extension(folder)


def test_a_file_of_an_older_version_goes(folder: Path, records: Records) -> None:
    files = {**extension_here([]), "skills/old/SKILL.md": b"of an older PACK"}
    plan_extension(folder, files, records).make(records)
    planned = plan_extension(folder, extension_here([]), records)
    assert planned.lines() == [f"- {folder / 'skills' / 'old' / 'SKILL.md'}"]
    planned.make(records)
    assert not (folder / "skills").exists()
    assert plan_extension(folder, extension_here([]), records).lines() == []


def test_removal_leaves_no_empty_folder(folder: Path, records: Records) -> None:
    put(folder, records)
    plan_extension(folder, {}, records).make(records)
    assert not folder.exists()
    assert list(records.folder.rglob("*.json")) == []


@pytest.mark.parametrize("inner", [".", "hooks", "GEMINI.md"])
def test_nothing_is_written_through_a_link(
    folder: Path, records: Records, tmp_path: Path, inner: str
) -> None:
    real = tmp_path / "real"
    real.mkdir()
    link = folder / inner
    link.parent.mkdir(parents=True)
    link.symlink_to(real)
    with pytest.raises(InvalidRequest, match="is a link to"):
        plan_extension(folder, extension_here([]), records)
    assert list(real.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"name": "pack", "mcpServers": []}',
        '{"name": "pack", "mcpServers": {"pack": 7}}',
        "[" * 100_000,
        "",
        '{"name": "pack"}',
    ],
)
def test_what_is_not_ours_is_left_alone(folder: Path, records: Records, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / EXTENSION).write_text(text)
    for files in ({}, extension_here([])):
        with pytest.raises(InvalidRequest, match="somebody else"):
            plan_extension(folder, files, records)
    assert (folder / EXTENSION).read_text() == text


def test_what_cannot_be_deleted_is_said(folder: Path, records: Records) -> None:
    put(folder, records)
    planned = plan_extension(folder, {}, records)
    (folder / "GEMINI.md").unlink()
    (folder / "GEMINI.md").mkdir()
    with pytest.raises(Unavailable):
        planned.make(records)
