"""Secrets are found by their form, prose is not, and nothing of a secret is repeated.

All of them are made up here, from parts, so that no scanner takes this file for a leak.
"""

import pytest

from pack.outgoing.secrets_scan import find_secrets

HEX, ALNUM = "0123456789abcdef" * 8, "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8" * 6
SECRETS = {
    "a private key": "-----BEGIN " + "OPENSSH PRIVATE KEY-----",
    "an age secret key": "AGE-SECRET-KEY-" + "1" + "QPZRY9X8GF2TVDW0S3JN" * 3,
    "an invitation to a memory": "pack-" + "invite:abc@https://a.example#" + ALNUM[:30],
    "an Anthropic key": "sk-" + "ant-api03-" + ALNUM[:40],
    "an OpenRouter key": "sk-" + "or-v1-" + HEX[:64],
    "an OpenAI key": "sk-" + "proj-" + ALNUM[:40],
    "a Hugging Face token": "hf" + "_" + ALNUM[:34],
    "a Groq key": "gsk" + "_" + ALNUM[:52],
    "a GitHub token": "ghp" + "_" + ALNUM[:36],
    "a GitLab token": "glpat" + "-" + ALNUM[:20],
    "an npm token": "npm" + "_" + ALNUM[:36],
    "a PyPI token": "pypi" + "-AgE" + ALNUM[:60],
    "an AWS key id": "AKIA" + "ABCDEFGHIJKLMNOP",
    "a Google key": "AIza" + ALNUM[:35],
    "a DigitalOcean token": "dop" + "_v1_" + HEX[:64],
    "a Databricks token": "dapi" + HEX[:32],
    "a Slack token": "xoxb" + "-1234567890-" + ALNUM[:20],
    "a Slack webhook": "https://hooks.slack" + ".com/services/T0000000/B0000000/" + ALNUM[:24],
    "a Telegram token": "123456789" + ":AA" + ALNUM[:33],
    "a Notion token": "ntn" + "_" + ALNUM[:46],
    "a SendGrid key": "SG." + ALNUM[:22] + "." + ALNUM[:43],
    "a Stripe key": "sk" + "_live_" + ALNUM[:24],
    "a Shopify token": "shpat" + "_" + HEX[:32],
    "a signed token (JWT)": "eyJ" + ALNUM[:20] + ".eyJ" + ALNUM[:20] + "." + ALNUM[:20],
    "a password in an address": "postgres://app:" + "s3cr3tpw@db.example/app",
    "what authorises a request": "Authorization: Bearer " + HEX[:20],
}
BEHIND_A_NAME = [
    "password: " + "hunter2hunter2",
    "**Password:** `" + "Tr0ub4dor&3x`",
    "my passphrase is " + "c0rrecthorse9",
    "API_KEY=" + HEX[:32],
    'client_secret": "' + ALNUM[:24] + '"',
    "Passwort: " + "geheim2026!x",
    "token = " + "AbCdEfGhIjKlMnOp",
]
HARMLESS = [
    "The password is stored in the keyring, and the token: authentication of each request.",
    "password: <your password>",
    "api_key: ${API_KEY}",
    "token: {{ token }}",
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
]


@pytest.mark.parametrize("what", SECRETS)
def test_a_secret_is_found_by_its_form_and_named_once(what: str) -> None:
    text = f"# Notes\n\nUse it: {SECRETS[what]} today.\n"
    assert [(one.line, one.what) for one in find_secrets(text)] == [(3, what)]
    assert SECRETS[what] not in repr(find_secrets(text))


@pytest.mark.parametrize("text", BEHIND_A_NAME)
def test_a_value_behind_a_name_is_found(text: str) -> None:
    assert [one.what for one in find_secrets(text)] == ["a password or key"]


@pytest.mark.parametrize("text", HARMLESS)
def test_prose_and_what_stands_for_a_secret_are_not(text: str) -> None:
    assert find_secrets(text) == []
