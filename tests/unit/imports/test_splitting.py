from dataclasses import replace

from pack.imports.records import ImportedPart, ImportedRecord, RecordClass
from pack.imports.splitting import split


def _record(*texts: str) -> ImportedRecord:
    parts = [ImportedPart(text) for text in texts]
    return ImportedRecord(RecordClass.TRANSCRIPT, "c1", "Long", parts, name="long.md")


def test_what_fits_is_one_note() -> None:
    record = _record("a\n", "b\n")
    assert list(split(record, 10)) == [record]


def test_a_long_conversation_is_several_notes_and_loses_nothing() -> None:
    texts = ["a" * 6 + "\n", "b" * 6 + "\n", "ü" * 20 + "\n" + "c" * 3 + "\n"]
    found = list(split(_record(*texts), 10))
    assert "".join(part.text for one in found for part in one.parts) == "".join(texts)
    assert [one.source_id for one in found[:3]] == ["c1", "c1#2", "c1#3"]
    assert [one.former_id for one in found[:2]] == ["", ""]
    formerly = split(replace(_record(*texts), former_id="f"), 10)
    assert [one.former_id for one in formerly][:2] == ["f", "f#2"]
    assert found[1].title == "Long (2)"
    assert found[1].name == "long-2.md"
    assert sum(one.count for one in found) == 1
    assert all(sum(len(p.text.encode()) for p in one.parts) <= 10 for one in found)


def test_what_is_added_at_the_end_leaves_the_first_notes_as_they_are() -> None:
    first = list(split(_record("aaaa\n", "bbbb\n", "cc\n"), 10))
    later = list(split(_record("aaaa\n", "bbbb\n", "cc\n", "dddddd\n"), 10))
    assert later[0] == first[0]
