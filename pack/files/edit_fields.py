"""An edit as a caller sends it: one flat set of fields, of which each kind of edit takes a few.

A union of three shapes would say the same, but many clients drop it or refuse it. So what belongs
together is checked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from pack.errors import InvalidRequest
from pack.files.edits import Append, Edit, Replace, ReplaceSection

Kind = Literal["replace", "append", "replace_section"]
"""What an edit can do: the field `op`."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which fields a kind of edit needs and may have."""

    needs: tuple[str, ...]
    allows: tuple[str, ...] = ()


_SHAPES: Final[Mapping[str, _Shape]] = {
    "replace": _Shape(("old", "new"), ("all",)),
    "append": _Shape(("text",), ("section",)),
    "replace_section": _Shape(("section", "text")),
}
_MAY_BE_EMPTY: Final = ("new", "text")
_MEANT: Final = {"text": "new", "new": "text"}
"""The field that a caller means by one that its kind of edit does not have."""


def read_edits(sent: Sequence[Mapping[str, Any]]) -> list[Edit]:
    """The edits that a caller asks for.

    Args:
        sent: The fields of each. `None` counts as absent, and so does False or an empty text, but
            for the `new` or the `text` that an edit needs: empty, it takes something away.

    Raises:
        InvalidRequest: One of them lacks something, or has what its kind does not take.
    """
    return [_read(number, fields) for number, fields in enumerate(sent, 1)]


def _read(number: int, fields: Mapping[str, Any]) -> Edit:
    kind = fields.get("op")
    shape = _SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise InvalidRequest(f"edit {number}: `op` must be one of {', '.join(get_args(Kind))}")
    fault = next(_faults(str(kind), shape, fields), None)
    if fault is not None:
        raise InvalidRequest(f"edit {number}: {fault}")
    text, section = fields.get("text") or "", fields.get("section")
    if kind == "replace":
        is_all = bool(fields.get("all"))
        return Replace(fields.get("old") or "", fields.get("new") or "", all=is_all)
    if kind == "append":
        return Append(text, section or None)
    return ReplaceSection(section or "", text)


def _faults(kind: str, shape: _Shape, fields: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the fields, the most telling first."""
    extra = [
        name
        for name, value in fields.items()
        if value and name not in ("op", *shape.needs, *shape.allows)
    ]
    missing = [name for name in shape.needs if not _is_given(name, fields)]
    for name in extra:
        meant = _MEANT.get(name)
        hint = f": did you mean `{meant}`?" if meant in missing else ""
        yield f"{kind} takes no `{name}`{hint}"
    for name in missing:
        yield f"{kind} needs `{name}`"


def _is_given(name: str, fields: Mapping[str, Any]) -> bool:
    value = fields.get(name)
    return value is not None if name in _MAY_BE_EMPTY else bool(value)
