"""What looks like a setting and is none is found, with what was meant, and without its value."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pack_servers.config.unread import unread_settings

from pack.errors import InvalidConfig


def told() -> dict[str, str]:
    return {each.found: each.remedy for each in unread_settings()}


def write(home: Path, text: str) -> None:
    (home / ".pack.env").write_text(text, encoding="utf-8")


def test_settings_and_what_is_not_set_are_no_finding(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told() == {}
    write(home, "# PACK_DRI=x\n\nexport PACK_DIR='~/a'\npack_http_token=x\nNOTION_TOKEN=\n")
    monkeypatch.setenv("PACK_DRI", "")
    monkeypatch.setenv("GITHUB_OWNER", "ada")
    assert told() == {}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PACK_DRI", "PACK_DIR"),
        ("PACK-DIR", "PACK_DIR"),
        ("PACKDIR", "PACK_DIR"),
        ("pack_dri", "PACK_DIR"),
        ("NOTION_TOKE", "NOTION_TOKEN"),
        ("GITHUB_TOKENS", "GITHUB_TOKEN"),
        ("MCP_SEE_PORT", "MCP_SSE_PORT"),
        ("GOOGLE_DOCID", "GOOGLE_DOC_ID"),
        ("PACK_WEBHOOK_URLS", "PACK_WEBHOOK_URL"),
    ],
)
def test_a_mistyped_name_is_told_with_the_one_that_was_meant(
    name: str, meant: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, f"{name}=hunter2\n")
    found = f"{name.upper()} in ~/.pack.env is not a setting of PACK"
    assert told() == {found: f"Did you mean {meant}?"}
    write(home, "")
    monkeypatch.setenv(name, "hunter2")
    found = f"{name.upper()} in the environment is not a setting of PACK"
    assert told() == {found: f"Did you mean {meant}?"}


def test_a_name_like_none_is_told_where_it_can_only_be_meant_for_pack(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, "HTTPS_PROXY=http://127.0.0.1:9\n")
    monkeypatch.setenv("PACK_COLOUR_OF_THE_SKY", "blue")
    assert [found.partition(" ")[0] for found in told()] == [
        "HTTPS_PROXY",
        "PACK_COLOUR_OF_THE_SKY",
    ]
    assert all("Did you mean" not in remedy for remedy in told().values())


@pytest.mark.parametrize(
    "name",
    # Variables that other programs set: GitHub Actions, Google Cloud, other MCP servers.
    [
        "GITHUB_REF",
        "GITHUB_REPOSITORY",
        "GITHUB_REPOSITORY_OWNER",
        "GITHUB_ENV",
        "GITHUB_PATH",
        "GITHUB_JOB",
        "GOOGLE_API_KEY",
        "GOOGLE_CLOUD_PROJECT",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "NOTION_API_KEY",
        "MCP_PORT",
        "BACKPACK_DIR",
        "PATH",
    ],
)
def test_a_variable_of_another_program_is_none_of_our_business(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "x")
    assert told() == {}


def test_a_line_that_is_no_setting_is_told_by_its_number(home: Path) -> None:
    write(home, "PACK_DIR=~/a\nPACK_HTTP_TOKEN: hunter2\nPACK_HTTP_HOSTS\n'hunter2\n")
    lines = [found.partition(" of ")[0] for found in told()]
    assert lines == ["line 2", "line 3", "line 4"]
    assert "hunter2" not in str(told())


def test_a_long_name_is_shown_in_part(home: Path) -> None:
    write(home, f"PACK_{'X' * 100_000}=1\n")
    assert max(map(len, told())) < 200


@pytest.mark.parametrize(
    "name",
    [
        ".packenv",
        "pack.env",
        ".pack-env",
        ".env.pack",
        ".pack.evn",
        ".pack.env.txt",
        ".pack/.env",
        ".pack/pack.env",
        "work/.pack.env",
    ],
)
def test_a_file_that_is_named_wrongly_is_told(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "work").mkdir()
    monkeypatch.chdir(home / "work")
    file = home / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("PACK_HTTP_TOKEN=hunter2\n", encoding="utf-8")
    (found,) = told().items()
    assert found[0] == f"{file} is not read"
    assert "move them to ~/.pack.env" in found[1]
    assert "hunter2" not in str(found)


def test_copies_of_the_file_and_other_files_are_not_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    write(home, "PACK_HTTP_TOKEN=x\n")
    for name in (".pack.env~", ".pack.env.bak", "#.pack.env#", ".env", "packages.json", "pack"):
        (home / name).write_text("x", encoding="utf-8")
    (home / "packenv").mkdir()  # as people name environments of Python
    assert told() == {}


@pytest.mark.skipif(os.name != "posix", reason="folders have no such permissions elsewhere")
def test_a_settings_file_that_is_none_is_told(home: Path) -> None:
    (home / ".pack.env").mkdir()
    assert list(told()) == ["~/.pack.env is not a file"]
    (home / ".pack.env").rmdir()
    (home / ".pack.env").write_bytes(b"PACK_DIR=\xff\xfe\n")
    with pytest.raises(InvalidConfig):
        unread_settings()
