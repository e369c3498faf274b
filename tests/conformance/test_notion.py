"""Notion passes what every target must (C3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from pack_connectors.notion.target import NotionPage

from pack.sync.target import EventTarget, Target
from pack.testing import Failure, TargetContract
from tests.standins.faults import FaultKind
from tests.standins.notion import NotionStandIn

_WRITES = ("patch-", "post-page", "delete-")


class TestNotion(TargetContract):
    @pytest.fixture
    def notion(self) -> Iterator[NotionStandIn]:
        made = NotionStandIn()
        yield made
        made.check()

    @pytest.fixture
    def target(self, notion: NotionStandIn) -> Target:
        self.notion = notion
        return NotionPage(notion.api(), notion.page.url)

    def shown(self, target: Target) -> str:
        return self.notion.shown()

    def writes(self, target: Target) -> int:
        return sum(one.operation.startswith(_WRITES) for one in self.notion.log)

    def secrets(self, target: Target | EventTarget) -> Sequence[str]:
        return [self.notion.token]

    @contextmanager
    def failing(self, target: Target | EventTarget, failure: Failure) -> Iterator[None]:
        notion = self.notion
        if failure is Failure.REVOKED:
            notion.service.token = "another"
        elif failure is Failure.GONE:
            notion.page.in_trash = True
        elif failure is Failure.DOWN:
            notion.faults.add(FaultKind.UNAVAILABLE, times=1000)
        elif failure is Failure.LIMITED:
            notion.faults.add(FaultKind.TOO_MANY, times=1000, headers={"retry-after": "600"})
        else:
            for operation in _WRITES:
                notion.faults.add(FaultKind.TIMEOUT_AFTER, operation, times=1000)
            notion.faults.add(FaultKind.TIMEOUT_AFTER, "retrieve-a-page", times=1000, skip=1)
        yield
        notion.faults.clear()
