# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 at every system call of a commit, an undo and their recovery before which something was changed.

Usage: kill.py DIRECTORY KILL-AT; DIRECTORY is a tmpfs.

Each migration of the sample package is an upgrade of its own here, and the first two are one together. It is killed before
each such system call that comes after the last process of a migration has ended, up to the first of the next one or the end of the
run; and before some of those earlier. Every other time the next run, which recovers, is killed as well. Then what holds after a power cut
must hold. The same for undo. Which of all these are tried: trials.choose.
"""

import dataclasses
import os
import random
import sys

import disks
import sample
import trials

SEED = 1
EARLIER = 3  # of the system calls before the commit, one in so many
# Children that are reaped before the first commit: that which has made the sandbox of migrate and the check after it. The
# keeper of the first checks ends at the end.
SETUP = 1


@dataclasses.dataclass(frozen=True)
class Point:
    case: int
    children: int  # so many are reaped before
    call: int
    again: int  # the system call at which the next run is killed, too, or 0
    seed: int


class Case:
    """A scenario, the disks on which it begins, and the numbers of system calls that kill-at counts in it."""

    def __init__(self, scenario, images, kill_at, directory):
        self.scenario = scenario
        self.kill_at = kill_at
        with trials.mounted_tree(images, directory) as tree:
            scenario.prepare(tree)
        self.before = [f"{image}-{scenario.name}-{scenario.last}" for image in images]
        for image, before in zip(images, self.before):
            disks.copy_sparse(image, before)
        with trials.mounted_tree(images, directory) as tree:
            self.kill(tree, scenario.command(tree), 0, 0)
            scenario.assert_done(tree)
            with open(self._counts(tree), encoding="ascii") as counts:
                self.counts = [int(word) for word in counts.read().split()]

    @staticmethod
    def _counts(tree):
        return f"{tree.directory}-counts"

    def kill(self, tree, command, children, call):
        """Returns: whether there was such a call."""
        status, said = tree.run([self.kill_at, self._counts(tree), str(children), str(call), *command])
        disks.reap_all()
        if status not in (0, 137):
            raise AssertionError(f"exit status {status}: {said}")
        return status == 137

    def calls(self):
        last = len(self.counts) - 1
        for children, count in enumerate(self.counts):
            committing = children == last or children >= SETUP
            for call in range(1, count + 1, 1 if committing else EARLIER):
                yield children, call

    def check(self, point, tree):
        killed = self.kill(tree, self.scenario.command(tree), point.children, point.call)
        if not killed and point.children == len(self.counts) - 1:
            raise AssertionError("it ended before")
        if point.again:
            self.kill(tree, tree.command("run"), 0, point.again)
        trials.check_interrupted(self.scenario, tree, point.seed)


def choose_points(cases):
    chance = random.Random(SEED)
    calls = [(number, *call) for number, case in enumerate(cases) for call in case.calls()]
    for seed, (number, children, call) in enumerate(calls):
        counts = cases[number].counts
        again = chance.randint(1, counts[0] + counts[-1]) if chance.random() < 0.5 else 0
        yield Point(number, children, call, again, seed)


def try_cases(cases, directory, title):
    def kill(points, directory):
        images = trials.disk_names(directory)
        disks.adopt_orphans()
        for point in points:
            case = cases[point.case]
            for before, image in zip(case.before, images):
                disks.copy_sparse(before, image)
            yield point, trials.attempt(images, directory, lambda tree: case.check(point, tree))

    points = trials.choose(list(choose_points(cases)))
    twice = sum(point.again > 0 for point in points)
    return trials.try_points(points, kill, directory, f"{title}, killed at system calls, {twice} times twice")


def copy_images(images, suffix):
    copies = [f"{image}-{suffix}" for image in images]
    for image, copy in zip(images, copies):
        disks.copy_sparse(image, copy)
    return copies


def try_upgrades(states, images, kill_at, directory):
    copies = copy_images(images, "upgrades")
    upgrades = [trials.Upgrade(states, number, number + 1) for number in range(len(states) - 1)]
    cases = [Case(upgrade, copies, kill_at, directory) for upgrade in upgrades]
    return try_cases(cases, directory, "upgrade")


def try_two_in_one(states, images, kill_at, directory):
    case = Case(trials.Upgrade(states, 0, 2), copy_images(images, "two"), kill_at, directory)
    return try_cases([case], directory, "upgrade by two migrations")


def try_undo(states, images, kill_at, directory):
    last = len(states) - 1
    upgrade = trials.Upgrade(states, 0, last)
    with trials.mounted_tree(images, directory) as tree:
        upgrade.prepare(tree)
        upgrade.do(tree)
    case = Case(trials.Undo(states, 0, last), images, kill_at, directory)
    return try_cases([case], directory, "undo")


def main(directory, kill_at):
    states = sample.states(os.path.join(directory, "plain"))
    images = trials.make_disks(directory)
    return trials.report(
        [
            ("kill at system calls of a commit", lambda: try_upgrades(states, images, kill_at, directory)),
            ("kill at system calls between two commits", lambda: try_two_in_one(states, images, kill_at, directory)),
            ("kill at system calls of an undo", lambda: try_undo(states, images, kill_at, directory)),
        ]
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
