"""What sync targets cost a write, when none of them answers."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from tests.bench.figures import Figure, compare
from tests.bench.setting import WARM_UP, Setting
from tests.bench.writes import update
from tests.standins.receiver import Receiver, hang

TARGETS: Final = 3
_LIMIT_MS: Final = 20.0


def measure_hanging_targets(setting: Setting) -> Figure:
    """Updates by a server whose targets all hang, and by one without any, in turns."""
    times: list[tuple[float, float]] = []
    with ExitStack() as stack:
        receivers = [stack.enter_context(Receiver(always=hang)) for _ in range(TARGETS)]
        urls = ",".join(receiver.url() for receiver in receivers)
        env = {**setting.env, "PACK_WEBHOOK_URL": urls, "PACK_WEBHOOK_ALLOW": "127.0.0.1"}
        hung = replace(setting, env=env)
        copying, plain = stack.enter_context(hung.pack()), stack.enter_context(setting.pack())
        for path in setting.pick(setting.rounds + WARM_UP):
            seconds = update(setting, copying, path)
            times.append((seconds, update(setting, plain, path)))
    ours, without = ([1000 * seconds for seconds in one] for one in zip(*times, strict=True))
    name = f"update, {TARGETS} targets hanging"
    series = (ours[WARM_UP:], without[WARM_UP:])
    return compare(name, setting.notes, "ms", *series, _LIMIT_MS, "difference")
