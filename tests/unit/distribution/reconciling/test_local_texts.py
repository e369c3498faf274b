"""The downstream's version of a file, of the texts that it has."""

import pytest

from pack.distribution.ports import DownstreamEntry
from pack.distribution.reconciling.ground import Ground
from pack.distribution.reconciling.local_texts import LocalText, LocalTexts, override_path
from pack.distribution.reconciling.sync_state import OverrideBase, SyncState, digest
from pack.distribution.reconciling.synced import Synced
from pack.distribution.values import Release
from pack.model import blob_id
from tests.distribution_support import DAY_ONE, rule_of

BASE = b"one\ntwo\nthree\nfour\n"
OLD = BASE.replace(b"four", b"vier")
MINE = BASE.replace(b"one", b"one, mine")
FILE, OVERRIDE, COMMIT = "docs/a.md", ".pack-overrides/a.md", "ab" * 20
NEW = Release("v3.0.0", "cd" * 20, DAY_ONE)
LAST, FIRST = ("v2.0.0", COMMIT), ("v1.0.0", COMMIT)


def here(text, override=None, recorded=None, placed=None):
    files = {FILE: text, OVERRIDE: override}
    contents = {blob_id(one): one for one in files.values() if one is not None}
    entries = {p: DownstreamEntry("100644", blob_id(t)) for p, t in files.items() if t is not None}
    ground = Ground(entries, lambda blobs: ((b, contents[b]) for b in blobs), files)
    overrides = {FILE: OverrideBase(digest(recorded), *FIRST)} if recorded is not None else {}
    puts = {FILE: digest(placed)} if placed is not None else {}
    state = SyncState(rule_of(), "h", *LAST, {FILE: digest(BASE)}, puts, overrides)
    synced = Synced(state, {FILE: BASE}, lambda _: {FILE: OLD})
    return LocalTexts(ground, synced, lambda _: OVERRIDE).here(FILE, NEW)


@pytest.mark.parametrize("text", [None, BASE, MINE])
def test_without_an_override_it_is_the_file(text):
    assert here(text) == LocalText(text, BASE)


@pytest.mark.parametrize("text", [None, BASE, MINE])
def test_a_new_override_counts_and_was_made_on_the_last_release(text):
    assert here(text, MINE) == LocalText(MINE, BASE, OverrideBase(digest(MINE), *LAST))


def test_an_override_that_is_in_the_file_already_does_not_count_again():
    merged = MINE.replace(b"two", b"two, merged")
    assert here(merged, MINE, MINE, merged) == LocalText(
        merged, BASE, OverrideBase(digest(MINE), *FIRST)
    )


def test_an_override_counts_again_where_the_file_was_reset():
    assert here(BASE, MINE, MINE).text == MINE


def test_an_override_is_taken_for_one_of_the_text_that_it_is_nearest_to():
    edited = OLD.replace(b"one", b"one, mine")
    found = here(BASE, edited, MINE)
    assert (found.base, found.override) == (OLD, OverrideBase(digest(edited), *FIRST))


def test_an_override_that_was_taken_away_leaves_upstreams_text():
    assert here(MINE, None, MINE, MINE) == LocalText(BASE, BASE)
    edited = MINE.replace(b"two", b"two, mine")
    assert here(edited, None, MINE, MINE) == LocalText(edited, BASE)


def test_two_changes_are_put_together_unless_they_clash():
    drifted = BASE.replace(b"four", b"four, drifted")
    assert here(drifted, MINE).text == MINE.replace(b"four", b"four, drifted")
    clash = here(BASE.replace(b"one", b"one, drifted"), MINE)
    assert "keep one of the two" in clash.clash


def test_an_override_is_counted_from_the_folder_of_the_rule_now_or_then():
    rules = [rule_of(target_path="handbook/"), rule_of()]
    assert override_path(rules, "handbook/x/a.md") == ".pack-overrides/x/a.md"
    assert override_path(rules, "docs/a.md") == ".pack-overrides/a.md"
    assert override_path([rule_of(target_path="")], "docs/a.md") == ".pack-overrides/docs/a.md"
