"""Files for bundles: gone when they are done with, and when whoever had them was killed."""

from contextlib import closing
from pathlib import Path

import pytest
from pack_connectors.system.process_lock import ProcessLock
from pack_servers.wiring.bundle_files import bundle_file, sweep_bundle_files


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def left(folder, name, *, with_lock=True):
    """What a process that was killed has left."""
    made = folder / name
    made.mkdir()
    (made / "bundle").write_bytes(b"# v2 git bundle\n")
    if with_lock:
        (made / "lock").touch()
    return made


def test_a_file_is_gone_afterwards(temporary):
    with bundle_file() as file:
        Path(file).write_bytes(b"x")
        assert len(list(temporary.iterdir())) == 1
    assert list(temporary.iterdir()) == []


def test_what_is_left_is_swept_and_what_is_in_use_is_not(temporary):
    dead = left(temporary, "pack-mesh-dead")
    other = left(temporary, "other-program")
    begun = left(temporary, "pack-mesh-begun", with_lock=False)
    (temporary / "pack-mesh-file").touch()
    elsewhere = left(temporary, "elsewhere")
    (temporary / "pack-mesh-link").symlink_to(elsewhere)
    held = left(temporary, "pack-mesh-held")
    with bundle_file() as file, closing(ProcessLock(held / "lock", 0)) as lock, lock:
        Path(file).write_bytes(b"x")
        sweep_bundle_files()
        assert Path(file).exists()
        assert (held / "bundle").exists()
    assert not dead.exists()
    assert all((one / "bundle").exists() for one in (other, begun, elsewhere))
    sweep_bundle_files()
    assert not held.exists()
