"""`pack init`: the beginning of a memory."""

from __future__ import annotations

from typing import Final

from pack_servers import wiring
from pack_servers.cli.options import LocalOption
from pack_servers.cli.present import show
from pack_servers.settings import load_settings

EXAMPLES: Final = """\
  pack init                                  a new memory in ~/.pack/memory
  pack init --local notes                    make the folder or repository `notes` a memory
  pack init --from my-notes                  copy a folder of notes into it"""


def run(local: LocalOption = None) -> None:
    """Make a memory, or make a folder or repository one; what is there stays as it is."""
    settings = load_settings()
    folder = wiring.memory_dir(settings, local)
    done = wiring.init_memory(settings, folder)
    show(f"{folder} is a memory")
    if done.written is not None:
        show(f"  commit  {done.written.commit}")
