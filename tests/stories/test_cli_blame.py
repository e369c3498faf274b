"""`pack blame`: who wrote what."""

from __future__ import annotations

from pathlib import Path

from tests.stories.cli_driver import new_memory


def test_a_person_and_a_program_see_who_wrote_each_line(
    tmp_path: Path, git_identity: tuple[str, str]
) -> None:
    memory = new_memory(tmp_path / "memory")
    memory.ok("update", "a/x.md", stdin="# X\n\none line\n")
    memory.ok("move", "a/x.md", "b/y.md", "--sha", memory.sha("a/x.md"))
    text = (memory.path / "b/y.md").read_text(encoding="utf-8")
    memory.write({"b/y.md": f"{text}by hand\n"})
    head = memory.git("rev-parse", "HEAD~1").strip()
    answer = memory.json("blame", "b/y")
    assert answer.keys() == {"path", "lines"}
    assert answer["path"] == "b/y.md"
    assert answer["lines"][-1] == {
        "line": len(answer["lines"]),
        "text": "by hand",
        "commit": None,
        "time": None,
        "origin": "user:editor",
        "level": 1,
        "state": "written",
    }
    assert [line["commit"] for line in answer["lines"] if line["text"] == "one line"] == [head]
    shown = memory.ok("blame", "b/y.md").text.splitlines()
    assert shown[0].startswith("user:cli  20")
    assert shown[0].endswith(f" UTC  {head[:10]}")
    assert shown[-2:] == ["user:editor  in no commit yet", f"  {len(answer['lines'])}  by hand"]
    assert memory.pack("blame", "b/none.md").status == 1
