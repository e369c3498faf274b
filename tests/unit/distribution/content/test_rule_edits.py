"""Single values of a rule change, and nothing else does."""

import pytest

from pack.distribution.content.rule import read_rule
from pack.distribution.content.rule_edits import with_pinned, with_value
from pack.distribution.values import Frequency
from pack.errors import InvalidConfig

RULE = b"""\
# of the team
sync_rule:
  id: guides   # a name
  source: guides/**
  target_repo: org/webapp
  target_path: docs/
  strategy: copy
  frequency: on_release  # with each tag
# the end
"""


def test_a_value_changes_in_place():
    changed = with_value(RULE, "r.yaml", "frequency", "manual")
    assert changed == RULE.replace(b"on_release", b"manual")
    assert read_rule(changed, "r.yaml").frequency is Frequency.MANUAL


@pytest.mark.parametrize("rule", [RULE, RULE.replace(b"\n", b"\r\n"), RULE.rstrip(b"\n")])
def test_versions_are_pinned_out_one_after_the_other(rule):
    once = with_pinned(rule, "r.yaml", "v1.2.0")
    twice = with_pinned(once, "r.yaml", "v1.3.0")
    assert read_rule(twice, "r.yaml").pinned_out == ("v1.2.0", "v1.3.0")
    assert twice.startswith(rule)
    assert with_pinned(twice, "r.yaml", "v1.2.0") == twice


def test_a_rule_in_braces_is_edited_too():
    rule = (
        b"sync_rule: {id: a, source: g/**, target_repo: org/x, target_path: d/, "
        b"strategy: copy, frequency: manual}\n"
    )
    assert read_rule(with_pinned(rule, "r.yaml", "v1.0.0"), "r.yaml").pinned_out == ("v1.0.0",)


def test_what_would_be_no_rule_is_refused():
    with pytest.raises(InvalidConfig, match="frequency"):
        with_value(RULE, "r.yaml", "frequency", "sometimes")
    with pytest.raises(InvalidConfig):
        with_value(b"x: 1\n", "r.yaml", "frequency", "manual")
