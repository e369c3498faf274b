"""What the command line calls the actions of messages, and where such messages are."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Final

from pack.actions import Action, in_words

COMMANDS_FOR: Final[Mapping[Action, str]] = {
    Action.LIST: "run `pack list`",
    Action.READ: "run `pack get`",
    Action.SEARCH: "run `pack search`",
    Action.UPDATE: "run `pack update`",
    Action.EDIT: "run `pack edit`",
    Action.MOVE: "run `pack move`",
    Action.UNDO: "run `pack undo`",
    Action.REDO: "run `pack redo`",
    Action.RESTORE: "run `pack restore`",
    Action.VALIDATE: "run `pack validate`",
    Action.PRUNE: "run `pack prune`",
    Action.COMMIT: "run `pack commit`",
    Action.SEE_STATUS: "run `pack status`",
    Action.LIST_KITS: "run `pack kit list`",
    Action.ADOPT_KIT: "run `pack kit adopt`",
    Action.FIND_KITS: "run `pack kit search`",
    Action.ACCEPT_OLDER_KIT: "run `pack kit update --accept-older`, or `install` with that",
    Action.ACCEPT_KIT_SIGNER: "run `pack kit update --accept-signer`, or `install` with that",
    Action.ACCEPT_MOVED_KIT: "run `pack kit install --accept-moved` with the same source",
    Action.ACCEPT_OLDER_INDEX: "run `pack kit index add --accept-older` with its address",
    Action.ACCEPT_INDEX_SIGNER: "run `pack kit index add --accept-signer` with its address",
    Action.ACCEPT_MOVED_INDEX: "run `pack kit index add --accept-moved` with its address",
    Action.ADD_INDEX: "run `pack kit index add`",
    Action.INSTALL_KIT: "run `pack kit install`",
    Action.OFFER_KIT: "run `pack kit offer`",
    Action.SEE_GRANTS: "run `pack kit grants`",
    Action.REINDEX: "run `pack reindex`",
    Action.DIAGNOSE: "run `pack doctor`",
    Action.INIT: "run `pack init`",
    Action.MIGRATE: "run `pack migrate`",
    Action.PLAN_MIGRATION: "run `pack migrate --dry-run --format json`",
    Action.MIGRATE_NOTION: "run `pack migrate-notion`",
    Action.SEE_REMOTE: "run `pack remote`",
    Action.NAME_REMOTE: "add `--name NAME` to `pack remote`",
    Action.NAME_BRANCH: "add `--branch NAME` to `pack init`",
    Action.ACCEPT_REMOTE_HISTORY: "run `pack remote --accept-remote-history`",
    Action.ALLOW_UNRELATED: "run `pack remote --allow-unrelated`",
    Action.SEE_TARGETS: "run `pack sync`",
    Action.RETRY_TARGET: "run `pack sync --target NAME`",
    Action.ALLOW_GOOGLE: "run `pack google-auth`",
    Action.SEE_PROPOSALS: "run `pack proposals`",
    Action.TELL_OF_PROPOSAL: (
        "tell the person: `pack proposals show ID` shows it, `pack proposals accept ID` makes it so"
    ),
    Action.ACCEPT_PROPOSAL: "run `pack proposals accept ID`",
    Action.EDIT_PROPOSAL: "run `pack proposals edit ID`",
    Action.REJECT_PROPOSAL: "run `pack proposals reject ID`",
    Action.CLEAR_PROPOSALS: "run `pack proposals reject --all-from WRITER`",
    Action.ACCEPT_TEXT: "run `pack accept PATH`",
    Action.ASSIGN_LEVELS: "run `pack truth assign RANGE LEVEL`",
    Action.BEGIN_GROUP: "run `pack mesh init --name NAME`, or join one with an invitation",
    Action.REKEY: "run `pack mesh rekey`",
    Action.SEE_PEERS: "run `pack mesh status`",
    Action.SYNC_PEERS: "run `pack mesh sync`",
    Action.SEE_EVENTS: "run `pack log --events`",
}
"""The command for each action; a test proves that none is missing."""

_MESSAGES: Final = frozenset(
    (
        "checklist",
        "last_error",
        "notice",
        "notices",
        "problem",
        "problems",
        "remedy",
        "tell",
        "waiting",
        "warnings",
    )
)


def worded(text: str) -> str:
    """A message with the commands that it advises."""
    return in_words(text, COMMANDS_FOR)


def worded_fields(value: object, *, is_message: bool = False) -> object:
    """An answer for JSON whose messages name commands; everything else in it stays as it is.

    Args:
        value: Whatever `json` can write.
        is_message: Whether a text in `value` is a message.
    """
    if isinstance(value, Mapping):
        return {
            key: worded_fields(each, is_message=key in _MESSAGES) for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [worded_fields(each, is_message=is_message) for each in value]
    return worded(value) if is_message and isinstance(value, str) else value


class CommandCalls:
    """The commands that get what a text leaves out; see `Calls` of `pack.history.briefing`."""

    def read(self, path: str, lines: str = "") -> str:
        """The command that prints a note."""
        return f"`pack get {shlex.quote(path)}{f' --lines {lines}' if lines else ''}`"

    def list(self) -> str:
        """The command that lists the notes."""
        return "`pack list`"

    def changes(self, since: str) -> str:
        """The command that lists what has changed."""
        return f"`pack changes --since {since}`"

    def proposals(self) -> str:
        """The command that lists the proposals."""
        return "`pack proposals`"
