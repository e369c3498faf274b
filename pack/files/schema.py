"""Which frontmatter is valid, and what it means.

Reading is lenient: a wrong type is never an error, but is read as what was most likely meant, or
ignored. `check` is strict and says what to correct. Keys not named here are the user's, and fine.

A time to live is `<n>d`, `<n>w`, `<n>m` (30 days) or `<n>y` (365 days), counted from `updated` or
else from `created`; or it is the date of the last day.

Every write stamps the file. `updated` becomes the time of the write by this machine's clock, in
UTC, even if that is earlier than the old value: a date in the future is a mistake and would
otherwise never go away, while two clocks that disagree differ only by minutes. It is written as a
date, or as a datetime if it was one before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from pack.errors import InvalidContent, LimitExceeded
from pack.files import frontmatter
from pack.files.frontmatter import Frontmatter
from pack.files.keys import CREATED, KEYS, SYNC, TAGS, TOPIC, TTL, UPDATED, KeyType
from pack.times import format_time

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_DATETIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r" ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?\Z"
)
_TTL: Final = re.compile(r"([0-9]{1,5}) ?([dwmy])\Z", re.IGNORECASE)
_DAYS: Final = {"d": 1, "w": 7, "m": 30, "y": 365}
# These were booleans in YAML 1.1, and people still write them.
_TRUE: Final = frozenset(["true", "yes", "on"])
_FALSE: Final = frozenset(["false", "no", "off"])
_USE_ISO: Final = "Write it as 2026-11-21 or 2026-11-21T09:30:00Z."

_FENCE_OR_H1: Final = re.compile(
    r"(?:(?<=[\r\n])|\A) {0,3}(?:(`{3,}|~{3,})([^\r\n]*)|#(?![^ \t\r\n])([^\r\n]*))"
)
_CLOSING_HASHES: Final = re.compile(r"(?<![^ \t])#+[ \t]*\Z")
_MAX_TITLE: Final = 200


@dataclass(frozen=True, slots=True)
class Meta:
    """The frontmatter of a memory file as PACK understands it.

    Attributes:
        topic: What the file is about.
        tags: Without duplicates, in the order of the file.
        created: As typed; normally an ISO date.
        updated: As typed; normally an ISO date.
        sync: Whether sync targets receive the file.
        ttl: As typed.
        expires: The last day on which the file is current; `None` if it never expires.
    """

    topic: str | None = None
    tags: tuple[str, ...] = ()
    created: str | None = None
    updated: str | None = None
    sync: bool = True
    ttl: str | None = None
    expires: date | None = None


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
    created, updated = _text(fields.get(CREATED.name)), _text(fields.get(UPDATED.name))
    ttl = _text(fields.get(TTL.name))
    return Meta(
        topic=_text(fields.get(TOPIC.name)),
        tags=_tags(fields.get(TAGS.name)),
        created=created,
        updated=updated,
        sync=_truth(fields.get(SYNC.name)) is not False,
        ttl=ttl,
        expires=_expiry(ttl, updated, created),
    )


def is_expired(meta: Meta, today: date) -> bool:
    """Whether the last day of the time to live has passed."""
    return meta.expires is not None and today > meta.expires


def parse_day(text: str | None) -> date | None:
    """The day of an ISO date or datetime, as written; `None` for anything else."""
    if text is None or not (_DATE.match(text) or _DATETIME.match(text)):
        return None
    try:
        if len(text) > 10:
            datetime.fromisoformat(text.upper().replace(" ", "T", 1).replace(" ", ""))
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def has_time(text: str | None) -> bool:
    """Whether a value is an ISO datetime and not just a date."""
    return parse_day(text) is not None and text is not None and len(text) > 10


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):  # first, because a catalog asks this of every field
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _tags(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else (_text(value) or "").split(",")
    texts = (text.strip() for item in items if (text := _text(item)) is not None)
    return tuple(dict.fromkeys(text for text in texts if text))


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
    if not isinstance(value, list):
        return "it is not a list", "Write a list of texts: [work, travel]."
    if not all(isinstance(item, str) for item in value):
        return "not every tag is text", 'Quote it: ["2024", "true"].'
    return None


def _check_date(value: object) -> _Problem:
    return None if parse_day(_text(value)) else ("it is not an ISO date", _USE_ISO)


def _check_truth(value: object) -> _Problem:
    if _truth(value) is None:
        return "it is neither true nor false", "Write true or false."
    return None


def _check_period(value: object) -> _Problem:
    text = _text(value)
    if text is None or not (_TTL.match(text) or parse_day(text)):
        return "it is neither a period nor a date", "Write 90d or 2026-11-21."
    return None


_CHECKS: Final[Mapping[KeyType, Callable[[object], _Problem]]] = {
    KeyType.TEXT: _check_text,
    KeyType.TEXTS: _check_texts,
    KeyType.DATE: _check_date,
    KeyType.TRUTH: _check_truth,
    KeyType.PERIOD: _check_period,
}


def _check_order(fields: Mapping[str, object]) -> Iterator[FieldProblem]:
    created, updated = (parse_day(_text(fields.get(key.name))) for key in (CREATED, UPDATED))
    if created is not None and updated is not None and created > updated:
        remedy = "Correct one of the two dates."
        yield FieldProblem(CREATED.name, "it is later than `updated`", remedy)


def _check_start(fields: Mapping[str, object]) -> Iterator[FieldProblem]:
    days = (parse_day(_text(fields.get(key.name))) for key in (UPDATED, CREATED))
    if _TTL.match(_text(fields.get(TTL.name)) or "") and not any(days):
        remedy = "Set `updated` to an ISO date."
        yield FieldProblem(TTL.name, "there is no date to count from", remedy)


def find_key_line(text: str, key: str) -> tuple[int, int] | None:
    """Line and column, 1-based, of a frontmatter key in a file; `None` if it has no such key."""
    return frontmatter.find_key(text, key)


def stamp(
    given: Frontmatter, previous: Frontmatter | None, now: datetime, title_fallback: str
) -> Stamped:
    """The text with `updated` set, `created` and `topic` added if missing, and no other change.

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
    found = _carry_over(given, previous)
    if found.problem is not None:
        place = f"line {found.problem.line}, column {found.problem.column}"
        return Stamped(found, _warning(f"{found.problem.reason} ({place})"))
    before = read_meta(previous.fields if previous is not None else {})
    values = _stamps(found, before, now, title_fallback)
    try:
        return Stamped(frontmatter.with_fields(found, values), None)
    except (InvalidContent, LimitExceeded) as error:
        return Stamped(found, _warning(str(error)))


def _warning(reason: str) -> str:
    return f"stored as it is, without setting `updated`: {reason}"


def _carry_over(given: Frontmatter, previous: Frontmatter | None) -> Frontmatter:
    if given.block is not None or previous is None or previous.block is None:
        return given
    old = previous.parts
    ends = old.closing[-1] in "\r\n"
    closing = old.closing if ends else old.closing + frontmatter.line_end(old.opening)
    parts = replace(old, prefix=given.parts.prefix, closing=closing, body=given.body)
    return replace(previous, parts=parts)


def _stamps(found: Frontmatter, before: Meta, now: datetime, title_fallback: str) -> dict[str, str]:
    today = now.astimezone(UTC).date().isoformat()
    values = {}
    if found.fields.get(TOPIC.name) is None:
        values[TOPIC.name] = before.topic or first_title(found.body) or title_fallback
    if found.fields.get(CREATED.name) is None:
        last = parse_day(before.updated)
        values[CREATED.name] = before.created or (last.isoformat() if last is not None else today)
    is_time = has_time(read_meta(found.fields).updated or before.updated)
    values[UPDATED.name] = format_time(now) if is_time else today
    return values


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
