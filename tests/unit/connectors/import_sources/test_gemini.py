from pathlib import Path
from time import process_time
from typing import Any

import pytest
from pack_connectors.import_sources.gemini import FORMAT, markdown_of
from pack_connectors.import_sources.opening import open_source
from pack_connectors.import_sources.skips import BROKEN

from pack.imports.records import NOT_ASKED_FOR, ImportedRecord, RecordClass, SkippedRecord
from tests.chat_exports import gemini_entry, laid_out

_FILE = "Takeout/My Activity/Gemini Apps/MyActivity.json"


def _read(
    folder: Path, entries: list[Any], *, name: str = _FILE, transcripts: bool = True
) -> tuple[dict[str, ImportedRecord], list[SkippedRecord]]:
    with open_source(laid_out(folder, {name: entries})) as source:
        assert FORMAT.recognises(source)
        found = list(FORMAT.read(source).records(transcripts=transcripts))
    records = {one.source_id: one for one in found if isinstance(one, ImportedRecord)}
    return records, [one for one in found if isinstance(one, SkippedRecord)]


def _said(record: ImportedRecord) -> list[tuple[str, str]]:
    return [(part.writer.client if part.writer else "", part.text) for part in record.parts]


@pytest.mark.parametrize(
    ("before", "header", "folder"),
    [
        ("Prompted ", "Gemini Apps", "My Activity/Gemini Apps"),
        ("Eingegebener Prompt: ", "Gemini-Apps", "Meine Aktivitäten/Gemini-Apps"),
        ("Requête envoyée\u202f:\xa0", "Applications Gemini", "Mon activité/Applications Gemini"),
        ("送信したメッセージ: ", "Gemini アプリ", "マイ アクティビティ/Gemini アプリ"),
    ],
)
def test_prompts_are_found_in_every_language(
    tmp_path: Path, before: str, header: str, folder: str
) -> None:
    entries = [
        gemini_entry(f"{before}{text}", f"2025-02-01T10:0{n}:00Z", "<p>Yes</p>", header=header)
        for n, text in reversed(list(enumerate(("What is bread?", "Note: buy it"))))
    ]
    records, _ = _read(tmp_path, entries, name=f"Takeout/{folder}/MyActivity.json")
    assert all(one.grows for one in records.values())  # an export may have a part of a day
    assert _said(records["day/2025-02-01"]) == [
        ("", "What is bread?\n"),
        ("gemini", "Yes\n"),
        ("", "Note: buy it\n"),
        ("gemini", "Yes\n"),
    ]


def test_a_prompt_that_begins_with_a_word_and_a_colon_stays_whole(tmp_path: Path) -> None:
    entries = [
        gemini_entry(f"Prompted {text}", "2025-02-01T10:00:00Z")
        for text in ("Recipe: bread", "Hello", "Bye")
    ]
    texts = _said(_read(tmp_path, entries)[0]["day/2025-02-01"])
    assert "Recipe: bread" in texts[0][1]


def test_answers_become_markdown() -> None:
    html = (
        "<h2>Bread</h2><p>It <b>is</b>\xa0<a href='https://example.org'>good</a>.</p>"
        "<ul><li>flour</li><li>salt</li></ul><pre><code>x = 1</code></pre>"
        "<script>alert(1)</script><style>p {}</style>"
    )
    assert markdown_of(html) == (
        "## Bread\n\nIt **is** [good](https://example.org).\n\n- flour\n- salt\n\n```\nx = 1\n```"
    )


def test_an_answer_that_is_nested_too_deep_is_plain_text(tmp_path: Path) -> None:
    html = "<style>p</style>" + "<blockquote>" * 3000 + "a &lt; b"
    entries = [
        gemini_entry("Prompted two", "2025-02-01T11:00:00Z", html),
        gemini_entry("Prompted one", "2025-02-01T10:00:00Z", "<p>1</p>"),
    ]
    records, _ = _read(tmp_path, entries)
    assert [text for _, text in _said(records["day/2025-02-01"])] == [
        *("one\n", "1\n", "two\n", "a < b\n")
    ]


@pytest.mark.parametrize(
    "mark", ["<script>", "<a ", "<a href='", "<!--", "<![CDATA[", "</", "<?", "<", "&"]
)
def test_an_answer_whose_marks_never_end_is_read_in_time(mark: str) -> None:
    began = process_time()
    assert "x" in markdown_of("<b>x</b>" + mark * 20_000)
    assert process_time() - began < 5


def test_what_only_looks_like_a_mark_is_text() -> None:
    assert markdown_of("<p>a < b <!-- no --> & c<d, <3</p>") == "a < b & c<d, <3"


def test_times_in_any_form_and_none(tmp_path: Path) -> None:
    entries = [
        gemini_entry("Prompted a", "2025-02-03T23:30:00-05:00"),
        gemini_entry("Prompted b", "2025-02-03T10:00:00"),
        gemini_entry("Prompted c", "2025-02-03T09:00:00.123456789Z"),
        gemini_entry("Prompted d", "yesterday"),
        gemini_entry("Prompted e", None),
    ]
    records, _ = _read(tmp_path, entries)
    assert set(records) == {"day/2025-02-04", "day/2025-02-03", "day/undated"}
    assert records["day/2025-02-03"].created.isoformat().startswith("2025-02-03T09:00:00")
    assert records["day/undated"].created is not None  # that of the file


def test_days_that_come_out_of_order_lose_nothing(tmp_path: Path) -> None:
    days = ["2025-02-02", "2025-02-01", "2025-02-02"]
    entries = [gemini_entry(f"Prompted {n}", f"{day}T10:00:00Z") for n, day in enumerate(days)]
    records, _ = _read(tmp_path, entries)
    assert sorted(text for one in records.values() for _, text in _said(one)) == [
        *("0\n", "1\n", "2\n")
    ]


def test_broken_entries_are_named(tmp_path: Path) -> None:
    entries = [gemini_entry("Prompted a", "2025-02-01T10:00:00Z"), 5, {"title": None}]
    records, skipped = _read(tmp_path, entries)
    assert len(records) == 1
    assert [one.why for one in skipped] == [BROKEN, BROKEN]


def test_days_are_counted_where_nobody_asked_for_them(tmp_path: Path) -> None:
    entries = [gemini_entry("Prompted a", f"2025-02-0{n}T10:00:00Z") for n in (3, 2, 1)]
    records, skipped = _read(tmp_path, entries, transcripts=False)
    assert records == {}
    assert skipped == [SkippedRecord("conversations", NOT_ASKED_FOR, 3, RecordClass.TRANSCRIPT)]
