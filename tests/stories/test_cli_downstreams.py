"""Beginning and ending with a downstream, verifying it, and hearing of it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.standins.receiver import Receiver
from tests.stories.cli_driver import run_installed
from tests.stories.distributing import FIRST, RULE, RULES, USER, Downstream, Memory, make_pair, pair
from tests.support import make_again

ADD = ["add", "more", "--repo", "../down", "--source", "projects/**", "--path", "more/"]
REGISTRY = ".pack/distribution/registry.yaml"


@pytest.fixture
def both(tmp_path: Path) -> tuple[Memory, Downstream]:
    make_again(make_pair, tmp_path / "story")
    return pair(tmp_path / "story")


@pytest.fixture
def memory(both: tuple[Memory, Downstream]) -> Memory:
    return both[0]


@pytest.fixture
def down(both: tuple[Memory, Downstream]) -> Downstream:
    return both[1]


def loaded(memory: Memory, path: str) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load((memory.path / path).read_text("utf-8"))
    return found


def listed(memory: Memory) -> dict[str, dict[str, object]]:
    found = loaded(memory, REGISTRY)["downstreams"]
    assert isinstance(found, list)
    return {str(one["rule"]): one for one in found}


@pytest.mark.parametrize("strategy", ["template", "reference"])
def test_a_downstream_begins_by_hand_with_its_strategy_and_becomes_what_it_is_to_be(
    memory: Memory, down: Downstream, strategy: str
) -> None:
    planned = memory.distribute(*ADD, "--dry-run").json
    assert planned["path"] == f"{RULES}/more.yaml"
    assert not (memory.path / RULES / "more.yaml").exists()
    done = memory.distribute(*ADD, "--frequency", "on_change", "--strategy", strategy).json
    assert done["result"]["status"] == "opened"
    rule = loaded(memory, f"{RULES}/more.yaml")["sync_rule"]
    assert isinstance(rule, dict)
    assert (rule["strategy"], rule["frequency"]) == (strategy, "on_change")
    texts = memory.git("log", "--format=%s", "-3").splitlines()
    assert [text.partition(": ")[2].split(" ")[0] for text in texts] == ["run", "record", "begin"]
    first = memory.git("show", f"HEAD~2:{RULES}/more.yaml")
    assert f"strategy: {strategy}" in first
    assert "frequency: manual" in first
    files = down.files(done["result"]["branch"])
    assert ".pack-overrides/.gitkeep" in files
    has_text = any(b"line 4" in text for text in files.values())
    assert has_text is (strategy != "reference")
    assert ".pack-sync-state/more.json" in files
    assert listed(memory)["more"]["repo"] == "../down"


def test_adding_goes_on_where_it_failed(memory: Memory, down: Downstream) -> None:
    down.path.rename(down.path.with_name("away"))
    assert memory.distribute(*ADD, status=1).json["result"]["status"] == "failed"
    rule = loaded(memory, f"{RULES}/more.yaml")["sync_rule"]
    assert isinstance(rule, dict)
    assert rule["frequency"] == "manual"
    down.path.with_name("away").rename(down.path)
    assert "there already" in memory.pack("distribute", *ADD, "--strategy", "reference").err
    assert memory.distribute(*ADD).json["result"]["status"] == "opened"
    assert "there already" in memory.pack("distribute", *ADD).err


def test_a_rule_that_cannot_be_is_not_written(memory: Memory) -> None:
    before = memory.state()
    ended = memory.pack("distribute", *ADD[:5], "[", "--path", "more/")
    assert ended.status == 1
    assert memory.state() == before


def test_ending_archives_the_rule_and_leaves_the_files(memory: Memory, down: Downstream) -> None:
    down.merge(memory.run()["branch"])
    before = down.files()
    done = memory.distribute("remove", "guides").json
    assert done["path"] == f"{RULES}/archived/guides.yaml"
    rule = loaded(memory, done["path"])["sync_rule"]
    assert isinstance(rule, dict)
    assert rule["frequency"] == "manual"
    assert not (memory.path / RULES / "guides.yaml").exists()
    assert listed(memory) == {}
    memory.release("v1.1.0", {"projects/web/a.md": "# A\n"})
    assert memory.results("run") == []
    assert down.files() == before
    assert memory.pack("distribute", "remove", "guides").status == 1


def test_ending_withdraws_what_is_offered_and_is_done_whatever_the_repository_says(
    memory: Memory, down: Downstream
) -> None:
    branch = memory.run()["branch"]
    assert memory.distribute("remove", "guides").json["notes"] == [f"{branch} was withdrawn"]
    assert down.branches().keys() == {"main"}
    memory.rule()
    down.path.rename(down.path.with_name("away"))
    (note,) = memory.distribute("remove", "guides").json["notes"]
    assert "close it by hand" in note


def test_a_rule_by_hand_runs_only_if_it_is_named(memory: Memory) -> None:
    memory.rule(RULE.replace("on_release", "manual"))
    assert memory.results("run") == []
    assert "--rule guides" in memory.ok("distribute", "plan").err
    assert memory.run("--rule", "guides")["status"] == "opened"


def test_a_rule_on_change_runs_without_a_release(memory: Memory, down: Downstream) -> None:
    memory.rule(RULE.replace("on_release", "on_change"))
    memory.write({"projects/web/a.md": "# A, now\n"})
    memory.ok("commit")
    memory.run()
    heads, head = down.branches(), memory.head()
    memory.run()
    assert (down.branches(), memory.head()) == (heads, head)
    down.merge(memory.run()["branch"], "squash")
    assert down.files()["docs/guides/a.md"].endswith(b"# A, now\n")
    assert memory.run()["status"] == "unchanged"
    memory.write({"context/other.md": "# Other\n"})
    memory.ok("commit")
    assert memory.run()["status"] == "unchanged"


def test_what_was_synced_can_be_verified_and_what_was_changed_is_found(
    memory: Memory, down: Downstream
) -> None:
    done = memory.run()
    (found,) = memory.distribute("verify").json["verified"]
    assert (found["status"], found["branch"]) == ("pass", done["branch"])
    assert found["files"].keys() == {f"docs/guides/{n}.md" for n in ("a", "b", "gone")}
    down.commit({"docs/guides/a.md": "# Mine\n"}, done["branch"])
    (found,) = memory.distribute("verify", "guides", status=1).json["verified"]
    assert "docs/guides/a.md" in found["details"]
    assert memory.pack("distribute", "verify", "--tag", "v9.9.9").status == 1


def test_verify_looks_at_the_default_branch_too_and_at_each_rule(
    memory: Memory, down: Downstream
) -> None:
    branch = memory.run()["branch"]
    head = down.branches()[branch]
    down.merge(branch)
    down.git("branch", branch, head)
    assert memory.distribute("verify").json["verified"][0]["status"] == "pass"
    down.commit({"docs/guides/a.md": "# Mine\n"})
    memory.rule(RULE.replace("id: guides", "id: alone").replace("docs/guides", "alone"), "alone")
    memory.rule("sync_rule: [", "broken")
    found = {one["rule"]: one for one in memory.distribute("verify", status=1).json["verified"]}
    assert {one["status"] for one in found.values()} == {"fail"}
    assert found["guides"]["branch"] == "main"
    assert found.keys() == {"alone", "broken", "guides"}


def test_a_record_that_somebody_changed_hides_nothing(memory: Memory, down: Downstream) -> None:
    down.merge(memory.run()["branch"])
    path = ".pack-sync-state/guides.json"
    state = json.loads(down.files()[path])
    state["placed"] = {"docs/guides/a.md": hashlib.sha256(b"# Mine\n").hexdigest()}
    down.commit({"docs/guides/a.md": "# Mine\n", path: json.dumps(state)})
    (found,) = memory.distribute("verify", status=1).json["verified"]
    assert "not proven" in found["details"]
    (stands,) = memory.distribute("status").json["downstreams"]
    assert stands["drift"] == ["docs/guides/a.md"]


def test_what_was_put_there_instead_is_proven_by_the_sync_that_did(
    memory: Memory, down: Downstream
) -> None:
    down.merge(memory.run()["branch"])
    own = down.files()["docs/guides/a.md"] + b"\nOurs.\n"
    down.commit({".pack-overrides/a.md": own})
    memory.release("v1.1.0", {"projects/web/b.md": "# B, more\n"})
    down.merge(memory.run()["branch"])
    assert down.files()["docs/guides/a.md"] == own
    assert memory.distribute("verify").json["verified"][0]["status"] == "pass"
    assert memory.distribute("status").json["downstreams"][0]["drift"] == []


def test_a_rule_that_meets_nothing_says_so(memory: Memory) -> None:
    memory.rule(RULE.replace("web/*.md", "none/*.md"))
    assert "no file of v1.0.0" in " ".join(memory.run()["notes"])


def test_what_was_mistyped_is_no_failure_and_changes_nothing(memory: Memory) -> None:
    before = memory.head()
    assert memory.pack("distribute", "run", "--tag", "v9.9.9").status == 1
    assert memory.head() == before
    ended = memory.pack("distribute", "rollback", "guides", "--tag", "v1.0.0")
    assert (ended.status, "--tag" in ended.err) == (1, True)


def test_a_rollback_that_is_only_filed_pins_nothing_out(
    memory: Memory, down: Downstream, tmp_path: Path
) -> None:
    down.merge(memory.run()["branch"])
    before = (memory.path / RULES / "guides.yaml").read_text("utf-8")
    memory.distribute("rollback", "guides", "--bundle", tmp_path / "bundles")
    assert (memory.path / RULES / "guides.yaml").read_text("utf-8") == before


def test_a_third_party_makes_the_same_bytes_in_a_process_of_its_own(
    memory: Memory, down: Downstream, tmp_path: Path
) -> None:
    branch = memory.run()["branch"]
    third, out = tmp_path / "third" / "notes", tmp_path / "out"
    clone = ["git", "clone", "--quiet", str(memory.path), str(third)]
    subprocess.run(clone, check=True, capture_output=True)
    subprocess.run(["git", "checkout", "--quiet", "v1.0.0"], cwd=third, check=True)
    Memory(third).rule(RULE.replace("../down", str(down.path)))
    words = ("distribute", "verify", "guides", "--tag", "v1.0.0", "--output", out)
    ended = run_installed(*words, "--local", third, "--format", "json", cwd=tmp_path)
    assert ended.status == 0, ended
    made = {file.relative_to(out).as_posix(): file.read_bytes() for file in out.rglob("*.md")}
    files = down.files(branch)
    assert made == {path: files[path] for path in files if path.startswith("docs/")}


def test_alerts_reach_the_webhooks(memory: Memory, down: Downstream) -> None:
    down.merge(memory.run()["branch"])
    down.commit({"docs/guides/a.md": "# Mine\n"})
    with Receiver(secret=None) as receiver:
        env = {"PACK_WEBHOOK_URL": receiver.url(), "PACK_WEBHOOK_ALLOW": "127.0.0.1"}
        ended = memory.pack("distribute", "status", "--alert", env=env)
        assert ended.status == 0, ended
        (request,) = receiver.calls
    body = json.loads(request.body)
    assert (body["version"], body["event"]) == (2, "sync_alert")
    alert = yaml.safe_load(body["content"])["sync_alert"]
    assert alert == body["sync_alert"]
    names = "type rule_id target_repo detected_at details action_required"
    assert alert.keys() == {*names.split()}
    assert (alert["type"], alert["rule_id"]) == ("drift", "guides")


def test_a_rule_that_cannot_be_read_is_no_green_status(memory: Memory) -> None:
    memory.rule("sync_rule:\n  id: guides\n")
    (found,) = memory.distribute("status", status=1).json["downstreams"]
    assert found["rule"] == "guides"
    assert "line" in found["error"]
    assert memory.pack("distribute", "status", "--alert").status == 1


def test_watch_looks_once(memory: Memory, down: Downstream) -> None:
    memory.ok("distribute", "watch", "--once")
    assert "memory-sync/v1.0.0/guides" in down.branches()


def test_text_says_what_happened(memory: Memory, down: Downstream) -> None:
    ended = memory.ok("distribute", "run")
    assert "guides  ../down  v1.0.0  opened" in ended.text
    assert "add     docs/guides/a.md" in ended.text
    assert "1 rule: 1 opened" in ended.err
    down.merge("memory-sync/v1.0.0/guides")
    memory.release("v1.1.0", {"projects/web/a.md": FIRST["projects/web/b.md"]})
    assert "v1.0.0  →  v1.1.0  Behind" in memory.ok("distribute", "status").text
    down.merge(memory.run()["branch"])
    ended = memory.ok("distribute", "rollback", "guides", "--dry-run")
    assert "back from v1.1.0 to v1.0.0" in ended.text


def test_a_run_that_cannot_be_recorded_says_so(memory: Memory, down: Downstream) -> None:
    memory.git("checkout", "--quiet", "v1.0.0")
    memory.rule()
    ended = memory.pack("distribute", "run")
    assert ended.status == 1
    assert "opened" in ended.text
    assert "registry" in ended.err


@pytest.mark.parametrize("form", ["bundle", "patch"])
def test_branches_become_files_where_nothing_may_be_pushed(
    memory: Memory, down: Downstream, tmp_path: Path, form: str
) -> None:
    before = memory.state(), down.branches()
    done = memory.run(f"--{form}", str(tmp_path / "out"))
    assert (memory.state(), down.branches()) == before
    file = tmp_path / "out" / f"{done['branch']}.{form}"
    if form == "bundle":
        down.git("fetch", "--quiet", str(file), f"{done['branch']}:taken")
    else:
        down.git("switch", "--quiet", "-c", "taken")
        down.git(*USER, "am", "--quiet", "--keep-cr", str(file))
    assert down.files("taken")["docs/guides/a.md"].decode() == FIRST["projects/web/a.md"]
    again = memory.run(f"--{form}", str(tmp_path / "out"))
    assert again["commit"] == done["commit"]
    assert memory.pack("distribute", "run", "--bundle", "x", "--patch", "y").status == 1


@pytest.mark.parametrize("form", ["bundle", "patch"])
def test_a_run_says_that_a_branch_is_there_and_becomes_no_file(
    memory: Memory, tmp_path: Path, form: str
) -> None:
    branch = memory.run()["branch"]
    words = (f"--{form}", str(tmp_path / "out"))
    done = memory.run(*words)
    note = f"{branch} is offered already, so no file was written"
    assert (done["status"], done["notes"][-1]) == ("unchanged", note)
    assert note in memory.pack("distribute", "run", *words).err
    assert note not in memory.run(*words, "--dry-run")["notes"]
    assert not (tmp_path / "out").exists()
