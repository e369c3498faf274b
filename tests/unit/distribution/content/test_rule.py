"""The rules of a memory: what they say, and where they are wrong."""

import json

import jsonschema
import pytest
import yaml
from pack_templates import sync_rule_schema

from pack.distribution.content.rule import is_rule_path, load_rules, read_rule, rule_schema
from pack.distribution.values import Frequency, PathRewrite, Strategy
from pack.errors import InvalidConfig
from tests.distribution_support import rule_text

WHOLE = """\
# of the team
sync_rule:
  id: sync-webapp-guides
  source: "projects/**/*.md"
  target_repo: org/webapp
  target_path: docs/guides
  strategy: copy              # copy | template | reference
  frequency: on_release
  filters: {include: ["projects/web/*.md"], exclude: ["projects/web/private/**"]}
  transforms:
    - strip_internal_links: true
    - rewrite_paths: {from: "projects/", to: "docs/guides/"}
  validation: {checksum: true, schema_check: false}
  variables: {team: null, tone: plain, size: 3}
  pinned_out: [v1.2.0]
"""


def test_a_rule_is_read_as_it_is_written():
    rule = read_rule(WHOLE.encode(), "r.yaml")
    assert rule.id == "sync-webapp-guides"
    assert (rule.source, rule.target_repo, rule.target_path) == (
        "projects/**/*.md",
        "org/webapp",
        "docs/guides/",
    )
    assert (rule.strategy, rule.frequency) == (Strategy.COPY, Frequency.ON_RELEASE)
    assert (rule.include, rule.exclude) == (("projects/web/*.md",), ("projects/web/private/**",))
    assert rule.strip_internal_links
    assert rule.rewrites == (PathRewrite("projects/", "docs/guides/"),)
    assert (rule.checks_checksum, rule.checks_schemas) == (True, False)
    assert rule.variables == {"team": None, "tone": "plain", "size": "3"}
    assert rule.pinned_out == ("v1.2.0",)


def test_versions_are_pinned_out_with_their_v_or_without_and_commits_by_their_ids():
    text = WHOLE.replace("[v1.2.0]", "[1.2.0, v1.3.0+b1, 0123abc]")
    rule = read_rule(text.encode(), "r.yaml")
    assert all(map(rule.pins_out, ["v1.2.0", "1.2.0", "1.3.0+b1", "0123abc"]))
    assert not any(map(rule.pins_out, ["v1.2.1", "v1.3.0", "v1.3.0+b2"]))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("strategy: copy ", "strategy: clone ", r"sync_rule\.strategy: .*\(line 7, column 3\)"),
        ("  frequency: on_release\n", "", r"sync_rule\.frequency: is missing \(line 2, column 1\)"),
        ("exclude:", "exlude:", r"filters\.exlude: is not known \(line 9, column 45\)"),
        ('from: "projects/", ', "", r"rewrite_paths\.from: is missing \(line 12, column 7\)"),
        ("strip_internal_links: true", "strip_internal_links: 1", r"\(line 11, column 7\)"),
        ("private/**", "private/[x", r"filters\.exclude\.0: .*\[ .*\(line 9, column 55\)"),
        ('"projects/**/*.md"', '"!x"', r"sync_rule\.source: .*\(line 4, column 3\)"),
        ("[v1.2.0]", "[v1.2.0, latest]", r"pinned_out\.1: is neither .*\(line 15, column 24\)"),
        ("docs/guides\n", "../x\n", r"sync_rule\.target_path: .*\(line 6, column 3\)"),
        ("docs/guides\n", "/etc\n", r"sync_rule\.target_path: .*\(line 6, column 3\)"),
        ("docs/guides\n", ".GIT/hooks\n", r"sync_rule\.target_path: .*\(line 6, column 3\)"),
        ("docs/guides\n", ".pack-overrides\n", r"sync_rule\.target_path: .*\(line 6, column 3\)"),
        ("org/webapp", "https://example.org/x.git", r"target_repo: .*\(line 5, column 3\)"),
        ("org/webapp", "git@example.org:x", r"target_repo: .*\(line 5, column 3\)"),
        ("org/webapp", "ext::sh", r"target_repo: .*\(line 5, column 3\)"),
        ("org/webapp", "--upload-pack=x", r"target_repo: .*\(line 5, column 3\)"),
        ("id: sync-webapp-guides", "id: ../x", r"sync_rule\.id: .*\(line 3, column 3\)"),
        ("id: sync-webapp-guides", "id: x.lock", r"sync_rule\.id: .*\(line 3, column 3\)"),
        ("sync_rule:", "sync_rules:", r"sync_rule: is missing \(line 2, column 1\)"),
        ("team: null", "a-b: null", r"variables\.a-b: .*\(line 14, column 15\)"),
        ("  id:", "  id: [", r"\(line 4, column \d+\)"),
        ("strategy:", "id:", r"twice \(line 7, column 3\)"),
        ("copy ", "*copy ", r"aliases .*\(line 7, column 13\)"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_column(old, new, message):
    assert old in WHOLE
    with pytest.raises(InvalidConfig, match=rf"r\.yaml: .*{message}"):
        read_rule(WHOLE.replace(old, new, 1).encode(), "r.yaml")


@pytest.mark.parametrize("content", [b"\xff", b"", b"- a\n", b"x: " + b"y" * 70_000])
def test_what_is_no_rule_is_refused(content):
    with pytest.raises(InvalidConfig, match=r"r\.yaml"):
        read_rule(content, "r.yaml")


@pytest.mark.parametrize("repo", ["org/webapp", "../clone", "/srv/x.git", "file:///srv/x", "C:\\x"])
def test_a_repository_is_on_github_or_on_this_machine(repo):
    assert read_rule(rule_text(target_repo=repo).encode(), "r.yaml").target_repo == repo


@pytest.mark.parametrize(
    ("folder", "read"),
    [("", ""), (".", ""), ("./", ""), ("./docs", "docs/"), (".github/", ".github/")],
)
def test_a_folder_ends_with_a_slash(folder, read):
    assert read_rule(rule_text(target_path=folder).encode(), "r.yaml").target_path == read


def test_one_broken_rule_does_not_concern_the_others():
    rules = ".pack/distribution/rules/"
    files = {
        f"{rules}a.yaml": rule_text(id="one").encode(),
        f"{rules}b.yml": rule_text(id="two").encode(),
        f"{rules}c.yaml": b"sync_rule: [",
        f"{rules}d.yaml": rule_text(id="One").encode(),
        f"{rules}archived/e.yaml": rule_text(id="old").encode(),
        f"{rules}notes.md": b"x",
    }
    found = load_rules(files)
    assert [one.rule.id for one in found.rules] == ["one", "two"]
    assert [one.path for one in found.broken] == [f"{rules}c.yaml", f"{rules}d.yaml"]
    assert f"one is in {rules}a.yaml too" in str(found.broken[1].error)
    assert not is_rule_path(f"{rules}archived/e.yaml")


def test_the_published_schema_is_that_of_the_model():
    assert json.loads(sync_rule_schema()) == rule_schema()


def test_the_schema_accepts_what_is_read_and_refuses_what_is_not():
    schema = rule_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(WHOLE), schema)
    for wrong in ({"strategy": "clone"}, {"unknown": 1}, {"id": "../x"}, {"filters": {"x": []}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(rule_text(**wrong)), schema)
