"""What a message can tell its reader to do, without naming a command or a tool.

The same remedy reaches a person at the command line and a model behind MCP. So the core and the
connectors write an `Action` into their messages, and each wrapper has one table that turns every
action into its own words: a command, a tool, or a request to pass on to the user.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pack.deferred import pattern


class Action(StrEnum):
    """Something the reader of a message can do. The value is the token that messages hold."""

    LIST = "<<list>>"
    READ = "<<read>>"
    SEARCH = "<<search>>"
    UPDATE = "<<update>>"
    EDIT = "<<edit>>"
    MOVE = "<<move>>"
    UNDO = "<<undo>>"
    REDO = "<<redo>>"
    RESTORE = "<<restore>>"
    VALIDATE = "<<validate>>"
    PRUNE = "<<prune>>"
    COMMIT = "<<commit>>"
    SEE_STATUS = "<<see-status>>"
    LIST_KITS = "<<list-kits>>"
    ADOPT_KIT = "<<adopt-kit>>"
    FIND_KITS = "<<find-kits>>"
    ACCEPT_OLDER_KIT = "<<accept-older-kit>>"
    ACCEPT_KIT_SIGNER = "<<accept-kit-signer>>"
    ACCEPT_MOVED_KIT = "<<accept-moved-kit>>"
    ACCEPT_OLDER_INDEX = "<<accept-older-index>>"
    ACCEPT_INDEX_SIGNER = "<<accept-index-signer>>"
    ACCEPT_MOVED_INDEX = "<<accept-moved-index>>"
    ADD_INDEX = "<<add-index>>"
    INSTALL_KIT = "<<install-kit>>"
    OFFER_KIT = "<<offer-kit>>"
    SEE_GRANTS = "<<see-grants>>"
    REINDEX = "<<reindex>>"
    DIAGNOSE = "<<diagnose>>"
    INIT = "<<init>>"
    MIGRATE = "<<migrate>>"
    PLAN_MIGRATION = "<<plan-migration>>"
    MIGRATE_NOTION = "<<migrate-notion>>"
    SEE_REMOTE = "<<see-remote>>"
    NAME_REMOTE = "<<name-remote>>"
    NAME_BRANCH = "<<name-branch>>"
    ACCEPT_REMOTE_HISTORY = "<<accept-remote-history>>"
    ALLOW_UNRELATED = "<<allow-unrelated>>"
    SEE_TARGETS = "<<see-targets>>"
    RETRY_TARGET = "<<retry-target>>"
    ALLOW_GOOGLE = "<<allow-google>>"
    SEE_PROPOSALS = "<<see-proposals>>"
    TELL_OF_PROPOSAL = "<<tell-of-proposal>>"
    ACCEPT_PROPOSAL = "<<accept-proposal>>"
    EDIT_PROPOSAL = "<<edit-proposal>>"
    REJECT_PROPOSAL = "<<reject-proposal>>"
    CLEAR_PROPOSALS = "<<clear-proposals>>"
    ACCEPT_TEXT = "<<accept-text>>"
    ASSIGN_LEVELS = "<<assign-levels>>"
    BEGIN_GROUP = "<<begin-group>>"
    REKEY = "<<rekey>>"
    SEE_PEERS = "<<see-peers>>"
    SYNC_PEERS = "<<sync-peers>>"
    SEE_EVENTS = "<<see-events>>"

    def of(self, identity: str) -> str:
        """The token of something to be done with one thing, whose id the words hold as `ID`."""
        return f"{self.value[:-2]} {identity}>>"


_TOKEN: Final = pattern("(?P<start>(?:^|[.!?] )?)<<(?P<name>[a-z-]+)(?: (?P<id>[a-z0-9]+))?>>")


def in_words(text: str, words: Mapping[Action, str]) -> str:
    """A message in the words of a wrapper, capitalised at the start of a sentence.

    Args:
        text: A message of the core or of a connector.
        words: For every action, a clause in the imperative, such as "run `pack list`".
    """
    by_token: dict[str, str] = {action.value: clause for action, clause in words.items()}

    def clause(found: re.Match[str]) -> str:
        start, token = found["start"], f"<<{found['name']}>>"
        spoken = by_token.get(token, token).replace("ID", found["id"] or "ID")
        is_first = bool(start) or found.start() == 0
        return start + (spoken[:1].upper() + spoken[1:] if is_first else spoken)

    return _TOKEN.sub(clause, text)
