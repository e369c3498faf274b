"""Whether the person's text stays protected once a text is stored: the second look of the rule.

The rule finds the person's lines in a new text by itself, and history finds them again in what was
stored (`passing_on`). Where the two did not agree, a machine could change tomorrow what was
protected today. So history is asked before, as if the text had been stored.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pack.core.truths import NoteTruth
from pack.files import frontmatter
from pack.files.line_keys import line_form
from pack.history.differences.line_hunks import git_lines
from pack.history.differences.line_owners import LineKeys, lines_of
from pack.results import ProtectedLine
from pack.truth.passing_on import Version, pass_on


def unprotected_by(
    before: str, truth: NoteTruth, own: Sequence[ProtectedLine], after: str, level: int
) -> tuple[ProtectedLine, ...]:
    """The protected lines that would be so no more, or in another order.

    Args:
        before: A text.
        truth: How far each line of it is trusted.
        own: The lines and keys of it that are protected; a key may have several lines.
        after: What is to be stored.
        level: The level of the writer.
    """
    above = frontmatter.read(before).parts.lines_above
    keys, body = _still_protected(before, truth, after, level)
    lines = [*_single(own, truth, level)]
    left = Counter(keys)
    lost = []
    for line in lines:
        if line.line <= above:
            form = line_form(line.text)
            lost += [line] if left[form] <= 0 else []
            left[form] -= 1
    return (*lost, *_out_of_order((line for line in lines if line.line > above), body))


def _still_protected(
    before: str, truth: NoteTruth, after: str, level: int
) -> tuple[list[str], list[str]]:
    """The forms of what would be protected, in the frontmatter and below it."""
    old, new = before.encode(errors="replace"), after.encode(errors="replace")
    known = LineKeys()
    version = Version(known.of(old), truth.lines, lines_of(old))
    found = pass_on(known.of(new), [version], None, lines_of(new)).truths
    above = frontmatter.read(after).parts.lines_above
    forms = [
        line_form(text) if one is not None and one.is_protected_from(level) else ""
        for text, one in zip(git_lines(after), found, strict=True)
    ]
    return [one for one in forms[:above] if one], [one for one in forms[above:] if one]


def _single(own: Iterable[ProtectedLine], truth: NoteTruth, level: int) -> Iterator[ProtectedLine]:
    """Each protected line by itself."""
    for one in own:
        for number, text in enumerate(one.text.split("\n"), one.line):
            if text.strip() and truth.lines[number - 1].is_protected_from(level):
                yield ProtectedLine(number, text)


def _out_of_order(lines: Iterable[ProtectedLine], there: Sequence[str]) -> Iterator[ProtectedLine]:
    """The lines that are not among others in this order."""
    places: dict[str, list[int]] = {}
    for place, form in enumerate(there):
        places.setdefault(form, []).append(place)
    at = 0
    for line in lines:
        found = places.get(line_form(line.text), [])
        next_one = bisect_left(found, at)
        if next_one < len(found):
            at = found[next_one] + 1
        else:
            yield line
