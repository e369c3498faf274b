"""Dates as people and other tools write them: read as ISO, and written again in the same form.

Understood are ISO dates and times and their relatives (`2026/11/21`, `20261121`, `21.11.2026`,
`2026-11-21 9:30 +0100`, `[[2026-11-21]]`), and times of a clock that counts from 1970 in seconds,
milliseconds or microseconds. `05/06/2026` is not, because nobody can say which day it is.

A time without a zone is taken as UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from pack.deferred import pattern
from pack.times import format_time

_ISO_DATE: Final = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_ISO_TIME: Final = pattern(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r" ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?\Z"
)
_WRITTEN: Final = pattern(
    r"""(?P<open>(?:\[\[)?)
    (?: (?P<year>[0-9]{4})(?P<to_month>[-/._]?)(?P<month>[0-9]{1,2})
        (?P<to_day>[-/._]?)(?P<day>[0-9]{1,2})
      | (?P<day_first>[0-9]{1,2})\.(?P<then_month>[0-9]{1,2})\.(?P<then_year>[0-9]{4})
    )
    (?: (?P<gap>[Tt]|,?[ ]|)(?P<hour>[0-9]{1,2})(?P<colon>:?)(?P<minute>[0-9]{2})
        (?: (?P=colon)(?P<second>[0-9]{2}) (?:\.(?P<fraction>[0-9]{1,9}))? )?
        (?P<before_zone>[ ]?)(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?|)
    )?
    (?P<close>(?:\]\])?)\Z""",
    re.VERBOSE,
)
_SINCE_1970: Final = {9: 1, 10: 1, 12: 1000, 13: 1000, 15: 1_000_000, 16: 1_000_000}
"""Ticks of a second, by the number of digits."""
_LONGEST: Final = 48
_JOURNAL: Final = pattern(
    r"([0-9]{4})(?:([-_.])([0-9]{2})\2([0-9]{2})(?![0-9])|([0-9]{2})([0-9]{2})\Z)"
)

Written = str | int
"""A date as frontmatter holds it."""


def parse_day(text: str | None) -> date | None:
    """The day of an ISO date or datetime, as written; `None` for anything else."""
    if text is None or not (_ISO_DATE.match(text) or _ISO_TIME.match(text)):
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


def as_iso(value: object) -> str | None:
    """A date or time in ISO form, as typed if it has it already; `None` if it is not understood."""
    text = _text(value)
    if text is None:
        return None
    if parse_day(text) is not None:
        return text
    found = _read(text)
    if found is None:
        return None
    moment, form = found
    return format_time(moment) if form.has_time else moment.date().isoformat()


def in_form_of(value: object, moment: datetime) -> Written | None:
    """A moment in the form and of the type of a date; `None` if that one is not understood."""
    text = _text(value)
    found = _read(text) if text is not None else None
    if found is None:
        return None
    written = found[1].write(moment)
    return int(written) if isinstance(value, int) else written


def day_in_name(path: str) -> str | None:
    """The ISO date that a file's name begins with, as journals have it; `None` if there is none.

    `2020_05_14.md`, `2020-05-14 A walk.md` and `20200514.md` have one.
    """
    stem = path.rpartition("/")[2].rpartition(".")[0]
    found = _JOURNAL.match(stem) if stem[:4].isdigit() else None
    if found is None:
        return None
    year, _, month, day, other_month, other_day = found.groups()
    made = _moment(year, month or other_month, day or other_day)
    return made.date().isoformat() if made is not None else None


def _text(value: object) -> str | None:
    """What may be a date; a wiki link that YAML took for lists is one too."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    return text.strip() if len(text) <= _LONGEST else None


class _Form:
    """How a date is written."""

    def __init__(self, write: Callable[[datetime], str], *, has_time: bool) -> None:
        self.write = write
        self.has_time = has_time


def _read(text: str) -> tuple[datetime, _Form] | None:
    match = _WRITTEN.match(text)
    found = _read_written(match) if match is not None else None
    if found is not None:
        return found
    ticks = _SINCE_1970.get(len(text)) if text.isascii() and text.isdigit() else None
    if ticks is None:
        return None
    moment = datetime.fromtimestamp(int(text) // ticks, UTC)
    return moment, _Form(lambda now: str(int(now.timestamp() * ticks)), has_time=True)


def _read_written(match: re.Match[str]) -> tuple[datetime, _Form] | None:
    part = match.groupdict()
    year = part["year"] or part["then_year"]
    month = part["month"] or part["then_month"]
    day = part["day"] or part["day_first"]
    is_packed = part["year"] is not None and not part["to_month"]
    if part["year"] is not None and part["to_month"] != part["to_day"]:
        return None
    if is_packed and (len(month) != 2 or len(day) != 2 or part["colon"]) and part["gap"] == "":
        return None
    if bool(part["open"]) != bool(part["close"]) or (part["gap"] == "" and not is_packed):
        return None
    moment = _moment(year, month, day, part["hour"], part["minute"], part["second"], part["zone"])
    if moment is None:
        return None
    has_time = part["hour"] is not None
    return moment, _Form(lambda now: _write_like(part, now), has_time=has_time)


def _moment(
    year: str, month: str, day: str, hour: str | None = None, minute: str | None = None,
    second: str | None = None, zone: str | None = None,
) -> datetime | None:  # fmt: skip
    numbers = [int(number or 0) for number in (year, month, day, hour, minute, second)]
    if not 1900 <= numbers[0] < 2200:
        return None
    try:
        return datetime(*numbers, tzinfo=_zone(zone))  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def _zone(text: str | None) -> timezone:
    if not text or text in "Zz":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _write_like(part: dict[str, str | None], now: datetime) -> str:
    moment = now.astimezone(_zone(part["zone"]))
    if part["year"] is not None:
        gap = part["to_month"] or ""
        made = gap.join(
            (
                f"{moment.year:04}",
                _number(moment.month, part["month"]),
                _number(moment.day, part["day"]),
            )
        )
    else:
        month = _number(moment.month, part["then_month"])
        made = f"{_number(moment.day, part['day_first'])}.{month}.{moment.year:04}"
    if part["hour"] is not None:
        made += f"{part['gap']}{_clock(part, moment)}{part['before_zone']}{part['zone']}"
    return f"{part['open']}{made}{part['close']}"


def _number(number: int, like: str | None) -> str:
    """A number with two digits, unless one like it was written with one."""
    return f"{number}" if like is not None and len(like) == 1 else f"{number:02}"


def _clock(part: dict[str, str | None], moment: datetime) -> str:
    colon = part["colon"] or ""
    made = f"{_number(moment.hour, part['hour'])}{colon}{moment.minute:02}"
    if part["second"] is not None:
        made += f"{colon}{moment.second:02}"
    if part["fraction"] is not None:
        made += "." + f"{moment.microsecond:06}".ljust(9, "0")[: len(part["fraction"])]
    return made
