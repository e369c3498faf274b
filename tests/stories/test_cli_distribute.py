"""`pack distribute` in real git: what is offered, taken, changed there, and taken back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.stories.distributing import (
    FIRST,
    RULE,
    USER,
    Downstream,
    Memory,
    another,
    make_pair,
    pair,
)
from tests.support import make_again

pytestmark = pytest.mark.contract("C16")

CHANGED = FIRST["projects/web/a.md"].replace("line 4", "line four")
BRANCH = "memory-sync/v1.0.0/guides"
NEXT = "memory-sync/v1.1.0/guides"
STATE = ".pack-sync-state/guides.json"


def make_taken(folder: Path) -> None:
    """The same, with v1.0.0 merged."""
    make_pair(folder)
    memory, down = pair(folder)
    down.merge(memory.run()["branch"])


@pytest.fixture
def both(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Memory, Downstream]:
    make = make_taken if "taken" in request.fixturenames else make_pair
    make_again(make, tmp_path / "story")
    return pair(tmp_path / "story")


@pytest.fixture
def memory(both: tuple[Memory, Downstream]) -> Memory:
    return both[0]


@pytest.fixture
def down(both: tuple[Memory, Downstream]) -> Downstream:
    return both[1]


@pytest.fixture
def taken(down: Downstream) -> Downstream:
    """The downstream, with v1.0.0 merged."""
    return down


def test_a_plan_writes_nothing_and_a_run_does_what_it_said(
    memory: Memory, down: Downstream
) -> None:
    before = memory.state(), down.branches()
    (planned,) = memory.results("plan")
    assert (memory.state(), down.branches()) == before
    done = memory.run()
    assert planned["commit"] is None
    assert {**planned, "commit": done["commit"]} == done
    assert down.branches()[BRANCH] == done["commit"]


def test_the_answer_has_the_promised_form(memory: Memory, down: Downstream) -> None:
    done = memory.run()
    names = "rule repo version status branch commit pull_request checks added modified removed"
    assert {*names.split(), "conflicts"} <= done.keys()
    assert (done["rule"], done["repo"], done["version"]) == ("guides", "../down", "v1.0.0")
    assert done["status"] == "opened"
    assert done["branch"] == BRANCH
    assert done["added"] == [f"docs/guides/{name}.md" for name in ("a", "b", "gone")]
    pull = done["pull_request"]
    assert pull.keys() == {"title", "body", "labels", "reviewers", "url"}
    assert pull["title"] == "sync(memory): Update guides from v1.0.0"
    assert pull["labels"] == ["memory-sync", "auto-generated"]
    assert [check["name"] for check in done["checks"]] == [
        *("checksum", "link_integrity", "schema_check", "secret_scan", "version_tag"),
    ]
    files = down.files(BRANCH)
    assert files["docs/guides/a.md"].decode() == FIRST["projects/web/a.md"]
    assert files["README.md"] == b"# Down\n"
    assert STATE in files


# As hosts do it; that the history may be a line and the commit the same is in `make soak`.
HOWS = ["merge", "squash", *(pytest.param(how, marks=pytest.mark.soak) for how in ("rebase", "ff"))]


@pytest.mark.parametrize("how", ["merge", "squash", "rebase", "ff"])
def test_what_was_taken_is_not_offered_again(memory: Memory, down: Downstream, how: str) -> None:
    down.merge(memory.run()["branch"], how)
    before = memory.state(), down.branches()
    done = memory.run()
    assert (done["status"], done["branch"]) == ("unchanged", None)
    assert (memory.state(), down.branches()) == before


def test_a_second_run_writes_nothing(memory: Memory, down: Downstream) -> None:
    first = memory.run()
    before = memory.state(), down.branches()
    second = memory.run()
    assert second["status"] == "unchanged"
    assert second["pull_request"] == first["pull_request"]
    assert (memory.state(), down.branches()) == before


def test_a_newer_version_replaces_an_untouched_offer(memory: Memory, down: Downstream) -> None:
    memory.run()
    memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    done = memory.run()
    assert (done["status"], done["branch"]) == ("updated", NEXT)
    assert down.branches().keys() == {"main", NEXT}
    assert down.files(NEXT)["docs/guides/a.md"].decode() == CHANGED


def test_a_branch_with_commits_of_others_is_never_pushed_to(
    memory: Memory, down: Downstream
) -> None:
    memory.run()
    theirs = down.commit({"docs/guides/a.md": "# Mine\n"}, BRANCH)
    assert memory.run()["status"] == "unchanged"
    memory.release("v1.1.0", {"projects/web/b.md": "# B\n"})
    done = memory.run(status=1)
    assert done["status"] == "blocked"
    assert BRANCH in done["message"]
    assert down.branches()[BRANCH] == theirs
    assert NEXT not in down.branches()


def test_an_amended_commit_is_somebody_elses(memory: Memory, down: Downstream) -> None:
    memory.run()
    down.git("switch", "--quiet", BRANCH)
    down.git(*USER, "commit", "--quiet", "--amend", "--no-edit")
    theirs = down.head()
    down.git("switch", "--quiet", "main")
    memory.release("v1.1.0", {"projects/web/b.md": "# B\n"})
    assert memory.run(status=1)["status"] == "blocked"
    assert down.branches()[BRANCH] == theirs


def test_what_people_closed_stays_closed_for_that_version(memory: Memory, down: Downstream) -> None:
    memory.run()
    down.git("branch", "--quiet", "-D", BRANCH)
    done = memory.run()
    assert (done["status"], done["branch"]) == ("unchanged", None)
    assert "v1.0.0" in done["message"]
    assert memory.run("--reopen")["status"] == "opened"
    down.git("branch", "--quiet", "-D", BRANCH)
    memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    assert memory.run()["branch"] == NEXT


def test_what_people_took_back_stays_away_for_that_version(
    memory: Memory, taken: Downstream
) -> None:
    memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    taken.merge(memory.run()["branch"], "squash")
    taken.git(*USER, "revert", "--no-edit", "HEAD")
    assert memory.run()["status"] == "unchanged"
    assert taken.branches().keys() == {"main"}


def test_a_source_that_was_reverted_takes_its_offer_back(memory: Memory, taken: Downstream) -> None:
    memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    assert memory.run()["branch"] == NEXT
    memory.release("v1.2.0", {"projects/web/a.md": FIRST["projects/web/a.md"]})
    done = memory.run()
    assert (done["status"], done["branch"]) == ("updated", None)
    assert taken.branches().keys() == {"main"}
    assert memory.run()["status"] == "unchanged"


def test_a_release_that_changes_nothing_of_a_rule_asks_nobody(
    memory: Memory, taken: Downstream
) -> None:
    memory.release("v1.1.0", {"context/other.md": "# Other\n"})
    assert memory.run()["status"] == "unchanged"
    (found,) = memory.distribute("status").json["downstreams"]
    assert (found["version"], found["missed"], found["status"]) == ("v1.0.0", 0, "Current")


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_deletions_and_renames_arrive(memory: Memory, down: Downstream, how: str) -> None:
    down.merge(memory.run()["branch"], how)
    down.commit({"docs/guides/b.md": FIRST["projects/web/b.md"].replace("line 6", "mine")})
    memory.release(
        "v1.1.0",
        {
            "projects/web/gone.md": None,
            "projects/web/b.md": None,
            "projects/web/c.md": FIRST["projects/web/b.md"].replace("line 1", "line one"),
        },
    )
    done = memory.run()
    assert done["removed"] == ["docs/guides/b.md", "docs/guides/gone.md"]
    files = down.files(done["branch"])
    assert {"docs/guides/b.md", "docs/guides/gone.md"}.isdisjoint(files)
    assert b"line one" in files["docs/guides/c.md"]
    assert b"mine" in files["docs/guides/c.md"]


def test_both_sides_are_merged_and_what_cannot_be_is_listed(
    memory: Memory, taken: Downstream
) -> None:
    mine = FIRST["projects/web/a.md"].replace("line 2", "mine").replace("line 4", "my four")
    taken.commit({".pack-overrides/a.md": mine})
    memory.release("v1.1.0", {"projects/web/a.md": CHANGED.replace("line 7", "line seven")})
    done = memory.run(status=2)
    assert done["status"] == "conflict"
    (conflict,) = done["conflicts"]
    what = "both sides changed the same lines"
    assert conflict == {"path": "docs/guides/a.md", "lines": [[9, 9]], "what": what}
    files = taken.files(done["branch"])
    assert files[".pack-overrides/a.md"].decode() == mine
    merged = files["docs/guides/a.md"].decode()
    assert "mine" in merged
    assert "my four" in merged
    assert "line seven" in merged
    assert "line four" in done["pull_request"]["body"]
    assert "conflict_resolution" in files["DECISIONS.md"].decode()
    assert memory.run(status=2)["status"] == "conflict"
    taken.merge(done["branch"], "squash")
    assert memory.run()["status"] == "unchanged"


def test_a_check_that_fails_blocks_and_names_file_and_line(
    memory: Memory, down: Downstream
) -> None:
    memory.release("v1.1.0", {"projects/web/a.md": "# A\n\nSee [it](missing.md).\n"})
    done = memory.run(status=1)
    assert (done["status"], done["branch"], done["pull_request"]) == ("blocked", None, None)
    (failed,) = [check for check in done["checks"] if check["status"] == "fail"]
    assert "docs/guides/a.md:3" in failed["details"]
    assert down.branches().keys() == {"main"}
    registry = (memory.path / ".pack/distribution/registry.yaml").read_text("utf-8")
    assert "Behind" in registry
    assert "failures: 1" in registry


def test_a_tag_that_was_moved_stops_the_sync(memory: Memory, taken: Downstream) -> None:
    memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    memory.git("tag", "--delete", "v1.1.0")
    memory.git("tag", "--force", "v1.0.0")
    done = memory.run(status=1)
    assert done["status"] == "failed"
    assert "moved" in done["message"]
    assert taken.branches().keys() == {"main"}


def test_a_moved_tag_stops_what_is_only_offered_too(memory: Memory, down: Downstream) -> None:
    first = memory.run()
    memory.release("v0.9.0", {"projects/web/a.md": CHANGED})
    memory.git("tag", "--force", "v1.0.0")
    assert memory.run(status=1)["status"] == "failed"
    assert down.branches()[BRANCH] == first["commit"]


@pytest.mark.parametrize("how", HOWS)
def test_a_rollback_restores_the_bytes(memory: Memory, down: Downstream, how: str) -> None:
    down.merge(memory.run()["branch"], how)
    before = down.files()
    added = {"projects/web/new.md": "# New\n", "projects/web/gone.md": None}
    memory.release("v1.1.0", {"projects/web/a.md": CHANGED, **added})
    brought = down.merge(memory.run()["branch"], how)
    down.commit({"README.md": "# Down, later\n"})
    done = memory.distribute("rollback", "guides", "--reason", "It broke").json
    names = {"rule", "reverted", "restored_to", "commit", "pull_request"}
    assert names <= done.keys()
    assert (done["restored_to"], done["reverted"]) == ("v1.0.0", brought)
    after = down.files(done["commit"])
    decisions = after.pop("DECISIONS.md").decode()
    assert "It broke" in decisions
    assert after == {**before, "README.md": b"# Down, later\n"}
    down.merge(done["branch"], how)
    assert memory.run()["status"] == "unchanged"
    assert down.branches().keys() == {"main"}
    memory.release("v1.2.0", {"projects/web/b.md": "# B\n"})
    assert memory.run()["version"] == "v1.2.0"


def test_a_rollback_after_a_rollback_goes_one_further(memory: Memory, taken: Downstream) -> None:
    first = taken.files()["docs/guides/a.md"]
    for version in ("v1.1.0", "v1.2.0"):
        memory.release(version, {"projects/web/a.md": f"# A\n\n{version}\n"})
        taken.merge(memory.run()["branch"], "squash")
    for version in ("v1.1.0", "v1.0.0"):
        done = memory.distribute("rollback", "guides").json
        assert done["restored_to"] == version
        taken.merge(done["branch"], "squash")
    assert taken.files()["docs/guides/a.md"] == first


def test_a_rollback_of_the_first_sync_removes_it_and_leaves_what_people_changed(
    memory: Memory, taken: Downstream
) -> None:
    taken.commit({"docs/guides/a.md": "# Mine\n"})
    done = memory.distribute("rollback", "guides", status=2).json
    assert done["restored_to"] is None
    assert [one["path"] for one in done["conflicts"]] == ["docs/guides/a.md"]
    assert down_paths(taken, done["commit"]) == {"README.md", "DECISIONS.md", "docs/guides/a.md"}


def down_paths(down: Downstream, ref: str) -> set[str]:
    return {*down.files(ref)}


@pytest.mark.parametrize("how", ["merge", "squash"])
def test_a_state_that_somebody_removed_is_found_in_the_history(
    memory: Memory, down: Downstream, how: str
) -> None:
    down.merge(memory.run()["branch"], how)
    down.commit({STATE: None})
    assert memory.run()["status"] == "unchanged"
    memory.release("v1.1.0", {"projects/web/gone.md": None})
    done = memory.run()
    assert done["removed"] == ["docs/guides/gone.md"]
    assert STATE in down.files(done["branch"])


def test_drift_is_seen_and_overrides_are_none(memory: Memory, taken: Downstream) -> None:
    taken.commit({"docs/guides/a.md": "# Mine\n", ".pack-overrides/b.md": "# B, mine\n"})
    (found,) = memory.distribute("status").json["downstreams"]
    names = "rule repo version latest status days missed failures drift"
    assert {*names.split()} <= found.keys()
    assert found["drift"] == ["docs/guides/a.md"]
    assert "docs/guides/a.md" in found["issue"]["body"]
    assert (found["version"], found["latest"], found["days"]) == ("v1.0.0", "v1.0.0", 0)


def test_one_that_fails_does_not_stop_the_others(memory: Memory, down: Downstream) -> None:
    for name in ("one", "two", "zero"):
        another(down, name)
        memory.rule(RULE.replace("guides", name, 1).replace("../down", f"../{name}"), name)
    (memory.path.parent / "one").rename(memory.path.parent / "elsewhere")
    memory.rule("sync_rule:\n  id: broken\n", "broken")
    found = {one["rule"]: one["status"] for one in memory.results("run", status=1)}
    assert found == {
        "broken": "failed",
        "guides": "opened",
        "one": "failed",
        "two": "opened",
        "zero": "opened",
    }


def test_two_rules_for_one_path_are_refused_and_named(memory: Memory, down: Downstream) -> None:
    memory.rule(RULE.replace("guides", "other", 1).replace("../down", str(down.path)), "other")
    found = memory.results("run", status=1)
    assert [one["status"] for one in found] == ["blocked", "blocked"]
    assert all("guides and other" in one["message"] for one in found)
    assert down.branches().keys() == {"main"}
    assert memory.run("--rule", "other", status=1)["status"] == "blocked"


def test_a_circle_is_refused(memory: Memory, down: Downstream) -> None:
    back = RULE.replace("id: guides", "id: back").replace("projects/web/*.md", "docs/**/*.md")
    down.commit({".pack/distribution/rules/back.yaml": back.replace("../down", "../memory")})
    done = memory.run(status=1)
    assert done["status"] == "failed"
    assert "guides" in done["message"]
    assert "back" in done["message"]
    memory.rule(RULE.replace("../down", str(memory.path)))
    assert memory.run(status=1)["status"] == "failed"


def test_a_circle_is_found_by_the_place_of_the_repository_that_names_the_way_back(
    memory: Memory, down: Downstream
) -> None:
    back = RULE.replace("id: guides", "id: back").replace("projects/web/*.md", "docs/**/*.md")
    down.commit({".pack/distribution/rules/back.yaml": back.replace("../down", "../../memory")})
    (down.path.parent / "deep").mkdir()
    down.path.rename(down.path.parent / "deep" / "down")
    memory.rule(RULE.replace("../down", "../deep/down"))
    assert "circle" in memory.run(status=1)["message"]


@pytest.mark.parametrize("kind", ["worktree", "origin"])
def test_no_other_place_of_the_memory_is_a_downstream(memory: Memory, kind: str) -> None:
    if kind == "worktree":
        memory.git("worktree", "add", "--quiet", "../other", "--detach")
    else:
        memory.git("clone", "--quiet", "--bare", ".", "../other")
        memory.git("remote", "add", "origin", "../other")
    memory.rule(RULE.replace("../down", "../other"))
    assert "to itself" in memory.run(status=1)["message"]


def test_two_rules_for_one_path_are_refused_though_one_lacks_a_variable(
    memory: Memory, down: Downstream
) -> None:
    memory.release("v1.1.0", {"projects/web/a.md": "# {{ team }}\n"})
    other = RULE.replace("guides", "other", 1).replace("copy", "template")
    memory.rule(other, "other")
    found = memory.results("run", status=1)
    assert all("guides and other" in one["message"] for one in found)
    assert down.branches().keys() == {"main"}


def test_a_run_that_was_killed_goes_on_from_wherever_it_was(
    memory: Memory, down: Downstream
) -> None:
    done = memory.run()
    memory.git("reset", "--quiet", "--hard", "HEAD~1")  # killed before the registry was written
    memory.rule()
    again = memory.run()
    assert (again["status"], again["commit"]) == ("unchanged", done["commit"])
    memory.release("v1.1.0", {"projects/web/a.md": CHANGED})
    down.git("branch", "--quiet", "keep", BRANCH)
    done = memory.run()
    down.git("branch", "--quiet", BRANCH, "keep")  # killed before the old branch was removed
    down.git("branch", "--quiet", "-D", "keep")
    again = memory.run()
    assert again["branch"] == NEXT
    assert down.branches().keys() == {"main", NEXT}


def test_a_branch_of_the_repository_that_is_checked_out_is_not_disturbed(
    memory: Memory, down: Downstream
) -> None:
    down.git("switch", "--quiet", "-c", "work")
    done = memory.run()
    assert done["status"] == "opened"
    assert down.git("branch", "--show-current").strip() == "work"
    assert down.git("status", "--porcelain") == ""


def test_a_third_party_makes_the_same_bytes_from_tag_and_rule_alone(
    memory: Memory, down: Downstream, tmp_path: Path
) -> None:
    done = memory.run()
    third = tmp_path / "third"
    clone = ["git", "clone", "--quiet", str(memory.path), str(third)]
    subprocess.run(clone, check=True, capture_output=True)
    other = another(Downstream(down.path), "fresh")
    other.git("branch", "--quiet", "-D", done["branch"])
    party = Memory(third)
    party.rule(RULE.replace("../down", str(other.path)))
    made = party.run("--tag", "v1.0.0")
    mine = {k: v for k, v in down.files(done["branch"]).items() if k.startswith("docs/")}
    theirs = {k: v for k, v in other.files(made["branch"]).items() if k.startswith("docs/")}
    assert mine == theirs
