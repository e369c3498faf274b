"""What turns one value into another: taken one by one, the steps lead there."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_servers.clients.editing.steps import EditStep, EditStepKind, steps

_VALUES = st.recursive(
    st.integers(0, 2),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)


def taken(held: Any, step: EditStep) -> Any:
    """What is said after a step; nothing with members is empty in between."""
    if not step.path:
        return step.value
    inner = held
    for key in step.path[:-1]:
        inner = inner[key]
    last = step.path[-1]
    if step.kind is EditStepKind.REMOVE:
        assert len(inner) > 1
        del inner[last]
    elif step.kind is EditStepKind.ADD and isinstance(inner, list):
        assert isinstance(last, int)
        assert 0 < last <= len(inner)
        inner.insert(last, step.value)
    else:
        assert (last in inner) is (step.kind is EditStepKind.SET) or isinstance(inner, list)
        inner[last] = step.value
    return held


@given(_VALUES, _VALUES)
def test_the_steps_lead_from_any_value_to_any_other(held: Any, value: Any) -> None:
    now = copy.deepcopy(held)
    for step in steps(held, value):
        now = taken(now, step)
    assert now == value


@given(_VALUES)
def test_what_is_said_already_takes_no_step(value: Any) -> None:
    assert list(steps(value, copy.deepcopy(value))) == []


@pytest.mark.parametrize(
    ("held", "value", "expected"),
    [
        (["/a/pack", "serve"], ["/b/pack", "serve"], [EditStep(EditStepKind.SET, (0,), "/b/pack")]),
        (["serve"], ["serve", "-v"], [EditStep(EditStepKind.ADD, (1,), "-v")]),
        (["serve", "-v", "x"], ["serve", "x"], [EditStep(EditStepKind.REMOVE, (1,))]),
        (["serve", "x"], ["serve", "-v", "x"], [EditStep(EditStepKind.ADD, (1,), "-v")]),
        (
            ["x"],
            ["serve", "x"],
            [EditStep(EditStepKind.SET, (0,), "serve"), EditStep(EditStepKind.ADD, (1,), "x")],
        ),
        ({"env": {}}, {"env": {"A": 1}}, [EditStep(EditStepKind.SET, ("env",), {"A": 1})]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, [EditStep(EditStepKind.REMOVE, ("a", "c"))]),
    ],
)
def test_no_more_is_touched_than_differs(held: Any, value: Any, expected: list[EditStep]) -> None:
    assert list(steps(held, value)) == expected
