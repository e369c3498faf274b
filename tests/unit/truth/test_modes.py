"""What truth levels do for a file."""

import pytest

from pack.catalog.scope import PROJECT_FILE
from pack.core.truths import TruthMode
from pack.provenance import Origin, Source, commit_message
from tests.support import World

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


@pytest.mark.parametrize(
    "message",
    [
        "weaker\n\nCo-authored-by: Claude <noreply@anthropic.com>",
        commit_message(".pack.yaml: weaker", CLOUD, "r"),
        commit_message(".pack.yaml: weaker", CLOUD, "r").replace("Level: 5", "Level: 1"),
    ],
)
def test_a_machine_cannot_weaken_anything(world, message):
    world.init()
    world.commit({PROJECT_FILE: "version: 1\n"})
    world.commit({PROJECT_FILE: RULES}, message)
    assert modes(world) == ["enforce", "enforce", "enforce"]
