"""The error tree. Its families say what a caller can do about a failure.

Every class has a stable `code`, says whether the same call may succeed later (`retryable`), and
offers a `remedy`: a sentence on what to do. An `Action` in it stands for something that each
wrapper has its own name for. Messages never contain secrets or file contents.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from pack.actions import Action
from pack.model import BlobId, CommitId, ConflictingTexts


class PackError(Exception):
    """Anything that PACK refuses or fails to do, explained to whoever asked for it."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False
    remedy: str = f"{Action.DIAGNOSE} to see what is wrong."


class InternalError(PackError):
    """A bug in PACK, confined to the part of the work in which it occurred."""

    code = "internal_error"
    retryable = True
    remedy = "Please report this line. Everything acknowledged is stored, and PACK will try again."

    def __init__(self, kind: str) -> None:
        super().__init__(f"a bug in PACK: {kind}")
        self.kind = kind


# --- fix the request -------------------------------------------------------------------------


class InvalidRequest(PackError):
    """The request itself must change."""

    code = "invalid_request"
    remedy = "Correct the request, and try again."


class NotFound(InvalidRequest):
    """There is no such file, section, commit or blob."""

    code = "not_found"

    def __init__(self, what: str, remedy: str = f"{Action.LIST} to see what is there.") -> None:
        super().__init__(f"{what} does not exist")
        self.what = what
        self.remedy = remedy


class NothingEdited(InvalidRequest):
    """There is no edit made by hand where one was to be recorded."""

    code = "nothing_edited"
    remedy = f"{Action.SEE_STATUS} to see what was changed by hand."

    def __init__(self, path: str) -> None:
        super().__init__(f"nothing was changed by hand in {path[:200]}")
        self.path = path


class NotInitialised(InvalidRequest):
    """There is neither an `index.md` nor a v1 memory file at the root."""

    code = "not_initialised"
    remedy = f"{Action.INIT} for this folder or repository."

    def __init__(self, location: str) -> None:
        super().__init__(f"there is no memory in {location} yet")
        self.location = location


class MigrationNeeded(InvalidRequest):
    """The call needs a v2 memory, and this one is a single v1 file."""

    code = "migration_needed"
    remedy = f"{Action.MIGRATE}; the original is kept."

    def __init__(self, v1_path: str, wanted: str) -> None:
        super().__init__(f"this memory is the single file {v1_path}; {wanted} needs folders")
        self.v1_path = v1_path
        self.wanted = wanted


class InvalidPath(InvalidRequest):
    """A path that no memory file can have."""

    code = "invalid_path"
    remedy = "Use a relative path to a .md file in a folder, such as context/general.md."

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"invalid path {path[:120]!r}: {reason}")
        self.path = path
        self.reason = reason


class IgnoredPath(InvalidRequest):
    """A path that git ignores, and that is therefore not memory.

    Attributes:
        path: The path.
        place: Where the rule is, as `FILE:LINE`.
    """

    code = "ignored_path"
    remedy = "Choose another path, or ask the owner of the memory to change that rule."

    def __init__(self, path: str, place: str, rule: str) -> None:
        super().__init__(f"{path} is ignored by git, so it is not memory ({place}: {rule[:80]})")
        self.path = path
        self.place = place


class ManagedPath(InvalidRequest):
    """A path whose bytes git converts, so that PACK neither reads nor writes it.

    Attributes:
        path: The path.
        place: Where the attribute is set, as `FILE:LINE`.
    """

    code = "managed_path"
    remedy = "Choose another path. Only the owner's editor and git can work on that file."

    def __init__(self, path: str, place: str, rule: str) -> None:
        super().__init__(
            f"{path} is managed by a git filter, which PACK does not run ({place}: {rule[:80]})"
        )
        self.path = path
        self.place = place


class InvalidContent(InvalidRequest):
    """Content that cannot be stored as it is."""

    code = "invalid_content"
    remedy = "Correct the content (UTF-8 text), then try again."

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        where = f" (line {line}, column {column})" if line is not None else ""
        super().__init__(f"{reason}{where}")
        self.reason = reason
        self.line = line
        self.column = column


class UnusableInput(InvalidContent):
    """What another peer sent, or a person typed for it, cannot be used."""

    code = "unusable_input"
    remedy = "Check that it is whole and the right one, or ask for it again."


class BadSignature(InvalidContent):
    """A signature that says nothing: damaged, of another kind, or over other bytes."""

    code = "bad_signature"
    remedy = "Have whoever sent it send it again; do not use it as it is."


class LimitExceeded(InvalidRequest):
    """Something larger or deeper than PACK accepts in one piece."""

    code = "limit_exceeded"
    remedy = "Split it into several smaller ones."

    def __init__(self, what: str, limit: int, unit: str = "bytes") -> None:
        super().__init__(f"{what} exceeds the limit of {limit:,} {unit}")
        self.what = what
        self.limit = limit
        self.unit = unit


class TooManyProposals(InvalidRequest):
    """A writer has as many open proposals as it may have, or all writers together have.

    Attributes:
        most: How many may be open.
        origin: The writer; `None` for all of them together.
    """

    code = "too_many_proposals"

    def __init__(self, most: int, origin: str | None = None) -> None:
        whose = f" by {origin}" if origin is not None else ""
        super().__init__(
            f"{most:,} proposals{whose} already wait for the person's decision, so this one was "
            "not made"
        )
        self.most = most
        self.origin = origin
        self.remedy = "Ask the person to decide on some of them, or withdraw what is out of date."
        if origin is None:
            self.remedy = f"Several writers have filled the list: {Action.CLEAR_PROPOSALS}."


class AmbiguousSection(InvalidRequest):
    """Several headings have the requested title.

    Attributes:
        title: As requested.
        lines: Where the headings are, 1-based.
        names: What the first of them are called so that no other is meant.
    """

    code = "ambiguous_section"

    def __init__(self, title: str, lines: Sequence[int], names: Sequence[str]) -> None:
        where = ", ".join(map(str, lines[:10]))
        super().__init__(f"{len(lines)} sections are called {title[:120]!r} (lines {where})")
        self.title = title
        self.lines = tuple(lines)
        self.names = tuple(names)
        more = ", …" if len(lines) > len(names) else ""
        self.remedy = f"Name one of them: {', '.join(map(repr, names))}{more}."


class EditFailed(InvalidRequest):
    """An edit does not apply exactly once."""

    code = "edit_failed"
    remedy = (
        f"{Action.READ} again, and quote the text to replace exactly, with enough text around it."
    )

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"edit {number}: {reason}; nothing was changed")
        self.number = number
        self.reason = reason


class InvalidConfig(InvalidRequest):
    """A setting or option that cannot be used."""

    code = "invalid_config"
    remedy = f"Correct the setting, or {Action.DIAGNOSE} to see them all."

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting}: {reason}")
        self.setting = setting
        self.reason = reason


class SeveralRemotes(InvalidRequest):
    """The memory has several git remotes, and none was named."""

    code = "several_remotes"
    remedy = f"To choose one, {Action.NAME_REMOTE}."

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"this memory has several remotes: {', '.join(names)}")
        self.names = names


class SeveralBranches(InvalidRequest):
    """A repository to clone has several branches that may be the memory, and none was named."""

    code = "several_branches"
    remedy = f"To choose one, {Action.NAME_BRANCH}."

    def __init__(self, names: str) -> None:
        super().__init__(f"the remote has several branches: {names}")
        self.names = names


class InvalidPlan(InvalidRequest):
    """A migration plan that would drop or repeat a line, or that does not fit the file."""

    code = "invalid_plan"
    remedy = f"{Action.PLAN_MIGRATION}, and edit that plan."

    def __init__(self, reason: str) -> None:
        super().__init__(f"the migration plan cannot be used: {reason}")
        self.reason = reason


class NothingToUndo(InvalidRequest):
    """There is no change to take back, or none to bring back."""

    code = "nothing_to_undo"
    remedy = "Name a commit to undo that one."

    def __init__(self, what: str, remedy: str | None = None) -> None:
        super().__init__(f"there is nothing to {what}")
        self.what = what
        if remedy is not None:
            self.remedy = remedy


class CannotUndo(InvalidRequest):
    """A commit that cannot be undone, whatever the memory holds now.

    Attributes:
        commit: The commit.
    """

    code = "cannot_undo"
    remedy = f"To bring back one file as it was, {Action.RESTORE}."

    def __init__(self, commit: CommitId, reason: str, remedy: str | None = None) -> None:
        super().__init__(f"commit {commit[:12]} cannot be undone: {reason}")
        self.commit = commit
        self.reason = reason
        if remedy is not None:
            self.remedy = remedy


class CannotRestore(InvalidRequest):
    """A file of which there is no other version to bring back.

    Attributes:
        path: The file.
    """

    code = "cannot_restore"
    remedy = "Name a commit or a moment at which it was as you want it."

    def __init__(self, path: str, reason: str, remedy: str | None = None) -> None:
        super().__init__(f"{path} cannot be restored: {reason}")
        self.path = path
        self.reason = reason
        if remedy is not None:
            self.remedy = remedy


# --- read again, then decide -----------------------------------------------------------------


class OtherTenant(InvalidRequest):
    """An item is of another memory, and two memories are never compared."""

    code = "other_tenant"
    remedy = "Pull from this memory, and send the tenant_id that it names."

    def __init__(self, tenant: str) -> None:
        super().__init__(f"the item is of the memory {tenant[:80]!r}, which is not this one")


class PreconditionFailed(PackError):
    """The store does not hold what the write was based on. Nothing was written."""

    code = "precondition_failed"
    remedy = f"{Action.READ} again, and repeat the change on what the file holds now."


class StaleBase(PreconditionFailed):
    """The branch has moved; the core decides again, based on the new commit."""

    code = "stale_base"
    retryable = True

    def __init__(self, expected: CommitId | None, actual: CommitId | None) -> None:
        super().__init__(f"the branch moved from {expected} to {actual}")
        self.expected = expected
        self.actual = actual


class BlobChanged(PreconditionFailed):
    """The file is not the blob that the caller read, or the caller did not name one.

    Attributes:
        path: The file.
        expected: The blob that the caller named; `None` if it named none or expected no file.
        actual: The blob that is there; `None` if there is no file.
        content: The current text, if known; a wrapper may show it to the caller.
        is_known: Whether the blob that the caller named is, or may be, a version of the file.
    """

    code = "conflict"
    remedy = "Merge your change into the current content, and try again with the current sha."

    def __init__(
        self,
        path: str,
        expected: BlobId | None,
        actual: BlobId | None,
        content: bytes | None = None,
        *,
        is_known: bool = True,
    ) -> None:
        if actual is None:
            reason = "it no longer exists" if is_known else "it does not exist"
        elif expected is None:
            reason = f"it exists and its sha was not given (now {actual})"
        elif not is_known:
            reason = f"the sha that was given is of no known version of it (now {actual})"
        else:
            reason = f"it was changed since it was read (now {actual})"
        super().__init__(f"conflict on {path}: {reason}; nothing was written")
        self.path = path
        self.expected = expected
        self.actual = actual
        self.content = content
        self.is_known = is_known
        if actual is None:
            self.remedy = "To create the file, try again without a sha."


class AlreadyExists(BlobChanged):
    """A path that should have been free holds a file."""

    code = "already_exists"
    remedy = f"Choose another path, or {Action.READ} and update that file with its sha."


class PartlyRead(PreconditionFailed):
    """A whole text was sent that leaves out most of a file of which its writer was shown a part."""

    code = "partly_read"
    remedy = (
        f"{Action.EDIT} to change a part. To replace the file, {Action.READ} for all of it first."
    )

    def __init__(self, path: str, lost: int, total: int) -> None:
        super().__init__(
            f"{lost} of the {total} lines of {path} are not in the new text, and only a part of "
            "the file was read; nothing was written"
        )
        self.path = path
        self.lost = lost
        self.total = total


# --- a person or a rule must choose ----------------------------------------------------------


class Conflict(PackError):
    """Two sides changed the same thing, and neither change may be dropped."""

    code = "unresolved_conflict"
    remedy = "Resolve it with git, then try again."


class UndoConflict(Conflict):
    """What a commit changed was changed again since, so that it cannot be taken back alone.

    Attributes:
        commit: The commit that was to be undone.
        conflicts: The files.
    """

    code = "undo_conflict"
    remedy = f"{Action.EDIT} to bring the two texts together, or undo the later change first."

    def __init__(self, commit: CommitId, conflicts: Sequence[ConflictingTexts]) -> None:
        paths = ", ".join(each.path for each in conflicts[:3])
        more = f" and {len(conflicts) - 3} more" if len(conflicts) > 3 else ""
        super().__init__(
            f"commit {commit[:12]} cannot be undone, because {paths}{more} changed again since; "
            "nothing was written"
        )
        self.commit = commit
        self.conflicts = tuple(conflicts)


class ProposalChanged(Conflict):
    """A proposal, or what it would do to today's text, is not what the person was shown.

    Attributes:
        proposal: Its id.
    """

    code = "proposal_changed"
    remedy = f"{Action.SEE_PROPOSALS} to look at it again."

    def __init__(self, proposal: str) -> None:
        super().__init__(
            f"proposal {proposal} is no longer what you were shown; nothing was done to it"
        )
        self.proposal = proposal


class StaleProposal(Conflict):
    """What a proposal wanted to change is no longer there.

    Attributes:
        proposal: Its id.
    """

    code = "stale_proposal"
    remedy = f"{Action.SEE_PROPOSALS} to look at it again."

    def __init__(self, proposal: str) -> None:
        super().__init__(f"what proposal {proposal} wanted to change is no longer there")
        edit, reject = Action.EDIT_PROPOSAL.of(proposal), Action.REJECT_PROPOSAL.of(proposal)
        self.remedy = f"{edit} to take over the part of it that you want, or {reject}."
        self.proposal = proposal


class StagedChange(Conflict):
    """The user has staged a version of the file that is neither committed nor in the folder."""

    code = "staged_change"
    remedy = "Commit or unstage that file (`git restore --staged FILE`), then try again."

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} has a staged version that would be lost; nothing was written")
        self.path = path


class UncommittedEdit(Conflict):
    """The user has edited the file by hand and not committed the edit."""

    code = "uncommitted_edit"
    remedy = f"Commit the edit, or {Action.READ} and update the file with its current sha."

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} holds an edit that is in no commit; nothing was written")
        self.path = path


# --- the other side --------------------------------------------------------------------------


class ConnectorError(PackError):
    """The store failed."""

    code = "store_failed"
    remedy = f"{Action.DIAGNOSE}; nothing that was acknowledged is lost."

    def __init__(self, reason: str, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        if remedy is not None:
            self.remedy = remedy


class Unavailable(ConnectorError):
    """The store cannot be reached, read or written now (no space, no permission, no answer)."""

    code = "unavailable"
    retryable = True


class RepositoryBusy(ConnectorError):
    """Somebody else holds a lock."""

    code = "busy"
    retryable = True
    remedy = "Try again. If no other git or PACK process is running, remove the lock that is named."


class OutcomeUnknown(ConnectorError):
    """The write was sent but no answer came; it may have happened."""

    code = "outcome_unknown"
    remedy = f"{Action.READ}: if the file holds the change, the write succeeded."


class AuthFailed(ConnectorError):
    """The store does not accept the token, or does not allow it to do this."""

    code = "auth_failed"
    remedy = f"Give PACK a token that can read and write the repository, then {Action.DIAGNOSE}."


class RateLimited(ConnectorError):
    """The store demands a longer pause than PACK may wait.

    Attributes:
        retry_after: Seconds until it accepts requests again.
        until: That time, in UTC.
    """

    code = "rate_limited"
    retryable = True

    def __init__(self, store: str, retry_after: float, until: datetime) -> None:
        when = until.strftime("%Y-%m-%dT%H:%M:%SZ")
        super().__init__(f"{store} accepts no more requests until {when}")
        self.retry_after = retry_after
        self.until = until
        self.remedy = f"Try again after {when}; nothing was written."


# --- would lose data -------------------------------------------------------------------------


class RefusedForSafety(PackError):
    """Continuing could lose something; the message says what to finish first."""

    code = "refused"
    remedy = "Finish what is in progress, then try again."

    def __init__(self, reason: str, remedy: str | None = None) -> None:
        super().__init__(f"{reason}; nothing was written")
        self.reason = reason
        if remedy is not None:
            self.remedy = remedy


def reason_of(error: PackError) -> str:
    """What went wrong, for a text that says by itself what was written and what was not."""
    return error.reason if isinstance(error, RefusedForSafety) else str(error)


class RemovedFromGroup(RefusedForSafety):
    """Another peer says that this machine does not belong to the group any more."""

    code = "removed_from_group"


class AdmissionPending(PackError):
    """Whether this machine is let in, somebody must decide at the other one.

    Attributes:
        peer: The id of the peer that was asked.
    """

    code = "admission_pending"
    retryable = True

    def __init__(self, peer: str) -> None:
        super().__init__("somebody must let this machine in at the other one")
        self.peer = peer
        self.remedy = "Compare the keys of both machines, and ask again when that is done."


class AskThePerson(RefusedForSafety):
    """Something that only the person whom the memory belongs to may do.

    Attributes:
        action: What the person would do.
        words: With what: a commit, or a path and a moment.
    """

    code = "ask_the_person"

    def __init__(self, reason: str, action: Action, words: Sequence[str] = ()) -> None:
        super().__init__(reason, "Ask the person whom the memory belongs to.")
        self.action = action
        self.words = tuple(words)


class ConfirmationNeeded(RefusedForSafety):
    """A destructive step was neither confirmed nor requested with its flag."""

    code = "confirmation_needed"

    def __init__(self, what: str, flag: str) -> None:
        super().__init__(f"{what} needs a confirmation", f"Confirm it, or pass {flag}.")
        self.flag = flag
