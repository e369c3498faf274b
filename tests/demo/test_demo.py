"""The picture in the README shows what the product does."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.demo.picture import drawn, text_in
from tests.demo.recording import Newcomer

ROOT = Path(__file__).resolve().parents[2]
PICTURE = (ROOT / "templates" / "demo.svg").read_text(encoding="utf-8")
_VARYING = (
    (re.compile(r"\b[0-9a-f]{40}\b"), "ID"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "SHORT"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\dZ)?"), "TIME"),
    (re.compile(r"just now|\d+ s(econds)? ago"), "NOW"),
)


def normal(lines: list[str]) -> list[str]:
    text = "\n".join(lines).strip()
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text.splitlines()


def test_the_picture_is_what_the_story_shows(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    screen = Newcomer(home, Path(sys.executable).with_name("pack")).screen()
    assert normal(text_in(drawn(screen))) == normal(text_in(PICTURE)), "`make demo` records it"


def test_the_picture_fetches_nothing_and_names_no_machine() -> None:
    addresses = set(re.findall(r"https?://[^\s\"'<]+", PICTURE))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert "url(" not in PICTURE.replace("url(#", "")
    assert any(
        "~/.local/share/pipx/venvs/pack-memory/bin/pack" in line for line in text_in(PICTURE)
    )


def test_the_same_screen_gives_the_same_picture_and_its_text_comes_back() -> None:
    screen = "\x1b[1m$ pack list\x1b[0m\n  a <b> & c\n"
    assert drawn(screen) == drawn(screen)
    assert text_in(drawn(screen))[:2] == ["$ pack list", "  a <b> & c"]
