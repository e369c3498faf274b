from __future__ import annotations

import pytest
from pack_servers.config.settings import Settings
from pack_servers.config.sync_tokens import SyncRole, sync_tokens
from pydantic import SecretStr

from pack.callers import token_digest
from pack.errors import InvalidConfig
from pack.provenance import Source

ONE, TWO = "example-token-1", "example:token-2"


def read(text: str) -> dict[str, SyncRole]:
    return sync_tokens(Settings(pack_sync_tokens=SecretStr(text)))


def test_a_token_has_a_role_and_may_have_a_name() -> None:
    assert read(f"user:{ONE}, ai/claude.ai:{TWO}") == {
        token_digest(ONE): SyncRole(Source.USER, "sync"),
        token_digest(TWO): SyncRole(Source.AI_CLOUD, "claude.ai"),
    }
    assert sync_tokens(Settings()) == {}


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        f"root:{ONE}",
        "user:short",
        "user:",
        f"user/:{ONE}",
        f"user/a b:{ONE}",
        f"user:{ONE},ai:{ONE}",
    ],
)
def test_a_wrong_table_is_refused_without_showing_a_token(text: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        read(text)
    assert "token-1" not in str(refused.value)
    assert "PACK_SYNC_TOKENS" in str(refused.value)
