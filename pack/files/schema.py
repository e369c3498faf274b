"""Which frontmatter is valid, and what it means.

Reading is lenient: a wrong type is never an error, but is read as what was most likely meant, or
ignored. `check` is strict and says what to correct. Keys not named here are the user's, and fine.

A time to live is `<n>d`, `<n>w`, `<n>m` (30 days) or `<n>y` (365 days), counted from `updated` or
else from `created`; or it is the date of the last day.

Where a key is missing, what other tools call it is read instead (`pack.files.keys`), and a write
adds no second one. Dates may have any form that `pack.files.dates` understands.

Every write stamps the file. `updated` becomes the time of the write by this machine's clock, in
UTC, even if that is earlier than the old value: a date in the future is a mistake and would
otherwise never go away, while two clocks that disagree differ only by minutes. It is written in the
form that it had before, or as a date. `created` is set in a new file only: PACK does not know when
any other file was made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from pack.deferred import dataclass, pattern
from pack.errors import InvalidContent, LimitExceeded
from pack.files import frontmatter
from pack.files.dates import as_iso, in_form_of, parse_day
from pack.files.frontmatter import Frontmatter
from pack.files.keys import (
    CREATED,
    KEY_NAMES,
    KEYS,
    PIN,
    SYNC,
    TAGS,
    TOPIC,
    TTL,
    UPDATED,
    KeyType,
    folded_key,
    key_meant,
)
from pack.files.tags import tags_in_field
from pack.files.yaml_block import Value

_TTL: Final = pattern(r"([0-9]{1,5}) ?([dwmy])\Z", re.IGNORECASE)
_DAYS: Final = {"d": 1, "w": 7, "m": 30, "y": 365}
# These were booleans in YAML 1.1, and people still write them.
_TRUE: Final = frozenset(["true", "yes", "on"])
_FALSE: Final = frozenset(["false", "no", "off"])
_LEVELS: Final = frozenset("12345")
_USE_ISO: Final = "Write it as 2026-11-21 or 2026-11-21T09:30:00Z."
_NAMES: Final = frozenset(["aliases", "alias"])
_NESTED: Final = "metadata"
"""Claude Code keeps its keys in a mapping of this name."""

_FENCE_OR_H1: Final = pattern(
    r"(?:(?<=[\r\n])|\A) {0,3}(?:(`{3,}|~{3,})([^\r\n]*)|#(?![^ \t\r\n])([^\r\n]*))"
)
_CLOSING_HASHES: Final = pattern(r"(?<![^ \t])#+[ \t]*\Z")
_MAX_TITLE: Final = 200


@dataclass(frozen=True, slots=True)
class Meta:
    """The frontmatter of a memory file as PACK understands it.

    Attributes:
        topic: What the file is about.
        tags: Without duplicates, in the order of the file.
        created: In ISO form if it is understood, else as typed.
        updated: The latest of the dates that say when it was updated, in the same form.
        names: Other names of what the file is about.
        sync: Whether sync targets receive the file.
        ttl: As typed.
        expires: The last day on which the file is current; `None` if it never expires.
        pin: Whether every conversation begins with it.
    """

    topic: str | None = None
    tags: tuple[str, ...] = ()
    created: str | None = None
    updated: str | None = None
    names: tuple[str, ...] = ()
    sync: bool = True
    ttl: str | None = None
    expires: date | None = None
    pin: bool = False


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A value that PACK cannot use, and what to write instead."""

    key: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Stamped:
    """A text ready to store; if its frontmatter could not be stamped, a warning says why."""

    head: Frontmatter
    warning: str | None


def read_meta(fields: Mapping[str, object]) -> Meta:
    """What the fields mean; never fails."""
    meant = _Meant.of(fields)
    created, updated = _date(meant.first(CREATED.name)), _latest(meant.all(UPDATED.name))
    ttl = _text(meant.first(TTL.name))
    topic = _text(meant.first(TOPIC.name))
    return Meta(
        topic=topic,
        tags=_tags(meant.all(TAGS.name)),
        created=created,
        updated=updated,
        names=_names(meant, topic),
        sync=_truth(meant.first(SYNC.name)) is not False,
        ttl=ttl,
        expires=_expiry(ttl, updated, created),
        pin=_truth(meant.first(PIN.name)) is True,
    )


@dataclass(frozen=True, slots=True)
class _Meant:
    """Fields by what they mean.

    Attributes:
        keys: By the name of PACK's key, the keys of the file that mean it and hold something;
            PACK's own comes first.
        fields: All fields.
        names: The values of `aliases`.
    """

    keys: Mapping[str, list[str]]
    fields: Mapping[str, object]
    names: tuple[object, ...] = ()

    @classmethod
    def of(cls, fields: Mapping[str, object]) -> _Meant:
        if fields.keys() <= KEY_NAMES:  # nearly always
            return cls({key: [key] for key, value in fields.items() if value is not None}, fields)
        keys: dict[str, list[str]] = {}
        names = []
        for key, value in fields.items():
            if value is None:
                continue
            if (meant := key_meant(key)) is not None:
                keys.setdefault(meant, []).append(key)
            if folded_key(key) in _NAMES:
                names.append(value)
        for name, found in keys.items():
            found.sort(key=lambda key: key != name)
        return cls(keys, fields, tuple(names))

    def first(self, name: str) -> object:
        """The value that counts; `None` if there is none."""
        keys = self.keys.get(name)
        return self.fields[keys[0]] if keys else None

    def all(self, name: str) -> list[object]:
        """All values that mean it."""
        found = [self.fields[key] for key in self.keys.get(name, ())]
        inner = self.fields.get(_NESTED) if name == UPDATED.name else None
        if isinstance(inner, dict):
            found += [value for key, value in inner.items() if key_meant(str(key)) == name]
        return found


def _date(value: object) -> str | None:
    return as_iso(value) or _text(value)


def _latest(values: Sequence[object]) -> str | None:
    """The latest of the dates; failing that, the first value as typed."""
    understood = [found for value in values if (found := as_iso(value)) is not None]
    return max(understood) if understood else next(map(_text, values), None)


def _names(meant: _Meant, topic: str | None) -> tuple[str, ...]:
    """The aliases, and titles that are not the topic."""
    items = [item for value in meant.names for item in _items(value)]
    titles = [meant.fields[key] for key in meant.keys.get(TOPIC.name, ())]
    texts = (_text(item) for item in (*titles, *items))
    found = dict.fromkeys(text.strip() for text in texts if text and text.strip())
    return tuple(name for name in found if name != topic)


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else (_text(value) or "").split(",")


def is_expired(meta: Meta, today: date) -> bool:
    """Whether the last day of the time to live has passed."""
    return meta.expires is not None and today > meta.expires


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):  # first, because a catalog asks this of every field
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _tags(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for value in values for tag in tags_in_field(value)))


def _truth(value: object) -> bool | None:
    word = (_text(value) or "").strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _expiry(ttl: str | None, updated: str | None, created: str | None) -> date | None:
    if ttl is None:
        return None
    period = _TTL.match(ttl)
    if period is None:
        return parse_day(ttl)
    start = parse_day(updated) or parse_day(created)
    try:
        days = int(period[1]) * _DAYS[period[2].lower()]
        return None if start is None else start + timedelta(days=days)
    except OverflowError:  # later than the year 9999
        return None


def check(fields: Mapping[str, object]) -> list[FieldProblem]:
    """The problems that `pack validate` reports, key by key. Missing keys are fine."""
    found = []
    for key in KEYS:
        value = fields.get(key.name)
        problem = _CHECKS[key.type](value) if value is not None else None
        if problem is not None:
            found.append(FieldProblem(key.name, *problem))
    return [*found, *_check_order(fields), *_check_start(fields)]


_Problem = tuple[str, str] | None
"""Why a value cannot be used, and what to write instead."""


def _check_text(value: object) -> _Problem:
    if isinstance(value, list | dict):
        return "it is not text", "Write one short text."
    return None


def _check_texts(value: object) -> _Problem:
    if isinstance(value, str):
        return None
    if not isinstance(value, list):
        return "it is not a list", "Write a list of texts: [work, travel]."
    if not all(item is None or isinstance(item, str) for item in value):
        return "not every tag is text", 'Quote it: ["2024", "true"].'
    return None


def _check_date(value: object) -> _Problem:
    return None if as_iso(value) else ("it is not an ISO date", _USE_ISO)


def _check_truth(value: object) -> _Problem:
    if _truth(value) is None:
        return "it is neither true nor false", "Write true or false."
    return None


def _check_period(value: object) -> _Problem:
    text = _text(value)
    if text is None or not (_TTL.match(text) or parse_day(text)):
        return "it is neither a period nor a date", "Write 90d or 2026-11-21."
    return None


def _check_level(value: object) -> _Problem:
    if _text(value) not in _LEVELS:
        return "it is no truth level", "Remove it; PACK sets it by itself."
    return None


_CHECKS: Final[Mapping[KeyType, Callable[[object], _Problem]]] = {
    KeyType.TEXT: _check_text,
    KeyType.TEXTS: _check_texts,
    KeyType.DATE: _check_date,
    KeyType.TRUTH: _check_truth,
    KeyType.PERIOD: _check_period,
    KeyType.LEVEL: _check_level,
}


def _check_order(fields: Mapping[str, object]) -> Iterator[FieldProblem]:
    created, updated = (parse_day(as_iso(fields.get(key.name))) for key in (CREATED, UPDATED))
    if created is not None and updated is not None and created > updated:
        remedy = "Correct one of the two dates."
        yield FieldProblem(CREATED.name, "it is later than `updated`", remedy)


def _check_start(fields: Mapping[str, object]) -> Iterator[FieldProblem]:
    meta = read_meta(fields)
    days = (parse_day(meta.updated), parse_day(meta.created))
    if _TTL.match(_text(fields.get(TTL.name)) or "") and not any(days):
        remedy = "Set `updated` to an ISO date."
        yield FieldProblem(TTL.name, "there is no date to count from", remedy)


def find_key_line(text: str, key: str) -> tuple[int, int] | None:
    """Line and column, 1-based, of a frontmatter key in a file; `None` if it has no such key."""
    return frontmatter.find_key(text, key)


def stamp(
    given: Frontmatter, previous: Frontmatter | None, now: datetime, title_fallback: str
) -> Stamped:
    """The text with `updated` set, `topic` added if missing, and no other change.

    A new file gets `created` too. A date that another tool has put there is set instead of
    `updated`, in its own form; a title of another tool counts as the topic.

    A text without frontmatter gets the block of the text it replaces, byte for byte: agents often
    send only the body, and the user's tags must not vanish. Frontmatter that cannot be read stays
    as it is, and the warning says where the problem is.

    Args:
        given: The text to store.
        previous: What it replaces; `None` for a new file.
        now: Time of the write, with a time zone.
        title_fallback: The topic for a file that has no topic, had none, and has no first-level
            heading.
    """
    found = carry_over(given, previous)
    if found.problem is not None:
        place = f"line {found.problem.line}, column {found.problem.column}"
        return Stamped(found, _warning(f"{found.problem.reason} ({place})"))
    values = _stamps(found, previous, now, title_fallback)
    try:
        return Stamped(frontmatter.with_fields(found, values), None)
    except (InvalidContent, LimitExceeded) as error:
        return Stamped(found, _warning(str(error)))


def _warning(reason: str) -> str:
    return f"stored as it is, without setting `updated`: {reason}"


def carry_over(given: Frontmatter, previous: Frontmatter | None) -> Frontmatter:
    """A text, with the frontmatter of the one that it replaces if it has none; see `stamp`."""
    if given.block is not None or previous is None or previous.block is None:
        return given
    old = previous.parts
    ends = old.closing[-1] in "\r\n"
    closing = old.closing if ends else old.closing + frontmatter.line_end(old.opening)
    prefix = given.parts.prefix
    moved = old.body_line - old.first_line + 1
    parts = replace(
        old, prefix=prefix, closing=closing, body=given.body, body_line=moved, suffix=""
    )
    return replace(previous, parts=parts)


def _stamps(
    found: Frontmatter, previous: Frontmatter | None, now: datetime, title_fallback: str
) -> dict[str, Value]:
    today = now.astimezone(UTC).date().isoformat()
    meant = _Meant.of(found.fields)
    old = _Meant.of(previous.fields if previous is not None else {})
    values: dict[str, Value] = {}
    if meant.first(TOPIC.name) is None:
        topic = _text(old.first(TOPIC.name)) or first_title(found.body) or title_fallback
        values[TOPIC.name] = topic
    if meant.first(CREATED.name) is None:
        created = today if previous is None else _date(old.first(CREATED.name))
        values |= {CREATED.name: created} if created else {}
    key = _updated_key(meant)
    form = next(
        (value for value in (meant.fields.get(key), old.first(UPDATED.name)) if value), None
    )
    values[key] = in_form_of(form, now) or today
    return values


def _updated_key(meant: _Meant) -> str:
    """The key that says when the file was changed: the one that is there, if it is understood."""
    keys = meant.keys.get(UPDATED.name, [])
    understood = [key for key in keys if as_iso(meant.fields[key]) is not None]
    return understood[0] if understood else UPDATED.name


def first_title(body: str) -> str | None:
    """The first `# heading` outside code fences, cut to 200 characters; `None` if there is none."""
    fence = ""
    for match in _FENCE_OR_H1.finditer(body):
        marks, info, title = match.groups()
        if marks is None:
            words = " ".join(_CLOSING_HASHES.sub("", title).split())
            if not fence and words:
                return words[:_MAX_TITLE].rstrip()
        elif not fence and not (marks[0] == "`" and "`" in info):
            fence = marks
        elif fence and marks.startswith(fence) and not info.strip():
            fence = ""
    return None
