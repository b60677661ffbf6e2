# SPDX-License-Identifier: LGPL-2.1-or-later
"""System calls and allocations that fail.

Usage: faults.py DIRECTORY STEP; DIRECTORY is a tmpfs that has fail-at, kill-at and fail-memory.so.

A run, an undo, a preview, and the run that recovers what was killed, in which one thing fails: every STEP-th system call with each of
the errnos in turn; every STEP-th allocation, alone or with all that follow; every reallocation by json-c. Where STEP is 0, a sample of
them. deploy-migrate must end in a regular way, and say why, in words that are true. What holds after a power cut must hold then.
"""

import collections
import dataclasses
import errno
import os
import random
import re
import sys

import disks
import kill
import sample
import trials

SEED = 1
BOTH = 4  # migrations come before the one that works on both disks
ERRNOS = (errno.EIO, errno.ENOSPC, errno.ENOMEM, errno.EINTR, errno.EMFILE)
REGULAR = (0, 1, 3, 4)
UNTRUE = re.compile(r": Success|^ *Success|\(null\)|Stale file handle|is damaged|Bad message|Assertion", re.MULTILINE)
SAMPLE = {"call": 10, "memory": 5, "json": 3}  # points of each situation
BEFORE_END = 60, 12  # so many calls before its end is a commit or an undo killed that is to be recovered


@dataclasses.dataclass(frozen=True)
class Point:
    kind: str
    number: int
    how: int  # an errno, or whether it goes on
    seed: int


class Situation:
    """A command in which something fails, and the disks on which it begins."""

    def __init__(self, name, images, scenario, arguments=None):
        self.name = name
        self.scenario = scenario
        self.arguments = arguments
        self.before = [f"{image}-{name.replace(' ', '-')}" for image in images]
        for image, before in zip(images, self.before):
            disks.copy_sparse(image, before)

    def copy(self, images):
        for before, image in zip(self.before, images):
            disks.copy_sparse(before, image)

    def run(self, tree, tools, point):
        """Returns: how many things could have failed."""
        count = f"{tree.directory}-count"
        command = tree.command(*self.arguments) if self.arguments else self.scenario.command(tree)
        status, said = tree.run(tools.prefix(point, count) + command)
        if status not in REGULAR or UNTRUE.search(said) or (status != 0 and not said.strip()):
            raise AssertionError(f"exit status {status}: {said or 'not a word'}")
        if status == 0:
            self.assert_done(tree)
        with open(count, encoding="ascii") as file:
            return int(file.read().split()[0])

    def assert_done(self, tree):
        self.scenario.assert_done(tree)

    def check(self, tree, tools, point):
        self.run(tree, tools, point)
        trials.check_interrupted(self.scenario, tree, point.seed)


class Preview(Situation):
    """Nothing changes."""

    def assert_done(self, tree):
        tree.assert_state(self.scenario.states[self.scenario.first])

    def check(self, tree, tools, point):
        self.run(tree, tools, point)
        self.assert_done(tree)
        tree.expect(0, *self.arguments)
        self.assert_done(tree)
        self.scenario.do(tree)


class Tools:
    def __init__(self, directory):
        self.fail_at = os.path.join(directory, "fail-at")
        self.kill_at = os.path.join(directory, "kill-at")
        self.fail_memory = os.path.join(directory, "fail-memory.so")

    def prefix(self, point, count):
        if point.kind == "call":
            return [self.fail_at, count, str(point.number), str(point.how)]
        settings = {"LD_PRELOAD": self.fail_memory, "FAIL_COUNT": count, "FAIL_NUMBER": point.number}
        if point.kind == "json":
            settings["FAIL_LIBRARY"] = "libjson-c"
        if point.how:
            settings["FAIL_ON"] = 1
        return ["env", *(f"{name}={value}" for name, value in settings.items())]


def choose(counts, step):
    """All that is to fail; or, where @step is 0, a few of each kind."""
    chance = random.Random(SEED)
    for kind, count in counts.items():
        hows = ERRNOS if kind == "call" else (0, 1)
        stride = step if kind == "call" else -(-step // 5)
        if step:
            chosen = [(number, how) for number in range(chance.randrange(stride) + 1, count + 1, stride) for how in hows]
        else:
            chosen = [(chance.randint(1, count), chance.choice(hows)) for _ in range(SAMPLE[kind] if count else 0)]
        for number, how in chosen:
            yield Point(kind, number, how, chance.randrange(8))


def try_situation(situation, tools, directory, step):
    images = trials.disk_names(directory)
    counts = collections.Counter()
    for kind in SAMPLE:
        situation.copy(images)
        with trials.mounted_tree(images, directory) as tree:
            counts[kind] = situation.run(tree, tools, Point(kind, 0, 0, 0))

    def trial(points, directory):
        images = trials.disk_names(directory)
        for point in points:
            situation.copy(images)
            yield point, trials.attempt(images, directory, lambda tree: situation.check(tree, tools, point))

    points = list(choose(counts, step))
    title = f"{counts['call']} system calls, {counts['memory']} allocations, {counts['json']} reallocations by json-c"
    return trials.try_points(points, trial, directory, f"{situation.name}, {title}")


def recoveries(case, images, directory):
    """Runs after one that was killed in its commit, or an undo that was."""
    for before_end in BEFORE_END:
        for before, image in zip(case.before, images):
            disks.copy_sparse(before, image)
        with trials.mounted_tree(images, directory) as tree:
            children = len(case.counts) - 1
            call = max(1, case.counts[-1] - before_end)
            if not case.kill(tree, case.scenario.command(tree), children, call):
                raise AssertionError("it ended before it was killed")
        name = f"recovery of {case.scenario.name}, {before_end} calls before its end"
        yield Situation(name, images, case.scenario, ("run",))


def situations(tools, directory):
    states = sample.states(os.path.join(directory, "plain"))
    images = trials.make_disks(directory)
    with trials.mounted_tree(images, directory) as tree:
        first = trials.Upgrade(states, 0, BOTH)
        first.prepare(tree)
        first.do(tree)
    upgrade = trials.Upgrade(states, BOTH, BOTH + 1, may_fail=True)
    undo = trials.Undo(states, BOTH, BOTH + 1)
    case = kill.Case(upgrade, images, tools.kill_at, directory)
    done = kill.copy_images(images, "done")
    for before, image in zip(case.before, images):
        disks.copy_sparse(before, image)
    yield Situation("run", images, upgrade)
    yield Preview("preview", images, upgrade, ("preview", "sample"))
    yield from recoveries(case, images, directory)
    for copy, image in zip(done, images):
        disks.copy_sparse(copy, image)
    case = kill.Case(undo, images, tools.kill_at, directory)
    for before, image in zip(case.before, images):
        disks.copy_sparse(before, image)
    yield Situation("undo", images, undo)
    yield from recoveries(case, images, directory)


def main(directory, step):
    tools = Tools(directory)
    return trials.report(
        [
            (situation.name, lambda situation=situation: try_situation(situation, tools, directory, int(step)))
            for situation in list(situations(tools, directory))
        ]
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
