"""What a person changes from the command line: update, edit, delete, move, prune."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder, new_memory, run

STALE = "0" * 40


@pytest.fixture
def memory(tmp_path: Path) -> Folder:
    return new_memory(tmp_path / "memory")


def one_commit(memory: Folder, before: int) -> str:
    """The message of the only commit since then."""
    assert memory.commits() == before + 1
    assert memory.git("status", "--porcelain") == ""
    return memory.git("log", "-1", "--format=%B")


@pytest.mark.contract("C9", "C10")
def test_a_new_file_from_standard_input_needs_no_sha(memory: Folder) -> None:
    before = memory.commits()
    shown = memory.ok("update", "context/tea.md", "-m", "she told me", stdin="Green tea.\r\nΩ").text
    assert shown.splitlines()[0] == "stored context/tea.md"
    assert memory.sha("context/tea.md") in shown
    assert memory.head() in shown
    message = one_commit(memory, before)
    assert message.startswith("context/tea.md: add (she told me)\n")
    assert "Pack-Origin: user:cli\nPack-Truth-Level: 1\n" in message
    stored = memory.ok("get", "context/tea.md").out
    assert stored.endswith("---\r\nGreen tea.\r\nΩ".encode())
    assert "[tea.md](context/tea.md)" in (memory.path / "index.md").read_text(encoding="utf-8")
    memory.ok("validate")


def test_an_update_from_a_file_names_the_version_it_replaces(memory: Folder) -> None:
    text = memory.path.parent / "new text.md"
    text.write_bytes(b"# Me\n")
    answer = memory.json(
        "update", "profiles/me.md", "-f", text, "--sha", memory.sha("profiles/me.md")
    )
    assert answer["sha"] == memory.sha("profiles/me.md")
    assert answer["commit"] == memory.head()
    assert answer["index_updated"] is True
    assert memory.ok("get", "profiles/me.md").text.endswith("---\n# Me\n")


@pytest.mark.contract("C1", "C9")
@pytest.mark.parametrize("options", [[], ["--sha", STALE]], ids=["missing", "stale"])
def test_without_the_right_sha_nothing_is_replaced(memory: Folder, options: list[str]) -> None:
    text = memory.path.parent / "new text.md"
    text.write_bytes(b"# Me\n")
    before = memory.state()
    ended = memory.pack("update", "profiles/me.md", "--file", text, "-m", "why not", *options)
    assert ended.status == 2
    assert ended.out == b""
    assert memory.state() == before
    sha = memory.sha("profiles/me.md")
    assert sha in ended.err.splitlines()[0]
    # The remedy is a command that works when it is pasted.
    again = shlex.split(ended.err.splitlines()[-1].partition(": ")[2])
    assert again[:2] == ["pack", "update"]
    assert again[-2:] == ["--local", str(memory.path)]
    memory.ok(*again[1:-2])
    assert memory.ok("get", "profiles/me.md").text.endswith("# Me\n")


@pytest.mark.contract("C1")
def test_a_sha_for_a_file_that_is_gone_is_a_conflict(memory: Folder) -> None:
    ended = memory.pack("update", "context/none.md", "--sha", STALE, stdin="x")
    assert ended.status == 2
    assert "does not exist" in ended.err
    assert "Store it as a new file: pack update context/none.md --local" in ended.err


def test_input_that_cannot_be_stored_is_refused(memory: Folder) -> None:
    before = memory.state()
    for words, stdin, said in (
        (["update", "context/a.md"], b"\xff", "standard input is not valid UTF-8 (byte 1)"),
        (["update", "context/a.md", "--file", memory.path], b"", "--file: "),
        (["update", "context/a.md", "--file", "no such file"], b"", "--file: no such file: "),
        (["update", "../a.md"], b"x", "invalid path '../a.md'"),
        (["update", "context/a.txt"], b"x", "end in .md"),
        (["update", "context/-a.md"], b"x", "hyphen"),
        (["update", "context/a.md"], b"x" * (2 * 1024 * 1024 + 1), "exceeds the limit"),
    ):
        ended = memory.pack(*words, stdin=stdin)
        assert (ended.status, ended.out) == (1, b""), words
        assert said in ended.err
        assert "\n  → " in ended.err
    assert memory.state() == before


def test_a_path_that_looks_like_an_option_is_no_option(memory: Folder) -> None:
    ended = run("get", "--local", memory.path, "--", "--version")
    assert ended.status == 1
    assert "a memory file must end in .md" in ended.err


@pytest.mark.contract("C9")
def test_parts_of_a_file_can_be_edited(memory: Folder) -> None:
    memory.ok("update", "projects/a.md", stdin="# A\n\n## Plan\n\nin May\n\n## Ideas\n\n- one\n")
    before = memory.commits()
    memory.ok("edit", "projects/a.md", "--replace", "in May", "in June", "-m", "late")
    memory.ok("edit", "projects/a.md", "--append", "- two", "--section", "Ideas")
    memory.ok("edit", "projects/a.md", "--append", "The end.")
    memory.ok("edit", "projects/a.md", "--section", "Plan", "--text", "-", stdin="Never.\n")
    memory.ok(
        "edit",
        "projects/a.md",
        "--replace",
        "-",
        "*",
        "--all",
        "--sha",
        memory.sha("projects/a.md"),
    )
    assert memory.commits() == before + 5
    body = memory.ok("get", "projects/a.md").text.partition("# A")[2]
    assert body == "\n\n## Plan\n\nNever.\n\n## Ideas\n\n* one\n* two\nThe end.\n"
    assert memory.git("log", "-5", "--format=%s").splitlines()[-1] == "projects/a.md: edit (late)"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--replace", "absent", "x"], "edit 1: the text to replace was not found"),
        (["--replace", "a", "x"], "include more of the text around it"),
        (["--replace", "", "x"], "is empty"),
        (["--append", "x", "--section", "Absent"], "Absent"),
        (["--append", "x", "--text", "y"], "one of --replace, --append and --text"),
        (["--text", "y"], "--text needs it"),
        (["--section", "General"], "use it with --text"),
        (["--all"], "use it with --replace"),
        (["--replace", "a", "b", "--section", "General"], "use it with --append"),
    ],
)
def test_an_edit_that_does_not_apply_changes_nothing(
    memory: Folder, options: list[str], said: str
) -> None:
    before = memory.state()
    ended = memory.pack("edit", "context/general.md", *options)
    assert ended.status == 1
    assert said in ended.err
    assert memory.state() == before


@pytest.mark.contract("C1")
def test_an_edit_with_a_stale_sha_is_a_conflict(memory: Folder) -> None:
    before = memory.state()
    ended = memory.pack("edit", "context/general.md", "--append", "x", "--sha", STALE)
    assert ended.status == 2
    assert memory.state() == before


def editor(memory: Folder, program: str) -> dict[str, str]:
    """An `EDITOR` that runs some Python on the file; `file` is its path."""
    script = memory.path.parent / "my editor.py"
    script.write_text(
        f"import sys, pathlib, subprocess\nfile = pathlib.Path(sys.argv[1])\n{program}\n",
        encoding="utf-8",
    )
    return {"EDITOR": shlex.join([sys.executable, str(script)])}


@pytest.mark.contract("C9")
def test_a_file_can_be_edited_in_an_editor(memory: Folder, home: Path) -> None:
    program = "assert file.name == 'me.md'; file.write_bytes(file.read_bytes() + b'Tall.\\r\\n')"
    before = memory.commits()
    env = {"VISUAL": editor(memory, program)["EDITOR"], "EDITOR": "false"}
    ended = memory.pack("edit", "profiles/me.md", env=env)
    assert ended.status == 0, ended
    one_commit(memory, before)
    assert memory.ok("get", "profiles/me.md").out.endswith(b"Tall.\r\n")
    assert list((home / ".pack" / "edits").iterdir()) == []


def test_an_editor_that_changes_nothing_makes_no_commit(memory: Folder, home: Path) -> None:
    before = memory.state()
    ended = memory.pack("edit", "profiles/me.md", env=editor(memory, ""))
    assert (ended.status, memory.state()) == (0, before)
    assert "nothing was changed" in ended.err
    assert list((home / ".pack" / "edits").iterdir()) == []


@pytest.mark.contract("C1")
def test_what_was_typed_is_kept_when_the_file_changed_meanwhile(memory: Folder) -> None:
    other = [sys.executable, "-m", "pack_servers.cli", "edit", "profiles/me.md"]
    other += ["--append", "Theirs.", "--local", str(memory.path)]
    program = f"file.write_text('# Mine\\n'); subprocess.run({other!r}, check=True)"
    before = memory.commits()
    ended = memory.pack("edit", "profiles/me.md", env=editor(memory, program))
    assert ended.status == 2, ended
    (kept,) = [line for line in ended.err.splitlines() if line.startswith("your text is kept in ")]
    file = Path(kept.removeprefix("your text is kept in "))
    assert file.read_text(encoding="utf-8") == "# Mine\n"
    assert memory.commits() == before + 1
    assert memory.ok("get", "profiles/me.md").text.endswith("Theirs.\n")
    if os.name == "posix":
        assert file.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("file.write_bytes(b'\\xff'); ", "is not valid UTF-8"),
        ("file.write_text('half'); sys.exit(7)", "exited with status 7"),
    ],
)
def test_an_editor_that_fails_stores_nothing_and_loses_nothing(
    memory: Folder, program: str, said: str
) -> None:
    before = memory.state()
    ended = memory.pack("edit", "profiles/me.md", env=editor(memory, program))
    assert ended.status == 1
    assert said in ended.err
    assert "your text is kept in " in ended.err
    assert memory.state() == before


def test_without_an_editor_the_options_are_named(memory: Folder) -> None:
    for env, said in (({}, "--replace"), ({"EDITOR": "no-such-editor-here"}, "was not found")):
        ended = memory.pack("edit", "profiles/me.md", env=env)
        assert ended.status == 1
        assert said in ended.err


@pytest.mark.contract("C1", "C9")
def test_delete_asks_and_without_anybody_to_ask_needs_yes(memory: Folder) -> None:
    before = memory.state()
    ended = memory.pack("delete", "profiles/me.md")
    assert ended.status == 1
    assert "pass --yes" in ended.err
    assert memory.state() == before
    count = memory.commits()
    memory.ok("delete", "profiles/me.md", "--yes", "-m", "gone")
    assert one_commit(memory, count).startswith("profiles/me.md: delete (gone)\n")
    assert not (memory.path / "profiles").exists()
    assert memory.pack("delete", "profiles/me.md", "--yes").status == 1


@pytest.mark.contract("C1")
@pytest.mark.parametrize("words", [["delete", "--yes"], ["move", "context/x.md"]])
def test_delete_and_move_respect_a_sha(memory: Folder, words: list[str]) -> None:
    before = memory.state()
    command, *rest = words
    ended = memory.pack(command, "profiles/me.md", *rest, "--sha", STALE)
    assert ended.status == 2
    assert memory.state() == before


@pytest.mark.contract("C9", "C10")
def test_a_moved_file_keeps_bytes_and_history(memory: Folder) -> None:
    content = memory.ok("get", "profiles/me.md").out
    before = memory.commits()
    shown = memory.ok("move", "profiles/me.md", "contacts/me.md").text
    assert shown.startswith("moved profiles/me.md to contacts/me.md\n")
    message = one_commit(memory, before)
    assert "contacts/me.md" in message
    assert "profiles/me.md" in message
    assert memory.ok("get", "contacts/me.md").out == content
    followed = memory.git("log", "--follow", "--format=%h", "--", "contacts/me.md").split()
    assert len(followed) == 2
    taken = memory.pack("move", "contacts/me.md", "context/general.md")
    assert taken.status == 2
    memory.ok("validate")


def test_a_file_that_is_no_text_can_still_be_moved_and_deleted(memory: Folder) -> None:
    memory.write({"context/latin.md": b"caf\xe9\n"})
    assert memory.pack("get", "context/latin.md").status == 1
    memory.ok("move", "context/latin.md", "context/café.md")
    assert (memory.path / "context/café.md").read_bytes() == b"caf\xe9\n"
    memory.ok("delete", "context/café.md", "--yes")
    assert "context/caf" not in memory.git("ls-files", "-z")


@pytest.mark.contract("C1", "C9")
def test_prune_lists_asks_and_deletes_only_what_has_expired(memory: Folder) -> None:
    for name, ttl in (("gone", "2020-01-01"), ("past", "2021-01-01"), ("kept", "2999-01-01")):
        text = f"---\ntopic: {name}\nttl: {ttl}\n---\n{name}\n"
        memory.ok("update", f"context/{name}.md", stdin=text)
    before = memory.state()
    for words in (["prune"], ["prune", "--format", "json"]):
        refused = memory.pack(*words)
        assert refused.status == 1
        assert "pass --yes" in refused.err
        assert memory.state() == before
    shown = memory.ok("prune", "--dry-run")
    assert shown.text.count("expired on") == 2
    assert "+++ /dev/null" in shown.text
    assert "+++ b/index.md" in shown.text
    assert memory.state() == before
    count = memory.commits()
    answer = memory.json("prune", "--yes")
    assert [file["path"] for file in answer["expired"]] == ["context/gone.md", "context/past.md"]
    message = one_commit(memory, count)
    assert "context/gone.md" in message
    assert "context/past.md" in message
    assert "kept" in memory.ok("get", "context/kept.md").text
    assert memory.ok("prune", "--yes").err == "no file has expired\n"


@pytest.mark.parametrize(
    "words",
    [
        ["update", "context/new.md"],
        ["edit", "context/general.md", "--append", "more"],
        ["delete", "context/general.md"],
        ["move", "context/general.md", "projects/general.md"],
    ],
    ids=lambda words: words[0],
)
def test_a_dry_run_shows_all_files_and_changes_none(memory: Folder, words: list[str]) -> None:
    before = memory.state()
    shown = memory.ok(*words, "--dry-run", stdin="text\n")
    assert memory.state() == before
    assert "nothing was changed" in shown.err
    answer = memory.json(*words, "--dry-run")
    assert memory.state() == before
    assert answer["dry_run"] is True
    assert {change["change"] for change in answer["changes"]} <= {"add", "update", "delete"}
    assert all(change["diff"] for change in answer["changes"])
    if words[0] != "edit":  # whose index stays the same on the day of the beginning
        assert "+++ b/index.md" in shown.text


def test_a_dry_run_is_a_patch_that_git_can_apply(memory: Folder) -> None:
    sha = memory.sha("context/general.md")
    words = ["update", "context/general.md", "--sha", sha]
    patch = memory.ok(*words, "--dry-run", stdin="no end of line").out
    (memory.path.parent / "patch").write_bytes(patch)
    memory.git("apply", "--check", str(memory.path.parent / "patch"))
    memory.git("apply", str(memory.path.parent / "patch"))
    by_patch = (memory.path / "context/general.md").read_bytes()
    memory.git("checkout", "--quiet", "--", ".")
    memory.ok(*words, stdin="no end of line")
    assert (memory.path / "context/general.md").read_bytes() == by_patch
    assert by_patch.endswith(b"no end of line")


@pytest.mark.contract("C1", "C9")
def test_hand_edits_are_recorded_before_they_are_replaced(memory: Folder) -> None:
    memory.write({"context/general.md": "by hand\n", "projects/mine.md": "not yet\n"})
    memory.git("add", "projects/mine.md")
    before = memory.commits()
    sha = memory.sha("context/general.md")
    memory.ok("update", "context/general.md", "--sha", sha, stdin="after\n")
    assert memory.commits() == before + 2
    assert memory.git("show", "HEAD~1:context/general.md") == "by hand\n"
    assert memory.git("diff", "--cached", "--name-only").split() == ["projects/mine.md"]
