import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from pack_connectors.import_sources import json_stream
from pack_connectors.import_sources.chatgpt import FORMAT
from pack_connectors.import_sources.opening import open_source
from pack_connectors.import_sources.recognising import open_export
from pack_connectors.import_sources.skips import BROKEN, EMPTY, NOT_JSON, TO_BE_FORGOTTEN, TOO_DEEP

from pack.errors import LimitExceeded
from pack.imports.records import NOT_ASKED_FOR, ImportedRecord, RecordClass, SkippedRecord
from tests.chat_exports import (
    chat,
    chatgpt_conversation,
    chatgpt_message,
    instructing,
    laid_out,
    remembering,
)


def _read(
    folder: Path, files: dict[str, Any], *, transcripts: bool = True
) -> tuple[dict[str, ImportedRecord], list[SkippedRecord]]:
    with open_source(laid_out(folder, files)) as source:
        assert FORMAT.recognises(source)
        found = list(FORMAT.read(source).records(transcripts=transcripts))
        is_given_up = any(one.why == TOO_DEEP for one in found if isinstance(one, SkippedRecord))
        assert source.progress.done == source.progress.total or is_given_up
    records = {one.source_id: one for one in found if isinstance(one, ImportedRecord)}
    return records, [one for one in found if isinstance(one, SkippedRecord)]


def _said(record: ImportedRecord) -> list[tuple[str, str]]:
    return [(part.writer.client if part.writer else "", part.text) for part in record.parts]


def test_split_files_and_a_wrapped_array_are_read(tmp_path: Path) -> None:
    files = {
        "conversations-000.json": [chat("c0", "Zero", "Hi", "Hello")],
        "conversations-001.json": {"conversations": [chat("c1", "One", "Hi", "Hello")]},
    }
    records, skipped = _read(tmp_path, files)
    assert list(records) == ["c0", "c1"]
    assert skipped == []
    assert _said(records["c0"]) == [("", "Hi\n"), ("chatgpt", "Hello\n")]
    assert records["c0"].parts[1].writer.label == "ai-cloud:chatgpt"
    assert records["c0"].created.isoformat() == "2024-05-01T10:00:00+00:00"
    assert records["c0"].updated.isoformat() == "2024-05-02T10:00:00+00:00"


def test_what_chatgpt_remembers_is_one_list(tmp_path: Path) -> None:
    files = {
        "conversations.json": [
            remembering("c0", "Has a dog.", "Bakes."),
            remembering("c1", "Bakes."),
        ]
    }
    records, _ = _read(tmp_path, files, transcripts=False)
    memories = records["memories"]
    assert (memories.kind, memories.count) == (RecordClass.MEMORY, 2)
    assert _said(memories) == [("chatgpt", "- Has a dog.\n- Bakes.\n")]


@pytest.mark.parametrize(
    ("user", "account"),
    [({"id": "user-7", "email": "a@example.org"}, "account/user-7/"), ({}, ""), ([], "")],
)
def test_what_there_is_once_is_of_an_account(tmp_path: Path, user: object, account: str) -> None:
    chats = [remembering("c0", "Bakes."), instructing("c1", "I bake.", "Be brief.")]
    files = {"conversations.json": chats, "user.json": user}
    records, _ = _read(tmp_path, files, transcripts=False)
    assert {key: one.former_id for key, one in records.items()} == {
        f"{account}memories": "memories",
        f"{account}custom-instructions": "custom-instructions",
    }


def test_the_memory_tool_itself_may_say_what_is_remembered(tmp_path: Path) -> None:
    messages = [chatgpt_message(0, "tool", "Likes tea.", name="bio")]
    files = {"conversations.json": [chatgpt_conversation("c", "T", messages)]}
    assert _said(_read(tmp_path, files)[0]["memories"]) == [("chatgpt", "- Likes tea.\n")]


def test_the_newest_custom_instructions_are_the_persons(tmp_path: Path) -> None:
    old = instructing("c0", "I bake.", "Be brief.")
    new = instructing("c1", "I am a baker.", "Be brief.")
    for node in new["mapping"].values():
        if node["message"]:
            node["message"]["create_time"] += 1000
    records, _ = _read(tmp_path, {"conversations.json": [new, old]}, transcripts=False)
    told = records["custom-instructions"]
    assert told.kind is RecordClass.INSTRUCTION
    assert _said(told) == [("", "## About me\n\nI am a baker.\n\n## How to answer\n\nBe brief.\n")]


def test_conversations_are_counted_where_nobody_asked_for_them(tmp_path: Path) -> None:
    files = {"conversations.json": [chat(f"c{n}", "T", "Hi", "Hello") for n in range(3)]}
    records, skipped = _read(tmp_path, files, transcripts=False)
    assert records == {}
    assert skipped == [SkippedRecord("conversations", NOT_ASKED_FOR, 3, RecordClass.TRANSCRIPT)]


def test_text_beside_an_image_is_taken(tmp_path: Path) -> None:
    pointer = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1"}
    spoken = {"content_type": "audio_transcription", "text": "and this"}
    content = {"content_type": "multimodal_text", "parts": [pointer, "What is this?", spoken]}
    messages = [chatgpt_message(0, "user", content), chatgpt_message(1, "assistant", "A cat.")]
    files = {"conversations.json": [chatgpt_conversation("c", "T", messages)]}
    assert _said(_read(tmp_path, files)[0]["c"])[0] == (
        "",
        "*(image)*\n\nWhat is this?\n\nand this\n",
    )


def test_thoughts_tools_and_what_is_hidden_are_left_out(tmp_path: Path) -> None:
    hidden = {"is_visually_hidden_from_conversation": True}
    messages = [
        chatgpt_message(0, "system", "You are ChatGPT."),
        chatgpt_message(1, "user", "secret context", metadata=hidden),
        chatgpt_message(2, "user", "Hi"),
        chatgpt_message(
            3, "assistant", {"content_type": "thoughts", "thoughts": [{"content": "hm"}]}
        ),
        chatgpt_message(
            4, "assistant", {"content_type": "code", "text": "1+1"}, recipient="python"
        ),
        chatgpt_message(
            5, "tool", {"content_type": "execution_output", "text": "2"}, name="python"
        ),
        chatgpt_message(6, "assistant", "It is 2\ue200cite\ue202turn0\ue201.【3†source】"),
    ]
    files = {"conversations.json": [chatgpt_conversation("c", "T", messages)]}
    assert _said(_read(tmp_path, files)[0]["c"]) == [("", "Hi\n"), ("chatgpt", "It is 2.\n")]


def test_what_is_not_to_be_remembered_is_skipped_with_its_memories(tmp_path: Path) -> None:
    forgotten = remembering("c0", "Has an illness.") | {"is_do_not_remember": True}
    records, skipped = _read(
        tmp_path, {"conversations.json": [forgotten, chat("c1", "T", "a", "b")]}
    )
    assert list(records) == ["c1"]
    assert SkippedRecord("conversations", TO_BE_FORGOTTEN, 1, RecordClass.TRANSCRIPT) in skipped


def test_17_broken_of_900_are_named_and_883_come(tmp_path: Path) -> None:
    broken = [None, 5, [], {}, {"id": "x", "mapping": 3}, {"conversation_id": "y", "mapping": None}]
    items: list[Any] = [chat(f"c{n}", f"T{n}", "Hi", "Hello") for n in range(883)]
    for n in range(17):
        items.insert(n * 50, broken[n % len(broken)])
    records, skipped = _read(tmp_path, {"conversations.json": items})
    assert len(records) == 883
    assert len(skipped) == 17
    assert {one.why for one in skipped} == {BROKEN}
    assert {"x", "y", "conversations.json, item 1"} <= {one.what for one in skipped}


@pytest.mark.parametrize("part", [0.3, 0.6, 0.99])
def test_a_file_that_ends_too_early_gives_what_came_before(tmp_path: Path, part: float) -> None:
    whole = json.dumps([chat(f"c{n}", "T", "Hi", "Hello") for n in range(20)]).encode()
    files = {
        "conversations-000.json": whole[: int(len(whole) * part)],
        "conversations-001.json": [chat("last", "T", "Hi", "Hello")],
    }
    records, skipped = _read(tmp_path, files)
    assert list(records) == [*(f"c{n}" for n in range(len(records) - 1)), "last"]
    lost = f"conversations-000.json, from item {len(records)} on"
    assert skipped == [SkippedRecord(lost, NOT_JSON)]


def test_a_byte_or_a_number_that_json_has_not_costs_no_conversation(tmp_path: Path) -> None:
    whole = json.dumps([chat(f"c{n}", "T", f"Hi {n}", "Hello") for n in range(5)]).encode()
    for n, odd in enumerate((b"NaN", b"1e999", b"1" + b"0" * 400, b"1" * 5000)):
        whole = whole.replace(b"1714557600.0", odd, 1) if n else whole
    whole = whole.replace(b"Hi 3", b"Hi \xff3")
    records, skipped = _read(tmp_path, {"conversations.json": whole})
    assert (list(records), skipped) == ([f"c{n}" for n in range(5)], [])
    assert _said(records["c3"])[0] == ("", "Hi \ufffd3\n")


def test_brackets_too_deep_cost_only_what_is_behind_them(tmp_path: Path) -> None:
    good = [chat(f"c{n}", "T", "Hi", "Hello") for n in range(3)]
    whole = json.dumps(good)[:-1].encode() + b", " + b"[" * 100_000 + b"]" * 100_000 + b"]"
    records, skipped = _read(tmp_path, {"conversations.json": whole})
    assert list(records) == ["c0", "c1", "c2"]
    assert skipped == [SkippedRecord("conversations.json, from item 4 on", TOO_DEEP)]


def test_a_memory_that_is_nearly_json_is_a_text(tmp_path: Path) -> None:
    texts = ['{"a":' * 100_000, '{"content": "Runs."}', "{}"]
    records, _ = _read(tmp_path, {"conversations.json": [remembering("c", *texts)]})
    assert _said(records["memories"]) == [("chatgpt", f"- {texts[0]}\n- Runs.\n- {{}}\n")]


def test_what_the_person_typed_stays_as_it_is(tmp_path: Path) -> None:
    typed = "    def f():\n        pass\n\nsee 【4†my own note】 here"
    files = {"conversations.json": [chat("c", "T", typed, "    x = 1\n【4†source】")]}
    assert _said(_read(tmp_path, files)[0]["c"]) == [
        ("", f"{typed}\n"),
        ("chatgpt", "    x = 1\n"),
    ]


def test_one_record_cannot_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MOST_ITEM_BYTES", 100_000)
    files = {"conversations.json": [chat("c", "T", "x" * 400_000, "Hello")]}
    with pytest.raises(LimitExceeded, match="one item"):
        _read(tmp_path, files)


@pytest.mark.parametrize(
    ("create", "update", "wanted"),
    [
        (1_714_557_600.5, None, "2024-05-01"),
        ("1714557600", "", "2024-05-01"),
        ("2024-05-01T10:00:00Z", None, "2024-05-01"),
        (1_714_557_600_000, None, "2024-05-01"),
        (None, None, "2024-05-01"),  # of its messages
        (0, -1, "2024-05-01"),
        (float("1e300"), True, "2024-05-01"),
    ],
)
def test_dates_in_any_form_are_the_conversations(
    tmp_path: Path, create: object, update: object, wanted: str
) -> None:
    conversation = chat("c", "T", "Hi", "Hello", create_time=create, update_time=update)
    record = _read(tmp_path, {"conversations.json": [conversation]})[0]["c"]
    assert record.created.date().isoformat() == wanted
    assert record.updated.date().isoformat() == wanted


def test_a_conversation_without_text_is_named(tmp_path: Path) -> None:
    _, skipped = _read(tmp_path, {"conversations.json": [chatgpt_conversation("c", "T", [])]})
    assert skipped == [SkippedRecord("c", EMPTY)]


def test_an_empty_export_is_recognised_by_what_is_beside_it(tmp_path: Path) -> None:
    assert _read(tmp_path, {"conversations.json": [], "chat.html": b"<html>"})[0] == {}


def test_an_export_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    one = json.dumps(chat("c", "T", "x" * 20_000, "y" * 20_000)).encode()
    file = tmp_path / "conversations.json"
    file.write_bytes(b"[" + b",".join([one] * 150) + b"]")
    with open_source(tmp_path) as source:
        tracemalloc.start()
        try:
            assert sum(1 for _ in FORMAT.read(source).records(transcripts=True)) == 150
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < file.stat().st_size / 4


def test_a_file_that_somebody_has_renamed_is_known_by_what_is_in_it(tmp_path):
    name = "my chats (1).json"
    file = laid_out(tmp_path, {name: [chat("c1", "Trip", "Hello.", "Hello!")]}) / name
    with open_export(file) as reader:
        assert reader.kind == "chatgpt"
        assert [one.title for one in reader.records(transcripts=True)] == ["Trip"]
