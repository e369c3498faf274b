"""Notes that somebody made to break a distribution, and links of every kind, from a seed."""

from __future__ import annotations

from random import Random

from tests.made_up_secrets import SECRETS

PIECES = (
    *("---\n", "```\n", "```json\n", "```yaml\n", "~~~~\n", "<!--", "-->", "\n\n", "\r\n"),
    *("\r", "\n", "{{ team }}", "{{", "}}", "{%", "[a](b.md)", "[a](<c d.md>)"),
    *("![x](../x.png)", "[b]: b.md\n", "[b]", "[[b]]", "[[b|c]]", "<a href='b.md'>"),
    *("<img src=x.png>", "](", "((", "\\", "`", "``", "a: 1\n", "a: [\n", "a: &x [*x]\n"),
    *('{"a": 1}\n', '{"a": NaN}\n', "- ", "> ", "# H\n", "| a |\n", "@all ", "closes #1 "),
    *("\u202e", "\u200b", "\x00", "\ufeff", "é", "🙂", "\u2028", "\x0c", "\x85"),
    *("internal: true\n", "INTERNAL ONLY\n", "$schema: '#x'\n"),
    *('{"type": "object", "properties": 1}\n', "v1.0.0 ", "version: 9.9.9\n"),
    *("guides/a.md ", "people/jane.md ", "<<<<<<< ours\n", "=======\n"),
)


def hostile_text(random: Random) -> str:
    """A soup of everything that means something to a parser."""
    return "".join(random.choices(PIECES, k=random.randrange(40)))


def with_secret(random: Random, text: str) -> tuple[str, str]:
    """The text with a secret on a line of its own, and the secret."""
    secret = random.choice(list(SECRETS.values()))
    at = random.randrange(len(text) + 1)
    return f"{text[:at]}\n{secret}\n{text[at:]}", secret


FOLDERS = ("guides/", "guides/web/", "guides/web/deep/", "people/", "")
FORMS = (
    *("[x]({})", "![x]({})", "[x](<{}>)", "[x]({} 'title')", "[x]({}#part)", "[x][r]\n\n[r]: {}\n"),
    *("> - [x]({})", "<a href='{}'>x</a>", "| a |\n|---|\n| [x]({}) |\n", "**[x]({})**"),
)


def linked_notes(random: Random) -> dict[str, bytes]:
    """Notes that link to each other, each link right where it stands."""
    paths = [f"{folder}n{number}.md" for folder in FOLDERS for number in range(2)]
    return {path: _note(random, path, paths).encode() for path in paths}


def _note(random: Random, path: str, paths: list[str]) -> str:
    links = [
        random.choice(FORMS).format(_relative(path, random.choice(paths)))
        for _ in range(random.randrange(5))
    ]
    return "\n\n".join([f"# {path}", *links, ""]).replace("\n", random.choice(["\n", "\r\n"]))


def _relative(path: str, target: str) -> str:
    above = path.split("/")[:-1]
    to = target.split("/")
    while above and to[:-1] and above[0] == to[0]:
        above, to = above[1:], to[1:]
    return "/".join([*[".."] * len(above), *to])
