"""Whether the person's lines stay protected once a text is stored."""

import pytest

from pack.core.truths import LineState, LineTruth, NoteTruth
from pack.results import ProtectedLine
from pack.truth.between.afterwards import unprotected_by

pytestmark = pytest.mark.contract("C12")

RULE, OTHER = "Never deploy on Fridays.", "Ask before you delete."


def lost(before, levels, after):
    truth = NoteTruth(tuple(LineTruth(one, "x", LineState.WRITTEN, None) for one in levels))
    lines = enumerate(zip(before.split("\n"), levels, strict=False), 1)
    own = [ProtectedLine(n, text) for n, (text, level) in lines if level == 1 and text]
    return [(one.line, one.text) for one in unprotected_by(before, truth, own, after, 5)]


def test_what_stays_or_comes_around_it_takes_nothing_away():
    before = f"{RULE}\nits\n{OTHER}\n"
    for after in (before, f"x\n{before}\n{RULE}\n", f"{RULE}\n{OTHER}\n"):
        assert lost(before, (1, 5, 1), after) == []


def test_a_line_that_goes_or_comes_elsewhere_is_named():
    before = f"{RULE}\n{OTHER}\n"
    assert lost(before, (1, 1), f"{OTHER}\n") == [(1, RULE)]
    assert lost(before, (1, 1), f"{OTHER}\n{RULE}\n") == [(2, OTHER)]


def test_what_the_person_says_in_the_frontmatter_does_not_go_below_it():
    keys = "zz: 1\nzy: 2\nzx: 3\n"
    before = f"---\n{keys}tags: [a long tag]\n---\nx\n"
    after = f"---\ntags: [a long tag]\n---\nx\n\n{keys}tags: [a long tag]\n---\n"
    assert lost(before, (5, 5, 5, 5, 1, 5, 5), after) == [(5, "tags: [a long tag]")]
    assert lost(before, (5, 5, 5, 5, 1, 5, 5), before.replace(keys, "")) == []
