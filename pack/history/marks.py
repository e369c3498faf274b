"""What coding agents leave in commits that PACK did not make: their names, in known places.

An agent counts only where a tool puts its name, and only under a whole name or address that a tool
uses: somebody called Claude, or a sentence about Cursor, is no mark. What an agent does not say
cannot be seen here.

Source: the messages that these tools write by default, in public repositories.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pack.deferred import pattern
from pack.model import Identity


class KnownAgent(NamedTuple):
    """A tool that commits.

    Attributes:
        client: What it is called in an origin.
        names: A pattern for the names under which it signs; it has to fit a whole name.
        addresses: Its addresses; of those that GitHub gives, without the number in front.
        product: A pattern for what it is called where only tools are named.
    """

    client: str
    names: str
    addresses: frozenset[str] = frozenset()
    product: str = ""


_GITHUB: Final = "@users.noreply.github.com"
_AGENTS: Final = (
    KnownAgent(
        "claude-code",
        r"claude (?:code|opus|sonnet|haiku|fable|v?\d)(?:\W.*)?|claude\[bot\]",
        frozenset({"noreply@anthropic.com", f"claude[bot]{_GITHUB}", f"claude{_GITHUB}"}),
        r"claude(?:[ -]code)?",
    ),
    KnownAgent(
        "copilot",
        r"github[ -]copilot(?:\[bot\])?|copilot-swe-agent(?:\[bot\])?|copilot\[bot\]",
        frozenset(
            f"{login}{_GITHUB}"
            for login in ("copilot", "github-copilot[bot]", "copilot-swe-agent[bot]")
        ),
        r"(?:github )?copilot",
    ),
    KnownAgent(
        "cursor",
        r"cursor[ -]?agent|cursor\[bot\]",
        frozenset({"cursoragent@cursor.com", f"cursor[bot]{_GITHUB}", f"cursoragent{_GITHUB}"}),
        r"cursor",
    ),
    KnownAgent(
        "aider",
        r"aider(?: \(.*\))?|.* \(aider\)",
        frozenset({"aider@aider.chat", "noreply@aider.chat"}),
        r"aider",
    ),
    KnownAgent(
        "codex",
        r"openai[ -]codex|codex[ -]cli|(?:chatgpt-codex-connector|openai-code-agent)\[bot\]",
        frozenset(
            {
                *("noreply@openai.com", "codex@openai.com"),
                *(f"{it}[bot]{_GITHUB}" for it in ("chatgpt-codex-connector", "openai-code-agent")),
            }
        ),
        r"(?:openai )?codex|chatgpt",
    ),
    KnownAgent(
        "gemini",
        r"gemini[ -]cli|gemini[ -]code[ -]assist(?:\[bot\])?",
        frozenset({f"gemini-code-assist[bot]{_GITHUB}", "gemini-cli@google.com"}),
        r"gemini(?:[ -]cli)?",
    ),
    KnownAgent(
        "jules",
        r"google-labs-jules(?:\[bot\])?",
        frozenset({f"google-labs-jules[bot]{_GITHUB}"}),
        r"(?:google )?jules",
    ),
    KnownAgent(
        "devin",
        r"devin[ -]ai(?: integration)?|devin-ai-integration(?:\[bot\])?",
        frozenset({f"devin-ai-integration[bot]{_GITHUB}"}),
        r"devin(?: ai)?",
    ),
    KnownAgent("windsurf", r"windsurf cascade", frozenset({"noreply@windsurf.com"}), r"windsurf"),
    KnownAgent("cline", r"cline\[bot\]", frozenset({"noreply@cline.bot"}), r"cline"),
    KnownAgent("roo-code", r"roomote(?:\[bot\])?", frozenset({"roomote@roocode.com"}), "roo code"),
    KnownAgent("opencode", r"opencode(?:\[bot\])?", frozenset({"noreply@opencode.ai"}), "opencode"),
    KnownAgent("amp", r"amp code", frozenset({"amp@ampcode.com"}), r"amp"),
    KnownAgent("goose", r"goose ai", frozenset(), r"goose"),
    KnownAgent("crush", r"charm crush", frozenset({"crush@charm.land"}), r"crush"),
    KnownAgent("openhands", r"openhands", frozenset({"openhands@all-hands.dev"}), r"openhands"),
    KnownAgent(
        "qwen-code",
        r"qwen-coder|qwen code",
        frozenset({"qwen-coder@alibabacloud.com"}),
        "qwen code",
    ),
    KnownAgent("warp", r"warp agent", frozenset({"agent@warp.dev", "oz-agent@warp.dev"}), r"warp"),
    KnownAgent(
        "factory-droid",
        r"factory-droid(?:\[bot\])?",
        frozenset({f"factory-droid[bot]{_GITHUB}"}),
        r"factory droid",
    ),
    KnownAgent("junie", r"jetbrains junie", frozenset({"junie@jetbrains.com"}), r"junie"),
    KnownAgent("kiro", r"kiro agent", frozenset({"noreply@kiro.dev"}), r"kiro"),
)
_NAMES: Final = tuple((pattern(one.names, re.IGNORECASE), one.client) for one in _AGENTS)
_PRODUCTS: Final = tuple(
    (pattern(f"{one.product}|{one.names}", re.IGNORECASE), one.client) for one in _AGENTS
)
_ADDRESSES: Final = {address: one.client for one in _AGENTS for address in one.addresses}
_NUMBER: Final = pattern(r"\d+\+")
_MAY_HAVE_MARK: Final = pattern(
    r"-(?:by|with|session|thread-id):|generated (?:with|by)", re.IGNORECASE
)
# Possessive: somebody may have put any number of blanks anywhere.
_PERSON_OR_TOOL: Final = pattern(
    r"[ \t]*+(?:co-(?:authored|developed)|signed-off)-by:([^<\n]*+)(?:<([^>\n]*+)>.*+)?+\s*+",
    re.IGNORECASE,
)
_TOOL: Final = pattern(
    r"[ \t]*+(?:(?:assisted|generated|created|written)-by|(?:made|generated|created)-with):"
    r"([^<:(\n]*+)(?:[<:(].*+)?+",
    re.IGNORECASE,
)
_GENERATED: Final = pattern(
    r"\W*generated (?:with|by) \[?([^\[\]()\n]{1,60}?)\]?(?:\s*\(?https?://[^\s()]*\)?)?\W*",
    re.IGNORECASE,
)
_SESSION: Final = pattern(r"[ \t]*(claude-session|amp-thread-id):[ \t]*\S.*", re.IGNORECASE)
_LONGEST: Final = 300
_SESSIONS: Final = {"claude-session": "claude-code", "amp-thread-id": "amp"}


def agent_in_commit(author: Identity | None, message: str) -> str | None:
    """The coding agent that a commit names as one of its writers; `None` if it names none.

    Args:
        author: Its author.
        message: Its whole message.
    """
    found = _signed(author.name, author.email) if author is not None else None
    if found is not None or not _MAY_HAVE_MARK.search(message):
        return found
    named = (_named_in(line[:_LONGEST]) for line in message.split("\n"))
    return next((name for name in named if name is not None), None)


def _named_in(line: str) -> str | None:
    if match := _PERSON_OR_TOOL.fullmatch(line):
        name, address = match[1], match[2] or ""
        return _signed(name, address) or (None if address else _product(name))
    if match := _TOOL.fullmatch(line) or _GENERATED.fullmatch(line):
        return _product(match[1])
    if match := _SESSION.fullmatch(line):
        return _SESSIONS[match[1].lower()]
    return None


def _signed(name: str, address: str) -> str | None:
    known = _ADDRESSES.get(_NUMBER.sub("", address.strip().lower(), count=1))
    return known or next((one for fits, one in _NAMES if fits.fullmatch(name.strip())), None)


def _product(name: str) -> str | None:
    return next((one for fits, one in _PRODUCTS if fits.fullmatch(name.strip())), None)
