"""Where a memory in a bare repository is: all that the servers need in order to use it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pack_connectors.catalog.catalog import SqliteCatalog
from pack_servers.config.settings import Settings
from pack_servers.wiring.checks import Check, State, of_catalog
from pack_servers.wiring.clock import clock
from pack_servers.wiring.place import Announce, Beginning, Opening, Store
from pack_servers.wiring.places import Wanted

from pack.errors import NotInitialised
from tests.bare_git.connector import BareGit, create_bare


@dataclass(frozen=True, slots=True)
class BareGitPlace:
    """A folder whose name ends with `.git`; see `Place` for every method."""

    folder: Path
    chosen_by: str

    is_cache: ClassVar[bool] = False
    why_no_clone: ClassVar[str | None] = "a bare memory is cloned with git clone --bare"

    @property
    def name(self) -> str:
        return self.folder.stem

    @property
    def arguments(self) -> list[str]:
        return ["--local", str(self.folder)]

    def __str__(self) -> str:
        return f"bare:{self.folder}"

    def state_dir(self, settings: Settings) -> Path:
        del settings
        return self.folder / "pack"

    @property
    def _catalog_file(self) -> Path:
        return self.folder / "pack" / "catalog.sqlite"

    def _exists(self) -> bool:
        return (self.folder / "HEAD").is_file()

    @contextmanager
    def open(self, opening: Opening) -> Iterator[Store]:
        if not self._exists():
            raise NotInitialised(str(self))
        connector = BareGit(self.folder, clock)
        catalog = SqliteCatalog(self._catalog_file)
        try:
            yield Store(connector, catalog, self.state_dir(opening.settings))
        finally:
            catalog.close()
            connector.close()

    @contextmanager
    def prepare(self, beginning: Beginning) -> Iterator[BareGitPlace]:
        if self._exists():
            yield self
        elif beginning.dry_run:
            with tempfile.TemporaryDirectory() as temporary:
                likeness = BareGitPlace(Path(temporary), self.chosen_by)
                create_bare(likeness.folder)
                yield likeness
        else:
            create_bare(self.folder)
            yield self

    def begin_on_use(self, *, create: bool) -> bool:
        del create
        if not self._exists():
            create_bare(self.folder)
        return True

    def checks(self, settings: Settings, announce: Announce) -> Iterator[Check]:
        del settings, announce
        words = f"{self} (from {self.chosen_by})"
        if not self._exists():
            yield Check("memory", State.PROBLEM, f"{words}: none yet", "Run `pack init`.")
            return
        yield Check("memory", State.OK, words)
        yield of_catalog(self._catalog_file)


def bare(wanted: Wanted) -> BareGitPlace | None:
    """The line in the table of kinds."""
    if wanted.folder is None or wanted.folder.suffix != ".git":
        return None
    return BareGitPlace(wanted.folder, wanted.folder_from)
