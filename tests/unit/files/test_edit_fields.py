"""One flat set of fields for every kind of edit; what does not belong together is refused."""

from __future__ import annotations

from typing import Any

import pytest

from pack.errors import EditFailed, InvalidRequest
from pack.files.edit_fields import read_edits
from pack.files.edits import Append, Replace, ReplaceSection, apply_edits


def test_edits_as_they_are_sent() -> None:
    sent: list[dict[str, Any]] = [
        {"op": "replace", "old": "a", "new": ""},
        {"op": "replace", "old": "a", "new": "b", "all": True},
        {"op": "append", "text": "x"},
        {"op": "append", "text": "x", "section": "S"},
        {"op": "replace_section", "section": "S", "text": ""},
    ]
    assert read_edits(sent) == [
        Replace("a", ""),
        Replace("a", "b", all=True),
        Append("x"),
        Append("x", "S"),
        ReplaceSection("S", ""),
    ]


def test_fields_that_are_empty_or_null_are_not_given() -> None:
    filled: dict[str, Any] = {"old": "", "new": None, "all": False, "section": "", "text": "x"}
    assert read_edits([{"op": "append", **filled}]) == [Append("x")]
    nothing = {"all": None, "section": None, "text": ""}
    assert read_edits([{"op": "replace", "old": "a", "new": "b", **nothing}]) == [Replace("a", "b")]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"op": "replace", "old": "", "new": "x"}, "edit 1: replace needs `old`"),
        ({"op": "replace", "old": "a"}, "edit 1: replace needs `new`"),
        ({"op": "replace", "old": "a", "new": None}, "edit 1: replace needs `new`"),
        (
            {"op": "replace", "old": "a", "text": "b"},
            "edit 1: replace takes no `text`: did you mean `new`?",
        ),
        (
            {"op": "replace", "old": "a", "new": "b", "section": "S"},
            "edit 1: replace takes no `section`",
        ),
        (
            {"op": "append", "new": "b"},
            "edit 1: append takes no `new`: did you mean `text`?",
        ),
        ({"op": "append", "text": "b", "all": True}, "edit 1: append takes no `all`"),
        ({"op": "append"}, "edit 1: append needs `text`"),
        ({"op": "replace_section", "text": "x"}, "edit 1: replace_section needs `section`"),
        (
            {"op": "delete", "old": "a"},
            "edit 1: `op` must be one of replace, append, replace_section",
        ),
        (
            {"old": "a", "new": "b"},
            "edit 1: `op` must be one of replace, append, replace_section",
        ),
    ],
)
def test_what_is_no_edit_is_refused_by_name(sent: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_edits([sent])
    assert str(caught.value) == said


def test_the_edit_that_is_wrong_is_numbered() -> None:
    with pytest.raises(InvalidRequest, match=r"^edit 2: "):
        read_edits([{"op": "append", "text": "x"}, {"op": "append"}])


def test_an_edit_made_in_code_without_a_text_to_replace_fails() -> None:
    with pytest.raises(EditFailed, match="nothing to replace"):
        apply_edits("text", [Replace("", "x")])
