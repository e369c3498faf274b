"""The number of tokens that a text takes at most."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.history.briefing.token_ceiling import most_tokens
from tests.support import examples

# What cl100k makes of them (tiktoken 0.14), which the estimate must not fall below.
COUNTED = [
    ("Everything that the user has decided about the house in Vienna.", 12),
    ("def get_user_name(user: User) -> str:\n    return user.name\n", 16),
    ("| path | topic |\n| --- | --- |\n| a.md | A |\n", 16),
    ("2026-11-21T09:30:15Z", 13),
    ("1234567890", 4),
    ('{"name": "Ana", "age": 41}', 12),
    ("\u6771\u4eac\u306f\u65e5\u672c\u306e\u9996\u90fd\u3067\u3059", 10),
    ("\U0001f600\U0001f680", 5),
]


@pytest.mark.parametrize(("text", "tokens"), COUNTED)
def test_it_is_not_below_a_real_tokenizer(text, tokens):
    assert tokens <= most_tokens(text) <= 3 * tokens


@settings(max_examples=examples(40))
@given(st.text(max_size=200), st.text(max_size=200))
def test_it_grows_with_the_text_and_never_exceeds_its_bytes(one, other):
    together = most_tokens(f"{one}\n{other}")
    assert together >= most_tokens(one)
    assert together <= len(f"{one}\n{other}".encode("utf-8", "replace"))
