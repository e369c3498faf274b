"""What a caller of plain files is refused, each kind by its class, with the names that it used."""

from __future__ import annotations

from collections.abc import Sequence

from pack.errors import EditFailed, InvalidPath, InvalidRequest, NotFound


class NothingThere(NotFound):
    """There is neither a file nor a folder of that name."""

    code = "nothing_there"


class NameTaken(InvalidRequest):
    """There is a file or a folder of that name."""

    code = "name_taken"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is there already")
        self.name = name


class NotAFile(InvalidRequest):
    """It is a folder."""

    code = "not_a_file"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name or 'the root'} is a folder")
        self.name = name


class RootStays(InvalidRequest):
    """The folder of everything can be neither removed nor renamed."""

    code = "root_stays"

    def __init__(self) -> None:
        super().__init__("the root stays where it is")


class FileInTheWay(InvalidPath):
    """A name is below that of a file.

    Attributes:
        file: The file.
    """

    code = "file_in_the_way"

    def __init__(self, name: str, file: str) -> None:
        super().__init__(name, f"{file} is a file")
        self.file = file


class IntoItself(InvalidPath):
    """A folder cannot be moved into itself."""

    code = "into_itself"

    def __init__(self, name: str) -> None:
        super().__init__(name, "a folder cannot be moved into itself")


class ThroughLink(InvalidPath):
    """A name is that of a symbolic link, or below one; PACK follows none."""

    code = "through_link"

    def __init__(self, name: str) -> None:
        super().__init__(name, "it leads through a symbolic link")


class TextNotFound(EditFailed):
    """The text to replace does not occur."""

    code = "text_not_found"

    def __init__(self) -> None:
        super().__init__(1, "the text to replace was not found")


class TextNotUnique(EditFailed):
    """The text to replace occurs more than once.

    Attributes:
        lines: The line on which each occurrence begins, from 1, overlapping ones included.
    """

    code = "text_not_unique"

    def __init__(self, lines: Sequence[int]) -> None:
        super().__init__(1, f"the text to replace occurs {len(lines)} times")
        self.lines = tuple(lines)


class NoSuchLine(EditFailed):
    """There is no such line to insert after.

    Attributes:
        line: As requested.
        last: The number of lines.
    """

    code = "no_such_line"

    def __init__(self, line: int, last: int) -> None:
        super().__init__(1, f"there is no line {line}; the last is {last}")
        self.line = line
        self.last = last
