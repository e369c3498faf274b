"""Repairs the links of a divided v1 file: what they led to may lie elsewhere now.

- An anchor (`#next-steps`) leads to a heading; if that is in another file now, so does the link.
- A relative link was relative to the v1 file, and becomes relative to the new one.
- A wiki link by the name of a heading leads to the file of that heading.

Other notes may lead into the v1 file, and then lead to the section's new place. What leads nowhere
stays as it is and is reported, and so does what still leads to the original: links to the file as a
whole, and links in files that are no memory. Code is left alone.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote

from pack.files import frontmatter
from pack.files.markdown import code_spans, headings, split_lines
from pack.model import MemoryPath
from pack.paths import LEGACY_DIR

_TARGET: Final = re.compile(
    r"(?P<before>\]\([ \t]*)(?P<angle><?)(?P<target>[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)?)"
)
_WIKI: Final = re.compile(
    r"\[\[(?P<name>[^\[\]|#\r\n]*)(?P<anchor>#[^\[\]|\r\n]*)?(?P<rest>\|[^\[\]\r\n]*)?\]\]"
)
_REFERENCE: Final = re.compile(
    r"(?P<before> {0,3}\[(?!\^)[^\[\]\r\n]+\]:[ \t]+)(?P<angle><?)(?P<target>[^\s<>]+)"
    r"(?P<after>>?[ \t]*(?:[\"'(][^\r\n]*)?[\r\n]*)"
)
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})([^\r\n]*)")
_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|/", re.IGNORECASE)
_NO_SLUG: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class DeadLink:
    """A link that leads nowhere: the file and line it is in, and what it leads to."""

    path: MemoryPath
    line: int
    target: str


@dataclass(frozen=True, slots=True)
class KeptLink:
    """A link that still leads to the original.

    Attributes:
        path: The file that it is in.
        line: The line, counted from 1.
        target: What it leads to.
        now: What it would lead to in a note; `None` if no section is named.
    """

    path: MemoryPath
    line: int
    target: str
    now: str | None


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A file that was not divided.

    Attributes:
        path: Where it is.
        text: Its text.
        is_note: Whether it is memory; other files are the person's, and are never changed.
    """

    path: MemoryPath
    text: str
    is_note: bool


@dataclass(frozen=True, slots=True)
class Repair:
    """What repairing the links of some files comes to.

    Attributes:
        texts: The new text of each file that changes.
        repaired: How many links are repaired.
        dead: Those that lead nowhere.
        kept: Those that still lead to the original.
    """

    texts: Mapping[MemoryPath, str]
    repaired: int
    dead: tuple[DeadLink, ...]
    kept: tuple[KeptLink, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """A heading now: its file, and its anchor and title there."""

    path: MemoryPath
    slug: str
    title: str


@dataclass
class _Repairer:
    """Repairs the links of the new files, and those of other files that lead into the v1 file.

    Attributes:
        source: The v1 file.
        present: All paths that a link may lead to.
        places: The headings, by their anchor in the v1 file.
        titles: The first heading with each title, case folded.
        stems: How many files have a name.
    """

    source: str
    present: Collection[str]
    places: Mapping[str, _Place]
    titles: Mapping[str, _Place]
    stems: Counter[str]
    repaired: int = 0
    dead: list[DeadLink] = field(default_factory=list)
    kept: list[KeptLink] = field(default_factory=list)
    other: OtherFile | None = None

    def text(self, path: MemoryPath, text: str) -> str:
        parts = frontmatter.split(text)
        head = text[: len(text) - len(parts.body) - len(parts.suffix)]
        lines = [
            self._line(path, number, line) if is_prose else line
            for number, (line, is_prose) in enumerate(_lines(parts.body), parts.body_line)
        ]
        return head + "".join(lines) + parts.suffix

    def _line(self, path: MemoryPath, number: int, line: str) -> str:
        if (found := _REFERENCE.fullmatch(line)) is not None:
            target = self._target(path, number, found["target"])
            return found["before"] + found["angle"] + target + found["after"]
        if "](" not in line and "[[" not in line:
            return line
        pieces, last = [], 0
        for start, end in code_spans(line):
            pieces += [self._prose(path, number, line[last:start]), line[start:end]]
            last = end
        return "".join([*pieces, self._prose(path, number, line[last:])])

    def _prose(self, path: MemoryPath, number: int, text: str) -> str:
        def markdown(match: re.Match[str]) -> str:
            return match["before"] + match["angle"] + self._target(path, number, match["target"])

        def wiki(match: re.Match[str]) -> str:
            if self.other is None:
                return self._wiki(path, number, match)
            name = match["name"].strip()
            if not name or not self._is_source(name):
                return match[0]
            if not match["anchor"]:
                return self._keep(path, number, match[0], None)
            return self._wiki_into_source(path, number, match)

        return _WIKI.sub(wiki, _TARGET.sub(markdown, text))

    def _target(self, path: MemoryPath, number: int, target: str) -> str:
        where, sharp, anchor = target.partition("#")
        from_root = where.startswith("/") and not where.startswith("//")
        if _ELSEWHERE.match(target) and not from_root:
            return target
        home = self.source if self.other is None else path
        folder = "" if from_root else posixpath.dirname(home)
        way = posixpath.join(folder, unquote(where).lstrip("/"))
        there = posixpath.normpath(way) if where else home
        if there == self.source:
            return self._into_source(path, number, target, anchor if sharp else None)
        if from_root or self.other is not None:
            return target  # it leads where it always has
        if there not in self.present:
            return self._dead(path, number, target)
        return self._new(path, number, target, f"{_relative(there, path)}{sharp}{anchor}")

    def _into_source(self, path: MemoryPath, number: int, target: str, anchor: str | None) -> str:
        """What a link into the v1 file becomes."""
        if anchor is None:
            if self.other is not None:
                return self._keep(path, number, target, None)
            is_moved = not target.startswith("/")
            new = _relative(self.source, path) if is_moved else target
            return self._new(path, number, target, new)
        place = self.places.get(unquote(anchor).lower())
        if place is None:
            return self._dead(path, number, target)
        new = "" if place.path == path else _relative(place.path, path)
        return self._new(path, number, target, f"{new}#{place.slug}")

    def _wiki(self, path: MemoryPath, number: int, match: re.Match[str]) -> str:
        name, anchor, rest = match["name"].strip(), match["anchor"] or "", match["rest"] or ""
        if not name or (anchor and name.casefold() == _stem(self.source).casefold()):
            return self._wiki_into_source(path, number, match)
        if self._is_known(name):
            return match[0]
        place = self.titles.get(name.casefold())
        if place is None:
            return self._dead(path, number, match[0])
        shown = rest or f"|{name}"
        new = f"[[{self._called(place.path)}{anchor}{shown}]]"
        return self._new(path, number, match[0], new)

    def _wiki_into_source(self, path: MemoryPath, number: int, match: re.Match[str]) -> str:
        """What a wiki link to a section of the v1 file becomes."""
        place = self.titles.get((match["anchor"] or "").strip("# ").casefold())
        if place is None:
            return self._dead(path, number, match[0])
        called = "" if place.path == path else self._called(place.path)
        new = f"[[{called}#{place.title}{match['rest'] or ''}]]"
        return self._new(path, number, match[0], new)

    def _is_known(self, name: str) -> bool:
        wanted = name.removesuffix(".md")
        return bool(self.stems[_stem(wanted).casefold()]) or name in self.present

    def _is_source(self, name: str) -> bool:
        """Whether a name leads to the v1 file, and to no other."""
        called = name.removesuffix(".md").casefold()
        if called != _stem(self.source).casefold():
            return "/" in called and called == self.source.removesuffix(".md").casefold()
        same = (path for path in self.present if _stem(path).casefold() == called)
        return [path for path in same if not path.startswith(f"{LEGACY_DIR}/")] == [self.source]

    def _called(self, path: MemoryPath) -> str:
        """The shortest name that leads to a file."""
        is_alone = self.stems[_stem(path).casefold()] == 1
        return _stem(path) if is_alone else path.removesuffix(".md")

    def _new(self, path: MemoryPath, number: int, old: str, new: str) -> str:
        if self.other is not None and not self.other.is_note:
            return self._keep(path, number, old, new)
        self.repaired += new != old
        return new

    def _keep(self, path: MemoryPath, number: int, target: str, now: str | None) -> str:
        self.kept.append(KeptLink(path, number, target, now))
        return target

    def _dead(self, path: MemoryPath, number: int, target: str) -> str:
        self.dead.append(DeadLink(path, number, target))
        return target


def repair_links(
    source: str,
    original: str,
    files: Sequence[tuple[MemoryPath, str]],
    present: Iterable[str],
    others: Iterable[OtherFile] = (),
) -> Repair:
    """The texts of the files with their links repaired.

    Args:
        source: The path of the v1 file.
        original: Its text.
        files: The new files, in the order of their lines.
        present: The other paths of the repository.
        others: Files that may lead into the v1 file.
    """
    known = {*present, *(path for path, _ in files)}
    known |= {folder for path in known for folder in _folders(path)} | {"."}
    places = _places(original, files)
    titles: dict[str, _Place] = {}
    for place in places.values():
        titles.setdefault(place.title.casefold(), place)
    stems = Counter(_stem(path).casefold() for path in known)
    repairer = _Repairer(source, known, places, titles, stems)
    texts = {path: (text, repairer.text(path, text)) for path, text in files}
    for other in others:
        repairer.other = other
        texts[other.path] = (other.text, repairer.text(other.path, other.text))
    changed = {path: new for path, (old, new) in texts.items() if new != old}
    return Repair(changed, repairer.repaired, tuple(repairer.dead), tuple(repairer.kept))


def _places(original: str, files: Sequence[tuple[MemoryPath, str]]) -> dict[str, _Place]:
    """The headings by their anchor in the original, which numbers equal ones."""
    made: dict[str, list[_Place]] = {}
    for path, text in files:
        for slug, title in _slugs(text):
            made.setdefault(title, []).append(_Place(path, slug, title))
    found = {}
    for slug, title in _slugs(original):
        if made.get(title):
            found[slug] = made[title].pop(0)
    return found


def _slugs(text: str) -> Iterator[tuple[str, str]]:
    """The anchor and the title of each heading, as GitHub makes them."""
    counts: Counter[str] = Counter()
    parts = frontmatter.split(text)
    for heading in headings(parts.body):
        slug = _NO_SLUG.sub("", heading.title.lower()).replace(" ", "-")
        number = counts[slug]
        counts[slug] += 1
        yield (f"{slug}-{number}" if number else slug), heading.title


def _lines(body: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is outside code fences."""
    fence = ""
    for line in split_lines(body):
        marks = _FENCE.match(line)
        if marks is not None and not fence:
            fence = marks[1]
        elif marks is not None and marks[1].startswith(fence) and not marks[2].strip():
            fence = ""
        else:
            yield line, not fence
            continue
        yield line, False


def _relative(path: str, start: str) -> str:
    return quote(posixpath.relpath(path, posixpath.dirname(start)), safe="/!$&+,;=@~")


def _stem(path: str) -> str:
    return posixpath.basename(path).removesuffix(".md")


def _folders(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path
