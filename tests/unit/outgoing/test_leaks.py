"""A text that holds what must stay is refused, with what is where and nothing of it."""

import pytest

from pack.errors import RefusedForSafety
from pack.model import MemoryPath
from pack.outgoing.leaks import OutgoingText, refuse_leaks

FAKE = "ghp" + "_" + "Ab1Cd2Ef3" * 4
NOTES = [MemoryPath("people/jo.md")]


def test_a_text_without_anything_private_passes() -> None:
    refuse_leaks([OutgoingText("title", "It fails on IPv6")], NOTES)


def test_what_is_private_is_named_with_its_place_and_not_repeated() -> None:
    texts = [OutgoingText("title", "as people/jo.md says"), OutgoingText("a.md", f"x\n{FAKE}", 7)]
    with pytest.raises(RefusedForSafety) as caught:
        refuse_leaks(texts, NOTES)
    said = str(caught.value)
    assert "the path of a note outside (title, line 1)" in said
    assert "a GitHub token (a.md, line 8)" in said
    assert FAKE not in said
    assert "people/jo" not in said


def test_many_are_counted() -> None:
    with pytest.raises(RefusedForSafety, match="and 2 more"):
        refuse_leaks([OutgoingText("a.md", "\n".join([FAKE] * 12))], [])
