"""The result as one table, with the machine it was measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from collections.abc import Iterable
from importlib.metadata import version
from typing import Final

from tests.bench.figures import Figure

_VERDICTS: Final = {True: "pass", False: "MISS", None: ""}
_ROW: Final = "{:<38} {:>6}  {:>11}  {:>11}  {:>11}  {:>10}  {}"


def machine() -> dict[str, str]:
    """What the figures depend on; nothing that names the machine or its user."""
    git = subprocess.run(["git", "version"], check=True, capture_output=True, text=True).stdout
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        "git": git.removeprefix("git version ").strip(),
        "sqlite": sqlite3.sqlite_version,
        "mcp": version("mcp"),
    }


def table(figures: Iterable[Figure], on: dict[str, str]) -> str:
    """The figures as text; `on` is the machine."""
    head = _ROW.format("figure (medians)", "notes", "pack", "beside", "result", "target", "")
    lines = [head.rstrip(), *map(_line, figures)]
    return "\n".join([*lines, "", ", ".join(f"{key} {text}" for key, text in on.items())])


def _line(figure: Figure) -> str:
    unit = figure.unit
    beside = "" if figure.beside is None else f"{figure.beside:,.1f} {unit}"
    sign = "x" if figure.compared_by == "ratio" else f" {unit}"
    shown = f"{figure.figure:,.2f}{sign}" if sign == "x" else f"{figure.figure:,.0f}{sign}"
    target = "" if figure.limit is None else f"<= {figure.limit:,g}"
    measured = f"{figure.measured:,.1f} {unit}"
    cells = (figure.name, f"{figure.notes:,}", measured, beside, shown, target)
    return _ROW.format(*cells, _VERDICTS[figure.is_met]).rstrip()
