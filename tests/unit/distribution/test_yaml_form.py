"""What is written reads back, and always looks the same."""

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.distribution.values import Strategy
from pack.distribution.yaml_form import to_yaml
from tests.support import examples

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
SCALARS = TEXTS | st.integers(-9, 9) | st.booleans() | st.none()
KEYS = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(SCALARS | st.dictionaries(KEYS, inner, min_size=1), max_size=3)
        | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=examples(60))
@given(st.dictionaries(KEYS, VALUES))
def test_any_fields_read_back(fields: dict[str, object]) -> None:
    assert (yaml.safe_load(to_yaml(fields)) or {}) == fields


def test_words_are_plain_and_text_is_quoted() -> None:
    fields = {"a": Strategy.COPY, "b": "copy", "c": [], "d": {}, "e": [{"f": [1]}]}
    assert to_yaml(fields) == 'a: copy\nb: "copy"\nc: []\nd: {}\ne:\n  - f:\n      - 1\n'
