"""The command line turns every action into a command, and touches nothing else."""

from __future__ import annotations

import re

from pack_servers.cli.app import COMMANDS
from pack_servers.cli.shell.wording import COMMANDS_FOR, worded, worded_fields

from pack.actions import Action
from tests.unit.servers.cli.shell.test_exit import all_errors


def test_every_action_is_a_command_that_exists() -> None:
    assert set(COMMANDS_FOR) == set(Action)
    for words in COMMANDS_FOR.values():
        (command,) = set(re.findall(r"`pack ([a-z-]+)", words))
        assert command in COMMANDS


def test_every_remedy_speaks_of_commands() -> None:
    for error in all_errors():
        remedy = worded(error.remedy)
        assert remedy[0].isupper(), error
        assert "<<" not in remedy, error
        assert "memory_" not in remedy, error


def test_only_the_messages_of_an_answer_are_worded() -> None:
    answer = {
        "remedy": "<<list>>.",
        "content": "<<list>>",
        "targets": ({"warnings": ("<<read>>.", "x"), "notice": None, "backlog": 3},),
        "problems": ["removed. <<rekey>>, then wait."],
        "waiting": ["<<undo>>."],
        "peers": [{"last_error": "no. <<sync-peers>>."}],
    }
    assert worded_fields(answer) == {
        "remedy": "Run `pack list`.",
        "content": "<<list>>",
        "targets": [{"warnings": ["Run `pack get`.", "x"], "notice": None, "backlog": 3}],
        "problems": ["removed. Run `pack mesh rekey`, then wait."],
        "waiting": ["Run `pack undo`."],
        "peers": [{"last_error": "no. Run `pack mesh sync`."}],
    }
