"""The raw HTML in a text, as far as it changes how the text after it is shown.

A browser, unlike CommonMark, lets an element go on until it is closed, over any number of blank
lines: what comes after a `<details>` or a `<textarea>` is in it. So it is known at each line which
elements are open, and who opened them.

Source: HTML Living Standard, 13.2.5 "Tokenization".
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pack.deferred import pattern

_COMPLETE: Final = pattern(
    r"<!--(?:-?>|.*?--!?>)"
    r"|<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*)(?P<rest>(?>[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>"
    r"|<(?!!--)[!?/][^>]*+>",
    re.DOTALL,
)
_BEGINS: Final = pattern(r"<[A-Za-z!?/]")
_ELEMENTS: Final = frozenset(
    "a abbr acronym address applet article aside audio b bdi bdo big blink blockquote body button"
    " canvas caption center cite code colgroup data datalist dd del details dfn dialog dir div dl"
    " dt em fieldset figcaption figure font footer form frameset h1 h2 h3 h4 h5 h6 head header"
    " hgroup html i iframe ins kbd label legend li listing main map mark marquee math menu meter"
    " nav nobr noembed noframes noscript object ol optgroup option output picture plaintext pre"
    " progress q rb rp rt rtc ruby s samp script search section select slot small span strike"
    " strong style sub summary sup svg table tbody td template textarea tfoot th thead time title"
    " tr tt u ul var video xmp".split()
)
_EMPTY: Final = frozenset(
    "area base br col embed frame hr img input link meta param source track wbr".split()
)
"""Elements without content; those that the next block closes anyway are no matter either."""
_TEXT: Final = frozenset(
    "script style textarea title xmp iframe noembed noframes noscript plaintext".split()
)
"""Elements in which only their own end means something."""
_EVERYWHERE: Final = frozenset("base link meta noscript script style".split())
"""Elements that change how the whole document is shown, or are read in two ways."""

_DEEPEST: Final = 64
"""Only so many elements are followed, the innermost."""

_UNENDED: Final = "<"
"""A tag or comment that nothing ends; it may hide the end of what was open before it."""


class OpenTag(NamedTuple):
    """An element that is open, and who opened it: a line of the person's, or `None`."""

    name: str
    owner: int | None


class RawHtml:
    """What the raw HTML of a text has opened so far.

    Attributes:
        open: The open elements, the outermost first.
        everywhere: Elements that change how all of the text is shown, and whose they are.
    """

    def __init__(self) -> None:
        self.open: tuple[OpenTag, ...] = ()
        self.everywhere: tuple[OpenTag, ...] = ()

    def take(self, html: str, owner: int | None) -> None:
        """Read some more HTML. Takes linear time."""
        at = 0
        while (at := self._next(html, at)) >= 0:
            found = _COMPLETE.match(html, at)
            if found is not None:
                self._take_tag(found, owner)
                at = found.end()
            elif _BEGINS.match(html, at):
                self._opens(_UNENDED, owner)
                return
            else:
                at += 1

    def _next(self, html: str, at: int) -> int:
        """Where something begins that means something; less than 0 if nothing does."""
        if self.open and self.open[-1].name in _TEXT:
            ends = re.compile(rf"</{self.open[-1].name}(?=[\s/>])", re.IGNORECASE).search(html, at)
            return ends.start() if ends is not None else -1
        return html.find("<", at)

    def _take_tag(self, found: re.Match[str], owner: int | None) -> None:
        name = (found["name"] or "").lower()
        if not name or name == "p":  # each block closes a paragraph
            return
        if found["end"]:
            self._ends(name)
            return
        if name in _EVERYWHERE:
            self.everywhere += (OpenTag(name, owner),)
        # An unknown name is a placeholder, as in `Dear <name>`, unless it has attributes.
        if name not in _EMPTY and (name in _ELEMENTS or found["rest"].strip(" /\t\r\n")):
            self._opens(name, owner)

    def _ends(self, name: str) -> None:
        for place in range(len(self.open) - 1, -1, -1):
            if self.open[place].name == _UNENDED:
                return
            if self.open[place].name == name:
                self.open = self.open[:place]
                return

    def _opens(self, name: str, owner: int | None) -> None:
        self.open = (*self.open, OpenTag(name, owner))[-_DEEPEST:]
