"""Records the session of the README: `make demo` writes `templates/demo.svg`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.demo.picture import drawn
from tests.demo.recording import Newcomer

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Run the story in a new home, and draw what it showed."""
    pack = Path(sys.argv[1]) if sys.argv[1:] else Path(sys.executable).with_name("pack")
    with tempfile.TemporaryDirectory(prefix="pack-demo-") as name:
        screen = Newcomer(Path(name), pack.absolute()).screen()
    print(screen)
    file = ROOT / "templates" / "demo.svg"
    file.parent.mkdir(exist_ok=True)
    file.write_text(drawn(screen), encoding="utf-8")
    print(f"drawn {file.relative_to(ROOT)}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
