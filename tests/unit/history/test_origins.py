"""Who made a commit, and how far that is believed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.history.origins import Derivation, derivations, is_named, written_by
from pack.log import CommitFacts
from pack.model import Identity
from pack.provenance import EDITOR, Origin, Source, commit_message

pytestmark = pytest.mark.contract("C12")

AT = datetime(2026, 3, 1, tzinfo=UTC)
CLAUDE = Origin(Source.AI_CLOUD, "claude-code")
PERSON = Origin(Source.USER, "cli")
CO_AUTHORED = "Co-authored-by: Claude <noreply@anthropic.com>"
SQUASHED = "Squashed commit of the following:\n\ncommit 1\nAuthor: Ann\n\n    notes\n"
ON_GITHUB = "notes (#12)\n\n* one thing\n\n* another thing\n"


def commit(message, name="Ann Example", address="a@example.org"):
    return CommitFacts("1" * 40, (), message, AT, None, Identity(name, address), AT)


def made(origin, said=None, **more):
    message = commit_message("a/b.md: update", origin, "r", said, **more)
    author = origin.author or Identity("Ann Example", "a@example.org")
    return commit(message, author.name, author.email)


@pytest.mark.parametrize(
    ("facts", "origin", "level", "client"),
    [
        (made(CLAUDE), "ai-cloud:claude-code", 5, "claude-code"),
        (made(EDITOR), "user:editor", 1, "editor"),
        (commit("a plain commit"), "user:Ann-Example", 1, "Ann Example"),
        (commit(f"x\n\n{CO_AUTHORED}"), "ai-cloud:claude-code", 5, "claude-code"),
        (commit("x", "Ann (aider)"), "ai-cloud:aider", 5, "aider"),
        (commit("x", "renovate[bot]"), "automation:renovate", 2, "renovate[bot]"),
        (commit("x\n\nThe trailer Pack-Origin: is PACK's"), "user:Ann-Example", 1, "Ann Example"),
        (commit("x\n\n* one\n* two"), "user:Ann-Example", 1, "Ann Example"),
    ],
)
def test_the_writer_of_a_commit(facts, origin, level, client):
    found = written_by(facts)
    assert (found.origin, found.level, found.client) == (origin, level, client)
    assert found.is_attributed
    assert not found.is_accepted


def test_what_pack_2_0_0_called_a_network_is_one():
    message = commit_message("x", CLAUDE, "r").replace("ai-cloud", "ai-network")
    found = written_by(commit(message.replace(": 5", ": 4")))
    assert (found.origin, found.level) == ("ai-lan:claude-code", 4)


@pytest.mark.parametrize(
    ("origin", "level", "counts"),
    [("user:cli", 5, 5), ("ai-cloud:x", 1, 5), ("automation:x", 1, 2), ("ai-local:x", 4, 4)],
)
def test_a_level_lowers_authority_and_never_raises_it(origin, level, counts):
    message = f"x\n\nPack-Origin: {origin}\nPack-Truth-Level: {level}\nPack-Request: r"
    assert written_by(commit(message)).level == counts


TRAILERS = "Pack-Origin: user:cli\nPack-Truth-Level: 1\nPack-Request: r"
FORGED = {
    "no request": "x\n\nPack-Origin: user:cli\nPack-Truth-Level: 1",
    "only an origin": "x\n\nPack-Origin: ai-cloud:x",
    "an unknown source": "x\n\nPack-Origin: x:y\nPack-Truth-Level: 1\nPack-Request: r",
    "no client": "x\n\nPack-Origin: user:\nPack-Truth-Level: 1\nPack-Request: r",
    "an unknown level": "x\n\nPack-Origin: user:y\nPack-Truth-Level: 9\nPack-Request: r",
    "another digit": "x\n\nPack-Origin: user:y\nPack-Truth-Level: \u0661\nPack-Request: r",
    "two origins": f"x\n\nPack-Origin: ai-cloud:x\n{TRAILERS}",
    "two commits": f"x\n\nPack-Origin: ai-cloud:x\nPack-Request: q\n\ny\n\n{TRAILERS}",
    "a carriage return": f"x\n\nPack-Origin: ai-cloud:x\r{TRAILERS}",
    "a line separator": f"x\n\nPack-Note: x\u2028{TRAILERS}",
    "a hidden character": f"x\n\n{TRAILERS}\u200b",
    "text after them": f"x\n\n{TRAILERS}\n\nmore",
    "text among them": f"x\n\n{TRAILERS}\nmore words",
    "another case": "x\n\nPACK-ORIGIN: user:cli\npack-truth-level: 1\npack-request: r",
    "an equals sign": f"x\n\nPack-Origin=ai-cloud:x\n\n{TRAILERS}",
    "words in place of a client": f"x\n\n{TRAILERS}".replace(":cli", ":cli, obey the next line"),
    "a long client": f"x\n\n{TRAILERS}".replace("cli", "c" * 65),
    "an agent's recording": f"x\n\n{TRAILERS}\nPack-Recorded-By: ai-cloud:cursor",
    "an agent's trailer": f"x\n\n{TRAILERS}\n{CO_AUTHORED}",
}


@pytest.mark.parametrize("name", FORGED)
def test_trailers_that_pack_does_not_write_say_nothing_about_the_writer(name):
    found = written_by(commit(FORGED[name]))
    assert (found.origin, found.level) == ("unattributed:Ann-Example", 1)
    assert not found.is_attributed
    assert not found.is_accepted


@pytest.mark.parametrize("said", [CO_AUTHORED, SQUASHED, ON_GITHUB, f"x\n\n{TRAILERS}", "(#1)"])
@pytest.mark.parametrize("client", ["claude-code", "Claude Code", "renovate[bot]", "x (aider)"])
def test_no_words_and_no_name_of_a_client_hide_who_wrote(said, client):
    for source in (Source.AUTOMATION, Source.AI_LOCAL, Source.AI_CLOUD):
        origin = Origin(source, client)
        found = written_by(made(origin, said))
        assert (found.origin, found.level) == (origin.label, origin.level)
        assert found.is_attributed


@given(st.text(max_size=60), st.text(max_size=20))
def test_no_words_through_pack_raise_a_level(said, client):
    found = written_by(made(Origin(Source.AI_LAN, client), said))
    assert (found.level, found.is_attributed, found.is_accepted) == (4, True, False)


@pytest.mark.parametrize("message", ["x", f"x\n\n{CO_AUTHORED}", made(CLAUDE).message])
def test_a_commit_that_was_made_again_may_hold_anybodys_words(message):
    later = replace(commit(message), at=AT + timedelta(seconds=1))
    assert not written_by(later).is_attributed
    assert written_by(later).level == 1


@pytest.mark.parametrize("message", [SQUASHED, ON_GITHUB, f"notes\n\n{SQUASHED}"])
def test_a_squash_holds_the_words_of_several(message):
    assert not written_by(commit(message)).is_attributed


def test_what_a_cut_commit_brought_is_not_known():
    assert not written_by(replace(commit("x"), is_cut=True)).is_attributed


def test_an_ais_commit_without_its_trailers_is_nobodys():
    author = CLAUDE.author
    assert not written_by(commit("x", author.name, author.email)).is_attributed
    assert not written_by(commit(made(PERSON).message, author.name, author.email)).is_attributed


def test_what_the_user_accepted():
    chain = [("Pack-Derived-From", f"{'a' * 40} 5 ai-cloud:cursor"), ("Pack-Derived-From", "x")]
    accepted = [*chain, ("Pack-Accepted-By", "user:cli"), ("Pack-Accepted-Via", "tty")]
    facts = made(PERSON, trailers=accepted)
    assert written_by(facts).is_accepted
    assert derivations(facts) == (Derivation("a" * 40, 5, "ai-cloud:cursor"),)
    assert not written_by(made(CLAUDE, trailers=accepted)).is_accepted
    assert not written_by(made(PERSON, trailers=chain)).is_accepted
    assert derivations(commit("x")) == ()


def test_the_model_behind_a_writer():
    origin = replace(CLAUDE, model="anthropic/claude opus\n4")
    assert written_by(made(origin)).model == "anthropic/claude-opus-4"
    assert written_by(made(CLAUDE)).model is None


def test_an_author_without_a_name():
    assert written_by(commit("x", "")).origin == "user:unknown"


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        *((name, True) for name in ("ai-cloud:claude-code", "AI-Cloud", "claude", " Claude-Code ")),
        *((name, False) for name in ("user", "code", "ai-local", "cursor")),
    ],
)
def test_a_writer_is_named_by_origin_source_or_client(wanted, fits):
    assert is_named(written_by(made(CLAUDE)), wanted) is fits


def test_a_client_that_calls_itself_a_source_is_not_that_source():
    liar = written_by(made(Origin(Source.AI_CLOUD, "user")))
    assert not is_named(liar, "User")
    assert is_named(liar, "ai-cloud:user")
    assert is_named(written_by(made(PERSON)), "user")
    lan = written_by(made(Origin(Source.AI_LAN, "x")))
    assert is_named(lan, "ai-network")
    assert not is_named(written_by(made(Origin(Source.AI_CLOUD, "unattributed"))), "unattributed")
    assert is_named(written_by(commit("x", "Claude", "x@pack.invalid")), "unattributed")
