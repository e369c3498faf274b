"""Git's wildcards, for `.gitignore` and `.gitattributes` files.

A pattern becomes a regular expression over bytes, as git compares bytes. What a star takes is never
given back (atomic groups, as in `fnmatch.translate`), so that no pattern takes more steps than the
product of its length and the path's.

Sources: git's wildmatch.c, and `match_basename` and `match_pathname` in dir.c.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from pack.deferred import pattern

_SPECIAL: Final = pattern(rb"[*?[\\]")
_NEVER: Final = rb"(?!)"
_CLASSES: Final = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"!-~",
    b"lower": rb"a-z",
    b"print": rb" -~",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb" \t-\r",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}


@lru_cache(4096)
def compile_pattern(pattern: bytes, *, whole_path: bool, fold: bool) -> re.Pattern[bytes]:
    """The expression that matches what a pattern does, from the first byte to the last.

    Args:
        pattern: Without a leading slash, a trailing one, or an exclamation mark.
        whole_path: Whether it is compared with a path, in which a star stops at a slash; else with
            a name.
        fold: Whether ASCII letters match in either case (`core.ignoreCase`).
    """
    first = _SPECIAL.search(pattern)
    literal = pattern[: first.start()] if first else pattern
    # Git compares the plain beginning by itself, and the rest as a pattern of its own.
    body = _Translator(pattern[len(literal) :], whole_path=whole_path).translate()
    flags = re.DOTALL | (re.IGNORECASE if fold else 0)
    return re.compile(re.escape(literal) + body + rb"\Z", flags)


class _Translator:
    """Turns one pattern into a regular expression."""

    def __init__(self, pattern: bytes, *, whole_path: bool) -> None:
        self._pattern = pattern
        self._whole_path = whole_path
        self._at = 0
        # Stretches between stars that span folders: what each star takes, and what follows.
        self._stretches: list[list[tuple[bytes, bytes]]] = [[(b"", b"")]]

    def translate(self) -> bytes:
        try:
            while self._at < len(self._pattern):
                self._step()
        except IndexError:  # it ends where git expects more, and then matches nothing
            return _NEVER
        return self._assemble()

    def _assemble(self) -> bytes:
        """All stretches. A star takes as little as it can, once and for all, unless it is the last.

        What comes first is as good as what comes later, because the next star takes what is left.
        """
        last = len(self._stretches) - 1
        out = b""
        for number, stretch in enumerate(self._stretches):
            inner = b"".join(
                b"(?>" + star + rest + b")"
                if at and (number < last or at < len(stretch) - 1)
                else star + rest
                for at, (star, rest) in enumerate(stretch)
            )
            out += inner if number in (0, last) else b"(?>" + inner + b")"
        return out

    def _step(self) -> None:
        char = self._pattern[self._at : self._at + 1]
        self._at += 1
        if char == b"*":
            self._star()
        elif char == b"?":
            self._add(b"[^/]" if self._whole_path else b".")
        elif char == b"[":
            self._add(self._bracket())
        else:
            if char == b"\\":
                char = bytes([self._pattern[self._at]])
                self._at += 1
            self._add(re.escape(char))

    def _add(self, expression: bytes) -> None:
        star, rest = self._stretches[-1][-1]
        self._stretches[-1][-1] = (star, rest + expression)

    def _star(self) -> None:
        begin = self._at - 1
        while self._pattern[self._at : self._at + 1] == b"*":
            self._at += 1
        if not self._whole_path:
            self._stretches[-1].append((b".*?", b""))
            return
        after = self._pattern[self._at :]
        is_alone = begin == 0 or self._pattern[begin - 1 : begin] == b"/"
        spans_folders = self._at - begin > 1 and is_alone
        if spans_folders and after.startswith(b"/"):
            self._at += 1
            self._stretches.append([(b"(?:.*?/)??", b"")])
        elif spans_folders and (not after or after.startswith(b"\\/")):
            self._stretches.append([(b".*?", b"")])
        else:
            self._stretches[-1].append((b"[^/]*?", b""))

    def _bracket(self) -> bytes:
        """The expression for a set of characters.

        Raises:
            IndexError: The set has no end.
        """
        pattern, at = self._pattern, self._at
        is_negated = pattern[at] in b"!^"
        at += is_negated
        members = b""
        before: int | None = None
        is_first = True
        while is_first or pattern[at] != ord("]"):
            is_first = False
            char = pattern[at]
            if char == ord("\\"):
                at += 1
                before = pattern[at]
                members += _one(before)
            elif char == ord("-") and before is not None and pattern[at + 1] != ord("]"):
                at += 1
                if pattern[at] == ord("\\"):
                    at += 1
                if before <= pattern[at]:
                    members += _one(before) + b"-" + _one(pattern[at])
                before = None
            elif (name := self._class_at(at)) is not None:
                members += _CLASSES[name]
                before, at = None, at + len(name) + 3
            else:
                before = char
                members += _one(char)
            at += 1
        self._at = at + 1
        slash = b"(?!/)" if self._whole_path else b""
        if not members:
            return slash + b"." if is_negated else _NEVER
        return slash + b"[" + (b"^" if is_negated else b"") + members + b"]"

    def _class_at(self, at: int) -> bytes | None:
        """The name in `[:name:]` where a set has such a class, else `None`.

        Raises:
            IndexError: The set has no end, or git knows no such class: then nothing matches.
        """
        pattern = self._pattern
        if pattern[at] != ord("[") or pattern[at + 1] != ord(":"):
            return None
        end = pattern.find(b"]", at + 2)
        if end < 0:
            raise IndexError
        name = pattern[at + 2 : end]
        if not name.endswith(b":"):
            return None
        if name[:-1] not in _CLASSES:
            raise IndexError
        return name[:-1]


def _one(char: int) -> bytes:
    return b"\\x%02x" % char
