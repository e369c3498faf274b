"""What only the person may say of kits: where they are looked for, and who else gets them."""

from __future__ import annotations

from typing import Final

from pack.errors import RefusedForSafety
from pack.provenance import Origin, Source

_MACHINES: Final = frozenset((Source.AI_LOCAL, Source.AI_LAN, Source.AI_CLOUD))


def refuse_machine(origin: Origin, what: str) -> None:
    """Do nothing, unless an agent says something that is for the person.

    Args:
        origin: Who says it.
        what: What, as the beginning of a sentence.

    Raises:
        RefusedForSafety: An agent does.
    """
    if origin.source in _MACHINES:
        raise RefusedForSafety(
            f"{what} is for the person to say", "Ask the person whom the memory belongs to."
        )
