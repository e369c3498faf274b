"""Indexes of kits: a repository, or a folder, with a file `kits/NAME.yaml` for each kit.

    name: observer
    source: https://example.org/kits.git#observer
    description: What it is for
    version: 1.2.0
    visibility: public

Public kits are found by their names. Unlisted and private ones are not: whoever knows the address
installs them by it, and the host decides who may fetch it. A source that begins with `#` is a
folder of the index itself; in an index on this machine, one such as `../kits` is beside it.

An entry may name the key of the publisher, so that nobody else's is believed the first time:

    signer: SHA256:uNiVztksCsDhcc0u9e8BrJqdEGs3WRIUCEyQ3SC3zmo

An index may have a file `index.yaml` with the last day on which it is to be believed, and a number
that only ever grows:

    version: 7
    expires: 2027-01-31

Whoever keeps it moves that day on. So somebody who can hold a newer index back, or serve an old one
again, can do so only until then (The Update Framework, "Freeze attack"). What is signed of an index
is in `signing`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pack.actions import Action
from pack.deferred import dataclass, pattern
from pack.errors import (
    InvalidContent,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    RefusedForSafety,
    UnusableInput,
)
from pack.kits.manifest import NAME, Visibility, load_fields
from pack.kits.shipment import Shipment
from pack.paths import fold

_ENTRY: Final = pattern(r"kits/(?P<name>[a-z0-9][a-z0-9-]{0,63})\.ya?ml")
ABOUT: Final = "index.yaml"
"""What an index says of itself."""
_FAR: Final = pattern(r"(?:https?|ssh|git)://\S+|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:\S+")
_WHOLE: Final = pattern(r"[/\\~]|[A-Za-z][A-Za-z0-9+.-]*:|[^/]+@[^/]+:")
"""How an address begins that is no path from where one is: with a root, a scheme or a host."""
_MOST_ENTRIES: Final = 20_000
_FINGERPRINT: Final = pattern(r"SHA256:[A-Za-z0-9+/]{43}")
_KEY: Final = pattern(r"ssh-ed25519 (?P<key>AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43})(?: .*)?")


class _IndexFile(BaseModel):
    """What an index says of itself; keys that are not known are left to a newer PACK."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    version: Annotated[int, Field(ge=1, le=2**53, strict=True)] | None = None
    expires: date | None = None


def _fingerprint(said: str) -> str:
    """The fingerprint that an entry names, or that of the key that it names."""
    if _FINGERPRINT.fullmatch(said):
        return said
    line = _KEY.fullmatch(said.strip())
    if line is None:
        raise ValueError("it is neither SHA256:… nor the line of an Ed25519 key")
    digest = hashlib.sha256(base64.b64decode(line["key"])).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


class _EntryFile(BaseModel):
    """The file; keys that are not known are left to a newer PACK."""

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=NAME)]
    source: Annotated[str, Field(min_length=1, max_length=400)]
    description: Annotated[str, Field(max_length=1024)] = ""
    version: Annotated[str, Field(max_length=100)] | None = None
    visibility: Annotated[str, Field(pattern="^(public|unlisted|private)$")] = "public"
    signer: Annotated[str, AfterValidator(_fingerprint)] | None = None


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A kit that an index names.

    Attributes:
        name: Its name.
        source: Where it is.
        description: What it is for.
        version: Its newest version, as the index says.
        index: The index.
        signer: The fingerprint of the key that signs it; `None` if the index names none.
    """

    name: str
    source: str
    description: str
    version: str | None
    index: str
    signer: str | None = None


@dataclass(frozen=True, slots=True)
class AboutIndex:
    """What an index says of itself.

    Attributes:
        version: A number that grows with each change; 0 if it names none.
        expires: The last day on which it is to be believed; `None` if it names none.
    """

    version: int = 0
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """What an index has.

    Attributes:
        address: Where it is.
        entries: Its public kits, by name.
        problems: What of it cannot be used, in words.
        signer: The fingerprint of the key that signed it; `None` if none did.
        version: Its version; 0 if it names none.
    """

    address: str
    entries: Sequence[IndexEntry]
    problems: Sequence[str]
    signer: str | None = None
    version: int = 0


def read_index(shipment: Shipment, today: date, *, is_near: bool) -> Index:
    """The index in a shipment.

    Args:
        shipment: What its source has.
        today: The date.
        is_near: Whether it is on this machine: only then may it name places here.

    Raises:
        InvalidContent: What it says of itself cannot be used.
        LimitExceeded: It has too many entries.
        RefusedForSafety: It has expired.
    """
    _refuse_expired(about(shipment), today)
    entries, problems = list[IndexEntry](), list[str]()
    files = {path: one.content for path, one in shipment.files.items() if is_entry(path)}
    if len(files) > _MOST_ENTRIES:
        raise LimitExceeded("the index", _MOST_ENTRIES, "kits")
    for path, content in sorted(files.items()):
        try:
            entry, visibility = _entry(path, content, shipment.source, is_near=is_near)
        except (InvalidContent, LimitExceeded) as error:
            problems.append(f"{path}: {error}")
        else:
            if visibility is Visibility.PUBLIC:
                entries.append(entry)
    return Index(shipment.source, entries, problems)


def about(shipment: Shipment) -> AboutIndex:
    """What the index in a shipment says of itself; nothing if it has no such file.

    Raises:
        InvalidContent: It cannot be used.
    """
    said = shipment.files.get(ABOUT)
    if said is None:
        return AboutIndex()
    try:
        found = _IndexFile.model_validate(load_fields(said.content, ABOUT))
    except ValidationError as error:
        key = error.errors(include_input=False, include_url=False)[0]["loc"][0]
        wanted = {"expires": "date such as 2027-01-31"}.get(str(key), "whole number above 0")
        raise UnusableInput(f"{ABOUT}: {key}: it is no {wanted}") from error
    return AboutIndex(found.version or 0, found.expires)


def is_entry(path: str) -> bool:
    """Whether a file of an index is an entry."""
    return _ENTRY.fullmatch(path) is not None


def _refuse_expired(said: AboutIndex, today: date) -> None:
    if said.expires is not None and said.expires < today:
        raise RefusedForSafety(
            f"it expired on {said.expires}: somebody holds a newer one back, or nobody keeps it",
            "Ask whoever keeps the index; a kit can still be installed by its address.",
        )


def _entry(
    path: str, content: bytes, index: str, *, is_near: bool
) -> tuple[IndexEntry, Visibility]:
    try:
        found = _EntryFile.model_validate(load_fields(content, path))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise UnusableInput(f"{first['loc'][0]}: {first['msg']}") from error
    if f"kits/{found.name}." != path[: len(found.name) + 6]:
        raise UnusableInput(f"it is called {found.name}")
    source = _place_of(found.source, index, is_near=is_near)
    if not is_near and not _FAR.fullmatch(source):
        raise UnusableInput("its source is no address")
    signer = found.signer
    entry = IndexEntry(found.name, source, found.description, found.version, index, signer)
    return entry, Visibility(found.visibility)


def _place_of(source: str, index: str, *, is_near: bool) -> str:
    """The address of a kit; one that is relative begins at the index that names it."""
    if source.startswith("#"):
        return _below(index, source)
    if not is_near or _WHOLE.match(source):
        return source
    place, _, folder = index.partition("#")
    return f"{place}/{folder}/{source}" if folder else f"{place}/{source}"


def _below(index: str, folder: str) -> str:
    """The address of a folder of the index, which may itself be a folder of something."""
    return f"{index}/{folder[1:]}" if "#" in index else f"{index}{folder}"


def matching(entries: Iterable[IndexEntry], words: Sequence[str]) -> Iterator[IndexEntry]:
    """The kits whose names and descriptions have all of these words."""
    wanted = [fold(word) for word in words]
    for entry in entries:
        text = fold(f"{entry.name} {entry.description}")
        if all(word in text for word in wanted):
            yield entry


def the_one(entries: Iterable[IndexEntry], name: str) -> IndexEntry:
    """The kit of a name.

    Raises:
        NotFound: No index has it.
        InvalidRequest: Indexes name different places for it, or different keys.
    """
    found = sorted(
        (entry for entry in entries if entry.name == name), key=lambda entry: not entry.signer
    )
    places = sorted({entry.source for entry in found})
    if not found:
        raise NotFound(f"a kit called {name!r}", f"{Action.FIND_KITS}, or name an address.")
    if len(places) > 1:
        raise InvalidRequest(f"{name} is in several places: {', '.join(places)}; name one of them")
    keys = sorted({entry.signer for entry in found if entry.signer is not None})
    if len(keys) > 1:
        raise InvalidRequest(f"indexes name several keys for {name}: {', '.join(keys)}")
    return found[0]  # whichever names no key does not speak for those that do
