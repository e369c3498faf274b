"""The YAML of a frontmatter block: how values are written, and read back."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pack.files import yaml_block
from pack.files.frontmatter import read
from pack.files.yaml_loader import PureLoader

DAY = "2026-11-21"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain text, with (some) things: no", '"plain text, with (some) things: no"'),
        ("plain text, with (some) things", "plain text, with (some) things"),
        ("Ä 主题 😀", "Ä 主题 😀"),
        ("a:b #c", '"a:b #c"'),
        ("a:b#c", "a:b#c"),
        ("yes", '"yes"'),
        ("2024", '"2024"'),
        ("2024-1-5", '"2024-1-5"'),
        (DAY, DAY),
        ("2026-11-21T09:30:00Z", "2026-11-21T09:30:00Z"),
        ("", '""'),
        (' "quoted"\n', '" \\"quoted\\"\\n"'),
        ("\x00\x7f\u2028\ufeff", '"\\u0000\\u007f\\u2028\\ufeff"'),
        (True, "true"),
        (None, "null"),
        ([], "[]"),
        (["a b", "c, d", "1", "e?"], '[a b, "c, d", "1", "e?"]'),
    ],
)
def test_how_values_are_written(value: yaml_block.Value, written: str) -> None:
    assert yaml_block.write(value) == written


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
looks_like_yaml = st.from_regex(
    r"[-+.0-9eExXoO_:TZ ]{1,12}|[ynoftrueasl~NULIF]{1,5}", fullmatch=True
)
texts = (
    words
    | looks_like_yaml
    | st.lists(st.sampled_from([*"a1 :#,-?[]{}!&*'\"|>%@`=<\n\t"])).map("".join)
)
values = texts | st.booleans() | st.none() | st.lists(texts, max_size=4)


@given(values)
def test_what_is_written_reads_back(value: yaml_block.Value) -> None:
    for block in (
        f"a: {yaml_block.write(value)}\n",
        f"{{a: {yaml_block.write(value, flow=True)}}}\n",
    ):
        assert read(f"---\n{block}---\n").fields == {"a": value}
        assert yaml.load(block, Loader=PureLoader) == {"a": value}


@given(texts)
def test_what_is_written_is_text_for_other_readers_too(text: str) -> None:
    stock = yaml.safe_load(
        f"a: {yaml_block.write(text)}\nb: [{yaml_block.write(text, flow=True)}]\n"
    )
    if not re.match("[0-9]{4}-", text):
        assert stock == {"a": text, "b": [text]}
