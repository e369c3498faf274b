"""What a shell and an MCP client count as: a caller lowers its authority, and never raises it."""

import itertools

import pytest

from pack.callers import ClientOrigins, Shell, Transport, folded_client, shell_origin, token_digest
from pack.provenance import TRUTH_LEVELS, Origin, Source

pytestmark = pytest.mark.contract("C12")

NIGHTLY = Origin(Source.AUTOMATION, "nightly")
PERSON, SCRIPT = Shell(has_terminal=True), Shell(has_terminal=False)
AGENT = Shell(has_terminal=True, agent="cursor")
TOKEN = "for-tests-only-0123"


@pytest.mark.parametrize(
    ("shell", "without", "asked", "label"),
    [
        (PERSON, Source.AUTOMATION, None, "user:cli"),
        (SCRIPT, Source.AUTOMATION, None, "automation:cli"),
        (SCRIPT, Source.USER, None, "user:cli"),
        (SCRIPT, Source.AI_LOCAL, None, "ai-local:cli"),
        (AGENT, Source.USER, None, "ai-cloud:cursor"),
        (Shell(False, "aider"), Source.USER, None, "ai-cloud:aider"),
        (PERSON, Source.AUTOMATION, NIGHTLY, "automation:nightly"),
        (SCRIPT, Source.AUTOMATION, NIGHTLY, "automation:nightly"),
        (SCRIPT, Source.USER, NIGHTLY, "automation:nightly"),
        (AGENT, Source.USER, NIGHTLY, "ai-cloud:cursor"),
        (SCRIPT, Source.AUTOMATION, Origin(Source.USER, "me"), "automation:cli"),
        (PERSON, Source.AUTOMATION, Origin(Source.AI_LOCAL, "llama"), "ai-local:llama"),
    ],
)
def test_what_a_shell_counts_as(shell, without, asked, label):
    assert shell_origin(shell, without, asked).label == label


def test_no_shell_has_more_authority_for_asking():
    shells = (PERSON, SCRIPT, AGENT)
    for shell, without, source in itertools.product(shells, Source, Source):
        plain = shell_origin(shell, without)
        assert shell_origin(shell, without, Origin(source, "x")).level >= plain.level


ORIGINS = ClientOrigins(
    transports={Transport.STDIO: Source.AI_LAN},
    tokens={token_digest(TOKEN): Source.AUTOMATION},
    names={"lm-studio": Source.AI_LOCAL, "boss": Source.USER, "probe": Source.AI_CLOUD},
)


@pytest.mark.parametrize(
    ("name", "transport", "token", "source"),
    [
        ("x", Transport.HTTP, None, Source.AI_CLOUD),
        ("x", Transport.STDIO, None, Source.AI_LAN),
        ("LM Studio", Transport.HTTP, None, Source.AI_LOCAL),
        ("lm\u200bstudio", Transport.HTTP, None, Source.AI_LOCAL),
        ("boss", Transport.HTTP, None, Source.AI_CLOUD),
        ("boss", Transport.STDIO, None, Source.AI_LAN),
        ("boss", Transport.HTTP, TOKEN, Source.AUTOMATION),
        ("x", Transport.HTTP, TOKEN, Source.AUTOMATION),
        ("x", Transport.STDIO, TOKEN, Source.AUTOMATION),
        ("probe", Transport.HTTP, TOKEN, Source.AI_CLOUD),
        ("x", Transport.HTTP, f"{TOKEN}4", Source.AI_CLOUD),
        ("user", Transport.HTTP, "", Source.AI_CLOUD),
        ("user:cli", Transport.HTTP, None, Source.AI_CLOUD),
        ("b\u043fss", Transport.HTTP, None, Source.AI_CLOUD),
    ],
)
def test_what_a_client_counts_as(name, transport, token, source):
    origin = ORIGINS.of(name, transport, token)
    assert (origin.source, origin.client) == (source, name)


def test_a_name_lowers_what_a_token_says_and_never_raises_it():
    for proved, named in itertools.product(Source, Source):
        origins = ClientOrigins(tokens={token_digest(TOKEN): proved}, names={"x": named})
        level = origins.of("X", Transport.HTTP, TOKEN).level
        assert level == max(TRUTH_LEVELS[proved], TRUTH_LEVELS[named])


def test_names_are_compared_as_origins_have_them():
    assert folded_client(" Claude Code ") == "claude-code"
    assert folded_client("\u65e5\u672c") == "unknown"
