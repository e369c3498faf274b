from pathlib import Path
from typing import Any

from pack_connectors.import_sources.claude import FORMAT
from pack_connectors.import_sources.opening import open_source
from pack_connectors.import_sources.recognising import open_export
from pack_connectors.import_sources.skips import BROKEN, EMPTY
from pack_connectors.import_sources.zips import with_archives

from pack.imports.records import NOT_ASKED_FOR, ImportedRecord, RecordClass, SkippedRecord
from tests.chat_exports import claude_chat, claude_project, laid_out, zipped


def _read(
    folder: Path, files: dict[str, Any], *, transcripts: bool = True
) -> tuple[dict[str, ImportedRecord], list[SkippedRecord]]:
    with open_source(laid_out(folder, files)) as source:
        opened = with_archives(source)
        assert FORMAT.recognises(opened)
        found = list(FORMAT.read(opened).records(transcripts=transcripts))
    records = {one.source_id: one for one in found if isinstance(one, ImportedRecord)}
    return records, [one for one in found if isinstance(one, SkippedRecord)]


def _said(record: ImportedRecord) -> list[tuple[str, str]]:
    return [(part.writer.client if part.writer else "", part.text) for part in record.parts]


def test_a_conversation_is_read(tmp_path: Path) -> None:
    files = {"conversations.json": [claude_chat("u1", "Plan", "Hi", "Hello")]}
    records, skipped = _read(tmp_path, files)
    assert skipped == []
    record = records["u1"]
    assert (record.kind, record.title) == (RecordClass.TRANSCRIPT, "Plan")
    assert _said(record) == [("", "Hi\n"), ("claude", "Hello\n")]
    assert record.created.isoformat() == "2025-03-01T10:00:00.123456+00:00"
    assert record.updated.isoformat() == "2025-03-02T10:00:00+00:00"


def test_several_zips_are_one_export(tmp_path: Path) -> None:
    files = {
        f"conversations-00{n}.zip": zipped(
            {"conversations.json": [claude_chat(f"u{n}", "T", "Hi", "Hello")]}
        )
        for n in range(3)
    }
    assert list(_read(tmp_path, files)[0]) == ["u0", "u1", "u2"]


def test_thoughts_and_tools_are_left_out_and_attachments_quoted(tmp_path: Path) -> None:
    conversation = claude_chat("u1", "Plan", "Look", "Done")
    first, second = conversation["chat_messages"]
    first["attachments"] = [{"file_name": "a.txt", "extracted_content": "one\n\ntwo"}]
    first["files"] = [{"file_name": "b.png"}]
    second["content"] = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "tool_use", "name": "search", "input": {}},
        {"type": "tool_result", "content": "found"},
        {"type": "text", "text": "Done"},
    ]
    records, _ = _read(tmp_path, {"conversations.json": [conversation]})
    assert _said(records["u1"]) == [
        ("", "Look\n\n*(attached: a.txt)*\n\n> one\n>\n> two\n\n*(attached: b.png)*\n"),
        ("claude", "Done\n"),
    ]


def test_old_messages_have_only_a_text(tmp_path: Path) -> None:
    conversation = claude_chat("u1", "Plan", "Hi", "Hello")
    for message in conversation["chat_messages"]:
        del message["content"], message["uuid"]
    records, _ = _read(tmp_path, {"conversations.json": [conversation]})
    assert _said(records["u1"]) == [("", "Hi\n"), ("claude", "Hello\n")]


def test_of_two_branches_the_newest_is_what_was_seen(tmp_path: Path) -> None:
    conversation = claude_chat("u1", "Plan", "Hi", "Hello", "No", "Well", "Yes", "Fine")
    messages = conversation["chat_messages"]
    parents = ["root", "m0", "m1", "m2", "m1", "m4"]
    for message, parent in zip(messages, parents, strict=True):
        message["parent_message_uuid"] = parent
    records, _ = _read(tmp_path, {"conversations.json": [conversation]})
    assert [text for _, text in _said(records["u1"])] == ["Hi\n", "Hello\n", "Yes\n", "Fine\n"]


def test_projects_in_either_form_come_with_their_documents(tmp_path: Path) -> None:
    files = {
        "projects.json": [claude_project("p1", "Site", docs={"brief.md": "# Brief\n"})],
        "projects/p2.json": claude_project("p2", "Site", docs={"plan": "Plan\n"}),
    }
    records, _ = _read(tmp_path, files, transcripts=False)
    assert {(one.folder, one.name) for one in records.values()} == {
        ("projects/site-p1", "project.md"),
        ("projects/site-p1", "brief.md"),
        ("projects/site-p2", "project.md"),
        ("projects/site-p2", "plan.md"),
    }
    assert _said(records["p1"]) == [("", "About it.\n\n## Instructions\n\nBe kind.\n")]


def test_projects_of_one_name_are_told_apart_in_any_order(tmp_path: Path) -> None:
    made = [claude_project(key, name, docs={"d": "x"}) for key, name in _SITES.items()]
    told = {"project_memories": dict.fromkeys(_SITES, "It is blue."), "account_uuid": "a"}
    found = []
    for n, projects in enumerate((made, made[::-1])):
        files = {"projects.json": projects, "memories.json": [told]}
        records, _ = _read(tmp_path / str(n), files)
        found.append({key: (one.folder, one.name) for key, one in records.items()})
    assert found[0] == found[1]
    assert {key: found[0][key][0] for key in _SITES} == {
        "0a": "projects/site-0a",
        "0b": "projects/site-0b",
        "0c": "projects/shop",
    }
    for key in _SITES:
        folders = {found[0][one][0] for one in (key, f"{key}-d", f"memory/{key}")}
        assert len(folders) == 1


_SITES = {"0a": "Site", "0b": "site!", "0c": "Shop"}


def test_a_document_without_a_date_is_as_old_as_its_project(tmp_path: Path) -> None:
    project = claude_project("p", "Site", docs={"d": "x"})
    del project["docs"][0]["created_at"]
    records, _ = _read(tmp_path, {"projects.json": [project]})
    assert records["p-d"].created == records["p"].created
    assert records["p"].created.isoformat() == "2025-01-01T00:00:00+00:00"


def test_the_memories_of_two_accounts_stay_apart(tmp_path: Path) -> None:
    told = [{"conversations_memory": f"Of {one}.", "account_uuid": one} for one in ("a", "b", "")]
    records, _ = _read(tmp_path, {"memories.json": told})
    assert {key: one.parts[0].text for key, one in records.items()} == {
        "account/a/memory": "Of a.\n",
        "account/b/memory": "Of b.\n",
        "memory": "Of .\n",
    }


def test_what_claude_remembers_comes_with_headings_and_is_claudes(tmp_path: Path) -> None:
    memories = {
        "conversations_memory": "**Work context**\nA baker.\n\n**Top of mind**\n**Bread** now.",
        "project_memories": {"p1": "It is blue.", "p9": "Gone."},
        "account_uuid": "a",
    }
    files = {"memories.json": [memories], "projects.json": [claude_project("p1", "Site")]}
    records, _ = _read(tmp_path, files, transcripts=False)
    memory = records["account/a/memory"]
    assert _said(memory) == [
        ("claude", "## Work context\nA baker.\n\n## Top of mind\n**Bread** now.\n")
    ]
    assert memory.created is not None
    assert (memory.former_id, memory.folder, memory.name) == (
        *("memory", "profiles", "claude-memory.md"),
    )
    assert (records["memory/p1"].folder, records["memory/p1"].title) == (
        "projects/site",
        "Site: Claude memory",
    )
    assert records["memory/p9"].folder == "projects/project-p9"


def test_broken_records_are_named_and_the_others_come(tmp_path: Path) -> None:
    files = {
        "conversations.json": [
            5,
            {"uuid": "u0", "chat_messages": None},
            {"uuid": "u1", "chat_messages": []},
            claude_chat("u2", "T", "Hi", "Hello"),
        ],
        "projects.json": [{"name": "no id"}, claude_project("p1", "Site", docs={"": ""})],
    }
    records, skipped = _read(tmp_path, files)
    assert {"u2", "p1"} <= set(records)
    whys = {one.what: one.why for one in skipped}
    assert whys["conversations.json, item 1"] == whys["u0"] == BROKEN
    assert whys["u1"] == EMPTY


def test_conversations_are_counted_where_nobody_asked_for_them(tmp_path: Path) -> None:
    files = {"conversations.json": [claude_chat("u", "T", "Hi", "Hello")], "users.json": []}
    _, skipped = _read(tmp_path, files, transcripts=False)
    assert SkippedRecord("conversations", NOT_ASKED_FOR, 1, RecordClass.TRANSCRIPT) in skipped


def test_a_file_that_somebody_has_renamed_is_known_by_what_is_in_it(tmp_path):
    name = "my chats (1).json"
    file = laid_out(tmp_path, {name: [claude_chat("c1", "Trip", "Hello.", "Hello!")]}) / name
    with open_export(file) as reader:
        assert reader.kind == "claude"
        assert [one.title for one in reader.records(transcripts=True)] == ["Trip"]
