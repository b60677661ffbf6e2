# SPDX-License-Identifier: LGPL-2.1-or-later
"""System calls and allocations that fail.

Usage: faults.py DIRECTORY STEP; DIRECTORY is a tmpfs that has fail-at, kill-at and fail-memory.so.

Each command of situations.py, in which one thing fails: every STEP-th system call with each of the errnos in turn; every allocation that
is made on a way of its own through the program, alone or with all that follow, and then those that are made on the same way as another one;
every reallocation by json-c, which grows the lines of the history and of the redo log. Where STEP is 0, a sample of them.
deploy-migrate must end in a regular way, and say why, in words that are true. What holds after a power cut must hold then.
"""

import collections
import dataclasses
import errno
import fnmatch
import itertools
import os
import random
import sys

import disks
import situations
import trials

SEED = 1
ERRNOS = (errno.EIO, errno.ENOSPC, errno.ENOMEM, errno.EINTR, errno.EMFILE)
KINDS = {"system calls": 4, "allocations": 2, "reallocations by json-c": 1, "repeated allocations": 0}  # with the size of a sample
PINNED = {  # system calls that have failed wrongly
    "run": {"sendto": 44, "recvfrom": 45, "getrandom": 318},
    "status": {"openat2": 437, "faccessat2": 439},
}


@dataclasses.dataclass(frozen=True)
class Point:
    kind: str
    number: int
    how: int  # an errno, or whether it goes on
    seed: int


class Tools:
    def __init__(self, directory, all_of_them):
        self.all = all_of_them
        self.fail_at = os.path.join(directory, "fail-at")
        self.kill_at = os.path.join(directory, "kill-at")
        self.fail_memory = os.path.join(directory, "fail-memory.so")
        self.calls = []  # of the command: the kind of each, and which it is of this kind

    def learn(self, kinds):
        counts = collections.Counter()
        self.calls = [(kind, counts.update([kind]) or counts[kind]) for kind in kinds]
        return len(self.calls)

    def prefix(self, point, count):
        """What makes a command fail. Point number 0 fails nothing, but tells in the file @count how many there are."""
        if point.kind == "system calls":
            call = ("-1", "0") if point.number == 0 else map(str, self.calls[point.number - 1])
            return [self.fail_at, count, *call, str(point.how)]
        settings = {"LD_PRELOAD": self.fail_memory, "FAIL_COUNT": count, "FAIL_NUMBER": point.number}
        if point.kind == "reallocations by json-c":
            settings["FAIL_LIBRARY"] = "libjson-c"
        elif point.number == 0 and self.all:
            settings["FAIL_STACKS"] = f"{count}-stacks"
        if point.how:
            settings["FAIL_ON"] = 1
        return ["env", *(f"{name}={value}" for name, value in settings.items())]


def count_numbers(situation, tools, kind, directory):
    """Those that there are of a kind. What is allocated on the same way as before is of another kind than what isn't."""
    images = trials.disk_names(directory)
    situation.copy(images)
    with trials.mounted_tree(images, directory) as tree:
        counts = situation.run(tree, tools, Point(kind, 0, 0, 0))
        if kind == "system calls":
            return range(1, tools.learn(counts) + 1)
        if not kind.endswith("allocations") or not tools.all:
            return range(1, counts[0] + 1)
        with open(f"{tree.directory}-count-stacks", encoding="ascii") as stacks:
            seen = collections.Counter()
            again = [(seen.update([stack]), seen[stack] > 1)[1] for stack in stacks]
    return [number for number, repeated in enumerate(again, 1) if repeated == (kind == "repeated allocations")]


def choose(numbers, kind, step):
    """All that is to fail; or, where @step is 0, a few."""
    chance = random.Random(SEED)
    hows = {"system calls": ERRNOS, "repeated allocations": (0,)}.get(kind, (0, 1))
    stride = step if kind == "system calls" else -(-step // 5)
    if step:
        chosen = [(number, how) for number in numbers[chance.randrange(stride) :: stride] for how in hows]
    else:
        chosen = [(chance.choice(numbers), chance.choice(hows)) for _ in range(KINDS[kind] if numbers else 0)]
    return [Point(kind, number, how, chance.randrange(8)) for number, how in chosen]


def try_situation(situation, tools, kind, directory, step):
    numbers = count_numbers(situation, tools, kind, directory)
    kinds = PINNED.get(situation.name, {}).values() if kind == "system calls" and os.uname().machine == "x86_64" else ()
    pinned = [Point(kind, number, errno.EIO, 3) for number in numbers if kinds and tools.calls[number - 1][0] in kinds]

    def trial(points, directory):
        images = trials.disk_names(directory)
        rest = iter(points)
        while point := next(rest, None):
            tried = [point]
            following = itertools.chain([point], (tried.append(another) or another for another in rest))
            situation.copy(images)
            violation = trials.attempt(images, directory, lambda tree: situation.check(tree, tools, following))
            yield tried[-1], violation

    return trials.try_points(choose(numbers, kind, step) + pinned, trial, directory, f"{situation.name}: {len(numbers)} {kind}")


def main(directory, step):
    tools = Tools(directory, int(step) > 0)
    only = os.environ.get("ONLY", "*")
    if int(step):
        trials.SHOWN = 1000
    tests = [
        (f"{situation.name}, {kind}", lambda situation=situation, kind=kind: try_situation(situation, tools, kind, directory, int(step)))
        for situation in list(situations.make(tools.kill_at, directory))
        for kind in KINDS
        if int(step) or KINDS[kind]
    ]
    return trials.report([test for test in tests if fnmatch.fnmatchcase(test[0], only)])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
