"""What is no settings file, and what is said about it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pack_servers.clients.own_command import check_arguments
from pack_servers.clients.settings_file import SettingsFile

from pack.errors import InvalidConfig, PackError, Unavailable


def _folder(place: Path) -> None:
    place.mkdir()


def _link_to_itself(place: Path) -> None:
    place.symlink_to(place)


def _pipe(place: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no pipes in folders here")
    os.mkfifo(place)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_folder, "it is a folder"),
        (_link_to_itself, "it is a link to itself"),
        (_pipe, "it is no regular file"),
    ],
)
def test_what_is_no_file_is_said_with_what_to_do(
    tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    make(tmp_path / "file")
    with pytest.raises(Unavailable, match=said) as caught:
        SettingsFile.read(tmp_path / "file")
    assert "Rename or remove" in caught.value.remedy


def test_a_folder_that_is_a_file_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("")
    with pytest.raises(Unavailable, match="on the way is a file") as caught:
        SettingsFile.read(tmp_path / "folder" / "file")
    assert "Rename or remove" in caught.value.remedy


def test_what_is_not_utf8_cannot_be_written(tmp_path: Path) -> None:
    found = SettingsFile.read(tmp_path / "file")
    with pytest.raises(PackError, match="UTF-8"):
        found.encoded("\udcff")
    with pytest.raises(InvalidConfig, match="is not UTF-8"):
        check_arguments(["--local", "/a/\udcff"])
    check_arguments(["--local", "/a/é"])
