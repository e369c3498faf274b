"""The token for GitHub: from the settings, or from where the settings allow it to be taken.

It never appears on a command line, in a message or in a file that PACK writes.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import Final

from pydantic import SecretStr

from pack.errors import InvalidConfig
from pack_servers.config.extras import KEYRING
from pack_servers.config.settings import ENV_FILE, Settings, TokenSource

KEYRING_SERVICE: Final = "pack"
_SETTING: Final = "GITHUB_TOKEN"
_SOURCE_SETTING: Final = "PACK_GITHUB_TOKEN_FROM"
_SECONDS: Final = 20


def find_token(settings: Settings, server: str) -> SecretStr:
    """The token for a server.

    Args:
        settings: The settings in force.
        server: Its name as people know it, such as `github.com`.

    Raises:
        InvalidConfig: There is none; the message says where one can come from.
    """
    if settings.github_token is not None:
        return settings.github_token
    source = settings.pack_github_token_from
    if source is None:
        raise InvalidConfig(
            _SETTING,
            f"it is not set. Put a fine-grained token with read and write access to the contents "
            f"of the repository into {ENV_FILE}, or set {_SOURCE_SETTING}=gh to use the token of "
            f"GitHub's command line",
        )
    token = _from_gh(server) if source is TokenSource.GH else _from_keyring(server)
    if not token:
        raise InvalidConfig(_SOURCE_SETTING, f"{source} has no token for {server}")
    return SecretStr(token)


def describe_source(settings: Settings) -> str:
    """Where the token comes from, in words."""
    if settings.github_token is not None:
        return "a token is set"
    source = settings.pack_github_token_from
    return "no token is set" if source is None else f"the token of {source}"


def _from_gh(server: str) -> str:
    program = shutil.which("gh")
    if program is None:
        raise InvalidConfig(_SOURCE_SETTING, "gh is not on PATH")
    try:
        asked = subprocess.run(  # noqa: S603 - a fixed command and a host name, no shell
            [program, "auth", "token", "--hostname", server],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = f"gh did not answer ({type(error).__name__})"
        raise InvalidConfig(_SOURCE_SETTING, reason) from None
    if asked.returncode != 0:
        raise InvalidConfig(
            _SOURCE_SETTING, f"gh has no token for {server}; run `gh auth login` first"
        )
    return asked.stdout.decode("ascii", "replace").strip()


def _from_keyring(server: str) -> str:
    KEYRING.require(_SOURCE_SETTING)
    # Here, as it is an extra that few ask for.
    import keyring  # noqa: PLC0415
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        return keyring.get_password(KEYRING_SERVICE, server) or ""
    except KeyringError as error:
        reason = f"the keyring cannot be read ({type(error).__name__})"
        raise InvalidConfig(_SOURCE_SETTING, reason) from None
