"""The error tree: each class has a code of its own, and says what to do."""

import re

import pytest

from pack import errors
from pack.errors import PackError

TREE = [
    one
    for one in vars(errors).values()
    if isinstance(one, type) and one.__module__ == errors.__name__
]


def test_every_error_is_one_of_ours_and_explained():
    assert len(TREE) > 25
    for one in TREE:
        assert issubclass(one, PackError), one
        assert one.__doc__, one


def test_codes_are_stable_names_and_no_two_classes_share_one():
    own = [one.code for one in TREE if "code" in vars(one)]
    assert len(own) == len(set(own))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in own)


@pytest.mark.parametrize("one", TREE, ids=lambda one: one.__name__)
def test_a_remedy_is_a_sentence(one):
    # An action becomes words of the wrapper, with a capital at the start of a sentence.
    assert re.fullmatch(r"(?:[A-Z`]|<<[a-z-]+>>).*[.]", one.remedy), one.remedy
