"""Running a seed, and what the auditor says of it."""

from __future__ import annotations

from tests.sim.auditor import audit
from tests.sim.simulation import Simulation


def problems_of(
    seed: int, idle_rounds: int = 0, *, limits_two: bool = False
) -> tuple[list[str], Simulation]:
    """What is wrong after a run, and the run."""
    run = Simulation(seed, limits_two=limits_two)
    run.run()
    problems = list(audit(run))
    if not run.is_at_rest:
        problems.append("it does not come to rest")
    before = run.state()
    for _ in range(idle_rounds):
        run.round()
    if run.state() != before:
        problems.append("its rest does not last")
    return problems, run
