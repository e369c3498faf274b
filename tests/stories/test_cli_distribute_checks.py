"""What may not go stays: answer, exit status, registry and downstream say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.made_up_secrets import SECRETS
from tests.stories.distributing import FIRST, RULE, USER, Downstream, Memory, make_pair, pair
from tests.support import make_again

NOTE = "projects/web/a.md"
PLACE = "docs/guides/a.md"
SECRET = SECRETS["a GitHub token"]


@pytest.fixture
def both(tmp_path: Path) -> tuple[Memory, Downstream]:
    make_again(make_pair, tmp_path / "story")
    return pair(tmp_path / "story")


@pytest.mark.parametrize(
    ("check", "line", "text"),
    [
        ("link_integrity", 3, "# A\n\nSee [it](../missing.md).\n"),
        ("schema_check", 4, "# A\n\n```json\n{'a': 1}\n```\n"),
        ("secret_scan", 3, f"# A\n\nUse {SECRET}.\n"),
        ("secret_scan", 3, "# A\n\n> INTERNAL ONLY\n"),
        ("secret_scan", 3, "# A\n\nAs projects/web/private/secret.md says.\n"),
        ("secret_scan", 3, "# A\n\nAs [[people/jane]] says.\n"),
    ],
)
def test_each_failure_blocks_and_is_the_same_everywhere(
    both: tuple[Memory, Downstream], check: str, line: int, text: str
) -> None:
    memory, down = both
    memory.rule(RULE.replace("web/*.md", "web/**") + '  filters: {exclude: ["**/private/**"]}\n')
    memory.release("v1.1.0", {NOTE: text, "people/jane.md": "# Jane\n"})
    ended = memory.distribute("run", status=1)
    (done,) = ended.json["results"]
    (failed,) = [one for one in done["checks"] if one["status"] == "fail"]
    assert (done["status"], done["branch"], done["pull_request"]) == ("blocked", None, None)
    assert failed["name"] == check
    assert f"{PLACE}:{line} " in failed["details"]
    said = memory.pack("distribute", "run")
    assert said.status == 1
    assert f"{PLACE}:{line} " in said.text
    assert SECRET not in ended.text + ended.err + said.text + said.err
    assert down.branches().keys() == {"main"}
    registry = (memory.path / ".pack/distribution/registry.yaml").read_text("utf-8")
    assert "failures: 2" in registry
    assert SECRET not in registry


def test_what_the_checks_say_is_written_as_yaml(
    both: tuple[Memory, Downstream], tmp_path: Path
) -> None:
    memory, _ = both
    memory.distribute("plan", "--output", tmp_path / "said")
    (file,) = (tmp_path / "said").iterdir()
    said = yaml.safe_load(file.read_text("utf-8"))["sync_validation"]
    assert said["rule_id"] == file.stem
    assert [one["name"] for one in said["checks"]] == [
        "checksum",
        "link_integrity",
        "schema_check",
        "secret_scan",
        "version_tag",
    ]
    assert said["overall"] == "pass"


def test_upstreams_side_of_a_conflict_is_searched_though_the_file_does_not_go(
    both: tuple[Memory, Downstream],
) -> None:
    memory, down = both
    down.merge(memory.run()["branch"])
    own = FIRST[NOTE].replace("line 4", "our line")
    down.commit({".pack-overrides/a.md": own})
    memory.release("v1.1.0", {NOTE: FIRST[NOTE].replace("line 1", "line one")})
    down.merge(memory.run()["branch"])
    assert b"our line" in down.files()[PLACE]
    text = FIRST[NOTE].replace("line 1", "line one")
    memory.release("v1.2.0", {NOTE: text.replace("line 4", f"token {SECRET}")})
    ended = memory.distribute("run", status=1)
    (done,) = ended.json["results"]
    assert done["status"] == "blocked"
    assert SECRET not in ended.text


@pytest.mark.parametrize("said", ["internal: true", "sync: false"])
def test_an_internal_changelog_is_not_quoted_and_subjects_name_no_note_that_stays(
    both: tuple[Memory, Downstream], said: str
) -> None:
    memory, _ = both
    log = f"---\n{said}\n---\n\n## 1.1.0\n\n- a.md: as Jane asked\n"
    memory.release("v1.1.0", {"CHANGELOG.md": log, "people/jane.md": "# Jane\n"})
    for name, subject in (("people/jane", "a.md: as people/jane.md says"), ("a", "Say more")):
        memory.write({NOTE: FIRST[NOTE].replace("line 1", name)})
        memory.git("add", "--all")
        memory.git(*USER, "commit", "--quiet", "-m", subject)
        memory.write({NOTE: FIRST[NOTE]})
    memory.release("v1.2.0", {})
    body = memory.run()["pull_request"]["body"]
    assert "- Say more" in body
    assert "jane" not in body.lower()


@pytest.mark.parametrize(
    ("owners", "reviewers", "note"),
    [
        (None, [], "There is no CODEOWNERS file"),
        ("* @lead\n/docs/ @org/docs a@example.org\n", ["org/docs"], "by their mail"),
        ("/other/ @lead\n", [], "names nobody"),
    ],
)
def test_owners_are_asked_and_what_is_lacking_is_said(
    both: tuple[Memory, Downstream], owners: str | None, reviewers: list[str], note: str
) -> None:
    memory, down = both
    if owners is not None:
        down.commit({".github/CODEOWNERS": owners, "CODEOWNERS": "* @never"})
    done = memory.run()
    assert done["status"] == "opened"
    assert done["pull_request"]["reviewers"] == reviewers
    assert note in " ".join(done["notes"])
    assert note in done["pull_request"]["body"]
