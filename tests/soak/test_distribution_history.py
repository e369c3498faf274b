"""Ten releases and three downstreams that merge in three ways, with people at work in each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.stories.cli_driver import new_memory
from tests.stories.distributing import LINES, RULE, Downstream, Memory

pytestmark = pytest.mark.soak
WAYS = ("merge", "squash", "rebase")


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    made = Memory(tmp_path / "memory")
    new_memory(made.path)
    first = Downstream(tmp_path / WAYS[0])
    first.start({"README.md": "# Down\n"})
    for way in WAYS:
        made.rule(RULE.replace("guides", way, 1).replace("../down", f"../{way}"), way)
        if way != WAYS[0]:
            shutil.copytree(first.path, tmp_path / way)
    return made


def test_ten_releases_reach_three_downstreams_and_lead_back(memory: Memory) -> None:
    downs = {way: Downstream(memory.path.with_name(way)) for way in WAYS}
    source: dict[str, str | None] = {f"projects/web/{n}.md": f"# {n}\n\n{LINES}" for n in "abc"}
    memory.release("v1.0.0", source)
    before: dict[str, dict[str, bytes]] = {}
    for number in range(1, 11):
        for done in memory.results("run"):
            assert done["status"] in ("opened", "unchanged"), done
            down = downs[done["rule"]]
            before[done["rule"]] = down.files()
            down.merge(done["branch"], done["rule"])
        if number == 2:
            mine = downs["squash"].files()["docs/guides/a.md"].replace(b"line 7", b"mine")
            downs["squash"].commit({".pack-overrides/a.md": mine})
        if number == 3:
            text = f"# b\n\n{LINES}".replace("line 7", "drifted")
            downs["rebase"].commit({"docs/guides/b.md": text})
        changes: dict[str, str | None] = {
            "projects/web/a.md": f"# a\n\n{LINES}".replace("line 1", f"one of {number}"),
            f"projects/web/n{number}.md": f"# n{number}\n",
        }
        if number > 1:
            changes[f"projects/web/n{number - 1}.md"] = None
        if number == 6:
            changes["projects/web/c.md"] = None
            changes["projects/web/d.md"] = f"# c\n\n{LINES}"
        if number < 10:
            memory.release(f"v1.{number}.0", changes)
    for way, down in downs.items():
        files = down.files()
        assert {"docs/guides/n9.md", "docs/guides/d.md"} <= files.keys()
        assert {"docs/guides/n8.md", "docs/guides/c.md"}.isdisjoint(files)
        assert b"one of 9" in files["docs/guides/a.md"]
        assert (b"mine" in files["docs/guides/a.md"]) == (way == "squash")
        assert (b"drifted" in files["docs/guides/b.md"]) == (way == "rebase")
    found = {one["rule"]: one for one in memory.distribute("status").json["downstreams"]}
    assert {one["status"] for one in found.values()} == {"Current"}
    assert [one["drift"] for one in found.values()] == [[], ["docs/guides/b.md"], []]
    for way, down in downs.items():
        done = memory.distribute("rollback", way).json
        assert done["restored_to"] == "v1.8.0"
        down.merge(done["branch"], way)
        after = down.files()
        assert after.pop("DECISIONS.md")
        assert after == before[way]
    assert {one["status"] for one in memory.results("run")} == {"unchanged"}
