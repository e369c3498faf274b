"""The frontmatter keys that PACK knows, in one table.

Validation, the catalog, filters, stamps and the table in the guide are built from it. Every other
key belongs to the user. To add a key, add a line here, its meaning in `schema.read_meta`, and a
line in the guide, which a test compares with this table.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pack.deferred import dataclass


class KeyType(StrEnum):
    """The type of a value."""

    TEXT = "text"
    TEXTS = "list of texts"
    DATE = "ISO date or time"
    TRUTH = "true or false"
    PERIOD = "period or ISO date"
    LEVEL = "1 to 5"


class Setter(StrEnum):
    """Who sets a key."""

    USER = "you"
    WHERE_MISSING = "you; PACK where it is missing"
    FOR_NEW = "you; PACK in a new file"
    EVERY_WRITE = "PACK, at each write"
    NOT_YOURS = "PACK, where not all is yours"


class Surface(StrEnum):
    """Where a key is shown, apart from the note itself."""

    INDEX = "index.md"
    LISTING = "listings"
    FILTER = "filters"
    COPIES = "copies"
    STATUS = "status"
    CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class Key:
    """A key that PACK knows.

    Attributes:
        name: As written in the file.
        type: The type of its value.
        default: What PACK assumes for a note without it, in words for the guide.
        setter: Who sets it.
        shows: Where it is shown.
        others: What other tools call it, as `folded_key` gives it; read where it is missing.
    """

    name: str
    type: KeyType
    default: str
    setter: Setter
    shows: tuple[Surface, ...]
    others: tuple[str, ...] = ()


TOPIC: Final = Key(
    "topic",
    KeyType.TEXT,
    "the first heading, else the file's name",
    Setter.WHERE_MISSING,
    (Surface.INDEX, Surface.LISTING, Surface.FILTER, Surface.COPIES),
    ("title",),
)
TAGS: Final = Key(
    "tags",
    KeyType.TEXTS,
    "none",
    Setter.USER,
    (Surface.INDEX, Surface.LISTING, Surface.FILTER),
    ("tag",),
)
CREATED: Final = Key(
    "created",
    KeyType.DATE,
    "not known",
    Setter.FOR_NEW,
    (Surface.LISTING,),
    ("createdat", "datecreated", "createddate", "creationdate", "date"),
)
UPDATED: Final = Key(
    "updated",
    KeyType.DATE,
    "the last commit",
    Setter.EVERY_WRITE,
    (Surface.INDEX, Surface.LISTING, Surface.FILTER),
    (
        *("modified", "lastmod", "lastmodified", "lastupdated", "updatedat", "modifiedat"),
        *("dateupdated", "datemodified", "updateddate", "modifieddate"),
    ),
)
SYNC: Final = Key("sync", KeyType.TRUTH, "true", Setter.USER, (Surface.LISTING, Surface.COPIES))
TTL: Final = Key("ttl", KeyType.PERIOD, "for ever", Setter.USER, (Surface.LISTING, Surface.STATUS))

TRUTH_LEVEL: Final = Key("truth_level", KeyType.LEVEL, "1: it is yours", Setter.NOT_YOURS, ())
ORIGIN_SOURCE: Final = Key("origin_source", KeyType.TEXT, "you", Setter.NOT_YOURS, ())
ACCEPTED_BY_USER: Final = Key("accepted_by_user", KeyType.TRUTH, "false", Setter.NOT_YOURS, ())
LAST_MODIFIED_BY_LEVEL: Final = Key(
    "last_modified_by_level", KeyType.LEVEL, "1: by you", Setter.NOT_YOURS, ()
)
_TRUTH: Final = (TRUTH_LEVEL, ORIGIN_SOURCE, ACCEPTED_BY_USER, LAST_MODIFIED_BY_LEVEL)
TRUTH_KEYS: Final = frozenset(key.name for key in _TRUTH)
"""What a note says about who wrote it. PACK knows it from history, and believes none of it."""

PIN: Final = Key("pin", KeyType.TRUTH, "false", Setter.USER, (Surface.CONTEXT,))

KEYS: Final = (TOPIC, TAGS, CREATED, UPDATED, SYNC, TTL, PIN, *_TRUTH)
"""All keys, in the order of the guide."""
KEY_NAMES: Final = frozenset(key.name for key in KEYS)
_CANONICAL: Final = {name: key.name for key in KEYS for name in (key.name, *key.others)}


def folded_key(name: str) -> str:
    """A key without what tools write differently: case, blanks, hyphens and underscores."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def key_meant(name: str) -> str | None:
    """The name of PACK's key that a key in a file means; `None` if it is the user's own."""
    return _CANONICAL.get(folded_key(name))
