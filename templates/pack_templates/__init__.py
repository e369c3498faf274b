"""Starter files, prompts, payload schemas, the guide, kits and plugins. Data only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

GUIDE_TOPICS: Final = (
    "start",
    "setup",
    "clients",
    "notes",
    "search",
    "history",
    "truth",
    "commands",
    "settings",
    "migrate",
    "remote",
    "mesh",
    "github",
    "serve",
    "kits",
    "distribution",
    "copies",
    "import",
    "export",
    "webhooks",
    "notion",
    "google",
    "anthropic",
    "care",
    "connectors",
)
"""The pages of the guide, in the order in which a newcomer reads them."""


def _folder() -> Traversable:
    # Here, as most commands need none of the files.
    from importlib.resources import files  # noqa: PLC0415

    return files(__package__)


def starter_files() -> dict[str, str]:
    """Text of the files a new memory begins with, by path; `{today}` stands for the date."""
    root = _folder() / "starter"
    return {
        f"{folder.name}/{file.name}": file.read_text(encoding="utf-8")
        for folder in root.iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
        if file.name.endswith(".md")
    }


def prompt(name: str) -> str:
    """The text of a prompt: `desktop`, `v1`, or `instructions`."""
    return (_folder() / "prompts" / f"{name}.md").read_text(encoding="utf-8")


def webhook_schema(version: int) -> str:
    """The JSON Schema of what webhooks are sent, of payload version 1 or 2."""
    return (_folder() / "webhooks" / f"v{version}.schema.json").read_text(encoding="utf-8")


def sync_schema() -> str:
    """The JSON Schema of sync items: each request and answer has a definition in it."""
    return (_folder() / "sync" / "items.schema.json").read_text(encoding="utf-8")


def kit_schema() -> str:
    """The JSON Schema of `kit.yaml`."""
    return (_folder() / "schemas" / "kit.schema.json").read_text(encoding="utf-8")


def sync_rule_schema() -> str:
    """The JSON Schema of a rule of the distribution."""
    return (_folder() / "schemas" / "sync-rule.schema.json").read_text(encoding="utf-8")


def guide_page(topic: str) -> str:
    """A page of the guide, as markdown; its first line is its title.

    Args:
        topic: One of `GUIDE_TOPICS`.
    """
    return (_folder() / "guide" / f"{topic}.md").read_text(encoding="utf-8")


def own_kits() -> list[str]:
    """The names of the kits that come with PACK."""
    return sorted(folder.name for folder in (_folder() / "kits").iterdir())


def own_kit(name: str) -> dict[str, bytes]:
    """The files of a kit that comes with PACK, by path.

    Args:
        name: One of `own_kits()`.
    """
    folder = _folder() / "kits" / name
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def plugin_files(client: str) -> dict[str, bytes]:
    """The files of the plugin for a client, by path.

    Args:
        client: `claude-code`, `codex` or `gemini`.
    """
    return dict(_files_in(_folder() / "plugins" / client, ""))


def _files_in(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _files_in(each, f"{prefix}{each.name}/")
        else:
            yield f"{prefix}{each.name}", each.read_bytes()
