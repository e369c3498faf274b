"""Running a seed, and what the auditor says of it."""

from __future__ import annotations

from tests.sim.auditor import audit
from tests.sim.simulation import Simulation


def problems_of(seed: int, idle_rounds: int = 1) -> tuple[list[str], Simulation]:
    """What is wrong after a run, and the run."""
    run = Simulation(seed)
    run.run()
    problems = list(audit(run))
    before = run.state()
    for _ in range(idle_rounds):
        run.round()
    if run.state() != before:
        problems.append("it does not come to rest")
    return problems, run
