"""`pack kit new`: begin to write a kit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pack.errors import InvalidRequest
from pack.kits.scaffold import kit_name
from pack_servers.cli.shell.output import show, show_json
from pack_servers.cli.shell.streams import say
from pack_servers.wiring.kits.new_kit import begin_kit


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
