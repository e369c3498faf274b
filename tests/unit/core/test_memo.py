"""What was found out once."""

import pytest

from pack.core.memo import Memo


def test_what_was_found_out_is_known_and_an_error_is_not():
    memo, asked = Memo(), []

    def find_out():
        asked.append(1)
        if len(asked) == 1:
            raise ValueError
        return "found"

    with pytest.raises(ValueError):
        memo.once("key", find_out)
    assert [memo.once("key", find_out) for _ in range(2)] == ["found", "found"]
    assert len(asked) == 2


def test_what_was_not_asked_for_longest_is_forgotten():
    memo = Memo(2)
    for key in ("a", "b", "a", "c"):
        memo.once(key, lambda: None)
    assert memo.once("a", lambda: "new") is None
    assert memo.once("b", lambda: "new") == "new"


def test_what_is_forgotten_is_handed_over_first():
    gone = []
    memo = Memo(1, gone.append)
    for key in ("a", "b", "b", "c"):
        memo.once(key, lambda key=key: key.upper())
    assert gone == ["A", "B"]


def test_what_is_not_known_is_found_out_together():
    memo, asked = Memo(), []

    def find_out(keys):
        asked.append(keys)
        return {key: key.upper() for key in keys}

    memo.each(["a"], find_out)
    assert memo.each(["a", "b", "c", "b"], find_out) == {"a": "A", "b": "B", "c": "C"}
    assert asked == [["a"], ["b", "c"]]
