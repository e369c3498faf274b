"""Names of code, the forms they are written in, and the queries that must find all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FORMS: Final[Mapping[str, tuple[str, ...]]] = {
    "GitHub Actions": (
        "GitHubActions",
        "githubActions",
        "useGitHubActions",
        "github_actions",
        "GITHUB_ACTIONS",
        "GitHub-Actions",
        "GitHub actions",
        "GitHub.Actions",
    ),
    "TypeScript compiler": ("TypeScriptCompiler", "typescript_compiler", "TYPESCRIPT-COMPILER"),
    "get user name": ("getUserName", "GetUserName", "GET_USER_NAME", "get-user-name"),
    "is GitHub": ("isGitHub", "IsGitHub", "is_github", "IS_GITHUB"),
    "HTTP server": ("HTTPServer", "httpServer", "HttpServer", "http_server", "HTTP_SERVER"),
    "OAuth2 client": ("OAuth2Client", "oauth2_client", "OAUTH2_CLIENT", "oauth-2-client"),
    "iPhone 15": ("iPhone15", "iphone15", "iphone_15", "IPHONE-15"),
    "sha256 sum": ("sha256Sum", "SHA256Sum", "sha256_sum", "SHA-256-sum"),
}
"""By the words of the name."""

NOTES: Final[Mapping[str, str]] = {
    f"{words.replace(' ', '-')}/{number}.md": f"This note says that {form} is used.\n"
    for words, forms in FORMS.items()
    for number, form in enumerate(forms)
} | {"other/none.md": "This note says that any one of git, hub and actions may be used.\n"}


def notes_of(words: str) -> set[str]:
    """The notes with any form of a name."""
    return {path for path in NOTES if path.startswith(f"{words.replace(' ', '-')}/")}


def wholes(words: str) -> list[str]:
    """Queries for the name as a whole, which can be excluded too."""
    one_word = [form for form in FORMS[words] if not form.startswith("use") and " " not in form]
    phrases = [f'"{words}"', f'"{words.lower()}"', f'"{words.upper()}"']
    return [*phrases, *one_word[:5], *(f'"{form}"' for form in one_word[:2])]


def queries(words: str) -> list[str]:
    """Queries that find every form."""
    around = [f'"{words.lower()}" note', f'what about "{words.lower()}"?']
    return [*wholes(words), *around, words, words.lower()]
