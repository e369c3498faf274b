"""Secrets are found by their form, prose is not, and nothing of a secret is repeated."""

import pytest

from pack.outgoing.secrets_scan import find_secrets
from tests.made_up_secrets import BEHIND_A_NAME, SECRETS

HARMLESS = [
    "The password is stored in the keyring, and the token: authentication of each request.",
    "password: <your password>",
    "api_key: ${API_KEY}",
    "token: {{ token }}",
    "https://user:password@a.example and https://x:${TOKEN}@a.example, https://USER:TOKEN@a.example",
    "password: your-example-password-2",
    "curl -u user:password https://a.example and -u admin:$PASSWORD",
    "secret: https://example.org/where-to-find-it",
    "token: ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"[:20],
    "The secret is simple-minded persistence.",
    "sk-learn is a library; hf_hub too, and npm_config_cache.",
    "commit 3f0c2a9b8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a of github.com/example/kits",
    "git@github.com:example/kits.git and https://user@example.org/kits.git",
    "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "| token | what it is |",
    "tokens: 1500",
    "The token: see projects/website.md.",
    "primary_key: user_id_2 and cache_key = release-notes-2026-01-30-web-app-2",
    "sort-key: 0123456789012345678901234567890",
    "The pa-ragraph-about-a-very-long-hyphenated-name-of-things.md is there.",
    "re_compile_the_pattern, fw_config, fc-cache -f, sk_learn, jina_hub, pul-ley",
]


@pytest.mark.parametrize("what", SECRETS)
def test_a_secret_is_found_by_its_form_and_named_once(what: str) -> None:
    text = f"# Notes\n\nUse it: {SECRETS[what]} today.\n"
    assert [(one.line, one.what) for one in find_secrets(text)] == [(3, what)]
    assert SECRETS[what] not in repr(find_secrets(text))


@pytest.mark.parametrize("text", BEHIND_A_NAME)
def test_a_value_behind_a_name_is_found(text: str) -> None:
    (one,) = find_secrets(text)
    assert one.what in ("a password or key", "an npm token")


@pytest.mark.parametrize("text", HARMLESS)
def test_prose_and_what_stands_for_a_secret_are_not(text: str) -> None:
    assert find_secrets(text) == []


def test_a_password_in_an_address_may_be_a_word() -> None:
    found = find_secrets("mongodb+srv://app:" + "correcthorse@db.example/x")
    assert [one.what for one in found] == ["a password in an address"]


def test_a_key_of_another_form_is_found_too() -> None:
    found = find_secrets("x\n---- BEGIN SSH2 " + "ENCRYPTED PRIVATE KEY ----\n")
    assert [(one.line, one.what) for one in found] == [(2, "a private key")]
