"""A note: one memory file at one moment, with its bytes and everything they say.

It is cut and parsed only once: the reader passes it to the decision, which passes it to the guards,
the catalog and the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import Final, TypeVar

from pack.deferred import dataclass, pattern
from pack.errors import InvalidContent
from pack.files import frontmatter, schema
from pack.files.dates import parse_day
from pack.files.frontmatter import Frontmatter
from pack.files.keys import KEY_NAMES, TRUTH_LEVEL, key_meant
from pack.files.markdown import split_lines
from pack.files.passages import Passage, cut_passages, split_passages
from pack.files.schema import Meta
from pack.files.tags import tags_in_text
from pack.model import BlobId, Contents, MemoryPath, blob_id
from pack.provenance import TRUTH_LEVELS, Source

_T = TypeVar("_T")
_SHORT_CHARACTERS: Final = 2000
_MOST_REPEATED: Final = 8_000_000
"""Characters of frontmatter that the passages of a note may repeat altogether: topic and tags are
indexed with each of them."""
_CONTINUES: Final = frozenset([" ", "\t", "-", "]", "}", "\r", "\n", ""])
"""What a line begins with if it continues the field before it."""
_TITLE: Final = pattern(r"\s*+# ++([^\r\n]*[^\s#])")


@dataclass(frozen=True, slots=True)
class Note:
    """One memory file at one moment.

    Attributes:
        path: Where it is.
        content: Its bytes.
        last_modified: When the bytes were changed, in UTC; `None` for a planned note.
    """

    path: MemoryPath
    content: bytes = field(repr=False)
    last_modified: datetime | None = field(default=None, compare=False)
    _sha: BlobId | None = field(default=None, compare=False, repr=False)
    _text: str | None = field(default=None, compare=False, repr=False)
    _head: Frontmatter | None = field(default=None, compare=False, repr=False)
    _meta: Meta | None = field(default=None, compare=False, repr=False)

    @classmethod
    def found(cls, path: MemoryPath, contents: Contents) -> Note:
        """The note for a file as a connector returned it."""
        return cls(path, contents.content, contents.last_modified, contents.sha)

    @classmethod
    def stored(cls, path: MemoryPath, sha: BlobId, content: bytes) -> Note:
        """The note for a committed file."""
        return cls(path, content, None, sha)

    @classmethod
    def planned(cls, path: MemoryPath, content: bytes, head: Frontmatter) -> Note:
        """The note that these bytes would make; `head` is their text, already cut and read."""
        return cls(path, content, _head=head)

    @property
    def sha(self) -> BlobId:
        """Blob id of the bytes."""
        return self._once("_sha", lambda: blob_id(self.content))

    @property
    def text(self) -> str:
        """The bytes as text; those that are not UTF-8 are replaced."""
        return self._once("_text", lambda: self.content.decode("utf-8", "replace"))

    @property
    def head(self) -> Frontmatter:
        """The text, cut at its frontmatter, and what the frontmatter says."""
        return self._once("_head", lambda: frontmatter.read(self.text))

    def _once(self, name: str, work: Callable[[], _T]) -> _T:
        # Two threads may both do the work; they get the same result.
        known: _T | None = getattr(self, name)
        if known is None:
            known = work()
            object.__setattr__(self, name, known)
        return known

    def exact_text(self) -> str:
        """The text, provided that the bytes are valid UTF-8.

        Raises:
            InvalidContent: They are not UTF-8.
        """
        if "\ufffd" not in self.text:
            return self.text
        try:
            return self.content.decode("utf-8")
        except UnicodeDecodeError as error:
            place = f"byte {error.start + 1}"
            raise InvalidContent(f"{self.path} is not valid UTF-8 ({place})") from error

    def meta(self) -> Meta:
        """What the frontmatter means."""
        return self._once("_meta", lambda: schema.read_meta(self.head.fields))

    def stated_date(self) -> str | None:
        """The ISO date or time at which the note says that it was changed, if it does."""
        updated = self.meta().updated
        return updated if parse_day(updated) is not None else None

    def tags(self) -> tuple[str, ...]:
        """Its tags: those of the frontmatter, then those inside the text."""
        stated = self.meta().tags
        inside = tags_in_text(self.head.body)
        return tuple(dict.fromkeys((*stated, *inside))) if inside else stated

    def says_shared(self) -> bool:
        """Whether it says of itself that it is not wholly the person's."""
        if TRUTH_LEVEL.name.encode() not in self.content:
            return False
        return self.head.fields.get(TRUTH_LEVEL.name) not in (None, TRUTH_LEVELS[Source.USER])

    def unusual_form(self) -> str | None:
        """What other programs will not understand about where the frontmatter is."""
        if self.head.parts.is_wrapped:
            return "a code fence is around the whole note, which other programs show as code"
        line = self.head.parts.first_line
        if self.head.block is not None and (line > 1 or self.head.parts.opening[0] != "-"):
            return f"the frontmatter begins on line {line}; other programs read it on line 1 only"
        return None

    def second_block(self) -> int | None:
        """The line of a second frontmatter block, right after the first; `None` if there is none.

        A block counts if it has one of the keys that PACK knows.
        """
        if self.head.block is None:
            return None
        inner = frontmatter.read(self.head.body)
        if not any(map(key_meant, inner.fields)):
            return None
        return self.head.body_line + inner.parts.first_line - 1

    def title(self) -> str:
        """The topic; failing that, the first heading; failing that, the file's name as words."""
        return self.meta().topic or self.untopiced_title()

    def untopiced_title(self) -> str:
        """What the note is called if it has no topic."""
        return schema.first_title(self.head.body) or title_from_path(self.path)

    def passages(self) -> tuple[Passage, ...]:
        """What search finds in the note: its body, and the user's own frontmatter.

        There is at least one passage, since a file is found by its path and topic too.
        """
        return _affordable(_body_passages(self.head) + _other_fields(self), self.head)


def title_from_path(path: str) -> str:
    """A topic for a file that has none: its name, as words."""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    words = " ".join(stem.replace("-", " ").replace("_", " ").split())
    return words[:1].upper() + words[1:] if words else stem


def _body_passages(head: Frontmatter) -> tuple[Passage, ...]:
    """The passages of the body; a short file is one passage, so that its words stay together."""
    if len(head.body) > _SHORT_CHARACTERS:
        return tuple(split_passages(head.body, head.body_line))
    title = _TITLE.match(head.body)
    return (Passage(head.body_line, title[1] if title else "", head.body),)


def _affordable(passages: tuple[Passage, ...], head: Frontmatter) -> tuple[Passage, ...]:
    """The passages, joined into fewer if the frontmatter is too large to be indexed with each."""
    repeated = 0 if head.problem else len(head.block or "")
    most = max(_MOST_REPEATED // max(repeated, 1), 1)
    if len(passages) <= most:
        return passages
    size = -(-len(passages) // most)
    groups = (passages[start : start + size] for start in range(0, len(passages), size))
    return tuple(
        Passage(group[0].line, group[0].heading, "".join(one.text for one in group))
        for group in groups
    )


def _other_fields(note: Note) -> tuple[Passage, ...]:
    """The user's own frontmatter, which search finds like any text; usually there is none.

    If the frontmatter cannot be read, all of it. Other names of the note count as a heading.
    """
    head = note.head
    if head.block is None or not (head.problem or head.fields.keys() - KEY_NAMES):
        return ()
    lines = split_lines(head.block)
    kept = lines if head.problem else _without_ours(lines)
    first = next((number for number, line in enumerate(kept) if line.strip()), 0)
    found = cut_passages("".join(kept[first:]), first + head.parts.first_line + 1)
    names = ", ".join(note.meta().names)
    return tuple(replace(one, heading=names) for one in found) if names else tuple(found)


def _without_ours(lines: Sequence[str]) -> list[str]:
    """The lines, with those of PACK's own fields emptied so that the others keep their numbers."""
    kept, is_ours = [], False
    for line in lines:
        if line[:1] not in _CONTINUES:
            is_ours = line.partition(":")[0].strip("\"' \t") in KEY_NAMES
        kept.append("\n" if is_ours else line)
    return kept
