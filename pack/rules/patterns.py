"""One pattern of a `.gitignore` or `.gitattributes` file, and the file that it stands in."""

from __future__ import annotations

from typing import Final

from pack.deferred import dataclass
from pack.rules.wildmatch import compile_pattern

MAX_RULE_BYTES: Final = 1024 * 1024
"""Git reads larger files too; nobody writes one, and each pattern is tried for every path."""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file with rules.

    Attributes:
        place: What people call it, such as `notes/.gitignore`.
        folder: The folder that its rules are about; empty for the root.
        content: Its bytes.
        fold: Whether letters match in either case (`core.ignoreCase`).
    """

    place: str
    folder: str
    content: bytes
    fold: bool = False

    def lines(self) -> list[bytes]:
        """Its lines, as git cuts them."""
        content = self.content[:MAX_RULE_BYTES].removeprefix(b"\xef\xbb\xbf")
        return [line.partition(b"\0")[0] for line in content.split(b"\n")]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, and how it is compared.

    Attributes:
        text: Without the slash at its end.
        folder: The folder it is relative to.
        only_folders: Whether it ended in a slash.
        fold: Whether letters match in either case.
    """

    text: bytes
    folder: bytes
    only_folders: bool
    fold: bool

    @classmethod
    def parse(cls, text: bytes, file: RuleFile) -> Pattern:
        """The pattern that a text, without an exclamation mark, stands for."""
        only_folders = text.endswith(b"/")
        plain = text[:-1] if only_folders else text
        return cls(plain, _encoded(file.folder), only_folders, file.fold)

    def matches(self, path: str, *, is_folder: bool) -> bool:
        """Whether it names this very path; a folder above the path is a question of its own."""
        if self.only_folders and not is_folder:
            return False
        where = _encoded(path)
        if b"/" not in self.text:
            name = where.rpartition(b"/")[2]
            return self._fits(self.text, name, whole_path=False)
        prefix = self.folder + b"/" if self.folder else b""
        if not where.startswith(prefix):
            return False
        return self._fits(self.text.removeprefix(b"/"), where[len(prefix) :], whole_path=True)

    def _fits(self, pattern: bytes, text: bytes, *, whole_path: bool) -> bool:
        compiled = compile_pattern(pattern, whole_path=whole_path, fold=self.fold)
        return compiled.match(text) is not None


def _encoded(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
