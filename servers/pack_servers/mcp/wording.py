"""What an MCP client is told about the actions of messages.

A model can call the tools. Everything else only its user can do, at the machine that holds the
memory, so a model is asked to pass that on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from pack.actions import Action, in_words

TOOLS_FOR: Final[Mapping[Action, str]] = {
    Action.LIST: "call memory_list",
    Action.READ: "call memory_get",
    Action.SEARCH: "call memory_search",
    Action.UPDATE: "call memory_update",
    Action.EDIT: "call memory_edit",
    Action.MOVE: "call memory_move",
    Action.UNDO: "call memory_undo",
    Action.REDO: "ask the user to redo it",
    Action.RESTORE: "call memory_undo with its path",
    Action.VALIDATE: "ask the user to validate the memory",
    Action.PRUNE: "ask the user to prune the expired files",
    Action.COMMIT: "ask the user to commit what they changed by hand",
    Action.SEE_STATUS: "ask the user to look at the state of the memory",
    Action.LIST_KITS: "ask the user which kits are installed",
    Action.ADOPT_KIT: "ask the user to adopt the kit",
    Action.FIND_KITS: "ask the user to look for the kit",
    Action.ACCEPT_OLDER_KIT: "ask the user to accept the older version",
    Action.ACCEPT_KIT_SIGNER: "ask the user to accept the new signer",
    Action.ACCEPT_MOVED_KIT: "ask the user to accept that the version was moved",
    Action.ACCEPT_OLDER_INDEX: "ask the user to accept the older version of the index",
    Action.ACCEPT_INDEX_SIGNER: "ask the user to accept the new key of the index",
    Action.ACCEPT_MOVED_INDEX: "ask the user to accept that the index was changed",
    Action.ADD_INDEX: "ask the user to add the index",
    Action.INSTALL_KIT: "ask the user to install the kit",
    Action.OFFER_KIT: "ask the user to offer the kit",
    Action.SEE_GRANTS: "ask the user to whom the kit was granted",
    Action.REINDEX: "ask the user to correct the index",
    Action.DIAGNOSE: "ask the user to check how PACK is set up",
    Action.INIT: "ask the user to set up a memory",
    Action.MIGRATE: "ask the user to migrate this memory",
    Action.PLAN_MIGRATION: "ask the user for a fresh migration plan",
    Action.MIGRATE_NOTION: "ask the user to migrate the pages in Notion",
    Action.SEE_REMOTE: "ask the user to look at the git remote",
    Action.NAME_REMOTE: "ask the user which git remote is meant",
    Action.NAME_BRANCH: "ask the user which branch is meant",
    Action.ACCEPT_REMOTE_HISTORY: "ask the user to accept the history of the remote",
    Action.ALLOW_UNRELATED: "ask the user to allow a merge of unrelated histories",
    Action.SEE_TARGETS: "ask the user to look at the sync targets",
    Action.RETRY_TARGET: "ask the user to have that sync target tried again",
    Action.ALLOW_GOOGLE: "ask the user to let PACK edit the Google document",
    Action.SEE_PROPOSALS: "call memory_proposals",
    Action.TELL_OF_PROPOSAL: (
        "ask the user to decide: `pack proposals show ID` shows it, "
        "`pack proposals accept ID` makes it so"
    ),
    Action.ACCEPT_PROPOSAL: "ask the user to decide on it with `pack review`",
    Action.EDIT_PROPOSAL: "ask the user to edit it with `pack proposals edit`",
    Action.REJECT_PROPOSAL: "call memory_proposals to withdraw it",
    Action.CLEAR_PROPOSALS: (
        "ask the user to decide with `pack review` or `pack proposals reject --all-from WRITER`"
    ),
    Action.ACCEPT_TEXT: "ask the user to accept the text with `pack accept`",
    Action.ASSIGN_LEVELS: "ask the user to assign the level with `pack truth assign`",
    Action.BEGIN_GROUP: "ask the user to begin a group of machines",
    Action.REKEY: "ask the user to give this machine a new key",
    Action.SEE_PEERS: "ask the user to look at the state of the machines",
    Action.SYNC_PEERS: "ask the user to exchange with the other machines",
    Action.SEE_EVENTS: "ask the user to look at what happened among the machines",
}
"""The tool or the request for each action; a test proves that none is missing."""


def worded(text: str) -> str:
    """A message with the tools that it advises."""
    return in_words(text, TOOLS_FOR)


class ToolCalls:
    """The calls that get what a text leaves out; see `Calls` of `pack.history.briefing`."""

    def read(self, path: str, lines: str = "") -> str:
        """The call that reads a note."""
        return _call("memory_get", path=path, lines=lines)

    def list(self) -> str:
        """The call that lists the notes."""
        return "memory_list"

    def changes(self, since: str) -> str:
        """The call that lists what has changed."""
        return _call("memory_history", since=since)

    def proposals(self) -> str:
        """The call that lists the proposals."""
        return "memory_proposals"


def _call(tool: str, **arguments: str) -> str:
    given = {name: value for name, value in arguments.items() if value}
    return f"{tool} {json.dumps(given, ensure_ascii=False)}" if given else tool
