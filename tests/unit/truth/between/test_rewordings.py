"""Which line is one of the person's in other words, if that is beyond doubt."""

import pytest

from pack.truth.between.rewordings import are_all_there, reworded_places

PUSH, ASK = "Never push to main.", "Ask before you delete a file."


@pytest.mark.parametrize(
    ("missing", "there", "places"),
    [
        ([PUSH], ["Rarely push to main."], [0]),
        ([PUSH, ASK], ["Rarely push to main.", "It is ours.", "Ask before you delete it."], [0, 2]),
        ([PUSH], ["A fact.", "Rarely push to main.", "Another."], [1]),
        # one of them is gone, so anything may be what became of it
        ([PUSH, ASK], ["Rarely push to main.", "It is ours."], None),
        ([PUSH], [], None),
        ([PUSH], ["Something else."], None),
        # cut in two, or said twice
        ([PUSH], ["Never push.", "Push to main."], None),
        ([PUSH], ["Rarely push to main.", "Often push to main."], None),
        # in another order
        ([PUSH, ASK], ["Ask before you delete it.", "Rarely push to main."], None),
        (["call the bank"], ["phone the bank", "call the plumber"], None),
        ([], ["A fact."], None),
        ([PUSH] * 60, [PUSH] * 60, None),
    ],
)
def test_a_place_is_known_only_beyond_doubt(missing, there, places):
    assert reworded_places(missing, there) == places


def test_what_goes_may_be_in_other_words_elsewhere():
    assert are_all_there(["Likes tea.\n", "\n"], ["Likes tea.  \n", "And cake.\n"])
    assert are_all_there(["Likes green tea.\n"], ["Likes black tea.\n"])
    assert not are_all_there(["Likes tea.\n"], ["Lives in Graz.\n"])
    assert not are_all_there(["Likes tea.\n"], [])
