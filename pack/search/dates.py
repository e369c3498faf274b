"""Dates that a query names: 2022, May 2023, 7 May 2023, May 7, 2023-05-08."""

from __future__ import annotations

import re
from typing import Final

from pack.deferred import dataclass, pattern

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march|april apr|may|june jun|july jul|august aug|"
        "september sep sept|october oct|november nov|december dec".split("|"),
        start=1,
    )
    for name in names.split()
}
_MONTH: Final = "(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + ")"
_DAY: Final = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR: Final = r"(?P<year>(?:19|20)\d\d)"
_FORMS: Final = [
    pattern(rf"\b{form}\b", re.IGNORECASE)
    for form in (
        r"(?P<year>(?:19|20)\d\d)-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?",
        rf"{_DAY}(?: of)? {_MONTH}(?:,? {_YEAR})?",
        rf"{_MONTH} {_DAY}(?:,? {_YEAR})?",
        rf"{_MONTH},? {_YEAR}",
        _YEAR,
    )
]
_DIGIT: Final = pattern("[0-9]")
"""Every form holds one; most queries do not."""
_LONE_MONTH: Final = pattern(rf"\b{_MONTH}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DateHint:
    """A day, a month or a year as far as the query names them; `None` for what it does not."""

    year: int | None
    month: int | None
    day: int | None

    def covers(self, day: str) -> bool:
        """Whether an ISO date (`2023-05-08...`) falls into it."""
        said = (self.year, 0, 4), (self.month, 5, 7), (self.day, 8, 10)
        return all(
            wanted is None or day[start:end] == f"{wanted:0{end - start}}"
            for wanted, start, end in said
        )


def date_hints(text: str) -> tuple[DateHint, ...]:
    """The dates in a text. A month by itself counts if it is capitalised."""
    found: dict[DateHint, None] = {}
    for form in _FORMS if _DIGIT.search(text) else ():
        found.update((_hint(match), None) for match in form.finditer(text))
        text = form.sub(" ", text)
    if not text.islower():
        lone = (match for match in _LONE_MONTH.finditer(text) if match[0][0].isupper())
        found.update((_hint(match), None) for match in lone)
    return tuple(found)


def _hint(match: re.Match[str]) -> DateHint:
    said = match.groupdict()
    year, month, day = said.get("year"), said.get("month"), said.get("day")
    return DateHint(
        int(year) if year else None, _month(month) if month else None, int(day) if day else None
    )


def _month(name: str) -> int:
    return MONTHS.get(name.lower()) or int(name)
