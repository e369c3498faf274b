"""`pack distribute`: parts of the memory, kept in step in other repositories by pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Final

import typer

from pack_servers.cli.distribution.bringing import plan, rollback, run_rules
from pack_servers.cli.distribution.call import DistributeCall, NewRule
from pack_servers.cli.distribution.standing import status
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
from pack_servers.wiring.distribution import open_ends

EXAMPLES: Final = """\
  pack distribute add guides --repo org/web --source 'projects/**' --path docs/
  pack distribute plan                 what would go where, and whether it may
  pack distribute run --rule guides    open or update its pull request
  pack distribute status               who is behind, and what was changed there"""


class DistributeAction(StrEnum):
    """What to do."""

    PLAN = "plan"
    RUN = "run"
    STATUS = "status"
    ROLLBACK = "rollback"


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
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="For rollback: why.", show_default=False)
    ] = "",
    dry_run: DryRunOption = False,
    answer: FormatOption = Format.TEXT,
    *,
    local: LocalOption = None,
    writer: AsOption = None,
) -> None:
    """Keep parts of the memory in step in other repositories, by pull request."""
    settings = load_settings()
    with opened(local, None, writer=writer) as memory, open_ends(memory, settings, say) as ends:
        call = DistributeCall(
            memory,
            settings,
            ends,
            [*(names or ()), *(rules or ())],
            tag,
            reopen,
            reason,
            NewRule(None, None, "", "copy", "on_release", (), ()),
            None,
            False,
            False,
            300,
            dry_run,
            answer is Format.JSON,
        )
        _ACTIONS[action](call)


_ACTIONS: Final[Mapping[DistributeAction, Callable[[DistributeCall], None]]] = {
    DistributeAction.PLAN: plan,
    DistributeAction.RUN: run_rules,
    DistributeAction.STATUS: status,
    DistributeAction.ROLLBACK: rollback,
}
