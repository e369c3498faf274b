"""What a release becomes downstream; a third party makes the same bytes from the same arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pack.distribution.content.neighbours import Neighbours
from pack.distribution.content.placing import Placing, check_path
from pack.distribution.content.reference import reference, stub_name
from pack.distribution.content.selection import NotDistributed, going, select
from pack.distribution.content.templating import Template, values_for
from pack.distribution.content.transforms import transform
from pack.distribution.values import MadeFile, Release, Rule, Strategy
from pack.errors import InvalidConfig, InvalidPath, LimitExceeded
from pack.model import BlobId, MemoryPath
from pack.paths import fold

TRANSFORMS: Final = 1
"""The version of what is done to texts; a state of another one cannot be made again here."""

ReadBlobs = Callable[[Iterable[BlobId]], Iterator[tuple[BlobId, bytes]]]
Permalink = Callable[[Release, MemoryPath], str]


@dataclass(frozen=True, slots=True)
class Made:
    """The files of a release as they go downstream.

    Attributes:
        files: By path, sorted.
        left_out: What the rule's glob meets and does not go, with the reason.
        variables: The variables that the templates used.
        refused: Those of `left_out` whose places no file may have.
    """

    files: tuple[MadeFile, ...]
    left_out: tuple[NotDistributed, ...]
    variables: Mapping[str, str]
    refused: tuple[NotDistributed, ...] = ()

    def contents(self) -> dict[str, bytes]:
        """Bytes by path."""
        return {one.path: one.content for one in self.files}


def make(
    rule: Rule,
    release: Release,
    files: Mapping[MemoryPath, BlobId],
    read: ReadBlobs,
    variables: Mapping[str, str],
    permalink: Permalink,
) -> Made:
    """Make the files of a rule.

    Args:
        rule: The rule.
        release: The release.
        files: All files of the release.
        read: Returns the bytes of blobs; each blob is asked for once.
        variables: What the downstream gives for templates.
        permalink: Where people find a file of a release.

    Raises:
        InvalidConfig: Two files would have one path.
        InvalidContent: A file cannot be made; the message names it and its line.
    """
    named = select(rule, files)
    contents = dict(read({files[path] for path in named.paths}))
    chosen = going(named, files, contents)
    places, refused = _places(rule, chosen.paths)
    used: dict[str, str] = {}
    values = values_for(rule.variables, variables)
    made: list[MadeFile] = []
    neighbours = _neighbours(rule, places, files)
    for path, place in sorted(places.items(), key=lambda item: item[1]):
        content = contents[files[path]]
        if rule.strategy is Strategy.REFERENCE:
            content = reference(path, content, release, permalink(release, path))
        if rule.strategy is Strategy.TEMPLATE:
            content = _filled(path, content, values, used)
        if neighbours is not None:
            content = _transformed(rule, path, content, neighbours)
        made.append(MadeFile(place, path, content))
    return Made(tuple(made), (*chosen.left_out, *refused), used, tuple(refused))


def places(rule: Rule, files: Mapping[MemoryPath, BlobId], read: ReadBlobs) -> list[str]:
    """The paths of what `make` makes, whatever is in the files.

    Raises:
        InvalidConfig: Two files would have one path.
    """
    named = select(rule, files)
    contents = dict(read({files[path] for path in named.paths}))
    found, _ = _places(rule, going(named, files, contents).paths)
    return sorted(found.values())


def _neighbours(
    rule: Rule, places: Mapping[MemoryPath, str], files: Mapping[MemoryPath, BlobId]
) -> Neighbours | None:
    """What links can lead to; `None` where they stay as they are."""
    is_changed = rule.strip_internal_links or rule.rewrites
    if not is_changed or rule.strategy is Strategy.REFERENCE:
        return None
    going = {str(path): place for path, place in places.items()}
    return Neighbours(Placing.of(rule), going, frozenset(files))


def _transformed(rule: Rule, path: MemoryPath, content: bytes, neighbours: Neighbours) -> bytes:
    strip, rewrite = rule.strip_internal_links, bool(rule.rewrites)
    return transform(path, content, neighbours, strip=strip, rewrite=rewrite)


def _filled(
    path: MemoryPath, content: bytes, values: Mapping[str, str], used: dict[str, str]
) -> bytes:
    """A template with its values; what is no text is none."""
    try:
        template = Template(path, content.decode("utf-8"), values)
    except UnicodeDecodeError:
        return content
    text = template.fill()
    used.update(template.used)
    return text.encode("utf-8")


def _places(
    rule: Rule, paths: Iterable[MemoryPath]
) -> tuple[dict[MemoryPath, str], list[NotDistributed]]:
    """Where the files go, and which cannot go anywhere."""
    placing, found, refused = Placing.of(rule), dict[MemoryPath, str](), list[NotDistributed]()
    taken: dict[str, MemoryPath] = {}
    for path in paths:
        place = placing.place(path)
        if rule.strategy is Strategy.REFERENCE:
            place = stub_name(place)
        try:
            check_path(place)
        except (InvalidPath, LimitExceeded) as error:
            refused.append(NotDistributed(path, str(error)))
            continue
        if (other := taken.setdefault(fold(place), path)) != path:
            raise InvalidConfig(rule.id, f"{other} and {path} would both become {place}")
        found[path] = place
    return found, refused
