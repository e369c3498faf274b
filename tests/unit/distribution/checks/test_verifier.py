"""The verifier finds whatever differs from what the rule makes, wherever it came from."""

from dataclasses import replace
from hashlib import sha256

import pytest

from pack.distribution.checks.verifier import Recorded, Verifier, compare
from pack.distribution.reconciling.remaking import Remaker
from pack.distribution.values import CheckStatus, PathRewrite, Release, Rule
from pack.errors import NotFound
from pack.model import CommitId
from tests.distribution_support import MemoryUpstream, rule_of

FILES = {
    "guides/a.md": b"# A\n\nSee [b](b.md) and {{ team }}.\n",
    "guides/b.md": b"# B\r\n\r\n[a](a.md)\r\n",
    "private/c.md": b"# C\n",
}


class Synced:
    """A sync as it would be if all went well."""

    def __init__(self, **rule: object) -> None:
        self.upstream = MemoryUpstream()
        self.rule: Rule = rule_of(**rule)
        self.release: Release = self.upstream.release("v1.0.0", FILES)
        variables = {"team": "web"} if rule.get("strategy") == "template" else {}
        made = Remaker(self.upstream).make(self.rule, self.release, variables)
        self.found: dict[str, bytes | None] = dict(made.contents())
        files = {path: sha256(one).hexdigest() for path, one in made.contents().items()}
        self.recorded = Recorded(files, made.variables)

    def check(self):
        return Verifier(self.upstream).check(self.rule, self.release, self.recorded, self.found)


@pytest.mark.parametrize("strategy", ["copy", "template", "reference"])
def test_what_is_right_passes(strategy: str) -> None:
    result = Synced(strategy=strategy).check()
    assert (result.status, result.details) == (CheckStatus.PASS, "2/2 files match")


def test_each_difference_is_named_with_its_file() -> None:
    synced = Synced()
    synced.found["docs/a.md"] = b"# Something else\n"
    result = synced.check()
    assert result.status is CheckStatus.FAIL
    assert result.details == "1/2 files match: docs/a.md differs from what the rule makes"


def test_a_line_end_that_git_or_anybody_changed_is_a_difference() -> None:
    synced = Synced()
    synced.found["docs/b.md"] = (synced.found["docs/b.md"] or b"").replace(b"\r\n", b"\n")
    assert "docs/b.md differs" in synced.check().details


def test_a_file_too_many_or_too_few_is_a_difference() -> None:
    synced = Synced()
    synced.found |= {"docs/a.md": None, "docs/evil.md": b"x"}
    assert synced.check().details == (
        "1/3 files match: docs/a.md is not there; "
        "docs/evil.md is nothing that the rule makes of this version"
    )


def test_a_forged_record_is_found_though_the_files_agree_with_it() -> None:
    synced = Synced()
    synced.found["docs/a.md"] = b"# Forged\n"
    files = {**synced.recorded.files, "docs/a.md": sha256(b"# Forged\n").hexdigest()}
    synced.recorded = replace(synced.recorded, files=files)
    assert "docs/a.md is recorded with another checksum" in synced.check().details
    synced.recorded = replace(synced.recorded, files={})
    assert "docs/a.md is not recorded" in synced.check().details
    synced.found = {}
    assert synced.check().details == "0/2 files match: 2 of the rule's files are not recorded"


def test_the_rule_counts_as_it_is() -> None:
    synced = Synced()
    synced.rule = replace(synced.rule, rewrites=(PathRewrite("guides/", "other/"),))
    assert synced.check().status is CheckStatus.FAIL


def test_variables_are_the_recorded_ones() -> None:
    synced = Synced(strategy="template")
    synced.recorded = replace(synced.recorded, variables={"team": "other"})
    assert "docs/a.md" in synced.check().details


def test_what_people_changed_is_left_out_and_what_was_merged_counts_as_recorded() -> None:
    synced = Synced()
    del synced.found["docs/a.md"]
    merged = b"# B, merged\n"
    synced.found["docs/b.md"] = merged
    assert synced.check().status is CheckStatus.FAIL
    placed = {"docs/b.md": sha256(merged).hexdigest()}
    synced.recorded = replace(synced.recorded, placed=placed)
    assert synced.check().status is CheckStatus.PASS


def test_another_version_of_the_transforms_cannot_be_judged() -> None:
    synced = Synced()
    synced.recorded = replace(synced.recorded, transforms=99)
    assert synced.check().status is CheckStatus.FAIL


def test_a_release_that_is_gone_is_said() -> None:
    synced = Synced()
    synced.release = replace(synced.release, commit=CommitId("f" * 40))
    with pytest.raises(NotFound):
        synced.check()


def test_nothing_at_all_agrees() -> None:
    assert compare(Recorded({}), {}, {}).details == "0/0 files match"
