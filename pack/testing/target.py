"""What every sync target must pass; outside authors import it from `pack.testing`.

    class TestMine(TargetContract):
        @pytest.fixture
        def target(self): ...
        def shown(self, target): ...
        def failing(self, target, failure): ...

Hooks that have a body need not be overridden; tests that they cannot support are skipped with a
reason. Order, repetition and back-off are up to the sync; this tests what a target owes it.
"""
# The names of test methods say what docstrings would (D102), and asserting is what they are for.
# ruff: noqa: D102, S101

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Final

import pytest

from pack.errors import ConnectorError, PackError, RateLimited
from pack.sync.state import is_permanent
from pack.sync.target import MEMO_BYTES, EventTarget, Target

FIRST: Final = "# Alpha\n\nThe first text, with **bold** words.\n\n- one\n- two\n"
SECOND: Final = "# Alpha\n\nThe other text.\n\n---\n\n# Beta\n\nMore of it.\n"
TEXTS: Final = {
    "nothing": "",
    "a title alone": "# Alone\n",
    "several files": SECOND,
    "scripts and emoji": "# 日本語\n\nΕλληνικά, עברית, 🎉👩‍👩‍👧 and e\u0301.\n",
    "code": "# Code\n\n```python\nprint('x')\n```\n",
    "a table": "# Table\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    "tasks": "# Tasks\n\n- [ ] open\n- [x] done\n",
}
KEYS: Final = ("1" * 40, "2" * 40, "3" * 40, f"{'3' * 40}:2")


class Failure(StrEnum):
    """What can go wrong with the service behind a target."""

    DOWN = "down"
    """It cannot be reached, or reports an internal failure."""
    LIMITED = "limited"
    """It refuses requests until a time that it names."""
    REVOKED = "revoked"
    """It no longer accepts the credentials."""
    GONE = "gone"
    """The page or document to write to was deleted there."""
    ANSWER_LOST = "answer_lost"
    """It carries out the request, but its answer does not arrive."""


_PERMANENT: Final = (Failure.REVOKED, Failure.GONE)


class TargetHooks:
    """What the tests of a target supply so that its promises can be tested."""

    def shown(self, target: Target) -> str:
        """The text that a reader of the page or document sees now."""
        raise NotImplementedError

    def writes(self, target: Target) -> int:
        """How many requests have changed something so far."""
        pytest.skip(f"the writes of {target.name} are not counted")

    def failing(
        self, target: Target | EventTarget, failure: Failure
    ) -> AbstractContextManager[None]:
        """A context in which the service behind the target fails in this way."""
        pytest.skip(f"{target.name} cannot be {failure}")

    def secrets(self, target: Target | EventTarget) -> Sequence[str]:
        """What no message may contain: tokens, and addresses that grant access."""
        del target
        return ()

    def assert_fails(
        self, target: Target | EventTarget, failure: Failure, error: PackError
    ) -> None:
        """Assert that an error says what the sync has to do next, and contains no secret."""
        assert is_permanent(error) == (failure in _PERMANENT), repr(error)
        assert isinstance(error, RateLimited) == (failure is Failure.LIMITED)
        said = f"{error.remedy} {' '.join(_said(error))}"
        for secret in self.secrets(target):
            assert secret not in said


def _said(error: BaseException | None) -> Iterator[str]:
    """What an error and its causes say, as a traceback would show them."""
    while error is not None:
        yield f"{error!r} {error}"
        error = error.__cause__ or error.__context__


def words_of(text: str) -> list[str]:
    """The words of a text, whatever its layout."""
    return re.findall(r"\w+", text)


def assert_shows(shown: str, text: str) -> None:
    """Assert that a reader sees all words of a text exactly once, whatever they look like.

    The marks of tasks and the languages of code blocks may be shown in other ways.
    """
    without_marks = re.sub(r"^(\s*- )\[[ x]\] ", r"\1", text, flags=re.MULTILINE)
    plain = re.sub(r"^```\w+$", "```", without_marks, flags=re.MULTILINE)
    seen = words_of(shown)
    assert seen in (words_of(text), words_of(without_marks), words_of(plain))


class TargetContract(TargetHooks):
    """What a `Target` promises."""

    def test_its_name_holds_no_secret(self, target: Target) -> None:
        assert target.name
        assert not any(secret in target.name for secret in self.secrets(target))

    @pytest.mark.contract("C3")
    @pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
    def test_it_shows_the_one_text_that_it_was_given(self, target: Target, text: str) -> None:
        done = target.deliver(text, KEYS[0], "")
        assert_shows(self.shown(target), text)
        assert len(done.receipt.encode()) <= MEMO_BYTES

    def test_the_newest_text_replaces_the_one_before(self, target: Target) -> None:
        receipt = target.deliver(FIRST, KEYS[0], "").receipt
        assert target.deliver(SECOND, KEYS[1], receipt).changed
        assert_shows(self.shown(target), SECOND)

    def test_what_it_shows_already_is_not_written_again(self, target: Target) -> None:
        receipt = target.deliver(FIRST, KEYS[0], "").receipt
        before = self.writes(target)
        again = target.deliver(FIRST, KEYS[1], receipt)
        assert not again.changed
        assert self.writes(target) == before
        assert_shows(self.shown(target), FIRST)

    @pytest.mark.parametrize("receipt", ["", "not a receipt of ours"])
    def test_a_repeated_delivery_shows_the_text_once(self, target: Target, receipt: str) -> None:
        target.deliver(FIRST, KEYS[0], "")
        target.deliver(FIRST, KEYS[0], receipt)
        assert_shows(self.shown(target), FIRST)

    @pytest.mark.parametrize("failure", list(Failure))
    def test_its_error_says_what_to_do_next_and_then_it_goes_on(
        self, target: Target, failure: Failure
    ) -> None:
        receipt = target.deliver(FIRST, KEYS[0], "").receipt
        with self.failing(target, failure):
            with pytest.raises(PackError) as raised:
                target.deliver(SECOND, KEYS[1], receipt)
            self.assert_fails(target, failure, raised.value)
        if failure not in _PERMANENT:
            target.deliver(SECOND, KEYS[1], receipt)
            assert_shows(self.shown(target), SECOND)

    def test_a_closed_one_delivers_nothing(self, target: Target) -> None:
        target.deliver(FIRST, KEYS[0], "")
        target.close()
        with pytest.raises(ConnectorError):
            target.deliver(SECOND, KEYS[1], "")
        target.close()


class EventTargetContract(TargetHooks):
    """What an `EventTarget` promises."""

    def received(self, target: EventTarget) -> list[tuple[str, bytes]]:
        """Key and body of every event that arrived, in order and including repetitions."""
        raise NotImplementedError

    def test_its_name_holds_no_secret(self, target: EventTarget) -> None:
        assert target.name
        assert not any(secret in target.name for secret in self.secrets(target))

    @pytest.mark.contract("C8")
    def test_events_arrive_in_order_and_as_they_are(self, target: EventTarget) -> None:
        bodies = [
            b"{}",
            '{"text": "日本語 🎉"}'.encode(),
            b'{"a":  1}\n',
            b"[" + b"1," * 99999 + b"1]",
        ]
        for key, body in zip(KEYS, bodies, strict=True):
            target.send(key, body)
        assert self.received(target) == list(zip(KEYS, bodies, strict=True))

    def test_a_repetition_is_known_by_its_key(self, target: EventTarget) -> None:
        target.send(KEYS[0], b"{}")
        target.send(KEYS[0], b"{}")
        assert self.received(target) == [(KEYS[0], b"{}")] * 2

    @pytest.mark.parametrize("failure", list(Failure))
    def test_its_error_says_what_to_do_next_and_then_it_goes_on(
        self, target: EventTarget, failure: Failure
    ) -> None:
        with self.failing(target, failure):
            with pytest.raises(PackError) as raised:
                target.send(KEYS[0], b'{"first": 1}')
            self.assert_fails(target, failure, raised.value)
        target.send(KEYS[0], b'{"first": 1}')
        target.send(KEYS[1], b'{"second": 2}')
        arrived = list(dict.fromkeys(self.received(target)))  # at least once
        assert arrived == [(KEYS[0], b'{"first": 1}'), (KEYS[1], b'{"second": 2}')]

    def test_a_closed_one_sends_nothing(self, target: EventTarget) -> None:
        target.close()
        with pytest.raises(ConnectorError):
            target.send(KEYS[0], b"{}")
        assert self.received(target) == []
        target.close()
