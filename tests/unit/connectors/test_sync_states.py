"""States of targets on disk."""

import errno
import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from pack_connectors.sync_states import SyncFiles

from pack.errors import InvalidRequest, RepositoryBusy, Unavailable
from pack.sync.state import DamagedState, Parked, TargetState

FULL = TargetState(
    cursor="a" * 40,
    partial="b" * 40,
    part=2,
    form="2",
    receipt="m\n\N{GREEK SMALL LETTER PI}",
    delivered_at="2026-03-01T12:00:00Z",
    failures=3,
    not_before="2026-03-01T12:00:00Z",
    is_asked=True,
    problem="p",
    notice="n",
    parked=Parked("c", "r", "remedy", "config"),
)


@pytest.fixture
def files(tmp_path):
    found = SyncFiles(tmp_path / "a" / "sync")
    yield found
    found.close()


@pytest.mark.parametrize("state", [TargetState(), FULL, replace(FULL, parked=None)])
def test_what_was_saved_is_loaded(files, state, tmp_path):
    assert files.load("webhook-1") is None
    files.save("webhook-1", state)
    assert files.load("webhook-1") == state
    assert SyncFiles(tmp_path / "a" / "sync").load("webhook-1") == state
    assert files.load("webhook-2") is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '"x"', "{}x", "[" * 100_000]
    + [
        json.dumps({**asdict(FULL), **wrong})
        for wrong in (
            {"failures": "3"}, {"cursor": 5}, {"part": None}, {"receipt": None},
            {"failures": -9}, {"part": -1},
            {"parked": 3}, {"parked": {"code": "c"}}, {"is_asked": 1},
            {"parked": {"code": "c", "reason": None, "remedy": "", "config": ""}},
        )
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_told_from_no_file(files, text, tmp_path):
    files.save("x", FULL)
    (tmp_path / "a" / "sync" / "x.json").write_text(text)
    with pytest.raises(DamagedState):
        files.load("x")
    files.save("x", FULL)
    assert files.load("x") == FULL


@pytest.mark.contract("C1")
def test_what_a_later_version_keeps_too_is_no_damage(files, tmp_path):
    files.save("x", FULL)
    later = asdict(FULL) | {"since": [1], "parked": asdict(FULL.parked) | {"by": "somebody"}}
    (tmp_path / "a" / "sync" / "x.json").write_text(json.dumps(later))
    assert files.load("x") == FULL


def test_what_an_earlier_version_did_not_keep_is_no_damage(files, tmp_path):
    files.save("x", FULL)
    earlier = {name: value for name, value in asdict(FULL).items() if name != "form"}
    (tmp_path / "a" / "sync" / "x.json").write_text(json.dumps(earlier))
    assert files.load("x") == replace(FULL, form=None)


def test_a_file_that_is_no_text_is_damaged(files, tmp_path):
    files.save("x", FULL)
    (tmp_path / "a" / "sync" / "x.json").write_bytes(b"\xff\xfe")
    with pytest.raises(DamagedState):
        files.load("x")


@pytest.mark.contract("C1")
def test_a_file_that_cannot_be_read_now_is_not_taken_for_a_damaged_one(
    files, tmp_path, monkeypatch
):
    files.save("x", FULL)

    def fail(*args, **options):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", fail)
        with pytest.raises(Unavailable, match="Too many open files"):
            files.load("x")
    assert files.load("x") == FULL


@pytest.mark.parametrize("key", ["", "../x", "a/b", ".x", "a b", "x" * 101, "-x"])
def test_a_key_is_a_plain_name(files, key):
    with pytest.raises(InvalidRequest):
        files.save(key, FULL)


def test_one_deliverer_at_a_time_for_each_target(files, tmp_path):
    other = SyncFiles(tmp_path / "a" / "sync")
    with files.exclusive("one"):
        with pytest.raises(RepositoryBusy), other.exclusive("one"):
            pass
        with other.exclusive("two"):
            pass
    with other.exclusive("one"):
        pass
    other.close()


def test_a_cache_that_is_gone_is_made_again_and_a_git_folder_is_not(tmp_path):
    for makes_parents in (True, False):
        folder = tmp_path / str(makes_parents)
        files = SyncFiles(folder / "of this" / "sync", makes_parents=makes_parents)
        if makes_parents:
            files.save("x", FULL)
            assert files.load("x") == FULL
        else:
            with pytest.raises(Unavailable, match="No such file"):
                files.save("x", FULL)
            assert not folder.exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    files = SyncFiles(tmp_path / "file")
    with pytest.raises(Unavailable):
        files.save("x", FULL)
    with pytest.raises(Unavailable), files.exclusive("x"):
        pass


@pytest.mark.contract("C1")
def test_a_file_of_pack_2_0_0_is_read_and_what_is_written_is_read_by_it(files, tmp_path):
    file = tmp_path / "a" / "sync" / "x.json"
    files.save("x", FULL)
    stored = json.loads(file.read_text())
    assert stored["memo"] == FULL.receipt
    assert "receipt" not in stored
    file.write_text(json.dumps({"cursor": "a" * 40, "memo": "m", "failures": 0}))
    assert files.load("x") == TargetState(cursor="a" * 40, receipt="m")
