"""`pack help`: the guide, offline."""

from __future__ import annotations

from typing import Annotated, Final

import typer
from pack_templates import GUIDE_TOPICS, guide_page
from typer.main import get_group

from pack.errors import NotFound
from pack_servers.cli.app import COMMANDS, build_app
from pack_servers.cli.shell.streams import is_terminal

EXAMPLES: Final = """\
  pack help                   the topics
  pack help search            how search works, and the options of pack search
  pack help settings"""


def _complete_topic(incomplete: str) -> list[str]:
    known = dict.fromkeys([*GUIDE_TOPICS, *COMMANDS])
    return [name for name in known if name.startswith(incomplete)]


def run(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="[TOPIC]",
            help="A topic or a command; without it, the list of topics.",
            autocompletion=_complete_topic,
        ),
    ] = None,
) -> None:
    """Read the guide, by topic or by command."""
    text = _contents() if topic is None else _page(topic)
    if is_terminal():
        # Here, as only a person at a terminal needs a pager.
        from click import echo_via_pager  # noqa: PLC0415

        echo_via_pager(text)
    else:
        print(text, end="")


def _contents() -> str:
    width = max(map(len, GUIDE_TOPICS))
    topics = [f"  {topic:<{width}}  {_title(topic)}" for topic in GUIDE_TOPICS]
    start = "The guide. Read a page with: pack help TOPIC"
    end = "pack help COMMAND shows how to use a command."
    return "\n".join([start, "", *topics, "", end, ""])


def _title(topic: str) -> str:
    return guide_page(topic).partition("\n")[0].partition(": ")[2]


def _page(topic: str) -> str:
    """The guide's page, then the help of the command, where there is one of that name.

    Raises:
        NotFound: There is neither.
    """
    parts = [guide_page(topic)] if topic in GUIDE_TOPICS else []
    if topic in COMMANDS:
        parts.append(f"```text\n{_help_of(topic)}\n```\n")
    if not parts:
        raise NotFound(f"the help topic {topic[:100]!r}", "Run `pack help` to list the topics.")
    return "\n".join(parts)


def _help_of(command: str) -> str:
    root = get_group(build_app([command]))
    with root.make_context("pack", [command], resilient_parsing=True) as above:
        found = root.commands[command]
        with found.make_context(command, [], parent=above, resilient_parsing=True) as context:
            return str(found.get_help(context))
