"""A screen as a picture: SVG by rich, without the fonts that it would have fetched."""

from __future__ import annotations

import io
import re
from typing import Final
from xml.etree import ElementTree

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tests.demo.recording import WIDTH

_FONTS: Final = re.compile(r"\s*@font-face \{.*?\}\n", re.DOTALL)
_BRAND: Final = re.compile(r"\s*<!--.*?-->")
_SPACE: Final = "\xa0"


def drawn(screen: str) -> str:
    """The SVG of a screen; the same screen gives the same bytes."""
    console = Console(
        record=True,
        width=WIDTH,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        _environ={},  # whatever terminal this is made at
    )
    console.print(Text.from_ansi(screen), soft_wrap=False)
    svg = console.export_svg(title="PACK", theme=MONOKAI, unique_id="pack")
    return _BRAND.sub("", _FONTS.sub("", svg)).replace("Fira Code, monospace", "monospace")


def text_in(svg: str) -> list[str]:
    """The lines that a picture shows, from top to bottom, without its title."""
    rows: dict[float, list[tuple[float, str]]] = {}
    for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        if "clip-path" in element.attrib:
            row = rows.setdefault(float(element.attrib["y"]), [])
            row.append((float(element.attrib["x"]), element.text or ""))
    lines = ("".join(text for _, text in sorted(row)) for _, row in sorted(rows.items()))
    return [line.replace(_SPACE, " ").rstrip() for line in lines]
