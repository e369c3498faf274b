"""Machines that meet by files alone: repositories, keys and bundles are real."""

import pytest

from tests.mesh_machines import machines_in, pair_in


@pytest.fixture
def machines(tmp_path, at_first):
    with machines_in(tmp_path, "laptop", "desk", "phone") as made:
        yield made


@pytest.fixture
def at_first(tmp_path, request):
    """What the machines are before a test: two peers at the same head, where it asks for them."""
    if "pair" in request.fixturenames:
        pair_in(tmp_path)


@pytest.fixture
def pair(machines):
    """Two peers of one group that are at the same head."""
    return machines[:2]
