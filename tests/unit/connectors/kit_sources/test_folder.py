"""Kits in plain folders."""

import os

import pytest
from pack_connectors.kit_sources.folder import FolderSource

from pack.errors import InvalidRequest, NotFound
from pack.kits.shipment import unpack


def test_links_pipes_repositories_and_huge_files_are_not_read(tmp_path):
    top = tmp_path / "observer"
    (top / ".git").mkdir(parents=True)
    (top / ".git/config.md").write_text("x")
    (top / "kit.yaml").write_text("schema: 1\nname: observer\nversion: 1.0.0\n")
    (top / "a.md").write_bytes(b"# A\r\n")
    (top / "huge.md").touch()
    os.truncate(top / "huge.md", 100 * 1024 * 1024)
    (top / "link.md").symlink_to("/etc/passwd")
    (top / "elsewhere").symlink_to(tmp_path)
    os.mkfifo(top / "pipe.md")
    kit = unpack(FolderSource(top, "/up").ship())
    assert dict(kit.files) == {"kit.yaml": (top / "kit.yaml").read_bytes(), "a.md": b"# A\r\n"}
    assert {one.path for one in kit.left_out} == {"huge.md", "link.md"}
    assert kit.shipment.called == "observer"


def test_a_folder_has_no_refs_and_must_be_there(tmp_path):
    with pytest.raises(InvalidRequest, match="no git repository"):
        FolderSource(tmp_path, "/up").ship("v1")
    with pytest.raises(NotFound):
        FolderSource(tmp_path / "none", "/up").ship()
