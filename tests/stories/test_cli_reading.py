"""What a person reads from the command line: list, get, search, status, validate, help."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pack_servers.cli.app import COMMANDS, GROUPS

from pack._version import __version__
from tests.search.identifiers import FORMS
from tests.stories.cli_driver import COMMAND, Folder, new_memory, run, run_installed
from tests.stories.prepared import pack_command

NOTES = {
    "projects/site.md": "---\ntopic: Web site\ntags: [work, web]\nupdated: 2026-01-02\n---\n"
    "# Web site\n\nGoes live in May, with coffee.\n",
    "profiles/me.md": "---\ntopic: About me\ntags: [profile]\nupdated: 2026-01-01\n---\nCoffee.\n",
    "context/general.md": "---\ntopic: General\ncreated: 2026-01-01\n---\nMore.\n",
    "context/old.md": "---\ntopic: Sale\nttl: 2020-01-01\nupdated: 2019-12-01\n---\nUntil then.\n",
}
WRITES = {
    *("init", "update", "edit", "move", "delete", "prune", "migrate", "migrate-notion", "sync"),
    *("commit", "undo", "redo", "restore", "truth", "kit", "setup"),
    *("distribute", "import"),
}
READS = {"list", "get", "search", "validate", "status", "remote", "doctor", "reindex"}
READS |= {"log", "changes", "diff", "show", "blame", "context"}
READS |= {"proposals", "accept", "attribution", "mesh", "export"}
WITHOUT_A_MEMORY = {"google-auth", "help"}


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A memory that the tests of this file only read."""
    folder = Folder(tmp_path_factory.mktemp("reading") / "memory")
    folder.path.mkdir()
    folder.start(NOTES)
    folder.ok("init")
    return folder


def test_list_shows_a_row_for_each_file_and_marks_what_has_expired(memory: Folder) -> None:
    lines = memory.ok("list").text.splitlines()
    assert lines[0].split() == ["PATH", "TOPIC", "TAGS", "UPDATED"]
    assert [line.split()[0] for line in lines[1:]] == sorted(NOTES)
    assert [line.endswith("  [expired]") for line in lines[1:]] == [False, True, False, False]
    assert "Web site  work, web" in lines[4]


def test_list_filters_and_pages(memory: Folder) -> None:
    def paths(*options: str) -> list[str]:
        return [file["path"] for file in memory.json("list", *options)["files"]]

    assert paths("--tag", "WORK") == ["projects/site.md"]
    assert paths("--topic", "about") == ["profiles/me.md"]
    assert paths("--dir", "context") == ["context/general.md", "context/old.md"]
    first = memory.json("list", "--limit", "3")
    assert first["total"] == 4
    assert paths("--limit", "3", "--cursor", first["next_cursor"]) == ["projects/site.md"]
    assert memory.ok("list", "--tag", "none").err == "no files match\n"
    cut = memory.ok("list", "--limit", "1")
    assert "1 of 4 files" in cut.err


def test_list_by_trust_says_how_far_each_file_is_trusted(memory: Folder) -> None:
    found = memory.json("list", "--max-level", "1", "--dir", "projects")["files"]
    assert [(file["path"], file["level"]) for file in found] == [("projects/site.md", 1)]
    assert found[0]["origin"] == "user"
    assert memory.json("list", "--origin", "ai-")["files"] == []
    head, line = memory.ok("list", "--max-level", "5", "--dir", "projects").text.splitlines()
    assert head.split()[-1] == "TRUST"
    assert f"1 {found[0]['origin']}" in line
    assert "max_level" in memory.pack("list", "--max-level", "9").err
    assert "not for --regex" in memory.pack("search", "--regex", "x", "--max-level", "1").err


def test_the_json_of_a_list_has_these_keys(memory: Folder) -> None:
    answer = memory.json("list", "--topic", "sale")
    assert answer == {
        "files": [
            {
                "path": "context/old.md",
                "topic": "Sale",
                "tags": [],
                "created": None,
                "updated": "2019-12-01",
                "expired": True,
                "sync": True,
                "level": 1,
                "origin": "user",
            }
        ],
        "total": 1,
        "next_cursor": None,
    }


def test_get_prints_the_exact_bytes(tmp_path: Path) -> None:
    memory = Folder(tmp_path / "memory")
    memory.path.mkdir()
    odd = "\ufeff---\r\ntopic: Ω\r\n---\r\nno end: \x1b[31m日本".encode()
    memory.start({"context/odd.md": odd, "context/empty.md": b""})
    memory.ok("init")
    assert memory.ok("get", "context/odd.md").out == odd
    assert memory.ok("get", "context/empty.md").out == b""


def test_get_as_json_gives_what_an_update_needs(memory: Folder) -> None:
    answer = memory.json("get", "projects/site.md")
    assert answer == {
        "path": "projects/site.md",
        "content": NOTES["projects/site.md"],
        "sha": memory.git("rev-parse", "HEAD:projects/site.md").strip(),
        "updated_at": "2026-01-02",
        "warnings": [],
        "level": 1,
        "origin": "user",
        "weaker": [],
    }


def test_get_shows_a_section_or_some_lines(memory: Folder) -> None:
    whole = memory.ok("get", "projects/site.md").text
    lines = whole.splitlines(keepends=True)
    assert memory.ok("get", "projects/site.md", "--lines", "2-3").text == "".join(lines[1:3])
    heading = next(line for line in lines if line.startswith("#"))
    title = heading.lstrip("#").strip()
    shown = memory.ok("get", "./projects/site", "--section", title).text
    assert shown.startswith(heading)
    answer = memory.json("get", "projects/site.md", "--lines", "2")
    assert answer["content"] == lines[1]
    assert answer["excerpt"]["total"] == len(lines)
    assert "name the file" in memory.pack("get", "--lines", "2").err


def test_get_names_what_is_near(memory: Folder) -> None:
    ended = memory.pack("get", "project/site.md")
    assert ended.status == 1
    assert "Did you mean projects/site.md? Run `pack list`" in ended.err


def test_get_without_a_path_is_the_whole_memory(memory: Folder) -> None:
    whole = memory.ok("get").text
    assert [line for line in whole.splitlines() if line.startswith("<!-- ")] == [
        f"<!-- {path} -->" for path in sorted(NOTES)
    ]
    answer = memory.json("get")
    assert (answer["content"], answer["files"]) == (whole, 4)


def test_search_shows_the_best_files_with_line_and_text(memory: Folder) -> None:
    shown = memory.ok("search", "coffee").text.splitlines()
    assert {line.split()[0] for line in shown[::2]} == {"projects/site.md:8", "profiles/me.md:6"}
    assert "    Goes live in May, with coffee." in shown
    assert "\x1b" not in "".join(shown)
    (only,) = memory.json("search", "coffee", "--tag", "web")["matches"]
    assert only["path"] == "projects/site.md"
    assert only["line"] == 8
    fields = {"path", "topic", "tags", "section", "snippet", "line", "score", "updated"}
    fields |= {"level", "origin"}
    assert set(only) == fields | {"explanation"}


def test_search_finds_and_leaves_out_a_name_in_every_spelling(tmp_path: Path) -> None:
    memory = Folder(tmp_path / "memory")
    (memory.path / "projects").mkdir(parents=True)
    forms = {f"projects/{number}.md": form for number, form in enumerate(FORMS["GitHub Actions"])}
    for path, form in {**forms, "projects/no.md": "GitHub"}.items():
        (memory.path / path).write_text(f"This note says {form}.\n", encoding="utf-8")
    memory.ok("init", "--yes")

    def found(*words: str) -> set[str]:
        return {match["path"] for match in memory.json("search", *words)["matches"]}

    for words in (['"github actions"'], ["github", "actions"], ["GITHUB_ACTIONS"], ["github act*"]):
        assert found(*words) >= set(forms), words
    for phrase in ('"GitHub Actions"', '"github actions"', "githubActions"):
        assert found("--", "says", f"-{phrase}") == {"projects/no.md"}, phrase


def test_search_takes_words_with_and_without_quotes(memory: Folder) -> None:
    for words in (["live in May"], ["live", "in", "May"]):
        assert memory.json("search", *words)["matches"][0]["path"] == "projects/site.md"
    nothing = memory.ok("search", "zebra")
    assert nothing.out == b""
    assert "nothing found" in nothing.err


def test_status_tells_what_the_memory_is_like(memory: Folder) -> None:
    answer = memory.json("status")
    assert answer["mode"] == "v2"
    assert answer["commit"] == memory.head()
    assert answer["folders"] == [
        {"folder": "context", "files": 2},
        {"folder": "profiles", "files": 1},
        {"folder": "projects", "files": 1},
    ]
    assert (answer["files"], answer["uncommitted"]) == (4, [])
    assert answer["expired"] == ["context/old.md"]
    shown = memory.ok("status").text
    assert memory.head() in shown
    assert "1 file expired" in shown


@pytest.mark.contract("C1")
def test_validate_tells_what_has_expired_and_ends_with_one(memory: Folder) -> None:
    before = memory.state()
    ended = memory.pack("validate")
    assert ended.status == 1
    assert "context/old.md:3:1: expired: expired on 2020-01-01" in ended.text
    assert "  → " in ended.text
    assert ended.err == "1 problem in 4 files\n"
    assert memory.state() == before


@pytest.mark.contract("C10")
def test_validate_reports_a_drifted_index_and_does_not_touch_it(tmp_path: Path) -> None:
    memory = new_memory(tmp_path / "memory")
    assert memory.ok("validate").err.startswith("no problems in ")
    index = memory.path / "index.md"
    index.write_text(index.read_text(encoding="utf-8").replace("About me", "X"), encoding="utf-8")
    before = memory.state()
    ended = memory.pack("validate", "--format", "json")
    assert ended.status == 1
    (finding,) = ended.json["findings"]
    assert finding["code"] == "index_drift"
    assert finding["path"] == "index.md"
    assert set(finding) == {"code", "path", "line", "column", "message", "remedy"}
    assert memory.state() == before


def test_what_memory_holds_does_nothing_to_a_terminal(tmp_path: Path) -> None:
    memory = Folder(tmp_path / "memory")
    memory.path.mkdir()
    evil = '---\ntopic: "red\\e[31m\\x9b31m\\u2028"\n---\nfind me \x1b]0;title\x07\n'
    memory.start({"context/evil.md": evil})
    memory.ok("init")
    for words in (["list"], ["search", "find me"], ["status"]):
        shown = memory.ok(*words).text
        assert not set(shown) & {"\x1b", "\x07", "\x9b", "\u2028"}, words


def test_a_memory_that_is_not_there_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "none")
    for words in (
        ["list"],
        ["get", "context/a.md"],
        ["get"],
        ["search", "x"],
        ["status"],
        ["validate"],
        ["prune"],
        ["update", "context/a.md"],
    ):
        ended = folder.pack(*words)
        assert ended.status == 1, words
        assert ended.out == b""
        assert ended.err.startswith("error: there is no memory in ")
        assert "\n  → Run `pack init`" in ended.err
    assert not folder.path.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_by_example_and_names_the_common_options(command: str) -> None:
    shown = run(command, "--help", env={"COLUMNS": "100"})
    assert shown.status == 0
    assert shown.err == ""
    examples = shown.text.split("Examples:\n")[1].splitlines()
    assert 1 <= len(examples) <= 4
    assert all(line.strip().startswith(f"pack {command}") for line in examples)
    assert ("--local DIR" in shown.text) == (command not in WITHOUT_A_MEMORY)
    assert ("--dry-run" in shown.text) == (command in WRITES)
    assert ("--format" in shown.text) == (command in WRITES | READS)


def test_the_first_help_lists_every_command() -> None:
    for words in ([], ["--help"], ["-h"]):
        shown = run(*words)
        assert shown.status == 0
        sections = dict(re.findall(r"^(\w+):\n((?:  .*\n)+)", shown.text, re.MULTILINE))
        assert list(sections) == [*GROUPS, "Options", "Start"]
        for group, commands in GROUPS.items():
            assert re.findall(r"^  ([a-z-]+)  ", sections[group], re.MULTILINE) == list(commands)


def test_the_version() -> None:
    assert run_installed("--version").text == f"pack {__version__}\n"


def test_completion_knows_commands_and_options(home: Path) -> None:
    del home  # where an installed script would be written
    asked = {"SHELL": "/bin/bash", "_TYPER_COMPLETE_TEST": "1"}
    script = run_installed("--show-completion", env=asked, command=pack_command())
    assert script.status in (0, 1)  # 1 where the shell that started us cannot be told
    asked = {"_PACK_COMPLETE": "complete_bash", "COMP_WORDS": "pack sta", "COMP_CWORD": "1"}
    assert run_installed(env=asked).text.split() == ["status"]
    asked |= {"COMP_WORDS": "pack list --to", "COMP_CWORD": "2"}
    assert run_installed(env=asked, command=pack_command()).text.split() == ["--topic"]


def test_completion_knows_the_files_of_the_memory(memory: Folder, tmp_path: Path) -> None:
    def completed(words: str) -> list[str]:
        last = str(len(words.split()) - 1)
        asked = {"_PACK_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": last}
        return run_installed(env=asked, command=pack_command()).text.split()

    place = f"--local {memory.path}"
    assert completed(f"pack get {place} pro") == ["profiles/me.md", "projects/site.md"]
    assert completed(f"pack move {place} projects/") == ["projects/site.md"]
    assert completed(f"pack get --local {tmp_path}/none pro") == []


def test_the_command_runs_as_a_module_too(memory: Folder) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pack_servers.cli", "get", "profiles/me.md", "--local", memory.path],
        capture_output=True,
        check=True,
    )
    assert done.stdout == memory.ok("get", "profiles/me.md").out
    assert Path(COMMAND).exists()
