"""Which frontmatter is valid, and what it means.

Reading is lenient: a wrong type never fails, it is read as what was most likely meant, or ignored.
`check` is strict and says what to correct. Keys that are not named here are the user's, and fine.

Times to live are `<n>d`, `<n>w`, `<n>m` (30 days) and `<n>y` (365 days), counted from `updated`,
else from `created`; or the date of the last day.

Every write stamps the file. `updated` becomes the time of the write by the clock of this machine,
in UTC, even where that is earlier than what stands there: a date in the future is somebody's
mistake and would otherwise stay for good, while two clocks that disagree differ by minutes. It is
a date, and a datetime where it was a datetime.
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
# YAML 1.1 took these for booleans, and people still write them.
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
        tags: Without repetitions, in the order of the file.
        created: As typed; normally an ISO date.
        updated: As typed; normally an ISO date.
        sync: Whether sync targets receive the file.
        ttl: As typed.
        expires: Last day on which the file counts as current; `None` for ever.
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
    """A text ready to be stored, and why its frontmatter could not be stamped, if it could not."""

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
    """Whether the last day of a time to live is over."""
    return meta.expires is not None and today > meta.expires


def parse_day(text: str | None) -> date | None:
    """The day of an ISO date or datetime, as it is written; `None` for anything else."""
    if text is None or not (_DATE.match(text) or _DATETIME.match(text)):
        return None
    try:
        if len(text) > 10:
            datetime.fromisoformat(text.upper().replace(" ", "T", 1).replace(" ", ""))
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def has_time(text: str | None) -> bool:
    """Whether a value is an ISO datetime, not only a date."""
    return parse_day(text) is not None and text is not None and len(text) > 10


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):  # first, as a catalog asks it of every field
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
    """What `pack validate` should report, key by key. Missing keys are fine."""
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
        return "it is not a text", "Write one short text."
    return None


def _check_texts(value: object) -> _Problem:
    if not isinstance(value, list):
        return "it is not a list", "Write a list of texts: [work, travel]."
    if not all(isinstance(item, str) for item in value):
        return "not every tag is a text", 'Quote it: ["2024", "true"].'
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
    """Line and column, 1-based, of a frontmatter key in a file; `None` where it has no such key."""
    return frontmatter.find_key(text, key)


def stamp(
    given: Frontmatter, previous: Frontmatter | None, now: datetime, title_fallback: str
) -> Stamped:
    """The text with `updated` set, `created` and `topic` where they are missing, all else as it is.

    A text without frontmatter gets the block of the text it replaces, bytes unchanged: agents often
    send the body only, and the user's tags must not vanish. Frontmatter that cannot be read stays
    as it is, and the warning names the place.

    Args:
        given: What is to be stored.
        previous: What it replaces; `None` for a new file.
        now: Time of the write, with a time zone.
        title_fallback: Topic of a file that neither had one nor has a first-level heading.
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
    return f"stored as it is, `updated` was not set: {reason}"


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
    """The first `# heading` outside of code fences, at most 200 characters; `None` without one."""
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
