"""Memories of mem0 and OpenMemory."""

import gzip
import json

import pytest

from pack.exports.mem0 import write_mem0
from tests.import_support import read, text_of, zip_of
from tests.unit.exports.exported_notes import exported

TEA = {
    "id": "1",
    "content": "Likes tea.",
    "metadata": {"mood": "calm", "pin": "true", "nested": {}},
    "created_at": "2025-01-02T03:04:05+00:00",
    "updated_at": "2025-02-03T04:05:06+00:00",
    "state": "active",
    "app": "cursor",
    "categories": ["food", {"name": "drink"}],
}
GONE = TEA | {"id": "2", "content": "Smokes.", "state": "deleted"}
OLD = TEA | {"id": "3", "content": "Lives in\nRome.", "state": "archived", "updated_at": None}
ALL = (TEA, GONE, OLD)


def lines(*items):
    return "".join(json.dumps(item) + "\n" for item in items).encode()


def whole(*items):
    return json.dumps({"user": {}, "memories": items, "export_meta": {"version": "1"}})


SOURCES = {
    "openmemory.zip": zip_of(
        {"memories.json": whole(*ALL), "memories.jsonl.gz": gzip.compress(lines(*ALL))}
    ),
    "memories.jsonl.gz": gzip.compress(lines(*ALL)),
    "memories.jsonl": lines(*ALL),
    "memories.json": whole(*ALL).encode(),
    "nested.zip": zip_of(
        {"export/inner.zip": zip_of({"memories.jsonl.gz": gzip.compress(lines(*ALL))})}
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_every_form_of_an_export_gives_the_memories_that_are_not_deleted(name, tmp_path):
    file = tmp_path / name
    file.write_bytes(SOURCES[name])
    found = read(file)
    assert found.kind == "mem0"
    assert [one.source_id for one in found.records] == ["1", "3"]
    assert found.reasons["memories"] == ("it was deleted there", 1)
    tea = found.one("Likes tea")
    assert text_of(tea) == "Likes tea.\n"
    assert (tea.created.day, tea.updated.day, list(tea.tags)) == (2, 3, ["food", "drink"])
    assert tea.fields == {"app": "cursor", "mood": "calm"}
    assert tea.parts[0].writer.label == "ai-cloud:mem0"
    old = found.one("Lives in")
    assert (old.fields["state"], old.updated) == ("archived", old.created)


def test_memories_name_their_categories_by_ids(tmp_path):
    memory = {key: value for key, value in TEA.items() if key != "categories"}
    given = {
        "memories": [memory | {"category_ids": ["c1", "c9"]}],
        "categories": [{"id": "c1", "name": "food"}, 7],
        "export_meta": {},
    }
    file = tmp_path / "memories.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    (one,) = read(file).records
    assert list(one.tags) == ["food"]


def test_answers_of_mem0_itself_are_read(tmp_path):
    given = {"id": "9", "memory": "Runs.", "user_id": "u", "hash": "x", "metadata": None}
    file = tmp_path / "mem0.json"
    for text in (json.dumps([given]), json.dumps({"results": [given]})):
        file.write_text(text, encoding="utf-8")
        assert [text_of(one) for one in read(file).records] == ["Runs.\n"]


def test_broken_ones_are_named_and_a_file_that_is_cut_gives_what_is_whole(tmp_path):
    file = tmp_path / "memories.jsonl"
    file.write_bytes(lines(TEA) + b"{\n" + lines({"id": "x"}, OLD))
    found = read(file)
    assert [one.source_id for one in found.records] == ["1", "3"]
    assert list(found.reasons) == ["memories.jsonl, line 2", "memories.jsonl, line 3"]
    packed = tmp_path / "memories.jsonl.gz"
    many = lines(*(TEA | {"id": str(n), "content": f"{n * 7919}"} for n in range(500)))
    packed.write_bytes(gzip.compress(many)[:-200])
    found = read(packed)
    assert 0 < len(found.records) < 500
    assert "the rest of memories.jsonl.gz" in found.reasons


def test_odd_metadata_costs_no_memory(tmp_path):
    file = tmp_path / "memories.jsonl"
    deep, large = '{"a":' * 20_000, {"k": 10**30, "n": 7}
    file.write_bytes(
        lines(TEA | {"metadata": deep}, TEA | {"id": "n", "metadata": large})
        + lines(TEA | {"id": "b", "content": "Likes caf?"}).replace(b"?", b"\xe9")
        + lines(TEA | {"id": "f", "created_at": float("nan"), "updated_at": 10**400})
    )
    found = read(file)
    assert [one.source_id for one in found.records] == ["1", "n", "b", "f"]
    assert found.records[0].fields == {"app": "cursor"}
    assert found.records[1].fields == {"app": "cursor", "k": "1" + "0" * 30, "n": 7}
    assert text_of(found.records[2]) == "Likes caf\ufffd\n"


def test_a_file_that_is_cut_is_named_once(tmp_path):
    file = tmp_path / "memories.json"
    file.write_bytes(whole(*ALL).encode()[:-150])
    found = read(file)
    assert [one.source_id for one in found.records] == ["1"]
    assert found.reasons == {
        "memories": ("it was deleted there", 1),
        "memories.json, from item 3 on": ("it is not JSON from some point on", 1),
    }


def test_a_long_memory_has_a_short_title(tmp_path):
    file = tmp_path / "memories.jsonl"
    file.write_bytes(lines(TEA | {"content": "word " * 50}, TEA | {"id": "e", "content": " "}))
    (one,) = read(file).records
    assert len(one.title) <= 80
    assert one.title.endswith("word…")


def test_what_pack_exported_comes_back(tmp_path):
    note = exported("a/tea.md", "---\ntopic: Tea\n---\nLikes tea.\n")
    file = tmp_path / "x.jsonl"
    file.write_bytes(b"".join(piece.content for piece in write_mem0([note])))
    (one,) = read(file).records
    assert (one.folder, one.name, one.verbatim) == ("a", "tea.md", note.note.content)


def test_what_was_changed_there_is_the_tools_text(tmp_path):
    note = exported("a/tea.md", "---\ntopic: Tea\ntags: [x]\nmood: calm\n---\nLikes tea.\n")
    file = tmp_path / "x.jsonl"
    text = b"".join(piece.content for piece in write_mem0([note]))
    file.write_bytes(text.replace(b'"Likes tea.', b'"Likes mate.'))
    (one,) = read(file).records
    assert (one.folder, one.name, text_of(one)) == ("a", "tea.md", "Likes mate.\n")
    assert one.parts[0].writer.label == "ai-cloud:mem0"
    assert (one.title, list(one.tags), one.fields) == ("Tea", ["x"], {"mood": "calm"})
