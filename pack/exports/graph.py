"""The knowledge graph of the reference memory server, `memory.jsonl`: entities and relations.

A note is an entity: its items and paragraphs are the observations, its wiki links the relations.
The entity also has the note's exact text, with a seal over what others see of it. As long as the
seal fits, an import takes the text; an entity that was changed elsewhere is read as any other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Final

from pack.deferred import pattern
from pack.exports.values import ExportedNote, ExportedPiece, RestoredNote, json_line, seal
from pack.files.markdown import split_lines

_OURS: Final = "pack"
_ITEM: Final = pattern(r"[-*+] +(?:\[[ xX]\] +)?(?=\S)")
_FENCE: Final = pattern(r" {0,3}(`{3,}|~{3,})")
_HEADING: Final = pattern(r"#{1,6} +(.*?)[ #]*\Z")
_RELATION: Final = pattern(
    r"[-*+] +([^\[\]\r\n]{1,80}?) +\[\[([^\[\]|#\r\n]+)(?:[|#][^\]\r\n]*)?\]\]\s*\Z"
)
_WIKI_LINK: Final = pattern(r"(?<!!)\[\[([^\[\]|#\r\n]+)(?:[|#][^\]\r\n]*)?\]\]")
_LINKS_TO: Final = "links to"

Relation = tuple[str, str]
"""What relates an entity to another, and the name of that."""


def write_graph(notes: Iterable[ExportedNote]) -> Iterator[ExportedPiece]:
    """The entities, one a line, then the relations."""
    every = list(notes)
    names = _names(every)
    known = _known(every, names)
    written: list[tuple[str, Relation]] = []
    for one in every:
        name = names[one.path]
        body = one.note.head.body
        told = list(dict.fromkeys(_relations(body, known, name)))
        entity = {
            "type": "entity",
            "name": name,
            "entityType": one.path.partition("/")[0] if "/" in one.path else "note",
            "observations": list(observations(body, one.topic, known)),
        }
        ours = {"path": one.path, "text": one.note.text, "seal": entity_seal(entity, told)}
        dates = {"createdAt": one.created, "updatedAt": one.updated}
        given = {key: date for key, date in dates.items() if date is not None}
        yield ExportedPiece("", json_line(entity | given | {_OURS: ours}))
        written += [(name, relation) for relation in told]
    for name, (kind, target) in written:
        line = {"type": "relation", "from": name, "to": target, "relationType": kind}
        yield ExportedPiece("", json_line(line))


def entity_seal(entity: Mapping[str, object], told: Iterable[Relation]) -> str:
    """The seal over what others see of an entity and its relations."""
    seen = [entity.get(key) for key in ("name", "entityType", "observations")]
    return seal(*seen, sorted(map(list, told)))


def read_entity(entity: Mapping[str, object], told: Sequence[Relation]) -> RestoredNote | None:
    """The note that an entity was exported from; `None` if it was from none, or was changed since.

    Args:
        entity: As it stands in its line.
        told: Its relations to others.
    """
    ours = entity.get(_OURS)
    if not isinstance(ours, Mapping):
        return None
    path, text = ours.get("path"), ours.get("text")
    if not isinstance(path, str) or not isinstance(text, str):
        return None
    if ours.get("seal") != entity_seal(entity, told):
        return None
    dates = (entity.get("createdAt"), entity.get("updatedAt"))
    created, updated = (date if isinstance(date, str) else None for date in dates)
    return RestoredNote(path, text.encode("utf-8", "replace"), created, updated)


def _names(notes: Sequence[ExportedNote]) -> dict[str, str]:
    """A name for each note, by path; no two are the same."""
    topics = Counter(one.topic for one in notes)
    alone = {one.path: one.topic for one in notes if topics[one.topic] == 1 and one.topic.strip()}
    taken = set(alone.values())
    found: dict[str, str] = {}
    for one in notes:
        found[one.path] = alone.get(one.path) or _free(f"{one.topic} ({one.path})", taken)
        taken.add(found[one.path])
    return found


def _free(name: str, taken: Collection[str]) -> str:
    """The name, or else the first with a number that nothing has."""
    numbered = (f"{name} {number}" for number in count(2))
    return next(one for one in chain([name], numbered) if one not in taken)


def _known(notes: Sequence[ExportedNote], names: Mapping[str, str]) -> dict[str, str]:
    """The names of entities by what a wiki link may call them."""
    found: dict[str, str] = {}
    for one in notes:
        stem = one.path.removesuffix(".md")
        for called in (one.topic, one.path, stem, stem.rpartition("/")[2], names[one.path]):
            found.setdefault(called.casefold(), names[one.path])
    return found


def _relations(body: str, known: Mapping[str, str], name: str) -> Iterator[Relation]:
    if "[[" not in body:
        return
    for line in split_lines(body):
        said = _RELATION.match(line)
        if said is not None and (target := known.get(said[2].strip().casefold())) is not None:
            yield " ".join(said[1].split()), target
            continue
        for link in _WIKI_LINK.finditer(line):
            target = known.get(link[1].strip().casefold())
            if target is not None and target != name:
                yield _LINKS_TO, target


def observations(body: str, topic: str, known: Mapping[str, str]) -> Iterator[str]:
    """What a body says, one thing at a time: items, paragraphs, and headings but the title.

    Args:
        body: The text.
        topic: What the note is about; a heading that only says so is left out.
        known: Names of entities; an item that only relates to one of them is left out.
    """
    for block in _blocks(body):
        said = _RELATION.match(block)
        if said is not None and said[2].strip().casefold() in known:
            continue
        heading = _HEADING.match(block)
        if heading is not None and heading[1].strip() == topic:
            continue
        text = _without_marker(block)
        if text:
            yield text


def _without_marker(block: str) -> str:
    marker = _ITEM.match(block)
    if marker is None:
        return block.strip("\n")
    lines = block[marker.end() :].split("\n")
    return "\n".join([lines[0], *(line.removeprefix("  ") for line in lines[1:])]).strip()


def _blocks(body: str) -> Iterator[str]:
    """Items with what is indented below them, paragraphs, headings and fences."""
    taken: list[str] = []
    fence = ""
    for raw in re.split(r"\r\n|\r|\n", body):
        line = raw.rstrip()
        opened = _FENCE.match(line)
        if fence:
            taken.append(line)
            if line.strip().startswith(fence):
                fence = ""
                yield from _taken(taken) if _FENCE.match(taken[0]) else ()
            continue
        begins = _ITEM.match(line) or _HEADING.match(line) or (opened and not line.startswith(" "))
        after_heading = bool(taken) and _HEADING.match(taken[0]) is not None
        if not line or begins or after_heading:
            yield from _taken(taken)
        if line:
            taken.append(line)
        if opened is not None:
            fence = opened[1]
    yield from _taken(taken)


def _taken(lines: list[str]) -> Iterator[str]:
    if lines:
        yield "\n".join(lines)
        lines.clear()
