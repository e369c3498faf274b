"""The kit for targets, tried on the smallest target there is, and on ones that break a promise."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from pack.errors import AuthFailed, NotFound, OutcomeUnknown, RateLimited, Unavailable
from pack.targets import Delivered
from pack.testing import Failure, TargetContract

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ERRORS = {
    Failure.DOWN: Unavailable("down"),
    Failure.LIMITED: RateLimited("it", 60, NOW + timedelta(seconds=60)),
    Failure.REVOKED: AuthFailed("revoked"),
    Failure.GONE: NotFound("the page"),
    Failure.ANSWER_LOST: OutcomeUnknown("no answer"),
}


class Page:
    """A page in this process; what it was sent last is its memo."""

    name = "page"

    def __init__(self):
        self.text, self.writes, self.failure, self.is_closed = "", 0, None, False

    def deliver(self, markdown, key, memo):
        if self.is_closed:
            raise Unavailable("closed")
        if self.failure not in (None, Failure.ANSWER_LOST):
            raise ERRORS[self.failure]
        changed = memo != markdown
        if changed:
            self.write(markdown)
        if self.failure is not None:
            raise ERRORS[self.failure]
        return Delivered(markdown, changed)

    def write(self, markdown):
        self.text = markdown
        self.writes += 1

    def close(self):
        self.is_closed = True


class TestPage(TargetContract):
    @pytest.fixture
    def target(self):
        return Page()

    def shown(self, target):
        return target.text

    def writes(self, target):
        return target.writes

    @contextmanager
    def failing(self, target, failure):
        target.failure = failure
        yield
        target.failure = None


class Appending(Page):
    def write(self, markdown):
        super().write(self.text + markdown)


class Forgetful(Page):
    def deliver(self, markdown, key, memo):
        return super().deliver(markdown, key, "")


class Hasty(Page):
    def deliver(self, markdown, key, memo):
        try:
            return super().deliver(markdown, key, memo)
        except RateLimited as error:
            raise Unavailable(str(error)) from error


KIT = TestPage()
BROKEN = {
    "appends": (Appending, KIT.test_the_newest_text_replaces_the_one_before),
    "repeats": (Appending, lambda page: KIT.test_a_repeated_delivery_shows_the_text_once(page, "")),
    "rewrites": (
        Forgetful,
        KIT.test_what_it_shows_already_is_not_written_again,
    ),
    "hides a pause": (
        Hasty,
        lambda page: KIT.test_its_error_says_what_to_do_next_and_then_it_goes_on(
            page, Failure.LIMITED
        ),
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_the_kit_finds_a_target_that_breaks_a_promise(broken):
    kind, check = BROKEN[broken]
    with pytest.raises(AssertionError):
        check(kind())
