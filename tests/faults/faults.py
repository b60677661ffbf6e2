# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes system calls and allocations fail, one at a time, and checks what holds then.

Usage: faults.py DIRECTORY; DIRECTORY is a tmpfs that has fail-at, kill-at, fail-memory.so and the list of system calls. Environment: see run.

A point is a command of beginnings.py in which one thing fails: a system call with one of the errnos; an allocation, alone or with all that
follow, if it is the first on its way through the program; a reallocation by json-c, which grows the lines of the history and of the redo log,
alone or with all that follow.
"""

import collections
import multiprocessing
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../crash"))

import beginnings
import bench
import points

SHOWN = 20  # violations
BATCH = 16  # points that a worker takes at once: those that leave the tree as it was need no new one


class Tally:
    """What was tried, by scenario, kind and errno; and what was wrong."""

    def __init__(self, total):
        self.total = total
        self.counts = collections.Counter()
        self.unmet = 0  # the command made fewer calls this time
        self.violations = []

    def add(self, situation, point, met, violation):
        self.counts[situation, point.kind, point.how_it_fails()] += 1
        self.unmet += not met
        if violation:
            self.violations.append((situation, point.kind))
            told = f"{situation}, {point}: {' '.join(violation.split())}"
            if len(self.violations) <= SHOWN:
                print(f"# violation: {told}\n#   make faults FAULTS='{situation} {point.words()}'", flush=True)

    def tried(self):
        return self.counts.total()

    def progress(self):
        return f"# {100 * self.tried() // max(1, self.total)} % of {self.total} points, {len(self.violations)} violations"

    def print(self):
        for (situation, kind, how), count in sorted(self.counts.items()):
            print(f"# {situation}, {kind}, {how}: {count}")
        print(f"# {self.tried()} points in all, {len(self.violations)} violations; {self.unmet} calls weren't made the second time")


def work(directory, chosen, taken, results):
    """Takes batches until there are none."""
    place = bench.Bench(directory)
    while True:
        with taken:
            first = taken.value
            taken.value += BATCH
        if first >= len(chosen):
            break
        rest = iter(chosen[first : first + BATCH])
        for situation, point, met, violation in place.try_points(rest):
            results.put((situation.name, point, met, violation))
    place.close()


def sweep(directory, chosen):
    """All of the points, by as many workers as there are to be."""
    context = multiprocessing.get_context("fork")
    taken, results = context.Value("q", 0), context.Queue()
    jobs = int(os.environ.get("JOBS") or 2 * len(os.sched_getaffinity(0)))
    workers = [
        context.Process(target=work, args=(os.path.join(directory, f"part-{job}"), chosen, taken, results), daemon=True)
        for job in range(jobs)
    ]
    for worker in workers:
        worker.start()
    tally = Tally(len(chosen))
    told = time.monotonic()
    while tally.tried() < tally.total:
        try:
            tally.add(*results.get(timeout=5))
        except multiprocessing.queues.Empty:
            if any(worker.exitcode for worker in workers):
                raise RuntimeError("a worker ended") from None
        if time.monotonic() - told > 10:
            told = time.monotonic()
            print(tally.progress(), flush=True)
    for worker in workers:
        worker.join()
    return tally


def report(tally, names):
    """A line of TAP for each situation."""
    tally.print()
    wrong = {name for name, _ in tally.violations}
    for number, name in enumerate(names, 1):
        print(f"{'not ok' if name in wrong else 'ok'} {number} - {name}")
    print(f"1..{len(names)}")
    return 1 if wrong else 0


def cpu():
    return sum(os.times()[:4])


def main(directory):
    sampled = int(os.environ.get("DEPLOY_MIGRATE_FAULTS") or 0)
    selection = points.Selection(os.environ.get("FAULTS", ""), points.Calls(os.path.join(directory, "syscalls")))
    made = [situation for situation in beginnings.make(directory) if selection.has_situation(situation.name)]
    selection.refuse_unknown()
    place = bench.Bench(os.path.join(directory, "part"))
    tools = points.Tools(directory)
    for situation in made:
        situation.learn(place, tools)
    place.close()
    chosen = [(situation, point) for situation in made for point in selection.points(situation.numbers, situation.first)]
    for situation in made:
        print(f"# {situation.name}: {', '.join(f'{count} {kind}' for kind, count in situation.sums().items())}")
    if sampled:
        seed = int(os.environ.get("DEPLOY_MIGRATE_SEED") or random.SystemRandom().randrange(1 << 32))
        print(f"# DEPLOY_MIGRATE_SEED={seed}")
        chosen = points.sample(chosen, sampled, random.Random(seed))
    print(f"# {len(chosen)} points in {len(made)} scenarios, CPU {cpu():.0f} s to prepare them", flush=True)
    tally = sweep(directory, chosen)
    status = report(tally, [situation.name for situation in made])
    print(f"# CPU {cpu():.0f} s")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
