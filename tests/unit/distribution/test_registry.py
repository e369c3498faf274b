"""The registry reads back as it was written, and says where it cannot be read."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.distribution.registry import (
    REGISTRY,
    Offered,
    Registry,
    RegistryEntry,
    read_registry,
    write_registry,
)
from pack.distribution.staleness import SyncStanding
from pack.distribution.values import Frequency, Rule, Strategy
from pack.errors import InvalidContent
from tests.support import examples

ENTRY = RegistryEntry(
    "org/webapp",
    "sync-web",
    Strategy.COPY,
    Frequency.ON_RELEASE,
    "2026-01-28",
    "v2.4.0",
    SyncStanding.CURRENT,
)
TEXT = b"""\
downstreams:
  - repo: "org/webapp"
    rule: "sync-web"
    strategy: copy
    frequency: on_release
    last_sync: "2026-01-28"
    version: "v2.4.0"
    status: Current
    failures: 0
"""


def test_its_form() -> None:
    assert write_registry(Registry().with_entry(ENTRY)) == TEXT
    assert read_registry(TEXT) == Registry({"sync-web": ENTRY})


def test_none_is_an_empty_one() -> None:
    assert read_registry(None) == read_registry(b"") == Registry()
    assert read_registry(write_registry(Registry())) == Registry()


def test_a_person_may_write_it_by_hand() -> None:
    text = b"\xef\xbb\xbfdownstreams:\r\n- {repo: o/x, rule: b, strategy: copy, frequency: manual}"
    (entry,) = read_registry(text).entries.values()
    assert entry == RegistryEntry("o/x", "b", Strategy.COPY, Frequency.MANUAL)


def test_entries_are_sorted_replaced_and_removed() -> None:
    other = RegistryEntry("org/a", "a", Strategy.REFERENCE, Frequency.MANUAL)
    both = Registry().with_entry(ENTRY).with_entry(other)
    assert list(both.entries) == ["a", "sync-web"]
    assert both.with_entry(other) == both
    assert both.find("a") == other
    assert both.without("a").find("a") is None
    assert both.without("nobody") == both


def test_what_is_known_of_one_repository_says_nothing_of_another() -> None:
    registry = Registry().with_entry(ENTRY)
    rule = Rule("sync-web", "**", "org/webapp", "", Strategy.COPY, Frequency.MANUAL)
    assert registry.find_for(rule) == ENTRY
    assert registry.find_for(replace(rule, target_repo="org/other")) is None
    assert registry.find_for(replace(rule, id="other")) is None


def test_what_only_a_newer_pack_knows_stays() -> None:
    text = TEXT + b'    tier: "gold"\nnext:\n  - 1\n'
    assert write_registry(read_registry(text)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"downstreams:\n  - repo: [\n", "line 3"),
        (b"downstreams:\n  - rule: a\n", "downstreams.0.repo"),
        (TEXT.replace(b"copy", b"move"), "downstreams.0.strategy"),
        (TEXT + TEXT.partition(b"\n")[2], "'sync-web' occurs twice"),
        (b"\xff", "not UTF-8"),
        (b"- a", "mapping"),
        (TEXT.replace(b"failures: 0", b"failures: -1"), "failures"),
    ],
)
def test_a_broken_one_says_where(text: bytes, said: str) -> None:
    with pytest.raises(InvalidContent, match=REGISTRY.rpartition("/")[2]) as caught:
        read_registry(text)
    assert said in str(caught.value)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ENTRIES = st.builds(
    RegistryEntry,
    repo=TEXTS,
    rule=TEXTS,
    strategy=st.sampled_from(Strategy),
    frequency=st.sampled_from(Frequency),
    last_sync=st.none() | TEXTS,
    version=st.none() | TEXTS,
    status=st.none() | st.sampled_from(SyncStanding),
    failures=st.integers(0, 99),
    commit=st.none() | TEXTS,
    offered=st.none() | st.builds(Offered, TEXTS, TEXTS, TEXTS),
    more=st.just({}),
)


@settings(max_examples=examples(40))
@given(st.lists(ENTRIES, max_size=3), st.none() | TEXTS)
def test_any_reads_back_and_writes_the_same_again(
    entries: list[RegistryEntry], source: str | None
) -> None:
    registry = Registry(source=source)
    for entry in entries:
        registry = registry.with_entry(entry)
    written = write_registry(registry)
    assert read_registry(written) == registry
    assert write_registry(read_registry(written)) == written
