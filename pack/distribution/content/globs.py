"""Globs of rules: git's wildcards, with alternatives in braces.

    *       anything within a name      **/     any number of folders
    ?       one character               [a-z]   one of these
    {a,b}   one or the other            docs/   a folder, and all that is in it

As in a shell, a wildcard stands for no name that begins with a dot: such a name is only meant where
the glob writes the dot. An `exclude` is read as `.gitignore` is, so that it rather leaves out too
much: without a slash it counts in every folder, and a folder takes with it all that it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final

from pack.errors import InvalidContent
from pack.rules.wildmatch import compile_pattern

_MOST_ALTERNATIVES: Final = 200
_LONGEST: Final = 400
_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_SET: Final = re.compile(r"\\.|\[[!^]?\]?(?:\\.|\[:[a-z]+:\]|[^\]\\])*\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Glob:
    """A glob that can be compared with paths.

    Attributes:
        text: As written.
    """

    text: str
    _patterns: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Glob:
        """The glob in a text.

        Raises:
            InvalidContent: It is none, or would never match.
        """
        if not text.strip("/. ") and text not in ("*", "**"):
            raise InvalidContent("a glob must not be empty")
        if len(text) > _LONGEST or "\n" in text or "\0" in text:
            raise InvalidContent(f"a glob has at most {_LONGEST} characters, on one line")
        if text.startswith("!"):
            raise InvalidContent("a glob does not begin with !; use exclude")
        if "\\" in _SET.sub("", text) or "[" in _SET.sub("", text):
            raise InvalidContent("a [ is not closed, or a \\ has nothing after it")
        found = dict.fromkeys(map(_rooted, islice(_alternatives(text), _MOST_ALTERNATIVES + 1)))
        if len(found) > _MOST_ALTERNATIVES:
            raise InvalidContent(f"a glob has at most {_MOST_ALTERNATIVES} alternatives")
        return cls(text, tuple(found))

    def matches(self, path: str) -> bool:
        """Whether a path is meant."""
        return any(_matches(pattern, path) for pattern in self._patterns)

    def leaves_out(self, path: str) -> bool:
        """Whether a path is meant, read as `.gitignore` would be."""
        parts = path.split("/")
        above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        return any(
            _compiled(_anywhere(pattern)).match(one.encode("utf-8", "surrogateescape"))
            for pattern in self._patterns
            for one in above
        )

    @property
    def base(self) -> str:
        """The folder that all paths are in, with a slash at its end; empty for the root."""
        heads = [_folder(pattern) for pattern in self._patterns]
        shared = heads[0]
        for head in heads[1:]:
            while not head.startswith(shared):
                shared = shared[:-1].rpartition("/")[0]
                shared += "/" if shared else ""
        return shared


def _rooted(pattern: str) -> str:
    """A pattern from the root, in which a folder means all that is in it."""
    while pattern.startswith(("./", "/")):
        pattern = pattern.removeprefix(".").removeprefix("/")
    return f"{pattern}**" if pattern.endswith("/") or not pattern else pattern


def _anywhere(pattern: str) -> str:
    inner = pattern.removesuffix("/**") if pattern != "**" else pattern
    return inner if "/" in inner else f"**/{inner}"


def _alternatives(text: str) -> Iterator[str]:
    """The patterns that a text with braces stands for; the innermost braces are replaced first."""
    waiting = [text]
    while waiting:
        whole = waiting.pop()
        plain = _without_sets(whole)
        match = _BRACES.search(plain)
        if match is None:
            if "{" in plain or "}" in plain:
                raise InvalidContent("a { is not closed")
            yield whole
            continue
        start, end = match.span(1)
        commas = [start + place for place, one in enumerate(match[1]) if one == ","]
        for before, after in pairwise((start - 1, *commas, end)):
            waiting.append(f"{whole[: start - 1]}{whole[before + 1 : after]}{whole[end + 1 :]}")


def _without_sets(text: str) -> str:
    """A text of the same length in which sets and escapes hold neither braces nor commas."""
    return _SET.sub(lambda match: "x" * len(match[0]), text)


def _folder(pattern: str) -> str:
    """The folder that a pattern begins with, as far as it has no wildcards."""
    plain = re.split(r"[*?\[\\]", pattern, maxsplit=1)[0]
    return plain[: plain.rfind("/") + 1]


@lru_cache(4096)
def _compiled(pattern: str) -> re.Pattern[bytes]:
    return compile_pattern(pattern.encode("utf-8", "surrogateescape"), whole_path=True, fold=False)


def _matches(pattern: str, path: str) -> bool:
    if _compiled(pattern).match(path.encode("utf-8", "surrogateescape")) is None:
        return False
    hidden = [part for part in path.split("/") if part.startswith(".")]
    dotted = [part for part in pattern.split("/") if part.startswith(".")]
    return all(any(_is_named(part, name) for part in dotted) for name in hidden)


def _is_named(part: str, name: str) -> bool:
    return _compiled(part).match(name.encode("utf-8", "surrogateescape")) is not None
