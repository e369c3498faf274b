"""Messages name actions; only the wrappers name commands and tools."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pack_servers.cli.app import COMMANDS

from pack.actions import Action, in_words

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (ROOT / "pack", ROOT / "connectors" / "pack_connectors", ROOT / "servers/pack_servers")
TOOLS = "list get update search edit delete move".split()
OF_A_WRAPPER = re.compile(rf"\bpack (?:{'|'.join(COMMANDS)})\b|\bmemory_(?:{'|'.join(TOOLS)})\b")
# The events of webhooks have the names of tools.
DATA = {"memory_update", "memory_delete"}
SERVERS_WITHOUT_WRAPPERS = ("wiring", "config", "background", "http")
ONLY_FOR_THE_DOCTOR = ROOT / "servers/pack_servers/wiring/checks.py"


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("<<list>> to see all.", "Look to see all."),
        ("Wait. <<list>>!", "Wait. Look!"),
        ("Wait, then <<list>>.", "Wait, then look."),
        ("Nothing <<of-ours>> here.", "Nothing <<of-ours>> here."),
        ("", ""),
    ],
)
def test_an_action_becomes_a_clause_with_a_capital_where_a_sentence_starts(
    text: str, spoken: str
) -> None:
    assert in_words(text, {Action.LIST: "look"}) == spoken


def test_an_action_on_one_thing_names_it():
    text = f"It waits. {Action.TELL_OF_PROPOSAL.of('f76b')}."
    words = {Action.TELL_OF_PROPOSAL: "show ID, then accept ID"}
    assert in_words(text, words) == "It waits. Show f76b, then accept f76b."


def test_the_core_and_the_connectors_name_no_command_and_no_tool() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {text}"
        for source in SOURCES
        for file in source.rglob("*.py")
        if source != SOURCES[2] or file.relative_to(source).parts[0] in SERVERS_WITHOUT_WRAPPERS
        for text in _texts(file)
        if OF_A_WRAPPER.search(text) and text not in DATA and file != ONLY_FOR_THE_DOCTOR
    ]
    assert not found


def _texts(file: Path) -> Iterator[str]:
    """The string constants of a module, without its docstrings."""
    documented = set()
    # A statement comes before what it consists of.
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            documented.add(id(node.value))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documented
        ):
            yield node.value
