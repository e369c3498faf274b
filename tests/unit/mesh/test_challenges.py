"""Nonces: given to one peer, for a few minutes and one request."""

import hashlib
from itertools import count

import pytest

from pack.mesh import challenges
from pack.mesh.challenges import Challenges, digest_field, nonce_in, peer_in, write_challenge
from tests.mesh_support import public_key

DESK, PHONE = public_key("desk").peer, public_key("phone").peer


class Clock:
    seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


def given_by(secret, clock):
    words = count(10_000_000)
    return Challenges(secret, lambda: f"{next(words)}", clock)


@pytest.fixture
def server(clock):
    return given_by(b"secret", clock)


def test_a_nonce_is_good_once_and_for_one_peer(server):
    first, second = server.give(DESK), server.give(DESK)
    assert first != second
    assert not server.use(PHONE, first)
    assert server.use(DESK, first)
    assert not server.use(DESK, first)
    assert server.use(DESK, second)
    server.give_back(second)
    assert server.use(DESK, second)


def test_a_nonce_is_good_for_some_minutes_of_one_process(server, clock):
    nonce, late = server.give(DESK), server.give(DESK)
    assert not given_by(b"another", clock).use(DESK, nonce)
    clock.seconds += 300
    assert server.use(DESK, nonce)
    clock.seconds += 2
    assert not server.use(DESK, late)
    assert not server.use(DESK, nonce)


@pytest.mark.parametrize("change", [("1000.", "1001."), (".1000", ".2000"), ("", " "), (".", "")])
def test_a_nonce_that_was_not_given_is_none(server, change):
    assert not server.use(DESK, server.give(DESK).replace(*change, 1))


def test_nothing_is_kept_for_longer_than_it_counts(server, clock, monkeypatch):
    monkeypatch.setattr(challenges, "_MOST_USED", 3)
    nonces = [server.give(DESK) for _ in range(4)]
    assert [server.use(DESK, one) for one in nonces] == [True, True, True, False]
    clock.seconds += 301
    later = server.give(DESK)
    assert server.use(DESK, later)
    assert not server.use(DESK, nonces[0])


def test_an_answer_says_what_to_sign():
    nonce = f"12.abcdefgh.{'0' * 64}"
    assert nonce_in(write_challenge(DESK, nonce)) == nonce
    assert peer_in(write_challenge(DESK, nonce)) == DESK
    assert peer_in('pack=();keyid="../../key"') is None
    for text in ("", "x", ';nonce="', f';nonce="{"x" * 999}"', ';nonce="a b c d e f g"'):
        assert nonce_in(text) is None


def test_digests_are_those_of_the_standard():
    # RFC 9530, appendix D: the SHA-256 of this body.
    body = b'{"hello": "world"}\n'
    field = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    assert digest_field(hashlib.sha256(body).digest()) == field
