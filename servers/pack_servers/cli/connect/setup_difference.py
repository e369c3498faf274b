"""The change of a client's settings as a diff, in which no secret is shown.

People keep tokens in the same file, also in an entry that PACK's is put in place of, and what
stands around the change is part of a diff.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pack_servers.clients.change import SettingsChange, SettingsChangeKind, Spot
from pack_servers.clients.editing import texts
from pack_servers.clients.entries import TOKEN

_SECRET_KEYS: Final = frozenset(
    "env envs environment headers http_headers env_http_headers".split()
)
"""Below these, clients keep what their servers are given: tokens, for the most part."""
_HIDDEN: Final = "(not shown: it may hold a secret)"
_TELLING: Final = 6
"""From how many characters a part of a value gives something away."""
_LONG: Final = 400
_AROUND: Final = 60

_Value = tuple[str, str]
"""The name of a value that is not to be shown, and the value."""


def difference_of(change: SettingsChange) -> str:
    """The change as a unified diff; empty if there is none."""
    if change.kind is SettingsChangeKind.UNCHANGED:
        return ""
    # Here, as only a change needs it.
    from pack.history.differences.patch import hunks_of  # noqa: PLC0415
    from pack.outgoing.secrets_scan import find_secrets  # noqa: PLC0415

    name = change.file
    old = "/dev/null" if change.found.content is None else str(name)
    new = "/dev/null" if change.after is None else str(name)
    before, after = change.before_text(), change.after_text()
    hunks = hunks_of(before, after)
    found = {*_values_in(before, change.spots), *_values_in(after, change.spots)}
    values = sorted(found, key=lambda each: (-len(each[1]), each))
    lines = [_without_values(line, values) for line in hunks.split("\n")]
    for leak in find_secrets("\n".join(lines)):
        lines[leak.line - 1] = f"{lines[leak.line - 1][:1]}{_HIDDEN}"
    return "\n".join([f"--- {old}", f"+++ {new}", *lines])


def lines_for_a_person(difference: str) -> Sequence[str]:
    """The lines of a diff, of which those that fill a terminal show only what changes in them."""
    lines = difference.splitlines()
    shown = list(lines)
    for number, line in enumerate(lines):
        if len(line) <= _LONG:
            continue
        other = _other_side(lines, number)
        start = _in_common(line[1:], other) + 1
        rest = min(len(line) - start, len(other) + 1 - start)
        end = min(_in_common(line[::-1], other[::-1]), rest)
        first, last = max(start - _AROUND, 1), min(len(line) - end + _AROUND, len(line))
        last = min(last, first + _LONG * 2)
        before, after = "…" if first > 1 else "", "…" if last < len(line) else ""
        shown[number] = f"{line[0]}{before}{line[first:last]}{after}"
    return shown


def _other_side(lines: Sequence[str], number: int) -> str:
    """What a line was or becomes, without the sign; the line itself if it does not change."""
    sign = lines[number][:1]
    step = {"-": 1, "+": -1}.get(sign, 0)
    place = number + step
    if step and 0 <= place < len(lines) and lines[place].startswith("\\"):  # no final newline
        place += step
    if not 0 <= place < len(lines) or {sign, lines[place][:1]} != {"-", "+"}:
        return lines[number][1:] if sign == " " else ""
    return lines[place][1:]


def _in_common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _values_in(text: str, spots: Sequence[Spot]) -> Iterator[_Value]:
    """What servers are given, in the settings in which PACK has its spots."""
    if spots:
        yield from _values(texts.value_at(text, spots[0].syntax, ()))


def _values(held: object) -> Iterator[_Value]:
    if isinstance(held, Mapping):
        for key, each in held.items():
            yield from _leaves(each, str(key)) if key in _SECRET_KEYS else _values(each)
    elif isinstance(held, list):
        for each in held:
            yield from _values(each)


def _leaves(held: object, key: str) -> Iterator[_Value]:
    if isinstance(held, Mapping):
        for name, each in held.items():
            yield from _leaves(each, str(name))
    elif isinstance(held, list):
        for each in held:
            yield from _leaves(each, key)
    elif held is not None and not isinstance(held, bool):
        value = str(held)
        if value.strip() and TOKEN not in value:  # PACK itself refers to that variable
            yield key, value


def _without_values(line: str, values: Sequence[_Value]) -> str:
    """A line of a diff without those of the values that it has, however they are written."""
    for key, value in values:
        named = rf"(?<!\w){re.escape(key)}[\"']?\s*[:=]"
        forms = "|".join(map(re.escape, _forms(value)))
        line, count = re.subn(rf"({named}\s*[\"']*)(?:{forms})", rf"\g<1>{_HIDDEN}", line)
        if count:
            continue
        # What is written in another way, on several lines, or below its name.
        told = re.search(rf"{named}(.+)", line)
        if told and re.search(forms, told[1]):
            return f"{line[:1]}{_HIDDEN}"
        alone = (told[1] if told else line[1:]).strip().rstrip(",").strip("\"'- ")
        if alone == value or (len(alone) >= _TELLING and alone in value):
            return f"{line[:1]}{_HIDDEN}"
    return line


def _forms(value: str) -> Sequence[str]:
    """How a value may stand in a line: as it is, as JSON, or one of its lines; longest first."""
    quoted = [json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]]
    pieces = [each.strip() for each in value.splitlines() if len(each.strip()) >= _TELLING]
    return sorted({value, *quoted, *pieces}, key=len, reverse=True)
