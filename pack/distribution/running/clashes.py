"""Rules that must not run together: two that write one path, and those that run in a circle."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PathClaim:
    """What a rule would write.

    Attributes:
        rule: The rule.
        place: Its repository; the same for two names of one repository.
        paths: The files there.
    """

    rule: str
    place: str
    paths: Collection[str]


def find_clashes(claims: Collection[PathClaim]) -> Mapping[str, str]:
    """Why rules may not run, by rule: another one writes the same file, or below it.

    Names count as the same that some file systems take for the same.
    """
    found: dict[str, str] = {}
    holders: dict[tuple[str, str], PathClaim] = {}
    for claim in claims:
        for path in claim.paths:
            holders.setdefault((claim.place, _folded(path)), claim)
    for claim in claims:
        for path in claim.paths:
            for name in _and_above(_folded(path)):
                other = holders.get((claim.place, name))
                if other is not None and other.rule != claim.rule:
                    found.setdefault(claim.rule, _words(claim.rule, other.rule, path))
                    found.setdefault(other.rule, _words(other.rule, claim.rule, path))
    return found


def find_circle(
    rule: str, paths: Collection[str], sent_back: Mapping[str, Collection[str]]
) -> str | None:
    """Why a rule may not run: what it brings would come back; `None` if it would not.

    Args:
        rule: The rule.
        paths: The files that it writes downstream.
        sent_back: The files that each rule of the downstream sends to this memory, by rule.
    """
    written = set(map(_folded, paths))
    for other, sources in sent_back.items():
        both = sorted(path for path in sources if _folded(path) in written)
        if both:
            return (
                f"the rules {rule} here and {other} there run in a circle: what goes to "
                f"{both[0]} would come back"
            )
    return None


def _words(rule: str, other: str, path: str) -> str:
    first, second = sorted((rule, other))
    return f"the rules {first} and {second} both write {path}"


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _and_above(path: str) -> Iterator[str]:
    yield path
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
