"""Opening a memory, and beginning one, wherever it is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from pack_connectors.system.malloc import share_arenas
from pack_connectors.visit_files import VisitFiles
from pack_templates import starter_files

from pack.errors import NotInitialised
from pack.memory import Memory
from pack.model import Mode
from pack.provenance import Origin, Source
from pack.truth.recording import recorded_by
from pack_servers.config.settings import Settings, has_targets, load_settings
from pack_servers.wiring.clock import clock, new_request
from pack_servers.wiring.place import Announce, Opening, Place

if TYPE_CHECKING:
    from pathlib import Path

    from pack.callers import ClientOrigins
    from pack.use_cases.adoption import Agree
    from pack.use_cases.lifecycle import Initialised
    from pack.use_cases.root_notes import AskRoot
    from pack_servers.wiring.portable.notes_folder import NotesFolder

logger = logging.getLogger(__name__)
_VISITS: Final = "visits"
CLI_ORIGIN: Final = Origin(Source.USER, "cli")


def note(text: str) -> None:
    """Log what nobody waits to be told."""
    logger.warning("%s", text)


def _never() -> bool:
    return False


@contextmanager
def open_memory(
    settings: Settings,
    place: Place,
    announce: Announce = note,
    is_leaving: Callable[[], bool] = _never,
    *,
    origin: Origin = CLI_ORIGIN,
) -> Iterator[Memory]:
    """The memory at a place, closed at the end.

    Args:
        settings: Those in force.
        place: Where it is.
        announce: Told of each wait that a service asks for, before it begins.
        is_leaving: Asked while a remote is waited for; yes ends the wait.
        origin: Who writes.

    Raises:
        NotInitialised: There is no store at the place.
        InvalidConfig: It is one that PACK cannot write to, or there is no token for GitHub.
        Unavailable: Git is missing, or the folder cannot be used.
    """
    with ExitStack() as stack:
        store = stack.enter_context(place.open(Opening(settings, announce, is_leaving)))
        sync = None
        if has_targets(settings):
            # Here, as it takes time to import and most memories have no targets.
            from pack_servers.wiring.targets import open_sync  # noqa: PLC0415

            sync = stack.enter_context(open_sync(settings, place, store, clock))
        yield Memory.over(
            store.connector,
            store.catalog,
            clock=clock,
            origin=origin,
            new_request=new_request,
            v1_path=settings.github_memory_path,
            remotes=store.remotes,
            sync=sync,
            guards=(recorded_by(origin, store.agent_at_work),),
            refuse_unfinished=store.refuse_unfinished,
            peer_notices=store.peer_notices,
            visits=VisitFiles(store.state_dir / _VISITS, makes_parents=place.is_cache),
            truth=settings.pack_truth,
        )


def init_memory(
    settings: Settings,
    place: Place,
    *,
    notes: NotesFolder | None = None,
    agree: Agree | None = None,
    ask_root: AskRoot | None = None,
    dry_run: bool = False,
    origin: Origin = CLI_ORIGIN,
) -> Initialised:
    """Make the store at a place a memory, in one commit.

    Args:
        settings: Those in force.
        place: As `Place.prepare` gives it.
        notes: What to take over.
        agree: See `Lifecycle.init`; `None` if nobody is to be asked.
        ask_root: Likewise.
        dry_run: Only say what would change.
        origin: Who writes.

    Raises:
        PackError: See `Lifecycle.init`; the place cannot be used.
    """
    with open_memory(settings, place, origin=origin) as memory:
        callbacks = {"agree": agree, "ask_root": ask_root}
        asking: dict[str, Any] = {name: ask for name, ask in callbacks.items() if ask is not None}
        return memory.lifecycle.init(
            starter_files(),
            notes.files if notes else None,
            attachments=notes.attachments if notes else None,
            dates=notes.dates if notes else None,
            root_notes=settings.pack_root_notes,
            dry_run=dry_run,
            **asking,
        )


@contextmanager
def open_or_begin(
    settings: Settings,
    place: Place,
    announce: Announce = note,
    is_leaving: Callable[[], bool] = _never,
    *,
    create: bool = False,
    is_bare: bool = False,
) -> Iterator[tuple[Memory, Initialised | None]]:
    """The memory at a place, begun on first use, and how; closed at the end.

    It begins only where nothing is yet, and only where the place allows it
    (`Place.begin_on_use`, which `create` is for). Anything else becomes a memory by `pack init`
    alone. With `is_bare`, it begins without starter files.

    Raises:
        As `open_memory` and `init_memory`; `NotInitialised` for a store without a memory.
    """
    share_arenas()  # a server runs for long, and no thread has begun yet
    may_begin = place.begin_on_use(create=create)
    with open_memory(settings, place, announce, is_leaving) as memory:
        made = None
        if may_begin:
            is_new = memory.connector.head() is None and not memory.connector.get_tree()
            if is_new and memory.mode() is Mode.EMPTY:
                root_notes = settings.pack_root_notes
                starters = {} if is_bare else starter_files()
                made = memory.lifecycle.init(starters, root_notes=root_notes)
        elif memory.mode() is Mode.EMPTY:
            raise NotInitialised(memory.connector.location)
        yield memory, made


@contextmanager
def open_folder(folder: Path | None, writer: Callable[[ClientOrigins], Origin]) -> Iterator[Memory]:
    """The memory in a folder, for a program that has PACK as a library; closed at the end.

    It begins empty if nothing is there. This is the entry point `pack.openers`.

    Args:
        folder: Which one; `None` for the memory that the settings name.
        writer: Who writes, by what clients count as.

    Raises:
        PackError: As `open_or_begin`.
    """
    # Here, as commands and servers have chosen their place already.
    from pack_servers.config.origins import client_origins  # noqa: PLC0415
    from pack_servers.wiring.places import choose_place  # noqa: PLC0415

    settings = load_settings()
    place = choose_place(settings, folder, None)
    is_named = folder is not None
    with open_or_begin(settings, place, create=is_named, is_bare=is_named) as (memory, _):
        yield memory.written_by(writer(client_origins(settings)))
