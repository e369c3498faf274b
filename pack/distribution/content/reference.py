"""What the strategy `reference` puts downstream: a note that says where the text is."""

from __future__ import annotations

from pack.distribution.values import Release
from pack.files import frontmatter, yaml_block
from pack.files.markdown import headings
from pack.model import MemoryPath


def reference(path: MemoryPath, content: bytes, release: Release, link: str) -> bytes:
    """The note that stands for a file, which is markdown whatever the file is.

    Args:
        path: The file.
        content: Its bytes; only its title is used.
        release: The release.
        link: Where people find it.
    """
    title = _title(path, content)
    where = f"<{link}>" if link.startswith(("https://", "http://")) else f"`{link}`"
    lines = [
        "---",
        f"title: {yaml_block.write(title)}",
        f"version: {yaml_block.write(release.version)}",
        "---",
        "",
        f"# {_harmless(title)}",
        "",
        "This is a reference. The text is kept upstream, and this is its version "
        f"{release.version}:",
        "",
        where,
        "",
    ]
    return "\n".join(lines).encode("utf-8")


def stub_name(path: str) -> str:
    """The path of the note for a file, as it is markdown."""
    return path if path.lower().endswith((".md", ".markdown")) else f"{path}.md"


def _title(path: MemoryPath, content: bytes) -> str:
    name = path.rpartition("/")[2].removesuffix(".md")
    if stub_name(path) != path:
        return name
    head = frontmatter.read(content.decode("utf-8-sig", "replace"))
    said = head.fields.get("title")
    first = next((one.title for one in headings(head.body) if one.level == 1), name)
    title = said if isinstance(said, str) and said.strip() else first
    return " ".join(title.split()) or name


def _harmless(title: str) -> str:
    """A title as a heading that is only text."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>#|!&" else c for c in title)
