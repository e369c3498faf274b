"""How much of two texts is the same."""

import pytest

from pack.history.differences.shared_words import share_of, weight_of, words_in


@pytest.mark.parametrize(
    ("old", "new", "share"),
    [
        ("Never push to main.", "never PUSH to main", 1.0),
        ("Never push to main.", "Rarely push to main.", 20 / 31),
        ("- [ ] call the bank", "- call the plumber", 14 / 25),
        ("one two", "three four", 0.0),
        ("---", "***", 0.0),
        ("東京都", "東京", 4 / 5),
    ],
)
def test_what_two_texts_share(old: str, new: str, share: float) -> None:
    assert share_of(words_in(old), words_in(new)) == pytest.approx(share)


def test_a_long_word_is_not_worth_several() -> None:
    assert weight_of(words_in("a" * 100)) == 12
