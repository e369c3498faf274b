"""The kit for targets, tried on the smallest targets there are and on ones that break it."""

from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from pack.errors import AuthFailed, NotFound, OutcomeUnknown, RateLimited, Unavailable
from pack.sync.target import Delivered
from pack.testing import EventTargetContract, Failure, TargetContract

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ERRORS = {
    Failure.DOWN: Unavailable("down"),
    Failure.LIMITED: RateLimited("it", 60, NOW + timedelta(seconds=60)),
    Failure.REVOKED: AuthFailed("revoked"),
    Failure.GONE: NotFound("the page"),
    Failure.ANSWER_LOST: OutcomeUnknown("no answer"),
}


class Page:
    """A page in this process; what it was sent last is its receipt."""

    name = "page"

    def __init__(self):
        self.text, self.writes, self.failure, self.is_closed = "", 0, None, False

    def deliver(self, markdown, key, receipt):
        if self.is_closed:
            raise Unavailable("closed")
        if self.failure not in (None, Failure.ANSWER_LOST):
            raise ERRORS[self.failure]
        changed = receipt != markdown
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
    def deliver(self, markdown, key, receipt):
        return super().deliver(markdown, key, "")


class Hasty(Page):
    def deliver(self, markdown, key, receipt):
        try:
            return super().deliver(markdown, key, receipt)
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


# --- targets that are told of events ---------------------------------------------------------

TOKEN = "canary-4711"


class Hook:
    """Events in this process."""

    name = "hook"

    def __init__(self):
        self.events, self.failure, self.is_closed = [], None, False

    def send(self, key, body):
        if self.is_closed:
            raise Unavailable("closed")
        if self.failure not in (None, Failure.ANSWER_LOST):
            raise ERRORS[self.failure]
        self.take(key, body)
        if self.failure is not None:
            raise ERRORS[self.failure]

    def take(self, key, body):
        self.events.append((key, body))

    def close(self):
        self.is_closed = True


class TestHook(EventTargetContract):
    @pytest.fixture
    def target(self):
        return Hook()

    def received(self, target):
        return target.events

    @contextmanager
    def failing(self, target, failure):
        target.failure = failure
        yield
        target.failure = None

    def secrets(self, target):
        return [TOKEN]


class Dropping(Hook):
    def take(self, key, body):
        if len(self.events) != 1:
            super().take(key, body)


class Reordering(Hook):
    def take(self, key, body):
        self.events.insert(max(len(self.events) - 1, 0), (key, body))


class Repeating(Hook):
    def take(self, key, body):
        self.events += [(key, body)] * 2


class Renaming(Hook):
    def take(self, key, body):
        super().take(f"{key}/{len(self.events)}", body)


class Rewriting(Hook):
    def take(self, key, body):
        super().take(key, body.strip())


class Silent(Hook):
    def send(self, key, body):
        with suppress(Unavailable):
            super().send(key, body)


class GivingUp(Hook):
    def send(self, key, body):
        try:
            super().send(key, body)
        except Unavailable as error:
            raise AuthFailed(str(error)) from error


class Leaking(Hook):
    """What it says of a failure holds a secret in one of the places where errors are shown."""

    place = "message"

    def send(self, key, body):
        try:
            super().send(key, body)
        except Unavailable as error:
            shown = self.shown(error)
            raise shown from shown.__cause__

    def shown(self, error):
        place = f"https://hooks.example/{TOKEN}"
        shown = Unavailable(place if self.place == "message" else str(error))
        if self.place == "remedy":
            shown.remedy = f"Look at {place}."
        if self.place == "cause of the cause":
            shown.__cause__ = OSError("no answer")
            shown.__cause__.__context__ = OSError(place)
        return shown


class LeakingRemedy(Leaking):
    place = "remedy"


class LeakingDeep(Leaking):
    place = "cause of the cause"


class Named(Hook):
    name = f"https://hooks.example/{TOKEN}"


class Tireless(Hook):
    def close(self):
        pass


HOOKS = TestHook()
DOWN = partial(HOOKS.test_its_error_says_what_to_do_next_and_then_it_goes_on, failure=Failure.DOWN)
BROKEN_HOOKS = {
    "drops": (Dropping, HOOKS.test_events_arrive_in_order_and_as_they_are),
    "reorders": (Reordering, HOOKS.test_events_arrive_in_order_and_as_they_are),
    "repeats": (Repeating, HOOKS.test_events_arrive_in_order_and_as_they_are),
    "rewrites": (Rewriting, HOOKS.test_events_arrive_in_order_and_as_they_are),
    "gives another key": (Renaming, HOOKS.test_a_repetition_is_known_by_its_key),
    "hides a failure": (Silent, DOWN),
    "gives up": (GivingUp, DOWN),
    "leaks in a message": (Leaking, DOWN),
    "leaks in a remedy": (LeakingRemedy, DOWN),
    "leaks in a cause": (LeakingDeep, DOWN),
    "leaks in its name": (Named, HOOKS.test_its_name_holds_no_secret),
    "cannot be closed": (Tireless, HOOKS.test_a_closed_one_sends_nothing),
}


@pytest.mark.contract("C1")
@pytest.mark.parametrize("broken", BROKEN_HOOKS)
def test_the_kit_finds_an_event_target_that_breaks_a_promise(broken):
    kind, check = BROKEN_HOOKS[broken]
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(kind())
