"""Run seeds by hand: `python -m tests.sim --seed 7`, or `--from 0 --count 2000`."""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from tests.sim.runs import problems_of


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    asked = parser.parse_args()
    if asked.seed is not None:
        problems, run = problems_of(asked.seed)
        print("\n".join([*run.log, *problems]))
        return bool(problems)
    begun, bad = time.process_time(), 0
    for seed in range(asked.first, asked.first + asked.count):
        try:
            problems, _ = problems_of(seed)
        except Exception:  # noqa: BLE001 - the next seed is run all the same
            problems = [traceback.format_exc(limit=-6)]
        if problems:
            bad += 1
            print(f"--seed {seed}: {'; '.join(problems)[:900]}", flush=True)
    print(f"{asked.count} seeds, {bad} failed, {time.process_time() - begun:.1f} s of CPU")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
