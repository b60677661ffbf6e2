# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks that are full, and disks that break.

Usage: broken_disk.py DIRECTORY, a tmpfs.

An upgrade, and its undo, with so many blocks free on one of the disks, and with disks that fail after so many writes. deploy-migrate must
say that it failed. On the healed disks what holds after a power cut must hold then; and where it didn't say so, all of it must be there. Where it
says that a migration failed since a disk is full, nothing of it may be there even before.
"""

import dataclasses
import errno
import os
import random
import re
import sys

import disks
import sample
import trials

SEED = 1


class Start:
    """A scenario, and the disks on which it begins."""

    def __init__(self, scenario, images, directory):
        self.scenario = scenario
        self.before = [f"{image}-{scenario.name}-{scenario.first}" for image in images]
        with trials.mounted_tree(images, directory) as tree:
            scenario.prepare(tree)
        for image, before in zip(images, self.before):
            disks.copy_sparse(image, before)

    def copy(self, images):
        for before, image in zip(self.before, images):
            disks.copy_sparse(before, image)

    def fail(self, tree):
        """Does what the scenario does, unless that fails in a regular way. Returns: the exit status."""
        status = run_or_fail(tree, self.scenario.command(tree))
        if status == 0:
            self.scenario.assert_done(tree)
        return status


def run_or_fail(tree, command):
    status, said = tree.run(command)
    if status not in (0, 1, 3):
        raise AssertionError(f"exit status {status}: {said}")
    if status != 0 and not said:
        raise AssertionError(f"exit status {status}, and not a word")
    return status


# ---- Full disks ------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Full:
    disk: int
    free: int  # blocks
    seed: int


def fill(path, free):
    """A file that leaves so many blocks free."""
    with open(path, "wb") as file:
        size = 0
        for step in (1 << 20, 1 << 16, disks.SECTOR):
            try:
                while True:
                    os.posix_fallocate(file.fileno(), size, step)
                    size += step
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        file.truncate(size - free * disks.SECTOR)


FILLERS = ("usr/filler", f"{sample.SECOND}/lost+found/filler")


def try_full(start, directory, blocks):
    def check(tree, point):
        filler = tree.path(FILLERS[point.disk])
        fill(filler, point.free)
        if start.fail(tree) == 1:
            start.scenario.assert_whole(tree)
        os.unlink(filler)
        trials.check_interrupted(start.scenario, tree, point.seed)

    def trial(points, directory):
        images = trials.disk_names(directory)
        for point in points:
            start.copy(images)
            yield point, trials.attempt(images, directory, lambda tree: check(tree, point))

    free = [(disk, count) for disk, most in enumerate(blocks) for count in range(0, most, 2)]
    points = [Full(disk, count, seed) for seed, (disk, count) in enumerate(free)]
    return trials.try_points(trials.choose(points), trial, directory, f"{start.scenario.name}, full disks")


def try_stage(start, directory):
    """Nothing lands, and who reads it knows why."""
    images = trials.disk_names(directory)
    start.copy(images)

    def check(tree):
        fill(tree.path(FILLERS[0]), 30)
        said = tree.expect(1, "run")
        if not re.search(r"only [0-9.]+ [KMG]i?B are free on the file system of \S+", " ".join(said.split())):
            raise AssertionError(f"it doesn't say how much is free: {said}")
        if tree.count("applied"):
            raise AssertionError("30 free blocks were enough")
        start.scenario.assert_whole(tree)

    violation = trials.attempt(images, directory, check)
    if violation:
        print(f"#   {violation}")
    return not violation


# ---- Disks that break ------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Break:
    disk: int | None  # that breaks; none: both
    writes: int
    again: int  # so many in the next run; or 0
    seed: int


def list_writes(start, directory):
    """The disk of each write."""
    images = trials.disk_names(directory)
    start.copy(images)
    log = os.path.join(directory, "log")
    with disks.Disks(images, os.path.join(directory, "disks"), log) as recorder:
        with trials.mounted_tree(recorder.files(), directory) as tree:
            start.scenario.do(tree)
    return [disk for _, disk, *_ in disks.read_log(log)]


def try_broken(start, directory, count):
    def run_broken(images, directory, disk, writes, command):
        log = os.path.join(directory, "log")
        with disks.Disks(images, os.path.join(directory, "disks"), log) as breaking:
            with trials.mounted_tree(breaking.files(), directory) as tree:
                breaking.break_after(writes, disk)
                return command(tree)

    def check(images, directory, point):
        """Returns: the exit status."""
        status = run_broken(images, directory, point.disk, point.writes, start.fail)
        if point.again:
            run_broken(images, directory, point.disk, point.again, lambda tree: run_or_fail(tree, tree.command("run")))
        return status

    def check_healed(tree, status, point):
        if status == 0:
            start.scenario.assert_done(tree)
        else:
            trials.check_interrupted(start.scenario, tree, point.seed)

    def trial(points, directory):
        images = trials.disk_names(directory)
        for point in points:
            start.copy(images)
            try:
                status = check(images, directory, point)
            except AssertionError as error:
                yield point, str(error)
                continue
            yield point, trials.attempt(images, directory, lambda tree: check_healed(tree, status, point))

    chance = random.Random(SEED)
    writes = list_writes(start, directory)

    def choose(seed):
        disk = chance.choice((None, *set(writes)))
        return Break(disk, chance.randrange(sum(disk in (None, at) for at in writes)), chance.choice((0, chance.randint(1, 40))), seed)

    points = [choose(seed) for seed in range(count)]
    return trials.try_points(trials.choose(points), trial, directory, f"{start.scenario.name}, disks that break")


# ---- All of it -------------------------------------------------------------------------------


def starts(directory):
    """An upgrade by all migrations, and its undo."""
    states = sample.states(os.path.join(directory, "plain"))
    last = len(states) - 1
    images = trials.make_disks(directory)
    upgrade = Start(trials.Upgrade(states, 0, last, may_fail=True), images, directory)
    do(upgrade.scenario, images, directory)
    return upgrade, Start(trials.Undo(states, 0, last), images, directory)


def do(scenario, images, directory):
    with trials.mounted_tree(images, directory) as tree:
        scenario.prepare(tree)
        scenario.do(tree)


def main(directory):
    upgrade, undo = starts(directory)
    return trials.report(
        [
            ("a full disk is said to be full", lambda: try_stage(upgrade, directory)),
            ("an upgrade on full disks", lambda: try_full(upgrade, directory, (160, 110))),
            ("an undo on full disks", lambda: try_full(undo, directory, (24, 24))),
            ("an upgrade on disks that break", lambda: try_broken(upgrade, directory, 60)),
            ("an undo on disks that break", lambda: try_broken(undo, directory, 60)),
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
