"""`pack distribute`: parts of the memory, kept in step in other repositories by pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from pack.distribution.values import Frequency, Strategy
from pack.errors import InvalidRequest
from pack_servers.cli.distribution.bringing import plan, rollback, run_rules
from pack_servers.cli.distribution.call import DistributeCall, TypedRule
from pack_servers.cli.distribution.changing import add, remove
from pack_servers.cli.distribution.standing import status, verify
from pack_servers.cli.distribution.watching import watch
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    AsOption,
    DryRunOption,
    Format,
    FormatOption,
    LocalOption,
)
from pack_servers.cli.shell.streams import say
from pack_servers.config.settings import load_settings
from pack_servers.wiring.distribution import Filed, open_ends

EXAMPLES: Final = """\
  pack distribute plan                 what would go where, and whether it may
  pack distribute run --rule guides    open or update its pull request
  pack distribute status               who is behind, and what was changed there
  pack distribute rollback guides      offer what was there before"""


class DistributeAction(StrEnum):
    """What to do."""

    PLAN = "plan"
    RUN = "run"
    STATUS = "status"
    ROLLBACK = "rollback"
    ADD = "add"
    REMOVE = "remove"
    VERIFY = "verify"
    WATCH = "watch"


def run(  # noqa: PLR0917 - options
    action: Annotated[
        DistributeAction, typer.Argument(metavar="ACTION", help=", ".join(DistributeAction) + ".")
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RULE]...", help="Rules, by id.", show_default=False),
    ] = None,
    rules: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="ID", help="Only this rule.", show_default=False),
    ] = None,
    tag: Annotated[
        str | None,
        typer.Option(
            "--tag", metavar="V", help="This release, not the newest.", show_default=False
        ),
    ] = None,
    reopen: Annotated[
        bool, typer.Option("--reopen", help="For run: bring what people closed, too.")
    ] = False,
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle",
            metavar="FOLDER",
            help="For run: push nothing, write git bundles there.",
            show_default=False,
        ),
    ] = None,
    patch: Annotated[
        Path | None,
        typer.Option(
            "--patch",
            metavar="FOLDER",
            help="For run: push nothing, write patches there, as git am takes them.",
            show_default=False,
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="For rollback: why.", show_default=False)
    ] = "",
    repo: Annotated[
        str | None,
        typer.Option(
            "--repo", metavar="REPO", help="For add: org/repo, or a path.", show_default=False
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="GLOB", help="For add: which files.", show_default=False),
    ] = None,
    path: Annotated[
        str,
        typer.Option(
            "--path", metavar="FOLDER", help="For add: where they go.", show_default=False
        ),
    ] = "",
    include: Annotated[
        list[str] | None,
        typer.Option("--include", metavar="GLOB", help="For add.", show_default=False),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="GLOB", help="For add.", show_default=False),
    ] = None,
    strategy: Annotated[
        Strategy, typer.Option("--strategy", help="For add: what a file becomes there.")
    ] = Strategy.COPY,
    frequency: Annotated[
        Frequency, typer.Option("--frequency", help="For add: what makes it run.")
    ] = Frequency.ON_RELEASE,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FOLDER",
            help="For verify: write the files; for plan and run: what the checks say, as YAML.",
            show_default=False,
        ),
    ] = None,
    alert: Annotated[
        bool, typer.Option("--alert", help="For status: tell the webhooks what is wrong.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="For watch: look once.")] = False,
    every: Annotated[
        int,
        typer.Option("--every", metavar="SECONDS", min=10, help="For watch: how often to look."),
    ] = 300,
    dry_run: DryRunOption = False,
    answer: FormatOption = Format.TEXT,
    *,
    local: LocalOption = None,
    writer: AsOption = None,
) -> None:
    """Keep parts of the memory in step in other repositories, by pull request."""
    settings = load_settings()
    if bundle is not None and patch is not None:
        raise InvalidRequest("give one of --bundle and --patch")
    filed = Filed(bundle, patch)
    with (
        opened(local, None, writer=writer) as memory,
        open_ends(memory, settings, say, filed) as ends,
    ):
        call = DistributeCall(
            memory=memory,
            settings=settings,
            ends=ends,
            rules=[*(names or ()), *(rules or ())],
            tag=tag,
            reopen=reopen,
            reason=reason,
            new=TypedRule(
                repo, source, path, strategy, frequency, tuple(include or ()), tuple(exclude or ())
            ),
            is_filed=filed.is_wanted,
            output=output,
            alert=alert,
            once=once,
            every=every,
            dry_run=dry_run,
            is_json=answer is Format.JSON,
        )
        _ACTIONS[action](call)


_ACTIONS: Final[Mapping[DistributeAction, Callable[[DistributeCall], None]]] = {
    DistributeAction.PLAN: plan,
    DistributeAction.RUN: run_rules,
    DistributeAction.STATUS: status,
    DistributeAction.ROLLBACK: rollback,
    DistributeAction.ADD: add,
    DistributeAction.REMOVE: remove,
    DistributeAction.VERIFY: verify,
    DistributeAction.WATCH: watch,
}
