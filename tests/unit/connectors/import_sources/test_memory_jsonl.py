"""The graph of the reference memory server."""

import json
import os

import pytest

from pack.exports.graph import write_graph
from tests.import_support import DAY, day, read, text_of
from tests.unit.exports.exported_notes import exported

ANN = {"type": "entity", "name": "Ann", "entityType": "person", "observations": ["likes tea"]}
BOB = {
    "type": "entity",
    "name": "Bob",
    "entityType": "person",
    "observations": ["runs", "cooks\nwell"],
}
KNOWS = {"type": "relation", "from": "Ann", "to": "Bob", "relationType": "works with"}


def lines(*items):
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)


@pytest.fixture
def graph(tmp_path):
    def write(text, name="memory.jsonl"):
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


def test_an_entity_is_a_note_with_its_observations_and_relations(graph):
    found = read(graph(lines(ANN, BOB, KNOWS)))
    assert found.kind == "memory-jsonl"
    ann = found.one("Ann")
    assert text_of(ann) == ("# Ann\n\n- likes tea\n\n## Relations\n\n- works with [[Bob]]\n")
    assert (ann.source_id, tuple(ann.tags)) == ("Ann", ("person",))
    assert ann.parts[0].writer.label == "ai-cloud:memory-jsonl"
    assert text_of(found.one("Bob")) == "# Bob\n\n- runs\n- cooks\n  well\n"
    assert found.skipped == []


def test_an_odd_byte_or_number_costs_no_entity(graph):
    odd = ANN | {"observations": ["caf?"], "createdAt": 10**400, "n": float("nan")}
    whole = json.dumps({"entities": [odd, BOB], "relations": []}).encode().replace(b"?", b"\xe9")
    for text in (whole, lines(odd, BOB).encode().replace(b"?", b"\xe9")):
        found = read(graph(text))
        assert text_of(found.one("Ann")) == "# Ann\n\n- caf\ufffd\n"
        assert len(found.records) == 2


def test_observations_keep_the_blanks_that_they_begin_with(graph):
    (one,) = read(graph(lines(ANN | {"observations": ["\n    x = 1\n    y = 2\n", "  "]}))).records
    assert text_of(one) == "# Ann\n\n-     x = 1\n      y = 2\n"


def test_forks_leave_out_the_type_and_add_dates_and_writers(graph):
    fork = {key: value for key, value in ANN.items() if key != "type"}
    fork |= {"createdAt": "2025-01-02T03:04:05Z", "updatedAt": 1751328000000, "createdBy": "ann"}
    relation = {key: value for key, value in KNOWS.items() if key != "type"}
    found = read(graph(lines(fork, relation)))
    (ann,) = found.records
    assert (ann.created.isoformat(), ann.updated) == (
        "2025-01-02T03:04:05+00:00",
        day("2025-07-01"),
    )
    assert ann.fields == {"created_by": "ann"}
    assert "[[Bob]]" in text_of(ann)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"entities": [ANN, BOB], "relations": [KNOWS]}),
        json.dumps({"entities": [ANN, BOB], "relations": [KNOWS]}, indent=2),
    ],
)
def test_all_in_one_object_is_read_too(graph, text):
    found = read(graph(text, "memory.json"))
    assert [one.title for one in found.records] == ["Ann", "Bob"]
    assert "works with" in text_of(found.one("Ann"))


def test_a_file_that_is_cut_at_any_byte_gives_what_is_whole_and_names_the_rest(graph):
    whole = lines(ANN, BOB | {"observations": ["ö" * 3]}).encode()
    first = lines(ANN).encode()
    for end in range(len(first), len(whole) + 1):
        found = read(graph(whole[:end]), "memory-jsonl")
        names = [one.title for one in found.records]
        is_whole = end >= len(whole) - 1
        assert names == (["Ann", "Bob"] if is_whole else ["Ann"])
        is_named = not is_whole and end > len(first)
        assert list(found.reasons) == (["memory.jsonl, line 2"] if is_named else [])


def test_a_broken_line_does_not_end_the_others(graph):
    text = lines(ANN) + "{broken\n\n[1]\n" + lines({"type": "entity"}, BOB)
    found = read(graph(text))
    assert [one.title for one in found.records] == ["Ann", "Bob"]
    assert [one.what for one in found.skipped] == [f"memory.jsonl, line {n}" for n in (2, 4, 5)]


def test_lines_about_the_same_entity_are_one_note(graph):
    again = ANN | {"observations": ["likes tea", "sings", {"content": "draws"}, 7, ""]}
    found = read(graph(lines(ANN, again)))
    assert text_of(found.one("Ann")) == "# Ann\n\n- likes tea\n- sings\n- draws\n"


def test_what_has_nothing_to_say_is_counted(graph):
    lost = KNOWS | {"from": "Nobody"}
    found = read(graph(lines(ANN | {"observations": []}, BOB, lost)))
    assert [one.title for one in found.records] == ["Bob"]
    assert found.reasons["Ann"] == ("it has no text", 1)
    assert found.reasons["Nobody"][1] == 1


def test_what_pack_exported_comes_back_unless_it_was_changed_there(graph):
    notes = [exported("people/ann.md", "---\ntags: [x]\n---\n# Ann\n\n- likes tea\n")]
    text = b"".join(piece.content for piece in write_graph(notes)).decode()
    (same,) = read(graph(text)).records
    assert (f"{same.folder}/{same.name}", same.verbatim) == ("people/ann.md", notes[0].note.content)
    (changed,) = read(graph(text.replace('["likes tea"]', '["likes mate"]'))).records
    assert text_of(changed) == "# Ann\n\n- likes mate\n"
    evil = text.replace('"path": "people/ann.md"', '"path": "../ann.md"')
    assert read(graph(evil)).records == []


def test_a_note_without_a_date_has_that_of_the_file(graph):
    file = graph(lines(ANN))
    os.utime(file, (DAY.timestamp(), DAY.timestamp()))
    assert read(file).one("Ann").updated == DAY
