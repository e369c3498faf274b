"""Where a kit comes from, as a person types it: `PLACE[@REF][#FOLDER]` or `PLACE#FOLDER@REF`.

A place is a folder, a git repository on this machine or elsewhere, a git bundle or an archive. A
ref comes after the last `@` that is not part of an address: `git@example.org:kits.git` has none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pack.deferred import dataclass, pattern
from pack.errors import InvalidRequest

_URL: Final = pattern(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*")
_HOST: Final = pattern(r"[^/:]*:")
REF: Final = r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}"
"""What a ref looks like: neither a colon nor a `#` is in one."""
_REF: Final = pattern(REF)


@dataclass(frozen=True, slots=True)
class KitAddress:
    """Where a kit comes from.

    Attributes:
        place: A path or an address.
        ref: A branch, a tag or a commit; `None` for the newest.
        folder: The kit's folder there; empty for its top.
    """

    place: str
    ref: str | None = None
    folder: str = ""

    @property
    def text(self) -> str:
        """The address without the ref, as the lock names it."""
        return f"{self.place}#{self.folder}" if self.folder else self.place


def parse_address(text: str, is_there: Callable[[str], bool]) -> KitAddress:
    """The address that a text names.

    Args:
        text: As typed.
        is_there: Whether a path exists; one that does is taken whole.

    Raises:
        InvalidRequest: It names none.
    """
    if is_there(text):
        return KitAddress(text)
    place, _, inside = text.partition("#")
    ref = None
    if not is_there(place):
        place, ref = _with_ref(place, _start(place))
    if ref is None and not is_there(f"{place}/{inside}"):
        inside, ref = _with_ref(inside, 0)
    parts = [part for part in inside.split("/") if part]
    if not place or any(part in (".", "..") for part in parts):
        raise InvalidRequest(f"{text[:80]!r} names no place of a kit")
    return KitAddress(place, ref, "/".join(parts))


def _with_ref(text: str, start: int) -> tuple[str, str | None]:
    """A text without the ref at its end, and the ref; `None` where it has none."""
    before, at, ref = text[start:].rpartition("@")
    if not at or not before or not _REF.fullmatch(ref) or ".." in ref:
        return text, None
    return text[:start] + before, ref


def _start(place: str) -> int:
    """Where in an address a ref can begin: after the name of the host."""
    match = _URL.match(place) or _HOST.match(place)
    return match.end() if match else 0
