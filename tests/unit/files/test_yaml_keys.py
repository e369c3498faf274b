"""A frontmatter block cut into its entries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pack.files import yaml_block
from pack.files.yaml_keys import cut_keys

WRITTEN = [
    "a: 1\n", "b: |\n  # text\n\n  more\n", "# c\n", "\n", "d:\n  - x # y\n", "e:\n",
    "'f g': {h: 1}\n"
]  # fmt: skip


@given(st.lists(st.sampled_from(WRITTEN), unique=True))
def test_entries_joined_are_the_block(lines: list[str]) -> None:
    block = "".join(lines)
    entries = cut_keys(block)
    assert entries is not None
    text = "".join(entry.text for entry in entries.entries.values())
    assert entries.head + text + entries.tail == block
    assert {k: e.value for k, e in entries.entries.items()} == yaml_block.load(block)
