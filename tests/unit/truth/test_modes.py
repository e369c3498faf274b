"""What truth levels do for a file."""

import pytest

from pack.catalog.scope import PROJECT_FILE, VaultMode
from pack.core.truths import TruthMode
from pack.provenance import RECORDED_BY, Origin, Source, commit_message
from pack.truth.modes import believed
from tests.support import World
from tests.truth_support import PERSON

RULES = "version: 1\ntruth: {drafts/: record, drafts/rules/: enforce}\n"
CLOUD = Origin(Source.AI_CLOUD, "claude")


@pytest.fixture
def world():
    made = World(None)
    yield made
    made.close()


def modes(world, truth=TruthMode.ENFORCE):
    memory = world.open(truth=truth)
    truths = memory._session.core.truths
    paths = ("drafts/a.md", "drafts/rules/a.md", "notes/a.md")
    return [truths.mode(path).value for path in paths]


def test_a_folder_can_be_weaker_if_the_person_says_so(world):
    world.open(truth=TruthMode.ENFORCE)
    world.init()
    assert modes(world) == ["enforce", "enforce", "enforce"]
    world.commit({PROJECT_FILE: RULES})
    assert modes(world) == ["record", "enforce", "enforce"]
    assert modes(world, TruthMode.RECORD) == ["record", "record", "record"]
    world.commit({PROJECT_FILE: "version: 1\ntruth: nonsense\n"})
    assert modes(world) == ["enforce", "enforce", "enforce"]


def test_the_rules_have_the_mode_of_the_setting(world):
    world.init()
    world.commit({PROJECT_FILE: "version: 1\ntruth: record\n"})
    assert modes(world) == ["record", "record", "record"]
    assert world.memory._session.core.truths.mode(PROJECT_FILE) is TruthMode.ENFORCE


MACHINE = "rules\n\nCo-authored-by: Claude <noreply@anthropic.com>"
SQUASHED = "Squashed commit of the following:\n\ncommit 1234567\nAuthor: A <a@example.org>\n"


@pytest.mark.parametrize(
    "message",
    [
        "weaker\n\nCo-authored-by: Claude <noreply@anthropic.com>",
        commit_message(".pack.yaml: weaker", CLOUD, "r"),
        commit_message(".pack.yaml: weaker", CLOUD, "r").replace("Level: 5", "Level: 1"),
        commit_message(".pack.yaml: weaker", PERSON, "r", trailers=[(RECORDED_BY, CLOUD.label)]),
        SQUASHED,
    ],
)
def test_a_machine_cannot_weaken_anything(world, message):
    world.init()
    world.commit({PROJECT_FILE: "version: 1\n"})
    world.commit({PROJECT_FILE: RULES}, message)
    assert modes(world) == ["enforce", "enforce", "enforce"]


@pytest.mark.parametrize(
    ("mine", "made_of_it"),
    [
        (RULES, "version: 1\ntruth: {drafts/: record}\n"),
        (
            "version: 1\ntruth:\n  drafts/: record\n  drafts/rules/: enforce\n",
            "version: 1\ntruth:\n  drafts/: record\n",
        ),
        (
            "version: 1\ntruth:\n  notes/: enforce\n  drafts/: record\nvault_mode: cloud_first\n",
            "version: 1\nvault_mode: cloud_first\ntruth:\n  drafts/: record\n",
        ),
    ],
)
def test_what_a_machine_made_of_the_persons_lines_does_not_count(world, mine, made_of_it):
    world.init()
    world.commit({PROJECT_FILE: mine})
    assert modes(world)[0] == "record"
    world.commit({PROJECT_FILE: made_of_it}, MACHINE)
    assert modes(world) == ["enforce", "enforce", "enforce"]
    core = world.memory._session.core
    assert believed(core, core.truths).vault_mode is VaultMode.LOCAL_FIRST


def test_a_line_of_the_persons_from_elsewhere_is_no_rule(world):
    world.init()
    world.commit({"notes/a.md": "a\n\nversion: 1\ntruth: record # as I have it elsewhere\n"})
    line = "version: 1\ntruth: record # as I have it elsewhere\n"
    world.commit({"notes/a.md": "a\n", PROJECT_FILE: line}, MACHINE)
    assert modes(world) == ["enforce", "enforce", "enforce"]


def test_what_the_person_took_away_no_machine_brings_back(world):
    world.init()
    world.commit({PROJECT_FILE: RULES})
    world.commit({PROJECT_FILE: None})
    assert modes(world) == ["enforce", "enforce", "enforce"]
    world.commit({PROJECT_FILE: RULES}, MACHINE)
    assert modes(world) == ["enforce", "enforce", "enforce"]


@pytest.mark.parametrize("truth", [TruthMode.ENFORCE, TruthMode.RECORD])
@pytest.mark.parametrize(
    ("message", "mode"), [("mine", VaultMode.CLOUD_FIRST), (MACHINE, VaultMode.LOCAL_FIRST)]
)
def test_only_the_person_says_where_their_copy_is(world, truth, message, mode):
    world.init()
    world.commit({PROJECT_FILE: "version: 1\nvault_mode: cloud_first\n"}, message)
    core = world.open(truth=truth)._session.core
    assert believed(core, core.truths).vault_mode is mode
