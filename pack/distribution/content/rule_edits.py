"""Changes single values in a rule's file; comments, order and style stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

from pack.distribution.content.rule import read_rule
from pack.errors import InvalidConfig, InvalidContent
from pack.files import frontmatter
from pack.files.yaml_edit import set_below


def with_value(content: bytes, path: str, key: str, value: str | Sequence[str]) -> bytes:
    """A rule's file in which a key of `sync_rule` has a value; the result has been read back.

    Args:
        content: The file.
        path: Where it is, for messages.
        key: Such as `frequency`.
        value: Text, or a list of texts.

    Raises:
        InvalidConfig: It holds no rule, or would hold none.
    """
    read_rule(content, path)
    text = content.decode("utf-8-sig")
    try:
        edited = set_below(text, "sync_rule", {key: value}, frontmatter.line_end(text))
    except InvalidContent as error:
        reason = f"it is written in a way that PACK cannot edit; set {key} by hand"
        raise InvalidConfig(path, reason) from error
    changed = edited.encode("utf-8")
    read_rule(changed, path)
    return changed


def with_pinned(content: bytes, path: str, version: str) -> bytes:
    """A rule's file that does not distribute a version any more.

    Raises:
        As `with_value`.
    """
    rule = read_rule(content, path)
    if rule.pins_out(version):
        return content
    return with_value(content, path, "pinned_out", [*rule.pinned_out, version])
