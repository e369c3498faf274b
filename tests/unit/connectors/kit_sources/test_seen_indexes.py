"""What a machine has seen of indexes stays, and is never given up for a damaged file."""

import stat

import pytest
from pack_connectors.kit_sources.seen_indexes import SeenIndexFile

from pack.errors import Unavailable
from pack.kits.indexes.trust import SeenIndex

ONE, OTHER = "https://example.org/one.git", "https://example.org/other.git"
SEEN = SeenIndex("SHA256:ann", 5, "five")


def test_what_was_seen_is_kept_for_each_address(tmp_path):
    file = tmp_path / "kits" / "indexes.json"
    assert SeenIndexFile(file).find(ONE) is None
    SeenIndexFile(file).put(ONE, SEEN, None)
    SeenIndexFile(file).put(OTHER, SeenIndex(version=1), None)
    assert SeenIndexFile(file).find(ONE) == SEEN
    assert SeenIndexFile(file).find(OTHER) == SeenIndex(version=1)
    assert not file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def test_a_slow_process_makes_nothing_newer_forgotten(tmp_path):
    state, newer = SeenIndexFile(tmp_path / "indexes.json"), SeenIndex("SHA256:ann", 7, "seven")
    state.put(ONE, SEEN, None)
    state.put(ONE, newer, SEEN)
    state.put(ONE, SeenIndex("SHA256:ann", 6, "six"), SEEN)
    state.put(ONE, SEEN, None)
    assert state.find(ONE) == newer


def test_a_newer_version_counts_whichever_process_was_quicker(tmp_path):
    state, newer = SeenIndexFile(tmp_path / "indexes.json"), SeenIndex("SHA256:ann", 7, "seven")
    state.put(ONE, SEEN, None)
    state.put(ONE, SeenIndex("SHA256:ann", 6, "six"), SEEN)
    state.put(ONE, newer, SEEN)
    assert state.find(ONE) == newer
    state.put(ONE, SeenIndex("SHA256:eve", 9, "nine"), SEEN)
    assert state.find(ONE) == newer


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}'])
def test_a_damaged_file_is_not_replaced(tmp_path, text):
    file = tmp_path / "indexes.json"
    file.write_text(text)
    for call in (
        lambda: SeenIndexFile(file).find(ONE),
        lambda: SeenIndexFile(file).put(ONE, SEEN, None),
    ):
        with pytest.raises(Unavailable, match="damaged"):
            call()
    assert file.read_text() == text
