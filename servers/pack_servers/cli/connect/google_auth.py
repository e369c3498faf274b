"""`pack google-auth`: lets PACK edit Google documents, and stores the refresh token."""

from __future__ import annotations

import os
import webbrowser
from typing import Annotated, Final

import typer

from pack_servers.cli.shell.output import show
from pack_servers.cli.shell.streams import say
from pack_servers.config.settings import ENV_FILE, env_file, load_settings

EXAMPLES: Final = """\
  pack google-auth
  pack google-auth --browser
  pack google-auth --timeout 900"""

_BrowserOption = Annotated[
    bool, typer.Option("--browser", help="Open the page in a browser on this machine.")
]
_TimeoutOption = Annotated[
    float,
    typer.Option(
        "--timeout",
        min=1,
        max=3600,
        metavar="SECONDS",
        help="How long to wait for you, from 1 to 3600 seconds.",
    ),
]


def run(browser: _BrowserOption = False, timeout: _TimeoutOption = 300) -> None:
    """Let PACK edit your Google documents. Stores a refresh token in ~/.pack.env."""
    # Here, as it takes time to import, and the help of all commands imports this module.
    from pack_servers.config.env_file import store_setting  # noqa: PLC0415
    from pack_servers.wiring.google import REFRESH_TOKEN, ask_for_access  # noqa: PLC0415

    settings = load_settings()
    token = ask_for_access(settings, lambda url: _invite(url, browser=browser), timeout)
    store_setting(env_file(), REFRESH_TOKEN, token)
    show(f"stored {REFRESH_TOKEN} in {ENV_FILE}, which only you can read")
    if os.environ.get(REFRESH_TOKEN):
        say(f"warning: {REFRESH_TOKEN} is also set in the environment, which takes precedence")
    if not settings.google_doc_id:
        say("  → Set GOOGLE_DOC_ID to the id or the address of the document to write.")


def _invite(url: str, *, browser: bool) -> None:
    say("Open this page, choose an account, and allow PACK to edit Google documents:")
    say(f"\n{url}\n")
    if browser and not webbrowser.open(url):
        say("warning: cannot open a browser on this machine")
    say("waiting for your answer; press Ctrl-C to stop")
