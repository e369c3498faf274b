"""What machines make of a person's notes: rewrites, cuts, and small edits, by chance.

Each line says who wrote it, so that a test knows without asking the code: those of the person begin
with a word and `~u`, those of a machine hold `~m`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from itertools import count

_BOX = re.compile(r"^(\s*[-*] \[)[ x]\]")
_SHAPES = ("{}", "{}.", "- {}", "- [ ] {}", "1. {}", "## {}", "> {}", "  {}", "| {} |", "Key: {}")
_PLAIN = (
    *("", "```", "---", "<!--", "-->", "...", "[rest unchanged]", "(unchanged)", "***", "==="),
    *("~~~", "    ```", "  ", "\t", "- ", ">", "1. zero", "|---|", "[a]: /x", "[^1]: x", "x\r```"),
    *("# x", "<details hidden>", "<script>", "<textarea>", "</div>", "<a href='", "<?", "%%", "$$"),
)  # fmt: skip
_KEYS = ("sync: false # {}", "title: {}", "Pin: true # {}", "tags: [{}]", "own: |\n  {}\n\n  more")
_OTHER_KEYS = (
    *("sync: true", "SYNC: true", "topic: other", "pin: false", "tag: other", "ttl: 3d", "zz: : ["),
    *("  zz: 1", "zz: |", 'zz: "', "- x", "[", "---", "...", "# x", "zz: 1\rsync: true", "{a: 1}"),
)
_NUMBERS = count(1)


def line(chance: random.Random, who: str) -> str:
    """A line that nobody has written before."""
    words = f"words{next(_NUMBERS)}~{who} and {chance.choice(('never', 'always', 'more'))}"
    return chance.choice(_SHAPES).format(words)


def note(chance: random.Random, who: str, most: int = 12) -> str:
    """A text with blank lines in it."""
    lines = keys(chance, who) if chance.random() < 0.2 else []
    for _ in range(chance.randint(1, most)):
        lines += [line(chance, who)] + [""] * (chance.random() < 0.5)
    return "\n".join(lines) + "\n" * (chance.random() < 0.9)


def keys(chance: random.Random, who: str) -> list[str]:
    """Frontmatter, each line of which says who wrote it."""
    some = (key.format(f"words{next(_NUMBERS)}~{who}") for key in chance.sample(_KEYS, 2))
    return ["---", *(line for key in some for line in key.split("\n")), "---"]


def of_person(text: str) -> list[str]:
    """The lines of the person in a text, as far as they are theirs: a box is status."""
    lines = (one.rstrip("\r") for one in text.split("\n"))
    return [_BOX.sub(r"\1 ]", one) for one in lines if "~u" in one]


def rewritten(text: str, chance: random.Random, *, with_copies: bool = False) -> str:
    """What a machine sends in place of a text.

    Args:
        text: The text.
        chance: Decides.
        with_copies: Whether it may copy lines of the person, which then say no more who wrote them.
    """
    lines = text.split("\n")
    rewrites = (*_REWRITES, *_COPIES) if with_copies else _REWRITES
    for _ in range(chance.randint(1, 4)):
        lines = chance.choice(rewrites)(lines, chance)
    return "\n".join(lines)


def truncated(text: str, chance: random.Random) -> str:
    """A text cut short, as models do it, with a word about the rest."""
    lines = text.split("\n")
    begin = chance.randrange(len(lines))
    end = min(len(lines), begin + chance.randint(1, 6))
    rest = chance.choice(("[rest unchanged]", "...", "<!-- rest of file -->", ""))
    return "\n".join(
        [*lines[:begin], rest, *lines[end:]] if chance.random() < 0.5 else [*lines[:begin], rest]
    )


def reworded(text: str, chance: random.Random) -> str | None:
    """One word changed in a line of the person; `None` if there is no such line."""
    lines = text.split("\n")
    own = [number for number, one in enumerate(lines) if "~u" in one]
    if not own:
        return None
    number = chance.choice(own)
    words = lines[number].split(" ")
    words[-2 if len(words) > 1 else 0] += chance.choice(("x", "n't", "\u200b", "-"))
    lines[number] = " ".join(words)
    return "\n".join(lines)


def _place(lines: Sequence[str], chance: random.Random) -> int:
    return chance.randrange(len(lines) + 1)


def _insert(lines: list[str], chance: random.Random) -> list[str]:
    at = _place(lines, chance)
    new = chance.choice((line(chance, "m"), chance.choice(_PLAIN)))
    return [*lines[:at], new, *lines[at:]]


def _remove(lines: list[str], chance: random.Random) -> list[str]:
    at, size = _place(lines, chance), chance.randint(1, 3)
    return [*lines[:at], *lines[at + size :]]


def _replace(lines: list[str], chance: random.Random) -> list[str]:
    at, size = _place(lines, chance), chance.randint(1, 4)
    return [*lines[:at], line(chance, "m"), *lines[at + size :]]


def _move(lines: list[str], chance: random.Random) -> list[str]:
    at, to, size = _place(lines, chance), _place(lines, chance), chance.randint(1, 3)
    part, rest = lines[at : at + size], [*lines[:at], *lines[at + size :]]
    return [*rest[:to], *part, *rest[to:]]


def _change(lines: list[str], chance: random.Random) -> list[str]:
    at = chance.randrange(len(lines)) if lines else 0
    if not lines:
        return lines
    one = lines[at]
    changed = chance.choice(
        (
            _machines(one.replace("never", "seldom"), one), f"  {one}", one.rstrip(), f"{one}  ",
            _machines(f"~~{one}~~"), one.replace("[ ]", "[x]"), one.upper(), one.replace(" ", "  "),
            _machines(f"{one} (no)"),
        )
    )  # fmt: skip
    return [*lines[:at], changed, *lines[at + 1 :]]


def _machines(text: str, before: str = "") -> str:
    """A line of the person in other words, which are a machine's; one that is as before is not."""
    return text if text == before else text.replace("~u", "~m")


def _beside(lines: list[str], chance: random.Random) -> list[str]:
    """A line between two that are next to each other, both in other words."""
    said = [at for at, one in enumerate(lines) if one.strip()]
    if len(said) < 2:
        return lines
    first = chance.randrange(len(said) - 1)
    above, below = said[first], said[first + 1]
    old, new = chance.choice(((" and ", " or "), ("never", "seldom"), (" and", ", and never")))
    between = chance.choice(([line(chance, "m")], ["", line(chance, "m"), ""]))
    changed = [_machines(lines[at].replace(old, new), lines[at]) for at in (above, below)]
    middle = lines[above + 1 : below]
    return [*lines[:above], changed[0], *between, *middle, changed[1], *lines[below + 1 :]]


def _space(lines: list[str], chance: random.Random) -> list[str]:
    return list(_spaced(lines, chance))


def _spaced(lines: list[str], chance: random.Random) -> Iterator[str]:
    for one in lines:
        if one.strip() or chance.random() < 0.7:
            yield one
        if chance.random() < 0.1:
            yield ""


def _cut(lines: list[str], chance: random.Random) -> list[str]:
    return truncated("\n".join(lines), chance).split("\n")


def _key(lines: list[str], chance: random.Random) -> list[str]:
    """Another key at the beginning of a text, where that has some or has none."""
    if lines[:1] != ["---"]:
        return ["---", chance.choice(_OTHER_KEYS), "---", *lines]
    end = lines.index("---", 1) if "---" in lines[1:] else 1
    if chance.random() < 0.2:
        return ["---", *(f"  {one}" for one in lines[1:end]), *lines[end:]]
    at = chance.randint(1, end)
    return [*lines[:at], chance.choice(_OTHER_KEYS), *lines[at:]]


def _copy(lines: list[str], chance: random.Random) -> list[str]:
    """Some lines once more, right below them or elsewhere, as they are or indented."""
    at, size = _place(lines, chance), chance.randint(1, 3)
    to = chance.choice((_place(lines, chance), min(len(lines), at + size)))
    form = chance.choice(("{}", "{}", "  {}", "    {}", "{} "))
    copies = [form.format(one) for one in lines[at : at + size]]
    between = chance.choice(([], [""], ["", line(chance, "m"), ""], [f"- {line(chance, 'm')}", ""]))
    return [*lines[:to], *between, *copies, *lines[to:]]


def _drop_equal(lines: list[str], chance: random.Random) -> list[str]:
    """One of some equal lines gone, with what is beside it."""
    words = [one.strip() for one in lines]
    equal = [at for at, one in enumerate(words) if one and words.count(one) > 1]
    if not equal:
        return lines
    at = chance.choice(equal)
    return [*lines[: max(0, at - chance.randint(0, 2))], *lines[at + chance.randint(1, 2) :]]


_COPIES = (_copy, _copy, _drop_equal, _drop_equal, _drop_equal)
_REWRITES = (
    *(_insert, _insert, _insert, _remove, _replace, _move, _change, _change, _space, _cut, _key),
    *(_beside, _beside),
)
