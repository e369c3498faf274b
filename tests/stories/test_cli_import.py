"""`pack import`: exports of chat tools, as a person brings them in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.chat_exports import chat, claude_chat, instructing, laid_out, remembering, zipped
from tests.stories.cli_driver import Folder, run

FAKE_SECRET = "ghp_" + "FAKEfake0123456789FAKEfake0123456789"  # made up
KEYS = ["kind", "found", "written", "unchanged", "skipped", "secrets", "commit"]


@pytest.fixture
def memory(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "memory")
    folder.ok("init")
    return folder


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "chatgpt.zip"
    files = {
        "conversations-000.json": [
            remembering("c0", "Likes short answers."),
            instructing("c1", "I bake.", "Be brief."),
            chat("c2", "Keys", f"My token is {FAKE_SECRET}", "Keep it safe."),
            chat("c3", "Never", "x", "y", is_do_not_remember=True),
            {"id": "broken"},
        ],
        "chat.html": b"<html></html>",
    }
    file.write_bytes(zipped(files))
    return file


def test_the_answer_is_the_promised_one_and_the_second_changes_nothing(
    memory: Folder, export: Path
) -> None:
    before = memory.commits()
    planned = memory.json("import", export, "--dry-run")
    assert list(planned) == KEYS
    assert (planned["kind"], planned["written"], planned["commit"]) == ("chatgpt", 2, None)
    assert memory.commits() == before
    done = memory.json("import", export, "--transcripts")
    assert done["found"] == {"transcripts": 4, "memories": 1, "instructions": 1}
    assert (done["written"], done["unchanged"], done["commit"]) == (5, 0, memory.head())
    assert memory.commits() == before + 1
    assert [set(one) for one in done["skipped"]] == [{"what", "why", "count"}] * 3
    assert {one["what"]: one["count"] for one in done["skipped"]} == {
        "broken": 1,
        "conversations": 1,
        "other files": 1,
    }
    state = memory.state(), memory.git("for-each-ref")
    again = memory.json("import", export, "--transcripts")
    assert (again["written"], again["unchanged"], again["commit"]) == (0, 5, None)
    assert (memory.state(), memory.git("for-each-ref")) == state


def test_a_secret_is_counted_and_never_printed(memory: Folder, export: Path) -> None:
    for words in (["--dry-run"], []):
        for form in ("text", "json"):
            ended = memory.pack("import", export, "--transcripts", "--format", form, *words)
            assert ended.status == 0
            assert FAKE_SECRET not in ended.text + ended.err
    assert FAKE_SECRET not in memory.git("log", "--format=%B")
    again = memory.ok("import", export, "--from", "chatgpt")
    assert FAKE_SECRET not in again.text + again.err


def test_a_table_says_what_comes(memory: Folder, export: Path) -> None:
    ended = memory.ok("import", export, "--dry-run")
    assert ended.text.startswith("chatgpt: ")
    rows = [line.split()[:2] for line in ended.text.splitlines()[1:]]
    assert ["notes", "2"] in rows
    assert ["broken", "1"] in rows
    assert "--transcripts takes conversations, too" in ended.err
    assert "nothing was changed" in ended.err


def test_an_import_is_the_persons_and_what_the_tool_wrote_is_not(
    memory: Folder, export: Path
) -> None:
    memory.ok("import", export, "--transcripts")
    assert "Pack-Origin: user:import\n" in memory.git("log", "-1", "--format=%B")
    blamed = memory.json("blame", "archive/chatgpt/2024/keys.md")
    said = {
        line["text"]: (line["origin"], line["level"])
        for line in blamed["lines"]
        if line["text"] in ("Keep it safe.", f"My token is {FAKE_SECRET}")
    }
    assert sorted(said.values()) == [("ai-cloud:chatgpt", 5), ("user:import", 1)]


def test_what_was_imported_is_found_and_conversations_only_where_asked(
    memory: Folder, export: Path
) -> None:
    memory.ok("import", export, "--transcripts")
    assert "profiles/chatgpt-memories.md" in memory.ok("search", "short answers").text
    assert "archive" not in memory.pack("search", "safe").text
    assert "archive/chatgpt/2024/keys.md" in memory.ok("search", "safe", "--dir", "archive").text
    assert "archive" not in memory.git("show", "HEAD:index.md")
    assert "archive" not in memory.ok("context").text


def test_a_hostile_zip_is_refused_as_a_whole(memory: Folder, tmp_path: Path) -> None:
    file = tmp_path / "hostile.zip"
    chats = [chat("c", "T", "a", "b")]
    file.write_bytes(zipped({"conversations.json": chats, "../../evil.json": chats}))
    before = memory.state()
    ended = memory.pack("import", file)
    assert ended.status == 1
    assert "leads out of it" in ended.err
    assert memory.state() == before
    assert not (tmp_path.parent / "evil.json").exists()


def test_what_is_no_export_says_so(memory: Folder, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    for words in ([tmp_path / "other"], [tmp_path / "gone.zip"]):
        assert memory.pack("import", *words).status == 1
    wrong = laid_out(tmp_path / "claude", {"conversations.json": [claude_chat("u", "T", "a", "b")]})
    assert "no export of chatgpt" in memory.pack("import", wrong, "--from", "chatgpt").err
    assert memory.pack("import", wrong, "--from", "nobody").status != 0


def test_without_a_memory_nothing_is_made(tmp_path: Path, export: Path) -> None:
    ended = run("import", export, "--local", tmp_path / "none", cwd=tmp_path)
    assert ended.status == 1
    assert "pack init" in ended.err


def test_fixtures_are_made_up(pytestconfig: pytest.Config) -> None:
    """No address in the tests of imports could be somebody's."""
    top = pytestconfig.rootpath / "tests"
    files = [file for file in top.rglob("*.py") if "import" in str(file.relative_to(top))]
    texts = [file.read_text(encoding="utf-8") for file in (*files, top / "chat_exports.py")]
    found = {one for text in texts for one in re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", text)}
    made_up = re.compile(r".*@(?:[\w-]+\.)*(?:example(?:\.\w+)?|invalid|test)")
    assert {one for one in found if not made_up.fullmatch(one)} == set()
