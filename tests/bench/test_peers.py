"""The measurement of peers measures what it says; no test looks at a time."""

import subprocess

import pytest

from tests.bench import peers
from tests.stories import prepared


@pytest.fixture(autouse=True)
def _started_quickly(monkeypatch):
    """The commands of the measurement, at no cost for their start; `make soak` pays it."""
    start = prepared.pack_command()
    monkeypatch.setattr(peers, "pack_command", lambda *words: [start, *words])


def test_a_small_run_joins_clones_and_writes(monkeypatch, capsys):
    monkeypatch.setattr(peers, "_AT_REST_SECONDS", 0.0)
    peers.main(["--commits", "3", "--rounds", "1"])
    printed = capsys.readouterr().out
    for name in (
        "joining / git clone",
        "joining / git clone, processor",
        "a write, seen by a peer",
    ):
        assert name in printed


def test_all_that_is_written_after_the_group_began_is_signed_by_the_peer(tmp_path):
    peer = peers.Peer.new(tmp_path, "laptop")
    peers._write_history(peer, tmp_path, 3)
    git = ["git", "-C", str(peer.memory)]
    since = [*git, "rev-list", "HEAD", "--not", "--glob=refs/pack/peers"]
    listed = subprocess.run(since, check=True, capture_output=True).stdout
    shown = subprocess.run(
        [*git, "cat-file", "--batch"], input=listed, check=True, capture_output=True
    ).stdout
    signatures = shown.count(b"\ngpgsig -----BEGIN SSH SIGNATURE-----")
    assert signatures == len(listed.split()) == 3
    assert subprocess.run([*git, "fsck", "--strict"], check=True, capture_output=True)


def test_whoever_joins_is_sent_no_history_that_a_clone_does_not_get(tmp_path):
    peer = peers.Peer.new(tmp_path, "laptop")
    peers._write_history(peer, tmp_path, 3)
    git = ["git", "-C", str(peer.memory)]
    beside = [*git, "rev-list", "--glob=refs/pack/peers", "^HEAD"]
    announced = subprocess.run(beside, check=True, capture_output=True).stdout.split()
    assert len(announced) == 1


@pytest.mark.parametrize("size", [1, 15, 16, 5000, 10**6])
def test_sizes_are_written_as_packs_have_them(size):
    found = peers._size(1, size)
    assert found[0] >> 4 & 7 == 1
    assert [byte >> 7 for byte in found] == [1] * (len(found) - 1) + [0]
    number = found[0] & 15
    for place, byte in enumerate(found[1:]):
        number |= (byte & 127) << (4 + 7 * place)
    assert number == size
