"""How a memory begins: in a new folder, in a folder of notes, in a repository, from a clone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder, new_memory, run


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "my memory")
    made.path.mkdir()
    return made


def test_a_new_memory_is_in_the_home_folder(home: Path) -> None:
    shown = run("init")
    assert shown.status == 0
    memory = Folder(home / ".pack" / "memory")
    assert shown.text.splitlines()[0] == f"created the memory in {memory.path}"
    assert memory.head() in shown.text
    assert memory.commits() == 1
    assert memory.git("status", "--porcelain") == ""
    assert "pack serve --http" in shown.err
    assert run("list").status == 0


def test_the_folder_can_be_set(home: Path) -> None:
    env = {"PACK_DIR": "~/notes/memory"}
    assert run("init", env=env).status == 0
    assert (home / "notes" / "memory" / "index.md").exists()
    assert run("list", env=env).status == 0
    assert run("list").status == 1


def test_a_second_init_says_so_and_changes_nothing(tmp_path: Path) -> None:
    memory = new_memory(tmp_path / "memory")
    before = memory.state()
    again = memory.ok("init")
    assert again.text == f"{memory.path} is already a memory; nothing was changed\n"
    assert memory.state() == before
    assert memory.json("init")["commit"] is None


@pytest.mark.contract("C1", "C6", "C9")
def test_a_folder_of_markdown_becomes_a_memory_with_its_bytes_unchanged(folder: Folder) -> None:
    files = {
        "projects/a b.md": b"---\r\ntopic: A\r\n---\r\nx",
        "deep/er/ü.md": "\ufeffBOM\n".encode(),
        "broken/y.md": b"---\n[\n---\n",
    }
    folder.write(files | {"README.md": b"mine\n", "pictures/p.png": b"\x89PNG"})
    shown = folder.ok("init")
    assert folder.commits() == 1
    committed = folder.git("ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")[:-1]
    assert set(files) <= set(committed)
    assert {"README.md", "pictures/p.png"}.isdisjoint(committed)
    for name, content in files.items():
        assert (folder.path / name).read_bytes() == content
        assert folder.git("show", f"HEAD:{name}").encode() == content
    assert "3 files already there, now part of the memory, unchanged" in shown.text
    assert "left as it is: README.md" in shown.text
    assert folder.json("list")["total"] >= 3


@pytest.mark.contract("C1", "C9")
def test_a_repository_keeps_history_edits_and_staged_files(folder: Folder) -> None:
    folder.start({"notes/a.md": "a\n", "notes/b.md": "b\n", "src/x.py": "x = 1\n"})
    first = folder.head()
    folder.write({"notes/a.md": "a edited\n", "notes/new.md": "new\n", "src/y.py": "staged\n"})
    folder.git("add", "src/y.py")
    before = folder.git("status", "--porcelain")
    answer = folder.json("init")
    assert answer["was"] == "empty"
    assert folder.commits() == 2
    assert folder.git("rev-parse", "HEAD~1").strip() == first
    assert folder.git("status", "--porcelain") == before
    assert folder.git("show", "HEAD:notes/a.md") == "a\n"
    assert (folder.path / "notes/a.md").read_bytes() == b"a edited\n"
    changed = set(folder.git("diff", "--name-only", first, "HEAD").split())
    assert "index.md" in changed
    assert not any(path.startswith(("notes/", "src/")) for path in changed)


@pytest.mark.contract("C1")
def test_a_v1_memory_is_told_about_migrate_and_left_alone(folder: Folder) -> None:
    folder.start({"MEMORY.md": "# Memory\n\n## Work\n\nx\n"})
    before = folder.state()
    shown = folder.ok("init")
    assert "holds a v1 memory; nothing was changed" in shown.text
    assert "pack migrate --dry-run --local" in shown.err
    assert folder.state() == before
    answer = folder.json("init")
    assert (answer["mode"], answer["commit"]) == ("v1", None)


def test_a_dry_run_shows_the_commit_and_makes_not_even_a_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "new")
    shown = folder.ok("init", "--dry-run")
    assert "+++ b/index.md" in shown.text
    assert not folder.path.exists()
    folder.path.mkdir()
    folder.write({"notes/a.md": "a\n"})
    answer = folder.json("init", "--dry-run")
    assert answer["adopted"] == ["notes/a.md"]
    assert {
        key: value
        for change in answer["changes"]
        if change["path"] == "notes/a.md"
        for key, value in change.items()
        if key != "diff"
    } == {"path": "notes/a.md", "change": "record"}
    assert sorted(file.name for file in folder.path.iterdir()) == ["notes"]


@pytest.mark.contract("C1", "C9")
def test_notes_are_copied_in_one_commit_and_nothing_is_silent(tmp_path: Path) -> None:
    vault = Folder(tmp_path / "vault")
    vault.path.mkdir()
    vault.write(
        {
            "idea.md": b"root\r\n",
            "Work/What? Why.md": b"---\ntags: [a]\n---\n",
            "Work/picture.png": b"\x89PNG",
            "Work/latin.md": b"\xe9",
            "huge.md": b"x" * (2 * 1024 * 1024 + 1),
            ".obsidian/app.md": b"hidden",
        }
    )
    (vault.path / "link.md").symlink_to("idea.md")
    memory = new_memory(tmp_path / "memory")
    before = memory.commits()
    dry = memory.json("init", "--from", vault.path, "--dry-run")
    assert (memory.commits(), dry["dry_run"]) == (before, True)
    answer = memory.json("init", "--from", vault.path)
    assert memory.commits() == before + 1
    assert memory.git("status", "--porcelain") == ""
    assert sorted(answer["taken_over"]) == ["Work/What- Why.md", "context/idea.md"]
    assert {note["from"]: note["to"] for note in answer["renamed"]} == {
        "idea.md": "context/idea.md",
        "Work/What? Why.md": "Work/What- Why.md",
    }
    reasons = {note["path"]: note["reason"] for note in answer["skipped"]}
    assert set(reasons) == {
        *("Work/picture.png", "Work/latin.md", "huge.md", "link.md", ".obsidian"),
    }
    assert answer["other_types"] == {".png": 1}
    assert reasons["link.md"] == "it is a symbolic link"
    assert memory.ok("get", "context/idea.md").out == b"root\r\n"
    again = memory.ok("init", "--from", vault.path)
    assert memory.commits() == before + 1
    assert "nothing was changed" in again.text
    assert "skipped: Work/latin.md: it is not valid UTF-8 (byte 1)" in again.text


def test_attachments_come_along_and_the_folders_own_log_dates_the_notes(tmp_path: Path) -> None:
    vault = Folder(tmp_path / "vault")
    vault.path.mkdir()
    vault.start({"notes/a.md": "![p](p.png)\n", "notes/p.png": "PNG", "notes/b.md": "b\n"})
    committed = vault.git("log", "-1", "--format=%cs").strip()
    for name in ("a.md", "b.md"):
        os.utime(vault.path / "notes" / name, (1600070400, 1600070400))
    vault.write({"notes/b.md": "b, edited\n"})
    os.utime(vault.path / "notes/b.md", (1600070400, 1600070400))
    (vault.path / "linked").symlink_to(tmp_path)
    memory = new_memory(tmp_path / "memory")
    answer = memory.json("init", "--from", vault.path, "--with-attachments")
    assert answer["attachments"] == ["notes/p.png"]
    assert {one["path"]: one["reason"] for one in answer["skipped"]} == {
        ".git": "it is git's own folder",
        "linked": "it is a link to a folder",
    }
    files = memory.json("list", "--dir", "notes")["files"]
    dates = {file["path"]: file["updated"] for file in files}
    assert dates == {"notes/a.md": committed, "notes/b.md": "2020-09-14"}
    assert memory.ok("validate").status == 0


@pytest.mark.contract("C1")
def test_notes_never_replace_a_file_that_is_there(tmp_path: Path) -> None:
    vault = Folder(tmp_path / "vault")
    vault.path.mkdir()
    vault.write({"profiles/me.md": "somebody else\n", "context/new.md": "new\n"})
    memory = new_memory(tmp_path / "memory")
    before = memory.state()
    ended = memory.pack("init", "--from", vault.path)
    assert ended.status == 2
    assert "profiles/me.md" in ended.err
    assert memory.state() == before


def test_a_folder_of_notes_that_is_none_is_an_error(tmp_path: Path) -> None:
    ended = Folder(tmp_path / "memory").pack("init", "--from", tmp_path / "nothing")
    assert ended.status == 1
    assert "--from: " in ended.err
    assert not (tmp_path / "memory").exists()


@pytest.mark.parametrize("form", ["path", "url", "option"])
def test_a_repository_can_be_cloned(tmp_path: Path, home: Path, form: str) -> None:
    origin = new_memory(tmp_path / "origin")
    words = {
        "path": [str(origin.path)],
        "url": [origin.path.as_uri()],
        "option": ["--clone", str(origin.path)],
    }[form]
    before = origin.state()
    shown = run("init", *words)
    assert shown.status == 0, shown
    clone = Folder(home / ".pack" / "memory")
    assert shown.text == f"{clone.path} is already a memory; nothing was changed\n"
    assert clone.head() == origin.head()
    assert origin.state() == before
    clone.ok("update", "context/new.md", stdin="x")


def test_a_cloned_repository_that_is_no_memory_becomes_one(tmp_path: Path) -> None:
    origin = Folder(tmp_path / "origin")
    origin.path.mkdir()
    origin.start({"notes/a.md": "a\n"})
    clone = Folder(tmp_path / "clone")
    dry = clone.json("init", str(origin.path), "--dry-run")
    assert dry["dry_run"] is True
    assert not clone.path.exists()
    clone.ok("init", str(origin.path))
    assert clone.git("rev-parse", "HEAD~1").strip() == origin.head()
    assert clone.git("status", "--porcelain") == ""


def test_a_clone_never_lands_in_a_folder_that_holds_something(tmp_path: Path) -> None:
    origin = new_memory(tmp_path / "origin")
    taken = new_memory(tmp_path / "taken")
    before = taken.state()
    ended = taken.pack("init", str(origin.path))
    assert ended.status == 1
    assert "is not empty" in ended.err
    assert taken.state() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no-such-repository"], "git clone failed"),
        (["ext::touch pwned"], "not an address"),
        (["--clone", "--upload-pack=touch pwned"], "not an address"),
        (["a", "--clone", "b"], "given twice"),
    ],
)
def test_what_cannot_be_cloned_is_an_error(tmp_path: Path, words: list[str], said: str) -> None:
    ended = Folder(tmp_path / "memory").pack("init", *words)
    assert ended.status == 1
    assert said in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "memory").write_bytes(b"")
    ended = Folder(tmp_path / "memory").pack("init")
    assert ended.status == 1
    assert "error: " in ended.err
    assert (tmp_path / "memory").read_bytes() == b""


@pytest.mark.contract("C1", "C4")
def test_many_files_are_only_adopted_by_somebody_who_agrees(folder: Folder) -> None:
    notes = {f"notes/{number}.md": b"x\n" for number in range(30)}
    ignored = {f"node_modules/lib/{number}.md": b"x\n" for number in range(40)}
    folder.write(notes | ignored | {".gitignore": b"node_modules/\n", "README.md": b"mine\n"})
    ended = folder.pack("init")
    assert ended.status == 1
    assert "holds 30 files that would be memory, 60 bytes:" in ended.err
    assert "Staying outside: README.md" in ended.err
    assert "notes 30" in ended.err
    assert "node_modules" not in ended.err
    assert "--yes" in ended.err
    assert not (folder.path / "index.md").exists()
    answer = folder.json("init", "--dry-run")
    assert len(answer["adopted"]) == 30
    folders = [{"folder": "notes", "files": 30, "bytes": 60}]
    assert answer["joining"] == {"files": 30, "bytes": 60, "folders": folders}
    shown = folder.ok("init", "--yes")
    assert "30 files already there, now part of the memory, unchanged (60 bytes)" in shown.text
    assert "node_modules" not in folder.git("ls-files")


def test_notes_at_the_root_are_memory_where_that_is_set(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write({"Idea.md": b"idea\n", "notes/a.md": b"a\n", "README.md": b"mine\n"})
    shown = folder.ok("init", "--dry-run")
    assert "left as it is: Idea.md: notes at the root are no memory here" in shown.text
    assert "left as it is: README.md: it is for git or for other tools" in shown.text
    assert "PACK_ROOT_NOTES=true pack init" in shown.err
    with monkeypatch.context() as patch:
        patch.setenv("PACK_ROOT_NOTES", "true")
        answer = folder.json("init")
    assert answer["adopted"] == ["Idea.md", "notes/a.md"]
    assert answer["outside"] == ["README.md"]
    folder.ok("update", "Other.md", stdin="x")  # the memory itself says so from now on
    assert [file["path"] for file in folder.json("list")["files"]] == [
        *("Idea.md", "Other.md", "notes/a.md")
    ]
    assert "(at the root 2, notes 1)" in folder.ok("status").text
    assert folder.git("status", "--porcelain") == "?? README.md\n"


@pytest.mark.contract("C1")
def test_an_index_of_the_person_is_not_replaced_without_asking(folder: Folder) -> None:
    folder.start({"index.md": "# My site\n", "notes/a.md": "a\n"})
    ended = folder.pack("init")
    assert ended.status == 1
    assert "replacing your index.md" in ended.err
    assert (folder.path / "index.md").read_bytes() == b"# My site\n"
    folder.ok("init", "--yes")
    assert (folder.path / "legacy/index.md").read_bytes() == b"# My site\n"


def test_what_the_source_of_an_import_ignores_or_filters_is_left_out(tmp_path: Path) -> None:
    vault = Folder(tmp_path / "vault")
    vault.path.mkdir()
    rules = {".gitignore": b"private/\n", ".gitattributes": b"locked/* filter=crypt\n"}
    vault.write({"a/x.md": b"x\n", "private/s.md": b"s\n", "locked/l.md": b"l\n"} | rules)
    memory = new_memory(tmp_path / "memory")
    for _ in ("plain folder", "repository"):
        answer = memory.json("init", "--from", vault.path, "--dry-run")
        assert answer["taken_over"] == ["a/x.md"]
        reasons = {note["path"]: note["reason"] for note in answer["skipped"]}
        assert reasons["private/s.md"] == "git ignores it (.gitignore:1: private/)"
        assert "a git filter manages it" in reasons["locked/l.md"]
        vault.git("init", "--quiet")


def test_a_refusal_names_the_rule(tmp_path: Path) -> None:
    memory = new_memory(tmp_path / "memory")
    memory.write({".gitignore": b"private/\n", ".gitattributes": b"locked/* filter=crypt\n"})
    for path, rule in (
        ("private/a.md", ".gitignore:1: private/"),
        ("locked/a.md", ".gitattributes:1: filter=crypt"),
    ):
        ended = memory.pack("update", path, stdin="x")
        assert ended.status == 1
        assert rule in ended.err
    memory.write({"locked/b.md": b"plain\n"})
    memory.git("add", "locked/b.md", ".gitattributes")
    memory.git("-c", "user.name=A", "-c", "user.email=a@b.example", "commit", "-qm", "by hand")
    assert "managed by a git filter" in memory.ok("status").text
    assert "managed by a git filter" in memory.ok("doctor").text
    assert "locked/b.md" in memory.ok("list").err
