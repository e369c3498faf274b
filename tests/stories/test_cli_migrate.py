"""From a v1 MEMORY.md to files, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder

V1 = """# Memory

Before everything.

## Projects: Web site

- in May

## Contacts

Ann
"""


AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.org")


@pytest.fixture
def memory(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "memory")
    made.path.mkdir()
    made.start({"MEMORY.md": V1})
    return made


def test_the_plan_is_a_table_and_nothing_is_changed(memory: Folder) -> None:
    before = memory.state()
    shown = memory.ok("migrate", "--dry-run")
    lines = shown.text.splitlines()
    assert lines[0].split() == ["NEW", "FILE", "TOPIC", "TAGS", "LINES"]
    assert len(lines) == 4
    assert [line.split()[-1] for line in lines[1:]] == ["1-4", "5-8", "9-11"]
    assert "every line is in exactly one file" in shown.err
    assert memory.state() == before


@pytest.mark.contract("C1")
def test_migrate_asks_and_without_anybody_to_ask_needs_yes(memory: Folder) -> None:
    before = memory.state()
    ended = memory.pack("migrate")
    assert ended.status == 1
    assert "pass --yes" in ended.err
    assert memory.state() == before


@pytest.mark.contract("C1", "C9", "C10")
def test_migrate_keeps_the_original_twice_and_makes_one_commit(memory: Folder) -> None:
    before = memory.commits()
    shown = memory.ok("migrate", "--yes")
    assert memory.commits() == before + 1
    assert memory.git("status", "--porcelain") == ""
    assert memory.head() in shown.text
    assert "To check now:\n  - " in shown.text
    for kept in ("MEMORY.md", "legacy/MEMORY.md"):
        assert memory.git("show", f"HEAD:{kept}") == V1
    lines = [line for line in V1.splitlines() if line]
    texts = [memory.ok("get", file["path"]).text for file in memory.json("list")["files"]]
    assert all(sum(line in text.splitlines() for text in texts) == 1 for line in lines)
    assert memory.ok("validate").status == 0
    again = memory.pack("migrate", "--yes")
    assert again.status == 1
    assert "is not a v1 memory" in again.err


@pytest.mark.contract("C1")
def test_an_edited_plan_is_followed_and_one_that_loses_a_line_is_not(memory: Folder) -> None:
    plan = memory.json("migrate", "--dry-run")
    before = memory.state()
    file = memory.path.parent / "plan.json"
    lost = {**plan, "files": plan["files"][:-1]}
    for bad, said in ((lost, "is in no file"), ({"version": 2}, "plan"), ([], "plan")):
        file.write_text(json.dumps(bad), encoding="utf-8")
        ended = memory.pack("migrate", "--plan", file, "--yes")
        assert ended.status == 1
        assert said in ended.err
        assert memory.state() == before
    plan["files"][1] |= {"path": "projects/the site.md", "topic": "Die Seite", "tags": ["ü"]}
    file.write_text(json.dumps(plan), encoding="utf-8")
    answer = memory.json("migrate", "--plan", file, "--yes")
    assert "projects/the site.md" in answer["files"]
    assert answer["commit"] == memory.head()
    assert answer["checklist"]
    (row,) = memory.json("list", "--tag", "ü")["files"]
    assert (row["path"], row["topic"]) == ("projects/the site.md", "Die Seite")


def test_other_documents_are_named_and_stay_outside_unless_asked_for(memory: Folder) -> None:
    memory.write({"docs/a.md": "a\n", "context/b.md": "b\n"})
    memory.git("add", "-A")
    memory.git(*AUTHOR, "commit", "-qm", "documents")
    shown = memory.ok("migrate", "--dry-run")
    assert "joining the memory: 1 file, 2 bytes: context/ (1)" in shown.text
    assert "staying outside: 1 file, 2 bytes: docs/ (1)" in shown.text
    assert "pack migrate --all" in shown.err
    for words in (("--dry-run",), ()):
        said = memory.pack("migrate", *words, "--format", "json").err
        assert "joining the memory: 1 file, 2 bytes: context/ (1)" in said
        assert "staying outside: 1 file, 2 bytes: docs/ (1)" in said
    answer = memory.json("migrate", "--yes")
    assert (answer["joined"], answer["outside"]) == (["context/b.md"], ["docs/a.md"])
    assert (answer["joined_bytes"], answer["outside_bytes"]) == (2, 2)
    listed = [file["path"] for file in memory.json("list")["files"]]
    assert "docs/a.md" not in listed
    assert "context/b.md" in listed
    refused = memory.pack("update", "docs/new.md", stdin="x")
    assert ".pack.yaml leaves it out" in refused.err
    assert memory.git("status", "--porcelain") == ""


@pytest.mark.contract("C1")
def test_an_original_that_counts_twice_is_left_out_by_another_migration(tmp_path: Path) -> None:
    made = Folder(tmp_path / "memory")
    made.path.mkdir()
    made.start({"docs/MEMORY.md": V1})
    env = {"GITHUB_MEMORY_PATH": "docs/MEMORY.md"}
    made.pack("migrate", "--yes", env=env)
    made.git("rm", "--quiet", ".pack.yaml")  # PACK 2.0.0 did not write it
    made.git(*AUTHOR, "commit", "-qm", "as before")
    made.ok("reindex")
    findings = made.pack("validate", "--format", "json").json["findings"]
    (found,) = [each for each in findings if each["code"] == "counted_twice"]
    assert found["path"] == "docs/MEMORY.md"
    assert "run `pack migrate`" in found["remedy"]
    assert made.json("migrate", "--dry-run")["counted_twice"] == ["docs/MEMORY.md"]
    assert "--yes" in made.pack("migrate").err
    before = made.commits()
    shown = made.ok("migrate", "--yes")
    assert "left out docs/MEMORY.md; the files stay as they are" in shown.text
    assert made.commits() == before + 1
    assert made.git("show", "HEAD:docs/MEMORY.md") == V1
    assert "docs/MEMORY.md" not in [file["path"] for file in made.json("list")["files"]]


def test_links_are_repaired_in_a_second_commit(tmp_path: Path) -> None:
    made = Folder(tmp_path / "memory")
    made.path.mkdir()
    text = "# M\n\n- [w](#web-site) [x](gone.md)\n\n## Web site\n\nx\n"
    made.start({"MEMORY.md": text})
    shown = made.ok("migrate", "--dry-run")
    assert "1 link to repair" in shown.text
    assert "leads nowhere: context/general.md:9: gone.md" in shown.text
    before = made.commits()
    answer = made.json("migrate", "--fix-links", "--yes")
    assert made.commits() == before + 2
    assert answer["links"]["commit"] == made.head()
    assert answer["links"]["dead"] == [
        {"path": "context/general.md", "line": 9, "target": "gone.md"}
    ]
    assert "- [w](web-site.md#web-site) [x](gone.md)\n" in made.ok("get", "context/general.md").text
    codes = [found["code"] for found in made.pack("validate", "--format", "json").json["findings"]]
    assert codes == ["broken_link"]


def test_a_plan_that_cannot_be_read_is_an_error(memory: Folder) -> None:
    ended = memory.pack("migrate", "--plan", "nothing.json", "--yes")
    assert ended.status == 1
    assert "--plan: nothing.json: " in ended.err


def test_where_there_is_nothing_to_migrate(tmp_path: Path) -> None:
    memory = Folder(tmp_path / "memory")
    memory.ok("init")
    ended = memory.pack("migrate", "--yes")
    assert ended.status == 1
    assert "There is nothing to migrate." in ended.err


@pytest.mark.contract("C2")
def test_a_v1_memory_can_be_read_and_changed_as_it_is(memory: Folder) -> None:
    assert memory.ok("get").text == V1
    assert memory.ok("get", "MEMORY.md").text == V1
    memory.ok("update", "MEMORY.md", "--sha", memory.sha("MEMORY.md"), stdin=V1 + "more\n")
    assert memory.git("show", "HEAD:MEMORY.md") == V1 + "more\n"
    ended = memory.pack("update", "context/a.md", stdin="x")
    assert ended.status == 1
    assert "pack migrate" in ended.err
    shown = memory.ok("status")
    assert "(v1)" in shown.text
    assert "pack migrate" in shown.err
