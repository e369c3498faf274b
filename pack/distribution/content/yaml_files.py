"""Reads the YAML files of people, so that what is wrong is told with its line and column."""

from __future__ import annotations

from pack.errors import InvalidConfig, InvalidContent, LimitExceeded
from pack.files import yaml_block


def load_yaml(content: bytes, path: str) -> tuple[str, dict[str, object]]:
    """The text of a file, and its keys.

    Raises:
        InvalidConfig: It cannot be read.
    """
    try:
        text = content.decode("utf-8-sig")
        return text, yaml_block.load(text)
    except UnicodeDecodeError as error:
        raise InvalidConfig(path, "it is not UTF-8 text") from error
    except InvalidContent as error:
        # Lines of a block are counted from the fence above it.
        where = place((error.line or 2) - 1, error.column or 1)
        raise InvalidConfig(path, f"{_of_file(error.reason)}{where}") from error
    except LimitExceeded as error:
        raise InvalidConfig(path, _of_file(str(error))) from error


def place(line: int, column: int) -> str:
    """Where something is, as the end of a message."""
    return f" (line {line}, column {column})"


def _of_file(reason: str) -> str:
    return reason.replace("the frontmatter", "the file")
