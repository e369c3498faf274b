"""Which lines of a version keep the truth that they had in the versions it was made from.

A line keeps it if it was there, in another form too (`pack.files.line_keys`); if it changed its
place and is long enough to be no coincidence; and if only the breaks between the lines changed and
not a word. Each old line passes its truth on once: of two copies, one is new text. Where one of
two copies goes, the stronger stays (`equal_lines`). Everything else is new text, too: words that
are added, left out or put in another order make another line.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from pack.core.truths import LineState, LineTruth
from pack.history.differences.line_owners import LONG_ENOUGH, alike, differing, recognised
from pack.history.origins import UNATTRIBUTED
from pack.merge.diff import Hunk
from pack.model import CommitId
from pack.truth.equal_lines import KeyedLines, in_question, strongest_stay, weaker_ones

_MIXED: Final = f"{UNATTRIBUTED}:several"


class Version(NamedTuple):
    """A version of a file whose truth is known.

    Attributes:
        keys: What makes each line the same.
        truths: The truth of each.
        lines: They as they are; left out where that is not known, so that no line has two forms.
    """

    keys: Sequence[str]
    truths: Sequence[LineTruth]
    lines: Sequence[bytes] = ()


class Passed(NamedTuple):
    """What a version has from others.

    Attributes:
        truths: For each line, the truth that it keeps; `None` for new text.
        hunks: How the version differs from each of the others.
    """

    truths: list[LineTruth | None]
    hunks: list[list[Hunk]]


def pass_on(
    new: Sequence[str],
    parents: Sequence[Version],
    commit: CommitId | None,
    lines: Sequence[bytes] = (),
) -> Passed:
    """What each line of a version has from the versions that it was made from.

    Args:
        new: Its lines.
        parents: What it was made from; several for a merge. A line that is in several is what the
            strongest of them says.
        commit: Made it.
        lines: The lines as they are.
    """
    hunks = [differing(parent.keys, new) for parent in parents]
    found: list[LineTruth | None] = [None] * len(new)
    for parent, differences in zip(parents, hunks, strict=True):
        for start, end, old in alike(differences, len(parent.keys), len(new)):
            truths = parent.truths[old : old + end - start]
            found[start:end] = (
                truths if len(parents) == 1 else map(stronger, found[start:end], truths)
            )
    changed = [place for hunk in (hunks or [[]])[0] for place in range(hunk.start, hunk.end)]
    for parent, differences in zip(parents, hunks, strict=True):
        gone = [old for hunk in differences for old in range(hunk.old_start, hunk.old_end)]
        gone = _moved(new, parent, found, changed, gone)
        stayed = _strongest(KeyedLines(new, lines), parent, found, differences)
        gone = [old for old in gone if old not in stayed]
        _broken_elsewhere(new, parent, found, changed, gone, commit)
    return Passed(found, hunks)


def bring_back(
    new: Sequence[str],
    former: Version,
    found: list[LineTruth | None],
    after: Sequence[str] = (),
) -> None:
    """Give new text the truth that it had in a former version, as after an undo.

    Args:
        new: The lines of the version.
        former: The one before the text was taken away.
        found: The truth of each line, as far as it is known.
        after: The lines of the one after that: what is still there does not come back.
    """
    there = Counter(key for key, truth in zip(new, found, strict=True) if truth is not None)
    weaker = weaker_ones(former.keys, former.truths, there | Counter(after))
    truths = list(former.truths)
    left = Counter(former.keys)
    left.subtract(after)
    differences = differing(former.keys, new)
    for start, end, old in alike(differences, len(former.keys), len(new)):
        for place in range(start, end):
            if found[place] is None and left[new[place]] > 0:
                others = weaker.get(new[place])
                found[place] = others.popleft() if others else truths[old + place - start]
                left[new[place]] -= 1
    gone = []
    for old in (old for hunk in differences for old in range(hunk.old_start, hunk.old_end)):
        if left[former.keys[old]] > 0:
            left[former.keys[old]] -= 1
            gone.append(old)
            if others := weaker.get(former.keys[old]):
                truths[old] = others.popleft()
    _moved(new, former._replace(truths=truths), found, range(len(new)), gone)


def merged(
    place: int, parents: Sequence[Version], hunks: Sequence[Sequence[Hunk]], commit: CommitId
) -> LineTruth | None:
    """The truth of a line that PACK made of what two sides have; `None` if it is of neither.

    PACK adds no words of its own. Those of one level stay at it; where several levels come
    together, nobody can say whose sentence it is.
    """
    replaced = [
        parent.truths[old]
        for parent, differences in zip(parents, hunks, strict=True)
        for hunk in differences
        if hunk.start <= place < hunk.end
        for old in range(hunk.old_start, hunk.old_end)
    ]
    return _together(replaced, commit) if replaced else None


def stronger(first: LineTruth | None, second: LineTruth) -> LineTruth:
    """The one of more authority; of two alike, the first."""
    return first if first is not None and _rank(first) <= _rank(second) else second


def _rank(truth: LineTruth) -> tuple[int, bool]:
    return truth.level, truth.state is LineState.UNATTRIBUTED


def _strongest(
    new: KeyedLines, parent: Version, found: list[LineTruth | None], hunks: Sequence[Hunk]
) -> set[int]:
    """See `strongest_stay`; only lines that the version before has too are looked at."""
    old = KeyedLines(parent.keys, parent.lines)
    if not parent.lines or not new.lines:
        old, new = old._replace(lines=()), new._replace(lines=())
    keys = in_question(old, new, hunks)
    return strongest_stay(old, parent.truths, new, found, keys) if keys else set()


def _moved(
    new: Sequence[str],
    parent: Version,
    found: list[LineTruth | None],
    places: Sequence[int],
    gone: Sequence[int],
) -> list[int]:
    """Give lines their truth that are in another place; the old lines that are left over.

    Args:
        new: The lines of the version.
        parent: What it was made from.
        found: The truth of each line, as far as it is known.
        places: Among which those are of which it is not.
        gone: The old lines that are not accounted for.
    """
    wanted = [place for place in places if found[place] is None]
    used = set()
    for place, old in recognised(new, wanted, parent.keys, gone, LONG_ENOUGH):
        found[place] = parent.truths[old]
        used.add(old)
    return [old for old in gone if old not in used]


def _broken_elsewhere(
    new: Sequence[str],
    parent: Version,
    found: list[LineTruth | None],
    places: Sequence[int],
    gone: Sequence[int],
    commit: CommitId | None,
) -> None:
    """Give paragraphs their truth of which only the line breaks are others."""
    if not gone:
        return
    former: dict[str, deque[range]] = defaultdict(deque)
    for run in _runs(gone, parent.keys):
        former[_words(run, parent.keys)].append(run)
    for run in list(_runs((place for place in places if found[place] is None), new)):
        text = _words(run, new)
        if former.get(text) and len(text) >= LONG_ENOUGH:
            source = former[text].popleft()
            for place, olds in _overlaps(run, new, source, parent.keys):
                found[place] = _together([parent.truths[old] for old in olds], commit)


def _runs(places: Iterable[int], keys: Sequence[str]) -> Iterator[range]:
    """Neighbouring lines that are not blank."""
    start = end = -1
    for place in places:
        if not keys[place]:
            continue
        if place != end:
            if end > start:
                yield range(start, end)
            start = place
        end = place + 1
    if end > start:
        yield range(start, end)


def _words(run: range, keys: Sequence[str]) -> str:
    return " ".join(keys[place] for place in run)


def _overlaps(
    run: range, new: Sequence[str], source: range, old: Sequence[str]
) -> Iterator[tuple[int, list[int]]]:
    """For each line of a run, the lines of another one that its words were in."""
    words = [place for place in source for _ in old[place].split(" ")]
    at = 0
    for place in run:
        count = len(new[place].split(" "))
        yield place, sorted(set(words[at : at + count]))
        at += count


def _together(truths: Sequence[LineTruth], commit: CommitId | None) -> LineTruth:
    """The truth of a line that holds words of several."""
    if len({(truth.level, truth.origin, truth.state) for truth in truths}) == 1:
        return truths[0]
    if len({truth.level for truth in truths}) == 1 and truths[0].level > 1:
        return truths[-1]
    return LineTruth(1, _MIXED, LineState.UNATTRIBUTED, commit)
