"""What a peer tells another of the kits that it offers: those that the other one may be told of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pack.deferred import dataclass
from pack.errors import UnusableInput
from pack.kits.manifest import NAME, Visibility
from pack.kits.sharing.offer import KitOffer

LARGEST_LIST: Final = 2 * 1024 * 1024
_MOST: Final = 1000
_SHOWN: Final = 200


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=NAME)]
    description: Annotated[str, Field(max_length=1024)] = ""
    visibility: Annotated[str, Field(pattern="^(public|unlisted|private)$")]


class _Rows(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    kits: Annotated[list[_Row], Field(max_length=_MOST)]


@dataclass(frozen=True, slots=True)
class ListedKit:
    """A kit that another peer offers.

    Attributes:
        name: Its name.
        description: What it is for.
        visibility: Who may have it.
    """

    name: str
    description: str
    visibility: Visibility


def write_listed(
    offers: Iterable[KitOffer], peer: str, said_now: Callable[[KitOffer], Visibility]
) -> str:
    """What a peer is told: nothing of where a kit is, or of who else may have it.

    Args:
        offers: What is offered, or was.
        peer: Who is told.
        said_now: What a kit says of itself now; asked for those alone that may be told.
    """
    rows = [
        {
            "name": one.name,
            "description": one.description[:_SHOWN],
            "visibility": one.visibility.value,
        }
        for one in offers
        if one.is_listed_for(peer) and one.is_listed_for(peer, said_now(one))
    ]
    return json.dumps({"kits": rows[:_MOST]}, ensure_ascii=False)


def parse_listed(content: bytes) -> list[ListedKit]:
    """The kits in an answer.

    Raises:
        InvalidContent: It is none.
    """
    try:
        found = _Rows.model_validate_json(content)
    except ValidationError as error:
        raise UnusableInput("what came is no list of kits") from error
    return [ListedKit(one.name, one.description, Visibility(one.visibility)) for one in found.kits]
