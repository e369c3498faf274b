"""Whether notes at the root are memory: chosen once, and kept in `.pack.yaml` for all clones.

A setting or a person decides when a memory begins; from then on only the file counts. Nobody is
asked where it says so already, or where somebody has written such a file without saying it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pack.catalog.scope import EVERYTHING, PROJECT_FILE, Scope, read_scope, write_scope
from pack.core.core import Core
from pack.errors import RefusedForSafety
from pack.model import ABSENT, Entry, EntryType, Mode, Put
from pack.use_cases.adoption import Sized, sized
from pack.use_cases.originals import find_originals, patterns_for

AskRoot = Callable[[Sequence[Sized]], bool]
"""Whether these notes at the root become memory."""


def stay_outside(_: Sequence[Sized]) -> bool:
    """The answer where nobody can be asked."""
    return False


@dataclass(frozen=True, slots=True)
class RootChoice:
    """What was chosen.

    Attributes:
        scope: Which files are memory from now on.
        is_new: Whether `.pack.yaml` has to say so yet.
    """

    scope: Scope
    is_new: bool


def choose_root(core: Core, setting: bool | None, ask: AskRoot, *, begins: bool) -> RootChoice:
    """Find out whether notes at the root are memory.

    Args:
        core: The memory, which may not have begun yet.
        setting: What the person has set; `None` for nothing.
        ask: Asks them, where a memory begins and notes are at the root.
        begins: Whether it begins.

    Raises:
        InvalidConfig: The `.pack.yaml` that is there cannot be used.
        RefusedForSafety: It is to be changed, and is in no commit.
    """
    found = core.reader.find(PROJECT_FILE)
    scope = EVERYTHING if found is None else read_scope(found.content).require()
    if scope.root_notes is not None or setting is False:
        return RootChoice(scope, is_new=False)
    chosen = replace(scope, root_notes=True)
    if setting is None:
        at_root = [entry for entry in held(core, chosen) if "/" not in entry.path]
        if not begins or found is not None or not at_root:
            return RootChoice(scope, is_new=False)
        if not ask(list(sized(core, at_root))):
            return RootChoice(scope, is_new=False)
    if found is not None and not core.reader.is_committed(found):
        raise RefusedForSafety(
            f"{PROJECT_FILE} is in no commit, so PACK does not change it",
            "Write `root_notes: true` into it yourself, or commit it first.",
        )
    return RootChoice(chosen, is_new=True)


def record_choice(core: Core, scope: Scope) -> list[Put]:
    """The `.pack.yaml` that says that notes at the root are memory; what was divided is not.

    Nothing, if somebody else has said meanwhile whether they are.

    Args:
        core: The memory.
        scope: Which files are memory from now on.
    """
    found = core.reader.find(PROJECT_FILE)
    content = found.content if found is not None else None
    if content is not None and read_scope(content).root_notes is not None:
        return []
    is_memory = core.reader.mode() is Mode.V2
    divided = patterns_for(find_originals(core, scope)) if is_memory else ()
    content = write_scope(divided, content, root_notes=True)
    return [Put(PROJECT_FILE, content, found.sha if found is not None else ABSENT)]


def held(core: Core, scope: Scope) -> list[Entry]:
    """The memory files that are there, in commits or in the folder alone."""
    return [
        entry
        for entry in core.reader.tree()
        if entry.type is EntryType.FILE and entry.sha and scope.holds(entry.path)
    ]
