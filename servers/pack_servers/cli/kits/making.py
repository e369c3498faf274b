"""`pack kit new` and `pack kit check`: write a kit. They need no memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from pack.errors import InvalidRequest
from pack.kits.preview import preview_of
from pack.kits.scaffold import kit_name
from pack_servers.cli.kits.kit_text import show_preview
from pack_servers.cli.shell.output import show, show_json
from pack_servers.cli.shell.streams import say
from pack_servers.wiring.kits.new_kit import begin_kit
from pack_servers.wiring.kits.sources import kit_sources

_INCOMPLETE = 1


def new(names: Sequence[str], *, dry_run: bool, is_json: bool) -> None:
    """Make the first files of a kit; this needs no memory."""
    if not names:
        raise InvalidRequest("this needs the folder of the new kit")
    folder = Path(names[0])
    made = begin_kit(folder, dry_run=dry_run)
    if is_json:
        name = kit_name(made[0].parent.name)
        show_json({"name": name, "files": [str(file) for file in made]})
        return
    for file in made:
        show(str(file))
    if not dry_run:
        say(f"  → pack kit check {names[0]}   see what would be installed")


def check(names: Sequence[str], *, is_json: bool) -> None:
    """Print what would be installed of a kit, and what is odd about it.

    Raises:
        Exit: Something is.
    """
    if not names:
        raise InvalidRequest("this needs the folder of the kit")
    with kit_sources() as sources:
        preview = preview_of(sources.kit(names[0]))
    problems = [f"{one.path}: {one.reason}" for one in preview.left_out]
    problems += [f"{path}: {count} hidden characters" for path, count in preview.hidden.items()]
    problems += preview.warnings
    if is_json:
        manifest = preview.kit.manifest
        fields = {"name": manifest.name, "version": str(manifest.version)}
        show_json({**fields, "files": len(preview.kit.files), "problems": problems})
    else:
        show_preview(preview)
    if problems:
        raise typer.Exit(_INCOMPLETE)
