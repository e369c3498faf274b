"""Making text the person's own as it is: one commit that changes no word of it."""

from __future__ import annotations

from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.session import Session
from pack.core.truths import LineState
from pack.core.versions import expect
from pack.errors import InvalidRequest
from pack.files.markdown import split_lines
from pack.files.note import Note
from pack.history.differences.line_hunks import git_lines
from pack.model import Mode, Put
from pack.provenance import ACCEPTED_BY, ACCEPTED_VIA
from pack.results import Excerpt, Written
from pack.truth.acceptances import Span, acceptance_trailer
from pack.use_cases.excerpt import Part, excerpt
from pack.use_cases.write import find_existing


def accept_text(
    session: Session, path: str, lines: str | None, via: str, sha: str | None = None
) -> Written:
    """Make lines of a file the person's own; who wrote them stays in the history.

    Args:
        session: The person.
        path: The file.
        lines: First and last line, as in `10-40`; `None` for all of it.
        via: How the person said so: `tty`.
        sha: Blob id of what the person has read; `None` for the file as it is now.

    Raises:
        NotFound: There is no such file.
        BlobChanged: The file is not that version.
        InvalidRequest: The lines are not in it, are only a part of what git takes for a line, or
            are the person's already.
        PackError: The store refused; nothing was written.
    """
    origin, core = session.origin, session.core

    def decide() -> Decision:
        target, note = find_existing(core, path)
        if sha is not None:
            expect(core, target, note, sha)
        text, part = excerpt(note, Part(lines=lines))
        span = _as_git_counts(note, text, part)
        _refuse_own(core, note, span)
        what = "" if part.is_whole else f" lines {part.first}-{part.last}"
        trailers = (
            acceptance_trailer(target, note.sha, [span]),
            (ACCEPTED_BY, origin.label),
            (ACCEPTED_VIA, via),
        )
        return Decision(
            target,
            [Put(target, note.content, note.sha)],
            f"{target}: accept{what}",
            with_index=core.reader.mode() is Mode.V2,
            notes=[note],
            trailers=trailers,
        )

    return session.write(decide)


def _as_git_counts(note: Note, text: str, part: Excerpt) -> Span:
    """The lines of an excerpt, of which only a line feed ends one.

    Raises:
        InvalidRequest: They begin or end in the middle of such a line.
    """
    whole = note.exact_text()
    before = "".join(split_lines(whole)[: part.first - 1])
    first = before.count("\n") + 1
    last = first + text.removesuffix("\n").count("\n")
    if "".join(git_lines(whole)[first - 1 : last]) != text:
        where = f"{part.first}-{part.last}"
        reason = "they are part of a longer one, which a carriage return does not end for git"
        raise InvalidRequest(f"lines {where} of {note.path} cannot be accepted alone: {reason}")
    return first, last


def _refuse_own(core: Core, note: Note, span: Span) -> None:
    """Do nothing, unless the lines are the person's already.

    Raises:
        InvalidRequest: They are.
    """
    if core.truths is None:
        return
    texts = git_lines(note.exact_text())[span[0] - 1 : span[1]]
    truths = core.truths.of(note).lines[span[0] - 1 : span[1]]
    if all(
        one.level == 1 and one.state is not LineState.UNATTRIBUTED
        for one, text in zip(truths, texts, strict=False)
        if text.strip()
    ):
        raise InvalidRequest(f"{note.path} is yours there already; there is nothing to accept")
