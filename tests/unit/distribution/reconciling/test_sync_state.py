"""What a downstream has, as a file."""

import json

import pytest

from pack.distribution.reconciling.sync_state import (
    OverrideBase,
    SyncState,
    digest,
    excluded_hash,
    state_path,
)
from pack.errors import UnusableInput
from tests.distribution_support import rule_of

HASH, OTHER, COMMIT = digest(b"a"), digest(b"b"), "ab" * 20
RULE = rule_of(
    strategy="template",
    filters={"include": ["guides/**"], "exclude": ["guides/x"]},
    transforms=[{"strip_internal_links": True}, {"rewrite_paths": {"from": "a/", "to": "b/"}}],
    variables={"team": None, "tone": "plain"},
)
STATE = SyncState(
    rule=RULE,
    source="handbook",
    version="v1.2.0",
    commit=COMMIT,
    files={"docs/b.md": HASH, "docs/a.md": OTHER},
    placed={"docs/b.md": OTHER},
    overrides={"docs/b.md": OverrideBase(HASH, "v1.0.0", COMMIT)},
    variables={"team": "Web\n{{ x }}"},
)


def test_a_state_is_read_as_it_was_written():
    content = STATE.to_bytes()
    found = SyncState.from_bytes(content, "guides")
    assert found.to_bytes() == content
    assert (found.version, found.commit, found.source) == ("v1.2.0", COMMIT, "handbook")
    assert (found.files, found.placed) == (STATE.files, STATE.placed)
    assert (found.overrides, found.variables) == (STATE.overrides, STATE.variables)
    for name in ("source", "target_path", "include", "rewrites", "variables"):
        assert list(getattr(found.rule, name)) == list(getattr(RULE, name))


def test_what_a_rule_excludes_is_known_by_its_hash_alone():
    content = STATE.to_bytes()
    assert b"guides/x" not in content
    found = SyncState.from_bytes(content, "guides")
    assert (list(found.rule.exclude), found.excluded) == ([], excluded_hash(["guides/x"]))
    said = json.loads(content)
    said["made_by"] = {**said["made_by"], "exclude": ["guides/x"]}
    del said["made_by"]["excluded"]
    old = SyncState.from_bytes(json.dumps(said).encode(), "guides")
    assert (list(old.rule.exclude), old.excluded) == (["guides/x"], None)
    assert old.to_bytes() == content


def test_a_state_is_sorted_and_holds_neither_a_time_nor_the_repository():
    said = json.loads(STATE.to_bytes())
    assert list(said["files"]) == ["docs/a.md", "docs/b.md"]
    assert said["files"]["docs/b.md"] == HASH
    assert not any("org/webapp" in str(value) for value in said.values())
    assert state_path("guides") == ".pack-sync-state/guides.json"


def test_what_lies_at_a_path_may_differ_from_what_was_made():
    found = [STATE.expected(path) for path in ("docs/a.md", "docs/b.md", "docs/c.md")]
    assert found == [OTHER, OTHER, None]


def changed(**values):
    return json.dumps({**json.loads(STATE.to_bytes()), **values}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        STATE.to_bytes()[:-20],
        changed(rule="other"),
        changed(format=2),
        changed(commit="main"),
        changed(commit="--upload-pack=x"),
        changed(files={"docs/a.md": "x"}),
        changed(files=["docs/a.md"]),
        changed(variables={"team": 1}),
        changed(overrides={"docs/a.md": {"sha256": HASH}}),
        changed(made_by={}),
        changed(made_by={**json.loads(STATE.to_bytes())["made_by"], "excluded": "x"}),
        changed(made_by={**json.loads(STATE.to_bytes())["made_by"], "source": "["}),
        changed(made_by={**json.loads(STATE.to_bytes())["made_by"], "target_path": "../x"}),
        changed(source="\ud800"),
    ],
)
def test_what_is_no_state_is_refused(content):
    with pytest.raises(UnusableInput, match=r"guides\.json"):
        SyncState.from_bytes(content, "guides")
