"""All notes as one text, and back."""

import pytest
from hypothesis import given

from pack.errors import UnusableInput
from pack.exports.one_text import (
    is_exported,
    read_agents,
    read_markdown,
    with_block,
    write_agents,
    write_markdown,
)
from tests.unit.exports.exported_notes import exported, memories

OWN = "# Rules\n\nRun the tests.\n"


def joined(pieces):
    return b"".join(piece.content for piece in pieces).decode()


def pairs(notes):
    return [(one.path, one.note.content) for one in notes]


@given(memories)
def test_reading_it_gives_the_same_notes(notes):
    read = read_markdown(joined(write_markdown(notes)))
    assert not any(one.is_changed for one in read.notes)
    assert ([(one.path, one.content) for one in read.notes], read.broken) == (pairs(notes), 0)


@given(memories)
def test_a_block_stands_in_a_file_with_other_text_and_is_replaced_alone(notes):
    text = with_block(OWN, joined(write_agents(notes)))
    read = read_agents(text)
    assert [(one.path, one.content) for one in read.notes] == pairs(notes)
    assert read.rest == OWN + "\n"
    again = with_block(f"{text}More.\n", joined(write_agents([exported("a/z.md", "new\n")])))
    assert again.startswith(OWN)
    assert again.endswith("-->\nMore.\n")
    assert [one.path for one in read_agents(again).notes] == ["a/z.md"]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("own", ["", OWN])
def test_a_block_is_found_whatever_an_editor_made_of_line_ends(own, mark):
    notes = [exported("a/b.md", "# B\n\n- one\n"), exported("a/c.md", "no end")]
    text = mark + with_block(own, joined(write_agents(notes))).replace("\n", "\r\n") + "More.\r\n"
    assert is_exported(text)
    read = read_agents(text)
    assert ([(one.path, one.content) for one in read.notes], read.broken) == (pairs(notes), 0)
    again = with_block(text, joined(write_agents([exported("a/z.md", "new\n")])))
    assert again.count("BEGIN PACK MEMORY") == 1
    assert again.startswith(mark + own.replace("\n", "\r\n"))
    assert again.endswith("-->\nMore.\r\n")
    assert [one.path for one in read_agents(again).notes] == ["a/z.md"]


def test_a_person_reads_a_heading_for_each_note():
    text = joined(
        write_markdown([exported("a/some-plan.md", "Go.\n"), exported("a/b.md", "# B\n")])
    )
    shown = [line for line in text.splitlines() if not line.startswith("<!--") and line]
    assert shown == ["# Memory", "# Some plan", "Go.", "# B"]
    assert is_exported(text)
    assert not is_exported(OWN)


def test_what_is_damaged_is_counted_and_the_others_are_read():
    text = joined(write_markdown([exported(f"a/{n}.md", f"{n}\n") for n in range(3)]))
    cut = text.replace('"path": "a/1.md", ', "")
    read = read_markdown(cut)
    assert ([one.path for one in read.notes], read.broken) == (["a/0.md", "a/2.md"], 1)
    assert read_markdown(text[: text.rindex("<!-- pack:end")]).broken == 1


def test_a_block_that_does_not_end_is_not_guessed_at():
    broken = joined(write_agents([exported("a/b.md", "x\n")])).replace("<!-- END PACK", "<!-- ")
    with pytest.raises(UnusableInput):
        with_block(f"{OWN}\n{broken}", "block")
    with pytest.raises(UnusableInput):
        read_agents(broken)
    assert read_agents(OWN).rest == OWN
    assert with_block("  \n", "block") == "block"
