"""Claude Code's folder, and back."""

import re
from dataclasses import replace

import pytest
import yaml
from hypothesis import given

from pack.exports.claude_memory import is_made_index, read_topic, write_claude_memory
from tests.unit.exports.exported_notes import exported, memories


def folder(notes):
    return {piece.name: piece.content.decode() for piece in write_claude_memory(notes)}


@given(memories)
def test_each_topic_gives_its_note_again(notes):
    files = folder(notes)
    assert len({name.casefold() for name in files}) == len(notes) + 1
    assert is_made_index(files.pop("MEMORY.md"))
    read = [read_topic(text) for text in files.values()]
    assert not any(one.is_changed for one in read)
    assert [(one.path, one.content) for one in read] == [
        (one.path, one.note.content) for one in notes
    ]


def test_a_topic_has_what_claude_code_looks_for():
    head = '---\ntopic: "Tea: a #topic"\nupdated: 2026-01-02\n---\n'
    text = folder([exported("profiles/tea.md", f"{head}# Tea\n\n- likes **tea**\n")])[
        "profiles-tea.md"
    ]
    fields = yaml.safe_load(text.split("---\n")[1])
    assert (fields["name"], fields["description"]) == ("profiles-tea", "likes **tea")
    assert fields["metadata"]["type"] == "user"
    assert fields["topic"] == "Tea: a #topic"


def test_a_topic_of_its_own_only_learns_where_it_is():
    own = "---\nname: n\ndescription: d\nmetadata:\n  type: user\n---\nx\n"
    text = folder([exported("a/n.md", own)])["a-n.md"]
    added = text.partition("---\n")[2].partition("name: n\n")[0]
    assert [line.partition(":")[0] for line in added.splitlines()] == ["pack_seal", "pack_path"]
    assert read_topic(text).is_changed is False
    assert read_topic(text + "more\n").is_changed is True
    assert read_topic(own) is None
    assert read_topic('---\npack_path: "\\x"\n---\n') is None


@pytest.mark.parametrize(
    "head", ["", "---\nmetadata:\n  type: user\n---\n", "---\nbroken: [\n---\n"]
)
def test_dates_that_only_the_memory_knows_come_back(head):
    note = exported("a/n.md", f"{head}Tea.\n")
    (text,) = (
        text
        for name, text in folder(
            [replace(note, created="2019-02-03", updated="2020-04-05T00:00:00Z")]
        ).items()
        if name != "MEMORY.md"
    )
    read = read_topic(text)
    assert (read.content, read.is_changed) == (note.note.content, False)
    assert (read.created, read.updated) == ("2019-02-03", "2020-04-05T00:00:00Z")
    changed = read_topic(f"{text}more\n")
    assert (changed.created, changed.updated, changed.is_changed) == ("2019-02-03", None, True)
    old = re.sub(r"pack_(created|updated): .*\n", "", text)
    assert read_topic(old).content == note.note.content


def test_the_index_stays_within_what_is_read():
    notes = [exported(f"a/{n:04}.md", f"# {'é' * 80} {n}\n\n{'w' * 300}\n") for n in range(400)]
    index = folder(notes)["MEMORY.md"]
    assert len(index.splitlines()) <= 200
    assert len(index.encode()) <= 25_000
    shown = index.count("](<")
    assert index.endswith(f"- and {400 - shown} more, each in a file of this folder\n")
    assert not is_made_index(f"{index}- learnt since\n")
    assert not is_made_index("# Memory\n")
