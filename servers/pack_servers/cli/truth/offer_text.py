"""How a proposal looks: to a person, with its changed words marked; and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pack.history.differences.file_diff import FileDiff
from pack.history.differences.reading import Reading
from pack.history.differences.told_lines import Mark
from pack.log import ChangeKind
from pack.times import format_time
from pack.truth.deciding.hidden import count_hidden, show_hidden
from pack.truth.deciding.hunks import OfferedFile, OfferedHunk
from pack.truth.deciding.offers import Offer
from pack_servers.cli.history.changed_files import show_reading
from pack_servers.cli.history.marked_text import show_marked
from pack_servers.cli.shell.output import counted, show
from pack_servers.cli.shell.streams import say
from pack_servers.cli.shell.writers import when, writer_name
from pack_servers.wiring.clock import clock

if TYPE_CHECKING:
    from rich.text import Text

_WOULD: Final = {
    ChangeKind.ADDED: "a new file",
    ChangeKind.DELETED: "the file would be deleted",
    ChangeKind.MOVED: "the file would be moved",
}
_DONE: Final = {ChangeKind.DELETED: "deleted", ChangeKind.MOVED: "moved"}
STALE: Final = "stale: what it wanted to change is no longer there"


def offer_fields(offer: Offer) -> dict[str, object]:
    """A proposal in a listing, for JSON."""
    proposal = offer.proposal
    return {
        "id": proposal.id,
        "path": proposal.path,
        "origin": proposal.origin,
        "level": proposal.level,
        "time": format_time(proposal.time),
        "base": proposal.base,
        "stale": offer.is_stale,
        "added": offer.added,
        "removed": offer.removed,
        "status": proposal.status,
    }


def whole_fields(offer: Offer) -> dict[str, object]:
    """All of a proposal, for JSON."""
    return {
        **offer_fields(offer),
        "paths": offer.proposal.paths,
        "message": offer.proposal.message,
        "reason": offer.proposal.reason,
        "shown": offer.shown,
        "hidden": [
            {"kind": one.kind, "character": one.name, "line": one.line, "column": one.column}
            for one in offer.hidden
        ],
        "hunks": [_hunk_fields(hunk) for hunk in offer.hunks],
    }


def _hunk_fields(hunk: OfferedHunk) -> dict[str, object]:
    return {
        "number": hunk.number,
        "path": hunk.path,
        "change": hunk.change,
        "line": hunk.line,
        "old": [line.removesuffix("\n") for line in hunk.old],
        "new": [line.removesuffix("\n") for line in hunk.new],
    }


# --- for a person --------------------------------------------------------------------------------


def show_offers(offers: Sequence[Offer]) -> None:
    """Print a table of proposals."""
    # Imported here: rich would add a third to the time of a listing for a program.
    from pack_servers.cli.shell.terminal import show_table, styled  # noqa: PLC0415

    def row(offer: Offer) -> list[Text]:
        proposal = offer.proposal
        return [
            styled(proposal.id, "bold"),
            styled(show_hidden(proposal.path)),
            styled(writer_name(proposal.origin), "cyan"),
            styled(when(format_time(proposal.time), clock()).partition(" (")[0]),
            styled(_size(offer)),
            styled("stale" if offer.is_stale else "", "yellow"),
        ]

    show_table(("id", "path", "from", "made", "lines", ""), [row(offer) for offer in offers])


def _size(offer: Offer) -> str:
    """How much would change: `+2 -1`, `deleted +0 -8`, `moved`."""
    changes = {file.diff.change for file in offer.files}
    word = next((_DONE[one] for one in changes if one in _DONE), "") if len(changes) == 1 else ""
    if changes == {ChangeKind.MOVED} and not offer.added + offer.removed:
        return word
    return f"{word} +{offer.added} -{offer.removed}".lstrip()


def show_offer(offer: Offer) -> None:
    """Print a proposal: who made it, and what it would change, part by part."""
    show_head(offer)
    for file in offer.files:
        show_marked()
        show_file_head(file)
        for hunk in file.hunks:
            show_hunk(offer, file, hunk)
    if not offer.files:
        show_marked(("  all of it is in the memory already", Mark.ASIDE))
    show_marked()
    say_hidden(offer)


def show_head(offer: Offer) -> None:
    """Print which proposal it is, and what it is about."""
    proposal = offer.proposal
    made = when(format_time(proposal.time), clock())
    who = f"{writer_name(proposal.origin)} ({proposal.origin}), {made}"
    show_marked((f"proposal {proposal.id}", Mark.HEADING), (f"  by {who}", Mark.PLAIN))
    said = proposal.message.partition("\n")[0]
    show_marked((f"  {show_hidden(said)}", Mark.ASIDE))
    if proposal.reason:
        show_marked((f"  {proposal.status}: {proposal.reason}", Mark.ASIDE))
    if offer.is_stale:
        show_marked((f"  {STALE}", Mark.GONE))


def show_file_head(file: OfferedFile) -> None:
    """Print which file it is, and what would happen to it."""
    diff = file.diff
    what = f": {_WOULD[diff.change]}" if diff.change in _WOULD else ""
    moved = f" from {show_hidden(diff.old_path)}" if diff.old_path else ""
    show_marked((f"{show_hidden(diff.path)}{what}{moved}", Mark.HEADING))
    if diff.unshown is not None:
        show_marked((f"  not shown: {diff.unshown}", Mark.ASIDE))


def show_hunk(offer: Offer, file: OfferedFile, hunk: OfferedHunk) -> None:
    """Print one part, its changed words marked and its hidden characters spelled out."""
    if len(offer.hunks) > 1:
        show_marked((f"  part {hunk.number} of {len(offer.hunks)}", Mark.ASIDE))
    only = file.with_only({hunk.number})
    if only is not None and only.unshown is None and only.before != only.after:
        show_reading(Reading(_spelled_out(only), raw=True, is_exact=True))


def _spelled_out(diff: FileDiff) -> FileDiff:
    """A file with all that it hides, as if it were edited: of a deleted one, all lines go."""
    before, after = show_hidden(diff.before), show_hidden(diff.after)
    return replace(diff, change=ChangeKind.EDITED, before=before, after=after)


def say_hidden(offer: Offer) -> None:
    """Warn of characters that a reader does not see."""
    if offer.hidden:
        say(f"warning: it has {count_hidden(offer.hidden)}; they are shown as <U+…>")


def say_how_to_decide(offer: Offer) -> None:
    """Say what a person types next."""
    proposal = offer.proposal.id
    parts = f"; parts of it with --hunks 1,{len(offer.hunks)}" if len(offer.hunks) > 1 else ""
    if offer.is_stale:
        say(f"  → To take over the part of it that you want: pack proposals edit {proposal}")
    else:
        say(f"  → To accept it: pack proposals accept {proposal} --shown {offer.shown}{parts}")
    say(f"  → To refuse it: pack proposals reject {proposal} --reason WHY")


def show_count(offers: Sequence[Offer]) -> None:
    """Print how many there are, or that there are none."""
    if not offers:
        show("no proposals")
        return
    words = counted(len(offers), "proposal")
    say(f"{words}; see one with `pack proposals show ID`, decide on all with `pack review`")
