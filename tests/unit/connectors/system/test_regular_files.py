"""Reading what should be a file: nothing keeps a reader waiting."""

import os
from pathlib import Path

import pytest
from pack_connectors.system.regular_files import read_beginning


def test_the_beginning_is_read_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").symlink_to("a")
    assert read_beginning(str(tmp_path / "a"), 10) == b"abc"
    assert read_beginning(str(tmp_path / "b"), 2) == b"ab"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_anything_else_is_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "none", "a\0b", ""):
        assert read_beginning(str(tmp_path / name), 10) is None
