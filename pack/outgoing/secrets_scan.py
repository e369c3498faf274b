"""Secrets in a text: keys, tokens and passwords, found by patterns that plain prose does not meet.

Most services begin their tokens with letters of their own, so each is found by those and its
alphabet. A value without such letters is only taken for a secret behind a name that says so
(`password: …`), and only if it looks like no word.

Why not a library: the common one misses the tokens of AI tools, which are what people who use a
memory have, and takes prose for secrets. It is the oracle for what it does know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pack.deferred import pattern


@dataclass(frozen=True, slots=True)
class Leak:
    """Something in a text that should not leave; never the text itself.

    Attributes:
        line: Where it is, 1-based.
        what: What it is, in words.
    """

    line: int
    what: str


_TOKENS: Final[Mapping[str, str]] = {
    # keys
    "a private key": r"-{4,5} ?BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)? ?-{4,5}",
    "a PuTTY private key": r"PuTTY-User-Key-File-[23]:",
    "an age secret key": r"AGE-SECRET-KEY-1[A-Z0-9]{40,}",
    # PACK
    "an invitation to a memory": r"pack-invite:[^\s#]{1,2000}#[^\s#]{8,}",
    # AI
    "an Anthropic key": r"sk-ant-[a-z]+[0-9]*-[\w-]{20,}",
    "an OpenRouter key": r"sk-or-(?:v1-)?[A-Za-z0-9]{32,}",
    "an OpenAI key": r"sk-(?:(?:proj|svcacct|admin|None)-[\w-]{20,}|[A-Za-z0-9]{32,})",
    "a Hugging Face token": r"(?:hf|api_org)_[A-Za-z0-9]{30,}",
    "a Replicate token": r"r8_[A-Za-z0-9]{32,}",
    "a Groq key": r"gsk_[A-Za-z0-9]{40,}",
    "an xAI key": r"xai-[A-Za-z0-9]{40,}",
    "a Perplexity key": r"pplx-[A-Za-z0-9]{40,}",
    "a LangSmith key": r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}",
    "a Pinecone key": r"pcsk_[A-Za-z0-9_]{40,}",
    "a Tavily key": r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{20,}",
    "an NVIDIA key": r"nvapi-[\w-]{40,}",
    "a Langfuse key": r"sk-lf-[0-9a-f]{8}-[0-9a-f-]{27}",
    "a Cerebras key": r"csk-[a-z0-9]{40,}",
    "a Fireworks key": r"fw_[A-Za-z0-9]{22,}",
    "a Together key": r"tgp_v1_[\w-]{30,}",
    "a Jina key": r"jina_[A-Za-z0-9]{40,}",
    "a Voyage key": r"pa-(?=[\w-]{0,60}[0-9])(?=[\w-]{0,60}[A-Z])[\w-]{40,60}",
    "a Cursor key": r"key_[0-9a-f]{64}",
    "a Firecrawl key": r"fc-[0-9a-f]{32}",
    "an ElevenLabs key": r"sk_[0-9a-f]{48}",
    "a PostHog key": r"phx_[A-Za-z0-9]{40,}",
    # code
    "a GitHub token": r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})",
    "a GitLab token": r"(?:gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|oas)-|GR1348941)[\w-]{20,}",
    "a Bitbucket or Atlassian token": r"AT(?:ATT3|CTT3|BB)[\w=-]{24,}",
    "an npm token": r"(?:npm_[A-Za-z0-9]{36}|_authToken=\s{0,3}[\"']?[\w-]{30,})",
    "a PyPI token": r"pypi-AgE[\w-]{50,}",
    "a RubyGems key": r"rubygems_[0-9a-f]{48}",
    "a Docker token": r"dckr_(?:pat|oat)_[\w-]{20,}",
    "a Sentry token": r"sntry[su]_[\w=+/-]{40,}",
    "a Linear key": r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}",
    "a JFrog key": r"AKC[A-Za-z0-9]{10,}",
    "a Doppler token": r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}",
    "a Pulumi token": r"pul-[0-9a-f]{40}",
    "a 1Password token": r"ops_eyJ[\w=+/-]{100,}",
    "a Contentful token": r"CFPAT-[\w-]{40,}",
    "a Postman key": r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    # clouds
    "an AWS key id": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
    "a Google key": r"AIza[\w-]{35}",
    "a Google token": r"(?:ya29\.[\w-]{20,}|GOCSPX-[\w-]{24,}|1//0[\w-]{40,})",
    "an Azure key": r"AccountKey=[A-Za-z0-9+/]{60,}={0,2}",
    "a DigitalOcean token": r"do[opr]_v1_[0-9a-f]{64}",
    "a Vault token": r"hv[sbr]\.[\w-]{24,}",
    "a Terraform token": r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}",
    "a Databricks token": r"dapi[0-9a-f]{32}",
    "a Supabase key": r"sb(?:p_[0-9a-f]{40}|_secret_[\w-]{20,})",
    "a Tailscale key": r"tskey-[a-z]+-[\w-]{16,}",
    "a Grafana token": r"gl(?:sa_[A-Za-z0-9]{32}_[0-9a-f]{8}|c_[\w=+/-]{40,})",
    "an Azure client secret": r"[\w.-]{3}[78]Q~[\w.~-]{31,34}",
    "a signature for Azure storage": r"(?<=[?&])sig=[A-Za-z0-9%+/]{40,}={0,2}",
    "a Heroku key": r"HRKU-AA[\w-]{50,}",
    "a Netlify token": r"nfp_[A-Za-z0-9]{36,}",
    "a Neon key": r"napi_[a-z0-9]{40,}",
    "a PlanetScale secret": r"pscale_(?:tkn|pw|oauth)_[\w.=-]{32,}",
    "an Alibaba key id": r"LTAI[A-Za-z0-9]{17,}",
    "a Mapbox token": r"sk\.eyJ[\w-]{40,500}\.[\w-]{20,}",
    "a Dynatrace token": r"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}",
    "a New Relic key": r"NRAK-[A-Z0-9]{27}",
    "a Fly token": r"(?:FlyV1 fm\d_|fo1_)[\w=+/-]{30,}",
    # messages, notes, documents
    "a Slack token": r"(?:xox[a-eoprs]-[\w-]{10,}|xapp-\d-[\w-]{10,})",
    "a Slack webhook": r"hooks\.slack\.com/(?:services|workflows)/[\w/]{20,}",
    "a Discord webhook": r"discord(?:app)?\.com/api/webhooks/\d{10,}/[\w-]{20,}",
    "a Discord token": r"[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}",
    "a Facebook token": r"EAA[A-Za-z0-9]{90,}",
    "a Telegram token": r"\d{8,10}:AA[\w-]{32,}",
    "a Notion token": r"(?:ntn_|secret_)[A-Za-z0-9]{40,}",
    "an Airtable token": r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
    "a Figma token": r"figd_[\w-]{36,}",
    "a SendGrid key": r"SG\.[\w-]{16,32}\.[\w-]{32,64}",
    "a Mailchimp key": r"[0-9a-f]{32}-us\d{1,2}",
    "a Mailgun key": r"key-[0-9a-f]{32}",
    "a Twilio key": r"(?:SK|AC)[0-9a-f]{32}",
    "a Resend key": r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}",
    "a Brevo key": r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}",
    "a HubSpot token": r"pat-(?:na|eu)\d-[0-9a-f]{8}-[0-9a-f-]{27}",
    "a Dropbox token": r"sl\.(?:u\.)?[\w-]{100,}",
    # money
    "a Stripe key": r"(?:[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{24,})",
    "a Square token": r"(?:sq0(?:atp|csp)-[\w-]{22,}|EAAA[\w-]{60})",
    "a Shopify token": r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    # whatever their maker
    "a signed token (JWT)": r"eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,}",
}
_ANY: Final = tuple(
    (
        what,
        pattern(found),
        pattern(found if found[0] == "-" else rf"(?<![A-Za-z0-9_]){found}(?![A-Za-z0-9])"),
    )
    for what, found in _TOKENS.items()
)
"""What each is, how it looks, and how it looks where nothing goes on at its sides."""
_IN_ADDRESS: Final = pattern(
    r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@]{0,100}:(?P<value>[^\s/@]{3,200})@"
)
_AT_A_LOGIN: Final = pattern(
    r"(?:\blogin\s{1,9}\S{1,100}\s{1,9}password\s{1,9}"
    r"|(?<!\S)(?:-u|--user)[ =]{1,3}[\"']?[\w.@-]{1,100}:)(?P<value>[^\s\"':@]{6,200})"
)
_IN_HEADER: Final = pattern(
    r"\b(?:authorization|x-api-key)\b[\"']?\s{0,3}:\s{0,3}[\"']?(?:bearer |basic |token )?\s{0,3}"
    r"(?P<value>[\w.~+/=-]{16,})",
    re.IGNORECASE,
)
_NAMED: Final = pattern(
    r"(?:pass(?:word|wd|phrase|code)|\bpwd|passwort|kennwort|contrase(?:ñ|n)a|mot de passe|senha|"
    r"secret|token|(?:api|access|private|secret|encryption|account|master)[ _-]?key|"
    r"client[ _-]?secret|credentials?)"
    r"[\"'*`_]{0,4}\s{0,3}(?::|=|\bis\b)[\s\"'*`]{0,8}(?P<value>[^\s\"'`<>]{8,200})",
    re.IGNORECASE,
)
_KEYED: Final = pattern(
    r"[A-Za-z0-9][_-](?:key|pwd|pass|auth|pat)\b[\"'*`_]{0,4}\s{0,3}[:=]\s{0,3}[\"'`]{0,3}"
    r"(?P<value>[A-Za-z0-9+/]{24,200}={0,2})(?![\w-])",
    re.IGNORECASE,
)
_VALUES: Final = (
    (_KEYED, "a password or key", ("key", "pwd", "pass", "auth", "pat")),
    (_IN_ADDRESS, "a password in an address", ("://",)),
    (_AT_A_LOGIN, "a password or key", ("login", "-u", "--user")),
    (_IN_HEADER, "what authorises a request", ("authorization", "x-api-key")),
    (
        _NAMED,
        "a password or key",
        ("pass", "pwd", "kennwort", "contrase", "senha", "secret", "token", "key", "credential"),
    ),
)
"""With what any text holds, in small letters, that the pattern finds something in."""
_LONG_WORD: Final = pattern(r"\S{15,}")
_WITH_BLANKS: Final = ("-----BEGIN", "---- BEGIN", "_authToken=", "FlyV1 ")
_Kind = tuple[str, re.Pattern[str]]
_Named = tuple[re.Pattern[str], str, tuple[str, ...]]
_STAND_IN: Final = pattern(r"\$\{?\w|\{\{|%\w|\*{3}|x{4}|\.{3}|…|[<\[({]", re.IGNORECASE)
_SAYS_STAND_IN: Final = pattern(r"your|example|placeholder|changeme|redacted|dummy", re.IGNORECASE)
_PLACEHOLDERS: Final = frozenset(
    "password passwd pass pwd passphrase secret token key user username name".split()
)
_LONG: Final = 30
"""What is as long as a key and looks like one is taken for one, whatever word is in it."""
_DIGIT: Final = pattern(r"\d")
_LETTER: Final = pattern(r"[^\W\d_]")
_MIXED: Final = pattern(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
_PATH_OR_WORDS: Final = pattern(
    r"[a-z]+(?:[-_/.][a-z]+)*[.,;:!?)]*|[\d.:/-]+|https?://\S+", re.IGNORECASE
)


def find_secrets(text: str) -> list[Leak]:
    """The secrets in a text, by line; each kind once on a line."""
    long, lower = _where_tokens_are(text), text.lower()
    kinds = [(what, found) for what, look, found in _ANY if look.search(long)]
    named = [one for one in _VALUES if any(begin in lower for begin in one[2])]
    lines = text.split("\n") if kinds or named else ()
    on_lines = ((n, _on_line(line, kinds, named)) for n, line in enumerate(lines, 1))
    found = {(n, what) for n, whats in on_lines for what in whats}
    return [Leak(line, what) for line, what in sorted(found)]


def _where_tokens_are(text: str) -> str:
    """What of a text the patterns of tokens can find anything in: none of them is short.

    Prose has next to no such words, and dozens of patterns take long over a conversation.
    """
    if any(begin in text for begin in _WITH_BLANKS):
        return text
    return " ".join(_LONG_WORD.findall(text))


def _on_line(line: str, kinds: Iterable[_Kind], named: Iterable[_Named]) -> Iterator[str]:
    known = [what for what, found in kinds if found.search(line)]
    yield from known
    lower = line.lower() if named else ""
    for found, what, begins in named:
        if not any(begin in lower for begin in begins):
            continue
        values = (match["value"] for match in found.finditer(line))
        may_be = _may_be_password if found is _IN_ADDRESS else _may_be_secret
        if not known and any(map(may_be, values)):
            yield what


def _may_be_password(value: str) -> bool:
    """Whether a value in the place of a password is one: people do use words."""
    is_stand_in = _STAND_IN.search(value) or _SAYS_STAND_IN.search(value)
    return not is_stand_in and value.lower() not in _PLACEHOLDERS


def _may_be_secret(value: str) -> bool:
    """Whether a value that is called a secret is one: no word, no path, nothing in its place."""
    is_mixed = _MIXED.search(value) is not None
    is_key = len(value) >= _LONG and is_mixed and _DIGIT.search(value) is not None
    if _STAND_IN.search(value) or (_SAYS_STAND_IN.search(value) and not is_key):
        return False
    if _PATH_OR_WORDS.fullmatch(value):
        return is_mixed
    return _LETTER.search(value) is not None and (is_mixed or _DIGIT.search(value) is not None)
