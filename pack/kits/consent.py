"""Whether this machine reads a place that a memory names: only if its person said so here.

The lock and the list of indexes are in the memory, and whoever writes there may have put any place
into them. This machine would read that place with the keys, passwords and grants of its person, and
what is there would go to everybody who shares the memory. So a place is asked about once for each
memory, unless it was typed here; `--yes` does not answer for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Protocol

from pack.actions import Action
from pack.errors import RefusedForSafety

Ask = Callable[[Sequence[str]], bool]
"""Whether the person agrees to some places; no, where nobody can be asked."""


class AgreedPlaces(Protocol):
    """What was agreed to at this machine, for each memory."""

    def of(self, memory: str) -> frozenset[str]:
        """The addresses of which what is there may come into a memory.

        Raises:
            Unavailable: They cannot be read.
        """
        ...

    def add(self, memory: str, addresses: Iterable[str]) -> None:
        """Let what is at some addresses come into a memory.

        Raises:
            Unavailable: It cannot be stored.
        """
        ...


class SourceConsent:
    """What the person at this machine agreed to for one memory.

    Args:
        memory: The memory.
        agreed: What they agreed to before.
        ask: Asks the person.
        is_own: Whether an address is of a kit that comes with PACK, which nobody is asked about.
        dry_run: Remember nothing that they say.
    """

    def __init__(
        self,
        memory: str,
        agreed: AgreedPlaces,
        ask: Ask,
        *,
        is_own: Callable[[str], bool],
        dry_run: bool,
    ) -> None:
        self._memory = memory
        self._agreed = agreed
        self._ask = ask
        self._is_own = is_own
        self._dry_run = dry_run
        self._said: dict[str, bool] = {}

    @cached_property
    def _before(self) -> frozenset[str]:
        return self._agreed.of(self._memory)

    def holds(self, address: str) -> bool:
        """Whether they agreed to a place.

        Raises:
            Unavailable: That cannot be read.
        """
        is_known = self._is_own(address) or self._said.get(address, False)
        return is_known or address in self._before

    def add(self, *addresses: str) -> None:
        """Remember that they agree to some places.

        Raises:
            Unavailable: That cannot be stored.
        """
        new = [one for one in addresses if not self.holds(one)]
        self._said |= dict.fromkeys(new, True)
        if new and not self._dry_run:
            self._agreed.add(self._memory, new)

    def ask(self, addresses: Iterable[str]) -> None:
        """Ask the person about those places that they have not been asked about.

        Raises:
            Unavailable: What they said before cannot be read, or stored.
        """
        new = [one for one in dict.fromkeys(addresses) if one not in self._said]
        new = [one for one in new if not self.holds(one)]
        if not new:
            return
        if self._ask(new):
            self.add(*new)
        else:
            self._said |= dict.fromkeys(new, False)

    def refuse_others(self, address: str, action: Action) -> None:
        """Do nothing, unless the person does not agree to a place.

        Args:
            address: The place.
            action: How they agree to it in advance.

        Raises:
            RefusedForSafety: They do not.
            Unavailable: What they said before cannot be read, or stored.
        """
        self.ask([address])
        if not self.holds(address):
            raise RefusedForSafety(
                f"only the memory names {address[:200]}; nobody at this machine has agreed that it "
                "is read here, and that what is there goes to everybody who shares the memory",
                f"If you want that: {action} from there, here.",
            )
