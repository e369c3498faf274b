from itertools import pairwise
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pack_connectors.import_sources.chatgpt_messages import (
    active_path,
    instructions_of,
    spoken_by,
)

from tests.chat_exports import chatgpt_message
from tests.support import examples

_NAMES = [f"n{number}" for number in range(8)]
_Nodes = st.dictionaries(
    st.sampled_from(_NAMES),
    st.one_of(
        st.none(),
        st.fixed_dictionaries(
            {"parent": st.one_of(st.none(), st.sampled_from([*_NAMES, "gone"]), st.integers())},
            optional={"message": st.one_of(st.none(), st.booleans(), st.just("text"))},
        ),
    ),
    max_size=8,
)


def _tree(nodes: dict[str, Any]) -> dict[str, Any]:
    """The nodes, with a message that says its own name where there is one."""
    made = dict(nodes)
    for number, (name, node) in enumerate(nodes.items()):
        if isinstance(node, dict) and node.get("message") == "text":
            made[name] = {**node, "message": chatgpt_message(number, "user", name)}
    return made


@settings(max_examples=examples(200))
@given(_Nodes, st.one_of(st.none(), st.sampled_from([*_NAMES, "gone"]), st.integers()))
def test_any_tree_has_an_active_path_that_ends(nodes: dict[str, Any], current: object) -> None:
    found = active_path(_tree(nodes), current)
    names = [message.content["parts"][0] for message in found]
    assert len(set(names)) == len(names)
    for parent, child in pairwise(names):
        above = nodes[child]["parent"]
        while above != parent:  # nodes without a message are between them
            above = nodes[above]["parent"]
    if isinstance(current, str) and isinstance(nodes.get(current), dict):
        assert not names or names[-1] == current or nodes[current].get("message") != "text"


def _node(number: int, parent: str | None) -> dict[str, Any]:
    return {"parent": parent, "message": chatgpt_message(number, "user", f"n{number}")}


def test_a_branch_that_was_left_is_not_on_the_path() -> None:
    tree = {"n0": _node(0, None), "n1": _node(1, "n0"), "n2": _node(2, "n0")}
    assert [one.content["parts"][0] for one in active_path(tree, "n1")] == ["n0", "n1"]
    assert [one.content["parts"][0] for one in active_path(tree, None)] == ["n0", "n2"]


def test_a_cycle_ends() -> None:
    tree = {"n0": _node(0, "n1"), "n1": _node(1, "n0")}
    assert len(active_path(tree, "n1")) == len(active_path(tree, None)) == 2


@pytest.mark.parametrize(
    "text",
    ["```" + " " * 2_000_000, "\ue200" * 2_000_000, "【" * 1_000_000, "【" + "†" * 2_000_000],
    ids=["blanks", "marks", "brackets", "daggers"],
)
def test_a_text_of_any_kind_is_read_in_time(text: str) -> None:
    began = process_time()
    said = {"content_type": "user_editable_context", "user_profile": text}
    (message,) = active_path({"n": {"message": chatgpt_message(0, "user", said)}}, "n")
    assert instructions_of(message).startswith("## About me") == bool(text.strip())
    (message,) = active_path({"n": {"message": chatgpt_message(0, "assistant", text)}}, "n")
    assert spoken_by(message)[1] == text.strip("\n")
    assert process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The user said:\n```I bake.```", "I bake."),
        ("```markdown\n  I bake.\n```", "I bake."),
        ("```I bake.\n\nA lot.\n``` and ```more```", "I bake.\n\nA lot."),
        ("```I bake.", "```I bake."),
        ("I bake.", "I bake."),
    ],
)
def test_instructions_are_what_is_in_the_fence(text: str, wanted: str) -> None:
    said = {"content_type": "user_editable_context", "user_profile": text}
    (message,) = active_path({"n": {"message": chatgpt_message(0, "user", said)}}, "n")
    assert instructions_of(message) == f"## About me\n\n{wanted}"
