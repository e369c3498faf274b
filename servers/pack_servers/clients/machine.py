"""The machine, as far as it decides where programs keep their settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from pack.deferred import dataclass


class System(StrEnum):
    """The operating systems that keep settings in different folders."""

    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True)
class Machine:
    """A user's account on a machine.

    Attributes:
        system: Its operating system.
        home: The user's folder, an absolute path.
        environment: The environment variables that are set.
    """

    system: System
    home: str
    environment: Mapping[str, str]

    def at_home(self, *parts: str) -> PurePath:
        """A path in the user's folder."""
        return self._path(self.home).joinpath(*parts)

    def in_config(self, *parts: str) -> PurePath:
        """A path in the folder of the XDG base directories, on every system the same."""
        return self.named("XDG_CONFIG_HOME", self.at_home(".config")).joinpath(*parts)

    def in_applications(self, *parts: str) -> PurePath:
        """A path in the folder where the system wants the settings of programs."""
        if self.system is System.WINDOWS:
            return self.named("APPDATA", self.at_home("AppData", "Roaming")).joinpath(*parts)
        if self.system is System.MACOS:
            return self.at_home("Library", "Application Support", *parts)
        return self.in_config(*parts)

    def named(self, variable: str, default: PurePath) -> PurePath:
        """The folder that a variable names; the default if it names none, or a relative one."""
        path = self._path(self.environment.get(variable, ""))
        return path if path.is_absolute() else default

    def _path(self, text: str) -> PurePath:
        return PureWindowsPath(text) if self.system is System.WINDOWS else PurePosixPath(text)


def this_machine() -> Machine:
    """The machine that this process runs on."""
    systems = {"darwin": System.MACOS, "win32": System.WINDOWS}
    return Machine(systems.get(sys.platform, System.LINUX), str(Path("~").expanduser()), os.environ)
