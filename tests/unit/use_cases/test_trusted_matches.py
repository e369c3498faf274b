"""Search results with how far each is trusted."""

import pytest

from pack.core.labels import Label
from pack.errors import InvalidRequest
from pack.use_cases.trusted_matches import is_wanted, labelled
from tests.truth_support import Writers

HEAD = "---\ntruth_level: 5\n---\n"
RULE, MADE = "Never deploy on a Friday.", "The machine deploys version 7 at once."


@pytest.fixture
def writers(world):
    found = Writers(world)
    found.agent(f"{HEAD}# Deploy\n\n{MADE}\n", "a/made.md")
    found.person(f"# Deploy\n\n{RULE}\n", "b/rule.md")
    return found


def places(found):
    return {match.path: (match.level, match.origin) for match in found.matches}


def test_each_result_says_how_far_its_passage_is_trusted(writers):
    found = writers.world.memory.search.find("deploy")
    assert places(found) == {
        "a/made.md": (5, "ai-cloud:test-client"),
        "b/rule.md": (1, "user"),
    }


def test_results_by_trust_and_by_writer(writers):
    search = writers.world.memory.search
    assert list(places(search.find("deploy", max_level=2))) == ["b/rule.md"]
    assert list(places(search.find("deploy", origin="AI-cloud"))) == ["a/made.md"]
    assert list(places(search.find("deploy", origin="user:cli"))) == ["b/rule.md"]
    assert search.find("deploy", max_level=4, origin="ai-cloud").matches == ()
    with pytest.raises(InvalidRequest):
        search.find("deploy", max_level=6)


def test_of_results_that_are_alike_the_stronger_comes_first(writers):
    writers.agent(f"{HEAD}# Same\n\nzebra crossing\n", "a/same.md")
    writers.person("# Same\n\nzebra crossing\n", "b/same.md")
    found = writers.world.memory.search.find("zebra")
    first, second = (match.score for match in found.matches)
    alike = [match for match in found.matches if round(first, 6) == round(second, 6)]
    assert [match.level for match in alike] in ([], [1, 5])
    core = writers.world.memory._session.core
    assert labelled(core, found.matches) == found.matches


@pytest.mark.parametrize(
    ("label", "max_level", "origin", "passes"),
    [
        (Label(5, "ai-cloud:x"), None, None, True),
        (Label(5, "ai-cloud:x"), 4, None, False),
        (Label(5, "ai-cloud:x"), 5, "ai-", True),
        (Label(1, "user:cli"), 5, "ai-", False),
        (None, 1, "user", True),
    ],
)
def test_what_passes(label, max_level, origin, passes):
    assert is_wanted(label, max_level, origin) is passes
