"""`pack diff` and `pack show`: what a person sees of a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder, new_memory

OLD = "# Site\n\n## Plan\n\nThe site opens in May. Anna writes.\n\n- call Tom\n"
NEW = "# Site\n\n## Plan\n\nThe site opens in June. Anna writes.\n\n- call Tom\n- buy milk"


@pytest.fixture
def memory(tmp_path: Path, git_identity: tuple[str, str]) -> Folder:
    made = new_memory(tmp_path / "memory")
    made.ok("update", "a/site.md", stdin=f"---\ntags: [web]\n---\n{OLD}")
    made.ok(
        *("update", "a/site.md", "--sha", made.sha("a/site.md"), "-m", "later"),
        stdin=f"---\ntags: [web, launch]\n---\n{NEW}",
    )
    return made


def test_a_person_reads_what_changed(memory: Folder) -> None:
    shown = memory.ok("diff").text.splitlines()
    assert shown[0].startswith("last change: ")
    assert shown[0].endswith("  user:cli")
    assert shown[2:] == [
        "a/site.md: edited",
        "  tags: +launch",
        "  # Plan",
        "    11    The site opens in [-May-]{+June+}.",
        "    14  + - buy milk",
    ]
    assert memory.ok("diff", "a/site.md").text == memory.ok("diff").text
    head = memory.git("rev-parse", "HEAD").strip()
    told = memory.ok("show", head[:9]).text.splitlines()
    assert told[0] == f"{shown[0].removeprefix('last change: ')}"
    assert told[1] == "    a/site.md: update (later)"
    assert told[2:] == shown[1:]
    assert memory.ok("show").text.splitlines() == told


def test_edits_by_hand_come_first_and_a_file_without_words_says_so(memory: Folder) -> None:
    text = (memory.path / "a/site.md").read_text(encoding="utf-8")
    memory.write({"a/site.md": text.replace("\n", "\r\n"), "a/x.md": b"\xff"})
    shown = memory.ok("diff").text
    assert shown.startswith("edited by hand and in no commit yet")
    assert "a/site.md: edited\n  only blanks or line ends differ\n" in shown
    assert "a/x.md: added\n  not shown: it is not UTF-8 text\n" in shown
    ended = memory.ok("diff", "--unified")
    assert "a/x.md is not in the patch: it is not UTF-8 text" in ended.err


def test_a_patch_leads_from_one_commit_to_the_next(memory: Folder) -> None:
    patch = memory.ok("show", "--unified", "--raw").out
    assert b"\\ No newline at end of file" in patch
    before = memory.git("rev-parse", "HEAD~1").strip()
    after = memory.git("rev-parse", "HEAD^{tree}")
    memory.git("checkout", "--quiet", before)
    (memory.path.parent / "a.patch").write_bytes(patch)
    memory.git("apply", "--index", "../a.patch")
    assert memory.git("write-tree") == after


def test_a_program_gets_lines_and_words(memory: Folder) -> None:
    (file,) = memory.json("diff", "a/site.md")["files"]
    assert (file["path"], file["old_path"], file["change"]) == ("a/site.md", None, "edited")
    assert file["words"][0] == {
        "op": "~",
        "kind": "frontmatter",
        "key": "tags",
        "parts": [{"op": "+", "text": "launch"}],
    }
    assert file["words"][1] == {
        "op": "~",
        "kind": "text",
        "old_line": 11,
        "new_line": 11,
        "parts": [
            {"op": "=", "text": "The site opens in "},
            {"op": "-", "text": "May"},
            {"op": "+", "text": "June"},
            {"op": "=", "text": ". "},
        ],
    }
    lines = [line for hunk in file["hunks"] for line in hunk["lines"]]
    assert {"op": "-", "text": "tags: [web]"} in lines
    assert {"op": "+", "text": "- buy milk", "no_line_end": True} in lines
    assert memory.json("show")["commit"]["message"] == "a/site.md: update (later)"
    assert [file["path"] for file in memory.json("show", "--raw")["files"]] == [
        "a/site.md",
        "index.md",
    ]


def test_what_is_asked_for_must_be_there(memory: Folder) -> None:
    for words in (["diff", "soon"], ["diff", "a/none.md"], ["show", "00000000"]):
        assert memory.pack(*words).status == 1
    assert memory.ok("diff", "now").text.splitlines()[-1] == "nothing has changed"
