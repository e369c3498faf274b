"""Run seeds by hand: `python -m tests.sim --seed 7`, or `--from 0 --count 2000`."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from functools import partial
from multiprocessing import Pool

from tests.sim.runs import problems_of

BATCH = 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--limits-two", action="store_true", help="one more limited peer")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    if asked.seed is not None:
        problems, run = problems_of(asked.seed, limits_two=asked.limits_two)
        print("\n".join([*run.log, *problems]))
        return bool(problems)
    try_one = partial(tried, limits_two=asked.limits_two)
    seeds, bad = range(asked.first, asked.first + asked.count), 0
    with Pool(asked.jobs) as pool:
        for seed, problems in pool.imap_unordered(try_one, seeds, BATCH):
            if problems:
                bad += 1
                print(f"--seed {seed}: {'; '.join(problems)[:900]}", flush=True)
    spent = sum(os.times()[:4])
    print(f"{asked.count} seeds, {bad} failed, {spent:.1f} s of CPU")
    return bool(bad)


def tried(seed: int, *, limits_two: bool) -> tuple[int, list[str]]:
    """A seed, and what is wrong with its run."""
    try:
        return seed, problems_of(seed, limits_two=limits_two)[0]
    except Exception:  # noqa: BLE001 - the next seed is run all the same
        return seed, [traceback.format_exc(limit=-6)]


if __name__ == "__main__":
    sys.exit(main())
