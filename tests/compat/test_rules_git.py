"""Ignore rules, attributes and line ends, compared with what the git executable says."""

from __future__ import annotations

import subprocess
from itertools import product
from pathlib import Path
from random import Random

import pytest
from pack_connectors.local_git.rules.line_ends import line_ends_of, to_blob, to_folder

from pack.model import blob_id
from pack.rules.attributes import attributes_of, parse_attributes
from pack.rules.ignore import find_ignore_rule, parse_ignores
from pack.rules.patterns import RuleFile

_ATOMS = [
    *("a", "b", "ab", "*", "**", "?", "/", "/", "[ab]", "[!a]", "[^b]", "[a-c]", "[]a]", "-"),
    *("[[:alpha:]]", "\\a", "\\*", " ", "!", "#", "foo", ".md", "é", "\\", "[", "\\ ", "\t"),
]
_NAMES = ["a", "b", "ab", "foo", "a.md", "b.md", "fooab", "é", "aa", "*", "a b", "]", "-"]
_SETTINGS = [
    *("filter=x", "filter", "-filter", "!filter", "text", "-text", "eol=crlf", "ident", "m", "-m"),
    *("!m", "binary", "a=b=c", "m=z", "text=auto", "-b.d"),
]
_ASKED = ["filter", "text", "eol", "ident", "m", "a", "diff", "b.d"]


def git(folder: Path, *args: str, stdin: bytes = b"", ok: tuple[int, ...] = (0,)) -> bytes:
    done = subprocess.run(
        ["git", "-C", folder, *args], input=stdin, capture_output=True, check=False
    )
    assert done.returncode in ok, (args, done.stderr)
    return done.stdout


class Tree:
    """Random paths, and folders for rule files."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random = Random(seed)
        self.folder = folder
        git(folder, "init", "--quiet")
        names = [[random.choice(_NAMES) for _ in range(random.randint(1, 4))] for _ in range(60)]
        paths = {"/".join(parts) for parts in names}
        inner = sorted({path.rpartition("/")[0] for path in paths if "/" in path})
        self.folders = ["", *random.sample(inner, min(3, len(inner)))]
        taken = [*paths, *(f"{each}/x" for each in self.folders)]
        self.paths = [p for p in paths if not any(q.startswith(f"{p}/") for q in taken)]

    def pattern(self) -> str:
        return "".join(self.random.choice(_ATOMS) for _ in range(self.random.randint(1, 6)))

    def write(self, name: str, folder: str, lines: list[str]) -> RuleFile:
        place = f"{folder}/{name}" if folder else name
        file = self.folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content := "\n".join(lines).encode())
        return RuleFile(place, folder, content)

    def stdin(self) -> bytes:
        return b"".join(path.encode() + b"\0" for path in self.paths)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_ignored_and_by_which_line(tmp_path: Path, seed: int) -> None:
    tree = Tree(tmp_path, seed)
    choice = tree.random.choice

    def line() -> str:
        return f"{choice(['', '', '', '!'])}{tree.pattern()}{choice(['', '', '/', ' ', chr(13)])}"

    files = {f: tree.write(".gitignore", f, [line(), line(), line()]) for f in tree.folders}
    exclude = tree.write(".git/info/exclude", "", [line(), line()])
    lists = {folder: parse_ignores(file) for folder, file in files.items()}
    ask = ("check-ignore", "-v", "-n", "-z", "--stdin", "--no-index")
    fields = git(tmp_path, *ask, stdin=tree.stdin(), ok=(0, 1)).decode().split("\0")[:-1]
    assert len(fields) == 4 * len(tree.paths)
    for file, number, text, path in zip(*[iter(fields)] * 4, strict=True):
        expected = f"{file}:{number}" if file and not text.startswith("!") else None
        found = find_ignore_rule(path, lambda f: lists.get(f, ()), [parse_ignores(exclude)])
        assert (found and found.place) == expected, path


@pytest.mark.parametrize("seed", range(8))
def test_which_attributes_a_path_has(tmp_path: Path, seed: int) -> None:
    tree = Tree(tmp_path, seed)
    random = tree.random

    def line(may_define: bool) -> str:
        settings = " ".join(random.choice(_SETTINGS) for _ in range(random.randint(1, 3)))
        if may_define and random.random() < 0.25:
            return f"[attr]m {settings}"
        pattern = tree.pattern()
        if random.random() < 0.2:
            pattern = '"' + pattern.replace("\\", "\\\\") + '"'
        return f"{pattern} {settings}"

    files = {
        folder: tree.write(".gitattributes", folder, [line(not folder) for _ in range(3)])
        for folder in tree.folders
    }
    info = tree.write(".git/info/attributes", "", [line(True), line(True)])
    lists = {f: parse_attributes(file, may_define=not f) for f, file in files.items()}
    strongest = parse_attributes(info, may_define=True)
    out = git(tmp_path, "check-attr", "-z", "--stdin", *_ASKED, stdin=tree.stdin())
    fields = out.decode().split("\0")[:-1]
    assert len(fields) == 3 * len(tree.paths) * len(_ASKED)
    words = {True: "set", False: "unset", None: "unspecified"}
    for path, name, expected in zip(*[iter(fields)] * 3, strict=True):
        parts = path.split("/")
        above = ["/".join(parts[:depth]) for depth in range(len(parts) - 1, -1, -1)]
        setting = attributes_of(path, [strongest, *(lists.get(f, ()) for f in above)]).get(name)
        value = setting.value if setting else None
        assert (value if isinstance(value, str) else words[value]) == expected, (path, name)


_CONTENTS = [
    *(b"", b"a\n", b"a\r\nb\r\n", b"a\r\nb\n", b"a\rb\r\n", b"a\r\n\0\r\n", b"no end", b"\r\n"),
    *(b"\x01\r\n", b"\x01" + b"x" * 200 + b"\r\n", b"a\r\n\x1a", b"\x7f\x7f\r\n", b"a\r\r\n"),
    b"x" * 127 + b"\x02\r\n",
]


@pytest.mark.parametrize("autocrlf", ["false", "true", "input"])
@pytest.mark.parametrize("eol", ["lf", "crlf"])
def test_line_ends(tmp_path: Path, autocrlf: str, eol: str) -> None:
    git(tmp_path, "init", "--quiet")
    for key, value in (("autocrlf", autocrlf), ("eol", eol), ("safecrlf", "false")):
        if (autocrlf, key) != ("input", "eol") or eol != "crlf":  # git accepts no such pair
            git(tmp_path, "config", f"core.{key}", value)
    attributes = [
        *("", "text", "-text", "text=auto", "text eol=crlf", "text=auto eol=lf", "eol=crlf"),
        *("crlf", "-crlf", "crlf=input", "text=auto eol=crlf", "binary", "text=other"),
    ]
    lines = [f"{number}.* {words}" for number, words in enumerate(attributes)]
    file = RuleFile(".gitattributes", "", "\n".join(lines).encode())
    (tmp_path / ".gitattributes").write_bytes(file.content)
    names = []
    for (number, _), (which, content) in product(enumerate(attributes), enumerate(_CONTENTS)):
        (tmp_path / f"{number}.{which}").write_bytes(content)
        names.append((f"{number}.{which}", content))
    stdin = "".join(f"{name}\n" for name, _ in names).encode()
    stored = git(tmp_path, "hash-object", "-w", "--stdin-paths", stdin=stdin).decode().split()
    used_eol = "lf" if (autocrlf, eol) == ("input", "crlf") else eol
    lists = [parse_attributes(file, may_define=True)]
    for (name, content), blob in zip(names, stored, strict=True):
        ends = line_ends_of(attributes_of(name, lists), autocrlf, used_eol)
        assert blob_id(to_blob(content, ends, lambda: False)) == blob, (name, content)
    raw = git(tmp_path, "hash-object", "-w", "--no-filters", "--stdin-paths", stdin=stdin)
    rows = zip(names, raw.decode().split(), strict=True)
    asked = "".join(f"{blob} {name}\n" for (name, _), blob in rows).encode()
    out = git(tmp_path, "cat-file", "--batch=%(objectsize)", "--filters", stdin=asked)
    for name, content in names:
        ends = line_ends_of(attributes_of(name, lists), autocrlf, used_eol)
        expected = to_folder(content, ends)
        _, _, out = out.partition(b"\n")
        assert out.startswith(expected + b"\n"), (name, content, expected, out[:20])
        out = out[len(expected) + 1 :]
    assert not out
