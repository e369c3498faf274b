"""Walks of ten thousand steps: writing, undoing, redoing, restoring."""

from __future__ import annotations

import random

import pytest

from tests.stories.test_undo_walk import IN_A_FOLDER, VERBS, Walk
from tests.support import World

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200), pytest.mark.contract("C1", "C9", "C10")]


def test_ten_thousand_steps_equal_the_model_of_an_editor() -> None:
    stored = World(None)
    try:
        walk = Walk(stored, random.randrange(1_000_000))
        for _ in range(10_000):
            walk.step(VERBS)
        walk.write()
        walk.check()
    finally:
        stored.close()


def test_a_thousand_steps_in_a_folder(git_world: World) -> None:
    walk = Walk(git_world, random.randrange(1_000_000))
    for _ in range(1_000):
        walk.step([*VERBS, *IN_A_FOLDER])
    walk.write()
    walk.check()
