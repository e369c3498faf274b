"""What a kit must be, as cases with a verdict; `CONFORMANCE.md` is made of them.

`python -m tests.conformance.kit_format` writes that page again. Whoever writes another installer
can take the cases from here: each is a folder of files and what has to become of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from pack.kits.shipment import EXECUTABLE, LINK, REGULAR, ShippedFile

_ROOT: Final = Path(__file__).parents[2]
PAGE: Final = "CONFORMANCE.md"
_LEAST: Final = "schema: 1\nname: observer\nversion: 1.0.0\n"
_NOTE: Final = b"# A note\n"


class Verdict(StrEnum):
    """What has to become of a kit."""

    INSTALLED = "installed"
    LEFT_OUT = "file left out and named"
    WARNED = "installed with a warning"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FormatCase:
    """A folder, and what has to become of it.

    Attributes:
        chapter: The part of the page it stands in.
        says: The rule, as a sentence.
        files: The folder.
        verdict: What has to become of it.
        installed: The files of the kit, if it is installed and that is the point.
        named: What the warning, the reason or the refusal names.
    """

    chapter: str
    says: str
    files: Mapping[str, ShippedFile]
    verdict: Verdict = Verdict.INSTALLED
    installed: tuple[str, ...] = field(default=())
    named: str = ""


def folder(manifest: str = _LEAST, **more: bytes | ShippedFile) -> dict[str, ShippedFile]:
    """A folder with `kit.yaml`; `__` stands for a slash and `_md` for the ending."""
    files = {"kit.yaml": ShippedFile(manifest.encode())}
    for name, one in (more or {"a_md": _NOTE}).items():
        path = name.replace("__", "/").replace("_md", ".md")
        files[path] = one if isinstance(one, ShippedFile) else ShippedFile(one)
    return files


def with_path(path: str, mode: str = REGULAR, content: bytes = _NOTE) -> dict[str, ShippedFile]:
    """The least folder, with one more file."""
    return {**folder(), path: ShippedFile(content, mode)}


def _manifests() -> Iterator[FormatCase]:
    chapter = "What kit.yaml says"
    yield FormatCase(chapter, "`schema`, `name` and `version` are enough.", folder())
    whole = _LEAST + (
        "description: For looking\nlicense: MIT\nhomepage: https://example.org\n"
        "repository: {type: git, url: https://example.org/kits.git, directory: observer}\n"
        "bugs: {url: https://example.org/bugs, email: bugs@example.org}\nvisibility: unlisted\n"
        'files: ["**/*.md"]\ninstall_to: handbook/\nmin_pack: 2.0.0\nconflicts: [other]\n'
        'dependencies: {kits: [{name: core, version: ">=1.0", required: false, interop: x}]}\n'
    )
    yield FormatCase(chapter, "All other keys may be there.", folder(whole))
    yield FormatCase(
        chapter,
        "A key that is not known is kept and named.",
        folder(_LEAST + "colour: red\n"),
        Verdict.WARNED,
        named="colour",
    )
    for says, manifest, named in (
        ("`schema` is 1.", "schema: 2\nname: observer\nversion: 1.0.0\n", "schema"),
        ("There is a `name`.", "schema: 1\nversion: 1.0.0\n", "name"),
        (
            "A name has lower-case letters, digits and hyphens.",
            _LEAST.replace("observer", "The_Observer"),
            "name",
        ),
        ("There is a `version`.", "schema: 1\nname: observer\n", "version"),
        ("A version is one by Semantic Versioning.", _LEAST.replace("1.0.0", "one"), "one"),
        (
            "What a kit needs is a range of versions.",
            _LEAST + "dependencies: {kits: [{name: core, version: new}]}\n",
            "new",
        ),
        ("`visibility` is public, unlisted or private.", _LEAST + "visibility: x\n", "visibility"),
        (
            "Only `git` is known as a type of repository.",
            _LEAST + "repository: {type: svn, url: x}\n",
            "type",
        ),
        ("No key is there twice.", _LEAST + "name: other\n", "twice"),
        ("It is one YAML document.", _LEAST + "---\na: 1\n", "kit.yaml"),
        ("It runs nothing while it is read.", _LEAST + "x: !!python/name:os.system\n", "kit.yaml"),
    ):
        yield FormatCase(chapter, says, folder(manifest), Verdict.REFUSED, named=named)


def _files() -> Iterator[FormatCase]:
    chapter = "Which files belong to it"
    yield FormatCase(
        chapter,
        "Markdown files at any depth do, if nothing else is said.",
        folder(a_md=_NOTE, d__b_md=_NOTE, run_py=b"1"),
        installed=("kit.yaml", "a.md", "d/b.md"),
    )
    yield FormatCase(
        chapter,
        "`files` names others, in patterns as in `.gitignore`.",
        {**folder(_LEAST + 'files: ["*.txt"]\n'), "n.txt": ShippedFile(b"x")},
        installed=("kit.yaml", "n.txt"),
    )
    yield FormatCase(
        chapter, "The bytes are upstream's, whatever they are.", folder(a_md=b"a\r\n\xff")
    )
    yield FormatCase(chapter, "A file may be executable upstream.", with_path("b.md", EXECUTABLE))
    for says, path, mode, named in (
        ("A link is not followed.", "b.md", LINK, "link"),
        ("A submodule is not fetched.", "b.md", "160000", "submodule"),
        ("`index.md` is PACK's own.", "d/index.md", REGULAR, "PACK's own"),
        ("Hidden files and folders stay away.", ".pack/x.md", REGULAR, "dot"),
        ("Nothing looks like git's own folder.", "git~1/x.md", REGULAR, "git~1"),
        ("No name has invisible characters.", "a\u200b.md", REGULAR, "invisible"),
        ("No name is a device of Windows.", "con.md", REGULAR, "con.md"),
    ):
        case = with_path(path, mode)
        yield FormatCase(chapter, says, case, Verdict.LEFT_OUT, named=named)


def _places() -> Iterator[FormatCase]:
    chapter = "Where it may go"
    for says, files, named in (
        ("No path leads out of the folder.", with_path("../a.md"), "leads out"),
        ("No path is absolute.", with_path("/etc/a.md"), "leads out"),
        ("No path has a drive of Windows.", with_path("C:/a.md"), "leads out"),
        ("No two paths differ only in case.", with_path("A.md"), "one on some systems"),
        (
            "It is not in the place of PACK's files.",
            folder(_LEAST + "install_to: .pack/\n"),
            ".pack",
        ),
        ("It is not in the place of git's.", folder(_LEAST + "install_to: .git/x/\n"), ".git"),
        ("It does not leave the memory.", folder(_LEAST + "install_to: ../x/\n"), ".."),
    ):
        yield FormatCase(chapter, says, files, Verdict.REFUSED, named=named)
    yield FormatCase(
        chapter,
        "A folder without any of the forms is no kit.",
        {"a.md": ShippedFile(_NOTE)},
        Verdict.REFUSED,
        named="a kit in this place",
    )


def _forms() -> Iterator[FormatCase]:
    chapter = "Other forms, taken as they are"
    skill = b"---\nname: looking\ndescription: How to look\n---\n\n# Looking\n"
    for says, path, content in (
        ("An Agent Skill.", "SKILL.md", skill),
        ("A Claude Code plugin.", ".claude-plugin/plugin.json", b'{"name": "looking"}'),
        ("An APM package.", "apm.yml", b"name: looking\nversion: 1.0.0\n"),
        ("An older pack.", "pack-manifest.yaml", b"slug: looking\nversion: 1.0.0\n"),
    ):
        yield FormatCase(
            chapter, says, {path: ShippedFile(content), "scripts/run.md": ShippedFile(_NOTE)}
        )
    yield FormatCase(
        chapter,
        "An Agent Skill whose frontmatter is no YAML.",
        {"SKILL.md": ShippedFile(skill.replace(b"How", b"Where: how"))},
        Verdict.WARNED,
        named="no YAML",
    )


CASES: Final = (*_manifests(), *_files(), *_places(), *_forms())


def page() -> str:
    """The text of `CONFORMANCE.md`."""
    lines = [
        "# What a kit is, case by case",
        "",
        "Made from the tests by `python -m tests.conformance.kit_format`; each row is one of them.",
    ]
    chapter = ""
    for number, case in enumerate(CASES, 1):
        if case.chapter != chapter:
            chapter = case.chapter
            lines += [
                "",
                f"## {chapter}",
                "",
                "| case | rule | what becomes of it |",
                "|---|---|---|",
            ]
        lines.append(f"| K{number:02} | {case.says} | {case.verdict} |")
    return "\n".join(lines) + "\n"


def page_file() -> Path:
    """Where the page is."""
    return _ROOT / "templates" / "pack_templates" / PAGE


if __name__ == "__main__":
    page_file().write_text(page(), encoding="utf-8")
