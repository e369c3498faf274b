import zipfile
from pathlib import Path

import pytest
from pack_connectors.import_sources.opening import open_source
from pack_connectors.import_sources.zips import with_archives

from pack.errors import NotFound, UnusableInput
from pack.imports.left_out import GIT_FOLDER, LINK, LINKED_FOLDER


def test_links_in_a_folder_are_not_followed_and_named(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("secret")
    top = tmp_path / "vault"
    (top / ".git").mkdir(parents=True)
    (top / ".obsidian").mkdir()
    (top / ".obsidian" / "app.json").write_text("{}")
    (top / "a.md").write_text("A")
    (top / "link.md").symlink_to(secret)
    (top / "folder").symlink_to(tmp_path)
    with open_source(top) as source:
        assert [one.path for one in source.files] == [".obsidian/app.json", "a.md"]
        assert {one.what: one.why for one in source.left_out} == {
            "link.md": LINK,
            "folder": LINKED_FOLDER,
            ".git": GIT_FOLDER,
        }


def test_zips_in_a_folder_are_files_until_they_are_opened(tmp_path: Path) -> None:
    for number in range(2):
        with zipfile.ZipFile(tmp_path / f"conversations-00{number}.zip", "w") as archive:
            archive.writestr("conversations.json", "[]")
    with open_source(tmp_path) as source:
        assert len(source.files) == 2
        opened = with_archives(source)
        assert [one.path for one in opened.files] == [
            "conversations-000.zip/conversations.json",
            "conversations-001.zip/conversations.json",
        ]


def test_a_file_is_a_source_of_one_file(tmp_path: Path) -> None:
    (tmp_path / "memory.jsonl").write_text("{}\n")
    with open_source(tmp_path / "memory.jsonl") as source:
        assert [one.path for one in source.files] == ["memory.jsonl"]
        source.expect(source.files)
        assert source.read(source.files[0], 10) == b"{}\n"
        assert source.progress.done == source.progress.total == 3


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        open_source(tmp_path / "no.zip")


def test_a_file_that_is_called_zip_and_is_none_stays_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("no zip")
    with open_source(tmp_path) as source:
        assert [one.path for one in with_archives(source).files] == ["a.zip"]


def test_a_device_is_no_source() -> None:
    with pytest.raises(UnusableInput):
        open_source(Path("/dev/null"))
