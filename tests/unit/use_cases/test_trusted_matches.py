"""Search results with how far each is trusted."""

from dataclasses import replace

import pytest

from pack.core.labels import Label
from pack.errors import InvalidRequest
from pack.model import MemoryPath
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
    said = {match.path for match in found.matches if match.level == 5}
    assert labelled(core, found.matches, said) == found.matches


def test_a_note_of_the_person_alone_is_not_read_for_its_label(writers):
    core = writers.world.memory._session.core
    (found,) = writers.world.memory.search.find("Friday").matches
    unread = replace(found, path=MemoryPath("b/not-there.md"), level=None, origin=None)
    assert labelled(core, [unread], ()) == (replace(unread, level=1, origin="user"),)
    assert labelled(core, [unread], {unread.path}) == (unread,)


def test_a_note_counts_as_shared_if_it_or_its_history_says_so(writers):
    claimed = "# Deploy\n\nwaffles\n"
    writers.person(f"---\ntruth_level: 4\n---\n{claimed}", "c/says.md")
    writers.person(f"---\ntruth_level: 1\n---\n{claimed}", "d/own.md")
    core = writers.world.memory._session.core
    rows = core.ask(lambda view: view.rows())
    assert {row.path for row in rows if row.says_shared} == {"a/made.md", "c/says.md"}
    asked = [MemoryPath(path) for path in ("a/made.md", "c/says.md", "d/own.md")]
    assert list(core.truths.shared_among(asked)) == ["a/made.md"]
    found = places(writers.world.memory.search.find("waffles"))
    assert found == {"c/says.md": (1, "user:cli"), "d/own.md": (1, "user")}


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
