"""Starter files and prompts. Data only."""

from __future__ import annotations

from importlib.resources import files


def starter_files() -> dict[str, str]:
    """Text of the files a new memory begins with, by path; `{today}` stands for the date."""
    root = files(__package__) / "starter"
    return {
        f"{folder.name}/{file.name}": file.read_text(encoding="utf-8")
        for folder in root.iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
        if file.name.endswith(".md")
    }


def prompt(name: str) -> str:
    """The text of a prompt: `desktop`, `v1`, or `instructions`."""
    return (files(__package__) / "prompts" / f"{name}.md").read_text(encoding="utf-8")


def webhook_schema(version: int) -> str:
    """The JSON Schema of what webhooks are sent, of payload version 1 or 2."""
    return (files(__package__) / "webhooks" / f"v{version}.schema.json").read_text(encoding="utf-8")
