"""When the lines of a v1 file were written, by its history and by what its headings say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pack.files.dates import as_iso, parse_day
from pack.files.markdown import Heading, split_lines

_NUMERIC: Final = re.compile(
    r"(?<![0-9])(?:(?:19|20)[0-9]{2}([-/._])[0-9]{1,2}\1[0-9]{1,2}"
    r"|[0-9]{1,2}\.[0-9]{1,2}\.(?:19|20)[0-9]{2})(?![0-9])"
)
_MONTHS: Final = (
    "jan feb mar apr may jun jul aug sep oct nov dec".split(),
    "januar februar märz april mai juni juli august september oktober november dezember".split(),
)
_NAMED: Final = re.compile(
    r"(?<!\w)(?:(?P<first>[^\W\d_]{3,9})\.? (?P<then>[0-9]{1,2})(?:st|nd|rd|th)?,?"
    r"|(?P<day>[0-9]{1,2})(?:st|nd|rd|th|\.)? (?P<month>[^\W\d_]{3,9})\.?,?)"
    r" (?P<year>(?:19|20)[0-9]{2})(?![0-9])"
)


@dataclass(frozen=True, slots=True)
class Dates:
    """When a section was written first and last; `None` for what is not known."""

    created: date | None = None
    updated: date | None = None


def days_of_lines(versions: Iterable[tuple[date, str]]) -> list[date]:
    """For each line of the last version, the day of the version since which it has been there.

    Args:
        versions: The texts and their days, the oldest first.
    """
    known: dict[str, list[date]] = {}
    lines: list[str] = []
    for day, text in versions:
        lines = split_lines(text)
        left = {line: list(days) for line, days in known.items()}
        known = {}
        for line in lines:
            days = left.get(line)
            known.setdefault(line, []).append(days.pop(0) if days else day)
    return [known[line].pop(0) for line in lines]


def days_in_title(title: str) -> list[date]:
    """The days that a heading names."""
    found = [parse_day(as_iso(match[0])) for match in _NUMERIC.finditer(title)]
    found += [_named_day(match) for match in _NAMED.finditer(title)]
    return [day for day in found if day is not None]


def _named_day(match: re.Match[str]) -> date | None:
    month = (match["first"] or match["month"]).lower()
    day = int(match["then"] or match["day"])
    short, german = _MONTHS
    number = german.index(month) + 1 if month in german else 0
    number = number or next((n for n, name in enumerate(short, 1) if month.startswith(name)), 0)
    try:
        return date(int(match["year"]), number, day)
    except ValueError:
        return None


def dates_of(headings: Sequence[Heading], days: Sequence[date], today: date | None = None) -> Dates:
    """When a section was written, by its headings, and by the days of its lines.

    Headings tell when it was made. If no line is younger than the oldest, its history only tells
    when somebody put it there.
    """
    said = [day for heading in headings for day in days_in_title(heading.title)]
    said = [day for day in said if today is None or day <= today]
    if not said:
        return Dates(min(days, default=None), max(days, default=None))
    last = max(said)
    is_edited = bool(days) and max(days) > min(days)
    return Dates(min(said), max(last, *days) if is_edited else last)
